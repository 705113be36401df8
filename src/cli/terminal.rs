//! What a SIGHUP means: the terminal is gone, or somebody asks for the files to be read again.

use std::fs;

/// The terminal that the process was started from, if it has one that it depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    depends: bool,
}

impl Terminal {
    /// Looked at before SIGHUP is listened to. Who started the process with SIGHUP ignored, as nohup
    /// does, wants it to outlive the terminal.
    pub(super) fn at_start() -> Self {
        Terminal { depends: is_there() && !hangup_is_ignored() }
    }

    /// Whether it is gone: then a SIGHUP means the end, or an orphan would be left. The kernel takes
    /// the terminal from the process before it sends the signal.
    pub(super) fn is_gone(self) -> bool {
        self.depends && !is_there()
    }
}

/// A process without a controlling terminal cannot open this.
fn is_there() -> bool {
    fs::File::open("/dev/tty").is_ok()
}

/// By the mask of ignored signals, of which SIGHUP is the first bit. Where there is no such file it
/// counts as not ignored.
fn hangup_is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
