//! The shared tier: facts in Redis, for all nodes of a deployment.
//!
//! Nothing here can make a call wait for long or fail: whatever is wrong with Redis, a question is
//! answered with "nothing" within [`Options::wait`]. Nothing here is believed because it is there
//! either: an entry counts by its position, which the journal judges.

mod connect;
mod core;
mod fault;
mod form;
mod gather;
mod keeper;
mod link;
mod read;
mod sentinel;
mod state;
mod stats;
mod url;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use self::connect::Connector;
use self::core::Core;
use self::writer::{Fill, TOGETHER};
use super::Entry;
use super::breaker::Stand;
use crate::keys;
use crate::register::{Position, Status, Subject};

pub use stats::Snapshot;
pub use url::Url;

/// How the tier is used.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where Redis is.
    pub url: Url,
    /// How long a question may take. An answer that comes later counts as none.
    pub wait: Duration,
    /// Facts that may wait to be written, and 64 times as many tombstones.
    pub queue: usize,
    /// For how long a tombstone is kept: longer than a read of the register takes, so that one which
    /// was begun before a change is over before the change is forgotten.
    pub tombstone: Duration,
}

/// The tier. Clones share it; with the last one its tasks end.
#[derive(Clone)]
pub struct Shared {
    core: Arc<Core>,
    fills: mpsc::Sender<Fill>,
    stones: mpsc::Sender<Vec<(Subject, Position)>>,
    hints: watch::Receiver<u64>,
    _tasks: Arc<Tasks>,
}

struct Tasks(Vec<JoinHandle<()>>);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared(..)")
    }
}

impl Shared {
    /// Starts using Redis, whether it is there or not. Needs a runtime of tokio.
    #[must_use]
    pub fn start(options: Options, keys: keys::Source) -> Self {
        if options.url.shows_its_password() {
            tracing::warn!(component = "redis", "the password crosses the network in clear: use rediss://");
        }
        let core = Core::new(options.wait, options.tombstone, options.url.is_followed());
        let (fills, fills_to_write) = mpsc::channel(options.queue.max(1));
        let (stones, stones_to_write) = mpsc::channel(options.queue.max(1));
        let (heard, hints) = watch::channel(0);
        let connector = Connector::new(options.url, heard);
        let tasks = vec![
            tokio::spawn(keeper::follow_keys(core.clone(), keys)),
            tokio::spawn(keeper::keep(core.clone(), connector)),
            tokio::spawn(writer::write(core.clone(), fills_to_write, stones_to_write)),
        ];
        Shared { core, fills, stones, hints, _tasks: Arc::new(Tasks(tasks)) }
    }

    /// What is remembered of numbers, in their order, each with how long it may still be kept. `None`
    /// for whatever is not there, did not come in time, or is not to be trusted: [`Shared::stats`] has
    /// which.
    pub async fn get(&self, subjects: &[Subject]) -> Vec<Option<(Entry, Duration)>> {
        read::read(&self.core, subjects).await
    }

    /// What is remembered of one number, as [`Shared::get`] has it. Calls that ask at the same moment ask
    /// together.
    pub async fn one(&self, subject: Subject) -> Option<(Entry, Duration)> {
        gather::one(&self.core, subject).await
    }

    /// Has a fact written, to be kept for `ttl` from now on, unless a newer one is there. Dropped when
    /// too many wait, or Redis is away.
    pub fn fill(&self, subject: Subject, entry: Arc<Entry>, ttl: Duration) {
        let fill = Fill { subject, entry, ttl, at: Instant::now() };
        if self.core.link.load().is_none() || self.fills.try_send(fill).is_err() {
            self.core.stats.fills_dropped.add(1);
        }
    }

    /// Has it written that what was read of numbers before these positions is out of date. Dropped as
    /// facts are.
    pub fn tombstones(&self, changed: Vec<(Subject, Position)>) {
        let is_away = self.core.link.load().is_none();
        for some in changed.chunks(TOGETHER) {
            if is_away || self.stones.try_send(some.to_vec()).is_err() {
                self.core.stats.tombstones_dropped.add(some.len());
            }
        }
    }

    /// Tells the other nodes to look at the feed now. Telling again before it is done is telling once.
    pub fn publish(&self) {
        self.core.look.notify_one();
    }

    /// Counts the hints that came, one's own among them; a slow follower skips to the newest.
    #[must_use]
    pub fn hints(&self) -> watch::Receiver<u64> {
        self.hints.clone()
    }

    /// Whether Redis is of use: `ReadOnly` while it takes no writes. Each change is logged here.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.core.state.follow()
    }

    /// Which way the breaker stands.
    #[must_use]
    pub fn stand(&self) -> Stand {
        self.core.stand()
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> Snapshot {
        self.core.stats.snapshot()
    }
}
