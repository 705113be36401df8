//! What was written when, and whether an answer agrees with it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use iinspect::number::Iin;
use iinspect::register::postgres::{Options, Store, Url};
use iinspect::register::{Changeset, Expect, Ledger, Origin, Write};
use jiff::Timestamp;

use crate::persons::{number, record};

/// Numbers that are written to all the time, that are asked for again and again, and that are asked for
/// once.
const WRITTEN: usize = 200;
const OFTEN: usize = 5_000;
const ONCE: usize = 60_000;
/// How old a fact may be when a call does not say.
const MAX_AGE: Duration = Duration::from_secs(1);

/// One write.
struct Change {
    sent: Instant,
    /// When it was acknowledged; `None`: nobody knows whether it went through.
    done: Option<Instant>,
    in_force: bool,
}

/// The numbers and what was written of them.
pub(crate) struct History {
    numbers: Vec<Iin>,
    changes: Vec<Mutex<Vec<Change>>>,
    next_once: AtomicUsize,
}

impl History {
    /// Fills a new register with persons in force.
    pub(crate) async fn fill(url: &str) -> Self {
        let (url, options) = (Url::parse(url).unwrap(), Options::default());
        Store::migrate(&url, &options).await.unwrap();
        let store = Store::open(&url, &[], &options).unwrap();
        let end = tokio::time::Instant::now() + Duration::from_secs(300);
        while store.key().is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let numbers: Vec<Iin> = (0..).filter_map(number).take(WRITTEN + OFTEN + ONCE).collect();
        for some in numbers.chunks(10_000) {
            let writes = some.iter().map(|iin| Write::record(*iin, record(), Expect::Any)).collect();
            store
                .commit(Changeset::new(Timestamp::now(), Origin::of("bench"), "", writes), end)
                .await
                .unwrap();
        }
        tokio::task::spawn_blocking(move || store.close()).await.unwrap().unwrap();
        let changes = (0..WRITTEN).map(|_| Mutex::default()).collect();
        History { numbers, changes, next_once: AtomicUsize::new(0) }
    }

    /// Which number a call asks for, by a number of its own: of 20 one that is written to, 14 often asked
    /// for, 5 never asked for before.
    pub(crate) fn pick(&self, call: usize) -> (usize, bool) {
        let spread = call.wrapping_mul(7_919);
        match call % 20 {
            0 => (spread / 20 % WRITTEN, false),
            1..=14 => (WRITTEN + spread % OFTEN, false),
            _ => {
                let once = self.next_once.fetch_add(1, Ordering::Relaxed);
                assert!(once < ONCE, "more calls than there are numbers");
                (WRITTEN + OFTEN + once, true)
            }
        }
    }

    pub(crate) fn text(&self, at: usize) -> String {
        self.numbers[at].to_text()
    }

    /// The number to be written next, and whether it is to be put in force. One of which nobody knows
    /// is written again.
    pub(crate) fn next_write(&self, write: usize) -> (usize, bool) {
        let at = write % WRITTEN;
        let changes = self.changes[at].lock().unwrap();
        let in_force = match changes.last() {
            None => false,
            Some(Change { done: None, in_force, .. }) => *in_force,
            Some(Change { in_force, .. }) => !in_force,
        };
        (at, in_force)
    }

    /// A write is on its way.
    pub(crate) fn begin(&self, at: usize, in_force: bool) {
        self.changes[at].lock().unwrap().push(Change { sent: Instant::now(), done: None, in_force });
    }

    /// The last one of a number was acknowledged.
    pub(crate) fn acknowledge(&self, at: usize) {
        self.changes[at].lock().unwrap().last_mut().unwrap().done = Some(Instant::now());
    }

    /// Whether an answer can be right: it lacks nothing that was acknowledged longer than the call's
    /// `max_age` before it, and holds nothing that was not written.
    pub(crate) fn agrees(&self, at: usize, asked: Instant, answered: Instant, in_force: bool) -> bool {
        let Some(changes) = self.changes.get(at) else { return in_force };
        let changes = changes.lock().unwrap();
        let is_due = |change: &Change| change.done.is_some_and(|done| done + MAX_AGE <= asked);
        let due = changes.iter().rposition(is_due);
        let before = due.is_none_or(|due| changes[due].in_force);
        let mut later = changes.iter().skip(due.map_or(0, |due| due + 1));
        before == in_force || later.any(|c| c.sent <= answered && c.in_force == in_force)
    }
}
