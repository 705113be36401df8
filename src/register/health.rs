//! What the store knows about its own state, and what of it others see.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::{Error, Status};

/// Which half of the store something was seen in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Read,
    Write,
}

/// The faults there are now; each ends in its own way.
#[derive(Default)]
struct Faults {
    /// Never ends: what was read from a damaged register, or from another one than was opened, may
    /// be wrong without looking wrong.
    fatal: Option<Error>,
    /// Ends when the path leads to the opened file again.
    moved: Option<String>,
    /// Ends when a real read works.
    reads: Option<String>,
    /// Ends when a real write works.
    writes: Option<String>,
}

impl Faults {
    fn status(&self) -> Status {
        if let Some(e) = &self.fatal {
            return Status::Down(e.to_string());
        }
        if let Some(reason) = self.moved.as_ref().or(self.reads.as_ref()) {
            return Status::Down(reason.clone());
        }
        self.writes.clone().map_or(Status::Up, Status::ReadOnly)
    }
}

/// The store's state, shared by its threads or tasks and its callers.
pub(super) struct Health {
    faults: Mutex<Faults>,
    status: watch::Sender<Status>,
}

impl Health {
    pub(super) fn new() -> Self {
        Health { faults: Mutex::default(), status: watch::Sender::new(Status::Up) }
    }

    pub(super) fn watch(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// The error to answer every call with once the register is known to be damaged or another one.
    pub(super) fn refusal(&self) -> Option<Error> {
        self.with(|f| f.fatal.clone())
    }

    /// Takes note of how a job failed.
    pub(super) fn saw(&self, side: Side, e: &Error) {
        self.change(|faults| {
            let passes = e.is_unavailable() || e.is_schema() || e.is_full();
            if e.is_corrupt() || e.is_not_a_register() {
                faults.fatal.get_or_insert_with(|| e.clone());
            } else if passes || (e.is_busy() && matches!(side, Side::Write)) {
                // Busy, here, is a lock that another process did not give up in time.
                match side {
                    Side::Read => faults.reads = Some(e.to_string()),
                    Side::Write => faults.writes = Some(e.to_string()),
                }
            }
        });
    }

    /// Takes note that a real read or write worked.
    pub(super) fn works(&self, side: Side) {
        self.change(|faults| match side {
            Side::Read => faults.reads = None,
            Side::Write => faults.writes = None,
        });
    }

    /// Takes note of whether the path still leads to the opened file.
    pub(super) fn moved(&self, reason: Option<String>) {
        self.change(|faults| faults.moved = reason);
    }

    /// Whether the last write failed.
    pub(super) fn writes_fail(&self) -> bool {
        self.with(|f| f.writes.is_some())
    }

    fn with<R>(&self, f: impl FnOnce(&mut Faults) -> R) -> R {
        // Every change is a single assignment: a panic in between leaves nothing half done.
        f(&mut self.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Followers wake only when what they can see has changed. Told under the lock, so that they
    /// see changes in the order in which they happened.
    fn change(&self, f: impl FnOnce(&mut Faults)) {
        self.with(|faults| {
            f(faults);
            let now = faults.status();
            self.status.send_if_modified(|seen| {
                let differs = *seen != now;
                *seen = now;
                differs
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_stays_and_the_rest_passes() {
        let health = Health::new();
        health.saw(Side::Write, &Error::full("x"));
        assert_eq!(*health.watch().borrow(), Status::ReadOnly("disk full: x".into()));
        health.works(Side::Write);
        health.saw(Side::Read, &Error::unavailable("I/O"));
        assert!(!health.watch().borrow().is_up());
        health.works(Side::Read);
        health.saw(Side::Read, &Error::busy("x"));
        assert!(health.watch().borrow().is_writable());
        health.saw(Side::Read, &Error::corrupt("page"));
        health.works(Side::Read);
        health.saw(Side::Read, &Error::corrupt("later"));
        assert_eq!(*health.watch().borrow(), Status::Down("register corrupt: page".into()));
        assert!(health.refusal().is_some_and(|e| e.is_corrupt()));
    }
}
