//! Failures of the register, remembered for a moment: a register that does not answer about a number is
//! not asked about it again at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::register::{Error, Subject};

/// The most that are remembered; more are not.
const MAX: usize = 10_000;

/// What was not answered.
#[derive(Debug)]
pub(super) struct Failures {
    keep: Duration,
    all: Mutex<HashMap<Subject, (Instant, Error)>>,
    /// How many there are: mostly none, and then nobody takes the lock.
    count: AtomicUsize,
}

impl Failures {
    pub(super) fn new(keep: Duration) -> Self {
        Failures { keep, all: Mutex::default(), count: AtomicUsize::new(0) }
    }

    /// Why the register did not answer about a subject, not longer than `max_age` ago.
    pub(super) fn recent(&self, subject: Subject, now: Instant, max_age: Duration) -> Option<Error> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, error) = all.get(&subject)?;
        (now.saturating_duration_since(*at) < self.keep.min(max_age)).then(|| error.clone())
    }

    /// The register did not answer about a subject.
    pub(super) fn put(&self, subject: Subject, now: Instant, error: &Error) {
        // The others are about the call, not about what it asked for.
        let lasting =
            error.is_unavailable() || error.is_deadline() || error.is_corrupt() || error.is_schema();
        if !lasting || self.keep.is_zero() {
            return;
        }
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX {
            all.retain(|_, (at, _)| now.saturating_duration_since(*at) < self.keep);
        }
        if all.len() < MAX {
            all.insert(subject, (now, error.clone()));
        }
        self.count.store(all.len(), Ordering::Relaxed);
    }

    /// It has answered.
    pub(super) fn clear(&self, subject: Subject) {
        if self.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&subject);
        self.count.store(all.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Subject = Subject([1; 16]);
    const KEEP: Duration = Duration::from_millis(250);

    #[test]
    fn a_failure_is_remembered_for_its_time_and_as_the_call_allows() {
        let (failures, at) = (Failures::new(KEEP), Instant::now());
        failures.put(A, at, &Error::unavailable("gone"));
        let after = |ms: u64| at + Duration::from_millis(ms);
        let hour = Duration::from_secs(3600);
        assert!(failures.recent(A, after(249), hour).is_some());
        assert!(failures.recent(A, after(250), hour).is_none());
        assert!(failures.recent(A, after(100), Duration::from_millis(100)).is_none());
        assert!(failures.recent(Subject([2; 16]), at, hour).is_none());
        failures.clear(A);
        assert!(failures.recent(A, at, hour).is_none());
        failures.put(A, at, &Error::busy("full"));
        assert!(failures.recent(A, at, hour).is_none(), "about the call");
    }

    #[test]
    fn so_many_and_what_is_over_makes_room() {
        let (failures, at) = (Failures::new(KEEP), Instant::now());
        let subject = |n: usize| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
            Subject(bytes)
        };
        for n in 0..=MAX {
            failures.put(subject(n), at, &Error::deadline("slow"));
        }
        assert!(failures.recent(subject(0), at, KEEP).is_some());
        assert!(failures.recent(subject(MAX), at, KEEP).is_none());
        failures.put(subject(MAX), at + KEEP, &Error::deadline("slow"));
        assert!(failures.recent(subject(MAX), at + KEEP, KEEP).is_some());
    }
}
