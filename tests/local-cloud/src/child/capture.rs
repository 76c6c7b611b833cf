//! What a child prints, kept in a file without a name: written before the child goes on, so it is whole at any time,
//! and no pipe can fill up.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    process::Stdio,
};

use uuid::Uuid;

/// Output of one child, stdout and stderr in the order of writing.
#[derive(Debug)]
pub struct Capture(File);

impl Capture {
    /// An empty one.
    ///
    /// # Errors
    /// The folder for temporary files cannot be written.
    pub fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("local-cloud-{}", Uuid::new_v4()));
        let file = OpenOptions::new()
            .create_new(true)
            .read(true)
            .append(true)
            .open(&path)?;
        fs::remove_file(path)?;
        Ok(Self(file))
    }

    /// The end that a child writes to.
    ///
    /// # Errors
    /// No more file descriptors.
    pub fn writer(&self) -> io::Result<Stdio> {
        Ok(self.0.try_clone()?.into())
    }

    /// How many bytes there are.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.0.metadata().map_or(0, |metadata| metadata.len())
    }

    /// The text between two lengths; bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn between(&self, start: u64, end: u64) -> String {
        let length = usize::try_from(end.saturating_sub(start)).unwrap_or_default();
        let mut bytes = vec![0; length];
        match self.0.read_exact_at(&mut bytes, start) {
            Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("(unreadable output: {error})"),
        }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        self.between(0, self.length())
    }
}
