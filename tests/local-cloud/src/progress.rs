//! Whether a person watches what takes long.

/// What is told, on stderr, of builds, installations and starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Progress {
    /// Everything, for a person at a terminal.
    Shown,
    /// Nothing, for tests; what failed is in the error.
    #[default]
    Hidden,
}

impl Progress {
    /// Tells what is being done.
    pub fn say(self, sentence: &str) {
        if self == Self::Shown {
            eprintln!("{sentence}");
        }
    }
}
