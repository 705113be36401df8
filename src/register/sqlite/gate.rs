//! Whether callers may look up on their own threads: pure, the time is told.
//!
//! A caller's thread is a worker of the service, and a disk that is slow or hangs would hold it. Then
//! the gate closes, and lookups take the queue, whose threads may wait without harm. It opens again
//! when a probe of the disk comes back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// A lookup that takes this long waited for the disk, or for a busy processor: one alone says little.
const SLOW: Duration = Duration::from_millis(2);
/// A lookup or a probe that takes this long waited for the disk.
const STUCK: Duration = Duration::from_millis(50);
/// What a slow lookup weighs: as much as so many quick ones.
const WEIGHT: u64 = 16;
/// So much of it closes the gate: more than two slow lookups shortly after each other.
const TOO_MUCH: u64 = 3 * WEIGHT - WEIGHT / 2;

/// Nobody is inside.
const NOBODY: u64 = u64::MAX;

/// The gate in front of a number of lanes.
pub(super) struct Gate {
    open: AtomicBool,
    /// How slow the last lookups were: each slow one adds, each quick one takes away.
    weight: AtomicU64,
    /// Since when somebody is in each lane, in nanoseconds since the gate was made.
    since: Box<[AtomicU64]>,
}

impl Gate {
    /// Open, with nobody in any lane.
    pub(super) fn new(lanes: usize) -> Self {
        let since = (0..lanes).map(|_| AtomicU64::new(NOBODY)).collect();
        Gate { open: AtomicBool::new(true), weight: AtomicU64::new(0), since }
    }

    // Relaxed throughout: the gate guards no data, and a lookup more or less does not matter.

    /// Whether somebody may go in.
    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Somebody goes into a lane.
    pub(super) fn enters(&self, lane: usize, now: Duration) {
        self.since[lane].store(nanos(now), Ordering::Relaxed);
    }

    /// Whoever was in a lane comes out again.
    pub(super) fn leaves(&self, lane: usize, now: Duration) {
        let since = self.since[lane].swap(NOBODY, Ordering::Relaxed);
        let took = Duration::from_nanos(nanos(now).saturating_sub(since));
        let weight = self.weight.load(Ordering::Relaxed);
        if took >= SLOW {
            self.weight.store(weight + WEIGHT, Ordering::Relaxed);
            if took >= STUCK || weight + WEIGHT > TOO_MUCH {
                self.close();
            }
        } else if weight > 0 {
            self.weight.store(weight - 1, Ordering::Relaxed);
        }
    }

    /// Somebody found a lane taken: does the one inside come back at all?
    pub(super) fn is_taken(&self, lane: usize, now: Duration) {
        let since = self.since[lane].load(Ordering::Relaxed);
        if Duration::from_nanos(nanos(now).saturating_sub(since)) >= STUCK {
            self.close();
        }
    }

    /// A probe begins. Should it not come back, the gate stays closed.
    pub(super) fn probe_begins(&self) {
        self.close();
    }

    /// A probe read what it had to in so long; of one that failed nothing is told.
    pub(super) fn probed(&self, took: Duration) {
        if took < STUCK {
            self.weight.store(0, Ordering::Relaxed);
            self.open.store(true, Ordering::Relaxed);
        }
    }

    fn close(&self) {
        self.open.store(false, Ordering::Relaxed);
    }
}

/// Enough for five hundred years.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(NOBODY - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_nanos(1);

    fn lookup(gate: &Gate, took: Duration) {
        gate.enters(0, SLOW);
        gate.leaves(0, SLOW + took);
    }

    #[test]
    fn slow_lookups_one_after_another_close_it() {
        let gate = Gate::new(1);
        for _ in 0..100 {
            lookup(&gate, SLOW);
            (0..WEIGHT).for_each(|_| lookup(&gate, SLOW - TICK));
        }
        assert!(gate.is_open(), "a busy processor lets some wait");
        (0..2).for_each(|_| lookup(&gate, STUCK - TICK));
        assert!(gate.is_open());
        lookup(&gate, SLOW);
        assert!(!gate.is_open());
    }

    #[test]
    fn one_that_was_stuck_closes_it_and_a_probe_opens_it() {
        let gate = Gate::new(1);
        lookup(&gate, STUCK);
        assert!(!gate.is_open());
        gate.probe_begins();
        gate.probed(STUCK);
        assert!(!gate.is_open(), "the probe was stuck too");
        gate.probe_begins();
        gate.probed(STUCK - TICK);
        assert!(gate.is_open());
        (0..2).for_each(|_| lookup(&gate, SLOW));
        assert!(gate.is_open(), "what was before the probe is forgotten");
    }

    #[test]
    fn one_that_does_not_come_back_closes_it_for_the_others() {
        let gate = Gate::new(2);
        gate.enters(0, TICK);
        gate.is_taken(0, STUCK);
        // Between finding the lane taken and looking, it was left.
        gate.is_taken(1, STUCK * 9);
        assert!(gate.is_open());
        gate.is_taken(0, STUCK + TICK);
        assert!(!gate.is_open());
    }

    #[test]
    fn a_probe_that_does_not_come_back_leaves_it_closed() {
        let gate = Gate::new(1);
        gate.probe_begins();
        lookup(&gate, TICK);
        assert!(!gate.is_open());
    }

    #[test]
    fn a_clock_that_goes_back_is_no_slow_disk() {
        let gate = Gate::new(1);
        gate.enters(0, STUCK);
        gate.is_taken(0, TICK);
        gate.leaves(0, TICK);
        assert!(gate.is_open());
    }
}
