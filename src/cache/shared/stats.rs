//! What the shared tier counts.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! stats {
    ($($(#[$doc:meta])+ $name:ident,)*) => {
        /// Counters that only rise.
        #[derive(Debug, Default)]
        pub(super) struct Stats { $(pub(super) $name: Counter,)* }

        /// The counters at one moment.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Snapshot { $($(#[$doc])+ pub $name: u64,)* }

        impl Stats {
            pub(super) fn snapshot(&self) -> Snapshot {
                Snapshot { $($name: self.$name.get(),)* }
            }
        }
    };
}

stats! {
    /// Numbers whose fact was there.
    hits,
    /// Numbers that Redis held nothing for.
    misses,
    /// Numbers of which Redis knew only that older facts are out of date.
    tombstones_met,
    /// Values that did not open: another key's, changed or moved by somebody.
    damaged,
    /// Numbers whose answer did not come in time.
    late,
    /// Numbers that Redis answered with an error.
    failed,
    /// Numbers not asked for, since there is no connection or the breaker is open.
    skipped,
    /// Numbers not asked for, since too many were being asked for.
    crowded,
    /// Facts written.
    fills,
    /// Facts not written, since what is there is as new or newer.
    fills_older,
    /// Facts dropped: the queue was full, Redis was away, or they had waited too long.
    fills_dropped,
    /// Facts that Redis refused to write.
    fills_failed,
    /// Facts too long to be shared.
    fills_unfit,
    /// Tombstones written.
    tombstones,
    /// Tombstones not needed, since what is there is as new or newer.
    tombstones_older,
    /// Tombstones dropped, as facts are.
    tombstones_dropped,
    /// Tombstones that Redis refused to write.
    tombstones_failed,
    /// Hints sent to other nodes.
    hints_sent,
    /// Hints that came, one's own among them.
    hints_received,
    /// Connections made.
    connections,
    /// Times that the breaker opened.
    openings,
}

/// One counter.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, n: usize) {
        self.0.fetch_add(n as u64, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
