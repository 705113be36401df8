//! What the cache counts. Counters alone: whoever wants to tell of them reads them.

use std::sync::atomic::{AtomicU64, Ordering};

/// One thing that is counted.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn add(&self) {
        self.adds(1);
    }

    /// So many more.
    pub fn adds(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// How many.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why an entry is no longer in process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evictions {
    /// Its time was over.
    Expired,
    /// There was no room.
    Size,
    /// Its subject changed, or everything was forgotten.
    Changed,
    /// A newer one took its place.
    Replaced,
}

impl Evictions {
    /// Every cause.
    pub const ALL: [Self; 4] = [Self::Expired, Self::Size, Self::Changed, Self::Replaced];

    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Size => "size",
            Self::Changed => "changed",
            Self::Replaced => "replaced",
        }
    }
}

/// Why an entry that was found was not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// Its time was over.
    Expired,
    /// Its subject has changed since.
    Outdated,
    /// It was read further on than the feed has been followed.
    Ahead,
    /// The caller, or its outcome's bound, does not allow a fact of its age.
    TooOld,
}

impl Passed {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Expired, Self::Outdated, Self::Ahead, Self::TooOld];

    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Outdated => "outdated",
            Self::Ahead => "ahead",
            Self::TooOld => "too_old",
        }
    }
}

/// Everything that is counted, since the start.
#[derive(Debug, Default)]
pub struct Stats {
    /// Facts told from this process.
    pub local: Counter,
    /// Facts told from the shared tier.
    pub shared: Counter,
    /// Facts read from the register.
    pub register: Counter,
    /// Facts that could not be had.
    pub failed: Counter,
    /// Facts told in the last fifth of their time, while they are read again.
    pub ahead_of_refresh: Counter,
    /// Reads begun before an entry's time was over.
    pub refreshes: Counter,
    /// Calls that took part in the read of another.
    pub joined: Counter,
    /// Calls that read by themselves, since no more reads could be shared or the shared one failed them.
    pub alone: Counter,
    /// Calls that were told of a failure just before theirs.
    pub spared: Counter,
    /// Reads that the register was not asked for, since it had as many under way as it may.
    pub refused: Counter,
    /// Questions to a register that holds many numbers each.
    pub batches: Counter,
    /// Looks at the feed that reached its end.
    pub followed: Counter,
    /// Looks that failed.
    pub lost: Counter,
    /// Times that the feed did not go on as it began.
    pub restarts: Counter,
    /// Changes of facts seen in the feed.
    pub changes: Counter,
    /// How long after they were made changes were seen, in milliseconds and all together.
    pub changes_lag: Counter,
    evictions: [Counter; Evictions::ALL.len()],
    passed: [Counter; Passed::ALL.len()],
}

impl Stats {
    /// A change was seen so long after it was made, by two clocks: where they differ by more than it
    /// took, it counts as none.
    pub fn saw_change(&self, lag: jiff::SignedDuration) {
        self.changes.add();
        self.changes_lag.adds(u64::try_from(lag.as_millis()).unwrap_or(0));
    }

    /// An entry is no longer in process.
    pub fn evicted(&self, cause: Evictions) {
        self.evictions[cause as usize].add();
    }

    /// How many are no longer in process for this cause.
    #[must_use]
    pub fn evictions(&self, cause: Evictions) -> u64 {
        self.evictions[cause as usize].get()
    }

    /// An entry that was found was not told.
    pub fn pass(&self, why: Passed) {
        self.passed[why as usize].add();
    }

    /// How many were not told for this reason.
    #[must_use]
    pub fn passed(&self, why: Passed) -> u64 {
        self.passed[why as usize].get()
    }
}
