//! What is known of Redis: said once per change in the log, and followed by the admin page.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::fault::Fault;
use crate::register::Status;

/// For how long no write may be refused before writes count as taken again: a Redis that is full takes
/// one now and then.
const CALM: Duration = Duration::from_secs(5);

/// The state, and who follows it.
#[derive(Debug)]
pub(super) struct State {
    known: Mutex<Known>,
    status: watch::Sender<Status>,
}

#[derive(Debug)]
struct Known {
    down: Option<&'static str>,
    /// Why writes are refused, and when one was last.
    refused: Option<(&'static str, Instant)>,
    no_hints: Option<&'static str>,
}

impl State {
    pub(super) fn new() -> Self {
        let starting = "not connected yet";
        State {
            known: Mutex::new(Known { down: Some(starting), refused: None, no_hints: None }),
            status: watch::Sender::new(Status::Down(starting.into())),
        }
    }

    pub(super) fn follow(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// It answers.
    pub(super) fn up(&self) {
        self.change(|known| known.down = None);
    }

    /// It does not.
    pub(super) fn down(&self, why: Fault) {
        self.change(|known| known.down = Some(why.what));
    }

    /// It refused a write.
    pub(super) fn refused(&self, why: Fault, now: Instant) {
        self.change(|known| known.refused = Some((why.what, now)));
    }

    /// It took a write.
    pub(super) fn wrote(&self, now: Instant) {
        self.change(|known| {
            if known.refused.is_some_and(|(_, last)| now.saturating_duration_since(last) >= CALM) {
                known.refused = None;
            }
        });
    }

    /// Whether other nodes' hints come.
    pub(super) fn hints(&self, missing: Option<Fault>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = missing.map(|fault| fault.what);
        if known.no_hints == missing {
            return;
        }
        known.no_hints = missing;
        match missing {
            Some(reason) => tracing::warn!(component = "redis", reason, "no hints: the feed is only polled"),
            None => tracing::info!(component = "redis", "hints come"),
        }
    }

    /// The lock is held while followers are told, so that they are told in order.
    fn change(&self, change: impl FnOnce(&mut Known)) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut known);
        let now = match (known.down, known.refused) {
            (Some(reason), _) => Status::Down(reason.into()),
            (None, Some((reason, _))) => Status::ReadOnly(reason.into()),
            (None, None) => Status::Up,
        };
        self.status.send_if_modified(|before| {
            if *before == now {
                return false;
            }
            match &now {
                Status::Up => tracing::info!(component = "redis", "up"),
                Status::ReadOnly(reason) => tracing::warn!(component = "redis", reason, "takes no writes"),
                Status::Down(reason) => tracing::warn!(component = "redis", reason, "down"),
            }
            *before = now;
            true
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::shared::fault::{LATE, NOT_MASTER};

    #[test]
    fn followers_hear_of_changes_alone() {
        let state = State::new();
        let mut status = state.follow();
        assert!(matches!(&*status.borrow_and_update(), Status::Down(_)));
        state.up();
        assert_eq!(*status.borrow_and_update(), Status::Up);
        state.up();
        assert!(!status.has_changed().unwrap());
        state.down(LATE);
        assert_eq!(*status.borrow_and_update(), Status::Down(LATE.what.into()));
        state.down(LATE);
        assert!(!status.has_changed().unwrap());
    }

    #[test]
    fn a_write_now_and_then_does_not_count_as_well_again() {
        let (state, now) = (State::new(), Instant::now());
        state.up();
        state.refused(NOT_MASTER, now);
        let read_only = Status::ReadOnly(NOT_MASTER.what.into());
        state.wrote(now + CALM / 2);
        assert_eq!(*state.follow().borrow(), read_only);
        state.refused(NOT_MASTER, now + CALM);
        state.wrote(now + CALM + CALM / 2);
        assert_eq!(*state.follow().borrow(), read_only);
        state.wrote(now + CALM * 2);
        assert_eq!(*state.follow().borrow(), Status::Up);
    }
}
