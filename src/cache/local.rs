//! The tier in process: so many bytes, and what a scan brings in does not push out what is asked often.
//!
//! Numbers that the register does not hold have a part of their own. Whoever guesses at numbers makes
//! such entries as fast as they can ask, and fills that part alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use moka::Expiry;
use moka::future::Cache;
use moka::notification::RemovalCause;
use moka::ops::compute::Op;
use tokio::time::Instant;

use super::entry::Entry;
use super::expiry::{Lifetimes, Outcome};
use super::metrics::{Evictions, Stats};
use crate::register::{Position, Subject};

/// The part of its life, in tenths, after which an entry that is asked for is read again beforehand.
const REFRESH_AFTER: u32 = 8;

/// An entry in this process.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) entry: Arc<Entry>,
    /// What was acknowledged before this moment it does not lack, by its own read; `None` for one that
    /// another node has read.
    pub(super) read: Option<Instant>,
    /// How far behind the register it may be told.
    pub(super) stale: Duration,
    pub(super) outcome: Outcome,
    pub(super) expires: Instant,
    /// From when on it is read again when it is asked for, once.
    pub(super) refresh: Instant,
    refreshing: AtomicBool,
}

impl Held {
    /// An entry of which so much is left from a moment on, of so much in all; `now` is the moment whose
    /// day decides what it says.
    pub(super) fn new(
        entry: Arc<Entry>,
        lifetimes: &Lifetimes,
        now: Timestamp,
        read: Option<Instant>,
        (at, left, whole): (Instant, Duration, Duration),
    ) -> Self {
        let outcome = Outcome::of(&entry.fact, now);
        Held {
            entry,
            read,
            stale: lifetimes.of(outcome).stale,
            outcome,
            expires: at + left,
            refresh: at + left.saturating_sub(whole / 10 * (10 - REFRESH_AFTER)),
            refreshing: AtomicBool::new(false),
        }
    }

    /// Whether it is to be read again beforehand: said once.
    pub(super) fn wants_refresh(&self) -> bool {
        !self.refreshing.swap(true, Ordering::Relaxed)
    }

    fn weight(&self) -> u32 {
        u32::try_from(self.entry.bytes() + size_of::<Self>()).unwrap_or(u32::MAX)
    }
}

/// The tier.
#[derive(Clone, Debug)]
pub(super) struct Local {
    /// Numbers that the register holds.
    held: Cache<Subject, Arc<Held>>,
    /// Numbers that it does not.
    absent: Cache<Subject, Arc<Held>>,
}

impl Local {
    /// So many bytes in all; of these, so many hundredths for numbers that the register does not hold.
    pub(super) fn new(bytes: u64, absent_percent: u64, stats: &Arc<Stats>) -> Self {
        let absent = bytes / 100 * absent_percent;
        Local { held: part(bytes - absent, stats), absent: part(absent, stats) }
    }

    /// What is remembered of a subject. Whether it may still be told is for its reader to judge.
    pub(super) async fn get(&self, subject: Subject) -> Option<Arc<Held>> {
        match self.held.get(&subject).await {
            Some(held) => Some(held),
            None => self.absent.get(&subject).await,
        }
    }

    /// Remembers an entry, unless a newer one is there.
    pub(super) async fn put(&self, subject: Subject, held: Arc<Held>) {
        let (here, there) = match held.outcome {
            Outcome::NotFound => (&self.absent, &self.held),
            Outcome::InForce | Outcome::OutOfForce => (&self.held, &self.absent),
        };
        let position = held.entry.position;
        let put = here.entry(subject).and_compute_with(async |there| match there {
            Some(there) if there.value().is_better_than(&held) => Op::Nop,
            _ => Op::Put(held.clone()),
        });
        put.await;
        forget_up_to(there, subject, position).await;
    }

    /// Forgets what was read of a subject before a change of it.
    pub(super) async fn forget(&self, subject: Subject, change: Position) {
        for part in [&self.held, &self.absent] {
            if change.0 > 0 {
                forget_up_to(part, subject, Position(change.0 - 1)).await;
            }
        }
    }

    /// Forgets a subject.
    pub(super) async fn forget_all(&self, subject: Subject) {
        self.held.invalidate(&subject).await;
        self.absent.invalidate(&subject).await;
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.held.invalidate_all();
        self.absent.invalidate_all();
    }

    /// Entries and their bytes: of numbers that the register holds, and of those it does not.
    pub(super) fn sizes(&self) -> [(u64, u64); 2] {
        [&self.held, &self.absent].map(|part| (part.entry_count(), part.weighted_size()))
    }

    /// Does what is put off until later, for tests that count.
    #[cfg(test)]
    pub(super) async fn settle(&self) {
        self.held.run_pending_tasks().await;
        self.absent.run_pending_tasks().await;
    }
}

impl Held {
    /// Whether it is to stay when another comes. Of two entries of one position the later read stays:
    /// it ends later.
    fn is_better_than(&self, other: &Held) -> bool {
        let place = |held: &Held| (held.entry.position, held.expires);
        place(self) > place(other)
    }
}

async fn forget_up_to(part: &Cache<Subject, Arc<Held>>, subject: Subject, position: Position) {
    // Mostly: changes are of subjects that nobody here has asked for, and what is in one part was seldom in
    // the other before. A look costs much less than taking the entry's lock.
    if !part.contains_key(&subject) {
        return;
    }
    let forget = part.entry(subject).and_compute_with(async |there| match there {
        Some(there) if there.value().entry.position <= position => Op::Remove,
        _ => Op::Nop,
    });
    forget.await;
}

fn part(bytes: u64, stats: &Arc<Stats>) -> Cache<Subject, Arc<Held>> {
    let stats = stats.clone();
    Cache::builder()
        .max_capacity(bytes)
        .weigher(|_, held: &Arc<Held>| held.weight())
        .expire_after(UntilItEnds)
        .eviction_listener(move |_, _, cause| {
            let counted = match cause {
                RemovalCause::Expired => Evictions::Expired,
                RemovalCause::Size => Evictions::Size,
                RemovalCause::Explicit => Evictions::Changed,
                RemovalCause::Replaced => Evictions::Replaced,
            };
            stats.evicted(counted);
        })
        .build()
}

/// So that what has ended gives its bytes back. Readers look at [`Held::expires`] themselves.
struct UntilItEnds;

impl Expiry<Subject, Arc<Held>> for UntilItEnds {
    fn expire_after_create(&self, _: &Subject, held: &Arc<Held>, _: std::time::Instant) -> Option<Duration> {
        Some(held.expires.saturating_duration_since(Instant::now()))
    }

    fn expire_after_update(
        &self,
        subject: &Subject,
        held: &Arc<Held>,
        now: std::time::Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(subject, held, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::{Fact, Record, Versioned};

    fn subject(n: u32) -> Subject {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        Subject(bytes)
    }

    fn held(position: u64, found: bool) -> Arc<Held> {
        let record = Record::in_force(Default::default());
        let record = Versioned { value: record, version: 1, recorded_at: Timestamp::UNIX_EPOCH };
        let fact = Fact { record: found.then_some(record), hotlist: Vec::new() };
        let entry = Arc::new(Entry { fact, position: Position(position), changed_at: None });
        let now = Instant::now();
        let ttl = Duration::from_secs(600);
        Arc::new(Held::new(entry, &Lifetimes::default(), Timestamp::UNIX_EPOCH, Some(now), (now, ttl, ttl)))
    }

    fn local(bytes: u64) -> (Local, Arc<Stats>) {
        let stats = Arc::new(Stats::default());
        (Local::new(bytes, 10, &stats), stats)
    }

    async fn position(local: &Local, n: u32) -> Option<u64> {
        local.get(subject(n)).await.map(|held| held.entry.position.0)
    }

    #[tokio::test]
    async fn an_older_entry_does_not_replace_a_newer_one() {
        let (local, _) = local(1 << 20);
        local.put(subject(1), held(7, true)).await;
        local.put(subject(1), held(6, true)).await;
        assert_eq!(position(&local, 1).await, Some(7));
        // Nor when it says that the number is not there: the newer one is found first.
        local.put(subject(1), held(5, false)).await;
        assert_eq!(position(&local, 1).await, Some(7));
        local.put(subject(1), held(8, false)).await;
        assert_eq!(position(&local, 1).await, Some(8));
        local.put(subject(1), held(9, true)).await;
        assert_eq!(position(&local, 1).await, Some(9));
    }

    #[tokio::test]
    async fn a_change_forgets_what_was_read_before_it_alone() {
        let (local, _) = local(1 << 20);
        local.put(subject(1), held(7, true)).await;
        local.forget(subject(1), Position(7)).await;
        assert_eq!(position(&local, 1).await, Some(7));
        local.forget(subject(1), Position(8)).await;
        assert_eq!(position(&local, 1).await, None);
        local.put(subject(2), held(7, true)).await;
        local.clear();
        assert_eq!(position(&local, 2).await, None);
    }

    #[tokio::test]
    async fn guesses_and_scans_fill_no_more_than_their_part() {
        let (local, stats) = local(2_000_000);
        // How often something is asked for counts from when there is little room left.
        let scan = async |numbers: std::ops::Range<u32>| {
            for n in numbers {
                local.put(subject(n), held(1, true)).await;
                if n % 100 == 0 {
                    local.settle().await;
                }
            }
            local.settle().await;
        };
        scan(10_000..15_000).await;
        for _ in 0..20 {
            for n in 0..20 {
                if local.get(subject(n)).await.is_none() {
                    local.put(subject(n), held(1, true)).await;
                }
            }
            local.settle().await;
        }
        // Numbers that nobody holds, far more than there is room for.
        for n in 1_000..9_000 {
            local.put(subject(n), held(1, false)).await;
        }
        local.settle().await;
        let [(_, held_bytes), (absent, absent_bytes)] = local.sizes();
        assert!(absent > 0 && absent_bytes <= 200_000, "{absent_bytes}");
        assert!(held_bytes <= 1_800_000, "{held_bytes}");
        assert!(stats.evictions(Evictions::Size) > 4_000);
        // Numbers that are there, each asked for once: those asked for often stay.
        scan(20_000..30_000).await;
        let mut kept = 0;
        for n in 0..20 {
            kept += u32::from(local.get(subject(n)).await.is_some());
        }
        assert!(kept >= 15, "{kept}");
    }

    #[tokio::test]
    async fn an_entry_asks_to_be_read_again_once() {
        let held = held(1, true);
        assert_eq!(held.expires - held.refresh, Duration::from_secs(120));
        assert!(held.wants_refresh() && !held.wants_refresh());
    }
}
