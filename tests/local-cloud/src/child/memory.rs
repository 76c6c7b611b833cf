//! How much memory a process takes, as Linux tells it.

use std::fs;

/// Resident memory in kB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// The most it ever had at once.
    pub peak: u64,
    /// What it has now of mapped files, which is mostly its own code.
    pub of_files: u64,
}

impl Memory {
    /// Of a process that runs; none when it has ended, and where there is no `/proc`.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        Self::read(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
    }

    fn read(status: &str) -> Option<Self> {
        let field = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name))?;
            value.trim().strip_suffix(" kB")?.parse().ok()
        };
        Some(Self {
            peak: field("VmHWM:")?,
            of_files: field("RssFile:")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_and_file_pages_are_read_and_an_ended_process_has_none() {
        let status = "Name:\tx\nVmHWM:\t   28560 kB\nVmRSS:\t   28560 kB\nRssFile:\t   20112 kB\n";
        let expected = Memory {
            peak: 28_560,
            of_files: 20_112,
        };
        assert_eq!(Memory::read(status), Some(expected));
        assert_eq!(Memory::read("Name:\tx\nState:\tZ (zombie)\n"), None);
    }
}
