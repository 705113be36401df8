//! The shared tier: facts in Redis, for all nodes of a deployment.
//!
//! Nothing here can make a call wait for long or fail: whatever is wrong with Redis, a question is
//! answered with "nothing" within [`Options::wait`]. Nothing here is believed because it is there
//! either: an entry counts by its position, which the journal judges.

mod connect;
mod core;
mod fault;
mod form;
mod keeper;
mod link;
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
use self::core::{Answer, Core, READS, question};
use self::fault::Fault;
use self::form::{Key, Ring, Value};
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
        let nothing = || vec![None; subjects.len()];
        let stats = &self.core.stats;
        let (link, ring) = (self.core.link.load_full(), self.core.ring.load_full());
        let Some((link, ring)) = link.zip(ring) else {
            stats.skipped.add(subjects.len());
            return nothing();
        };
        let count = u32::try_from(subjects.len().min(READS)).unwrap_or(u32::MAX);
        let Ok(_asking) = self.core.reads.try_acquire_many(count) else {
            stats.crowded.add(subjects.len());
            return nothing();
        };
        let asked = Instant::now();
        let names: Vec<_> =
            subjects.iter().flat_map(|subject| ring.keys().map(|key| key.name(*subject))).collect();
        let commands = names.iter().flat_map(question).collect();
        let answers = link.run(commands, 2, asked + self.core.wait).await;
        let mut values = answers.values.into_iter();
        let per_subject = 1 + usize::from(ring.previous.is_some());
        let mut found = Vec::with_capacity(subjects.len());
        let mut outcome = Outcome { answered: false, fault: answers.fault };
        for (at, subject) in subjects.iter().enumerate() {
            let answers = (0..per_subject)
                .map(|_| Answer::of(values.next().flatten(), values.next().flatten()))
                .collect::<Vec<_>>();
            let newest = self.newest(&ring, *subject, answers, &mut outcome);
            found.push(newest.and_then(|value| self.usable(value, asked)));
            // A thousand of them would hold up the thread for milliseconds.
            if at % 64 == 63 {
                tokio::task::yield_now().await;
            }
        }
        match outcome {
            // Some answers are in time: what is late is so by its amount.
            Outcome { answered: true, .. } | Outcome { fault: None, .. } => self.core.succeeded(),
            Outcome { fault: Some(fault), .. } => self.core.failed(fault),
        }
        found
    }

    /// The newest of what is kept under the live keys.
    fn newest(
        &self,
        ring: &Ring,
        subject: Subject,
        answers: Vec<Answer>,
        outcome: &mut Outcome,
    ) -> Option<Found> {
        let stats = &self.core.stats;
        let mut newest: Option<Found> = None;
        let mut nothing = true;
        for (key, answer) in ring.keys().zip(answers) {
            match answer {
                Answer::Nothing => outcome.answered = true,
                Answer::Late => {
                    nothing = false;
                    stats.late.add(1);
                }
                Answer::Fault(fault) => {
                    nothing = false;
                    stats.failed.add(1);
                    outcome.fault = Some(fault);
                }
                Answer::Value(left, value) => {
                    nothing = false;
                    outcome.answered = true;
                    match opened(key, subject, left, value) {
                        Some(found) if newest.as_ref().is_none_or(|n| n.is_older(&found)) => {
                            newest = Some(found)
                        }
                        Some(_) => {}
                        None => stats.damaged.add(1),
                    }
                }
            }
        }
        if nothing {
            stats.misses.add(1);
        }
        newest
    }

    /// A fact, unless its time is over.
    fn usable(&self, found: Found, asked: Instant) -> Option<(Entry, Duration)> {
        let stats = &self.core.stats;
        let Value::Fact(entry, kept) = found.value else {
            stats.tombstones_met.add(1);
            return None;
        };
        // Nobody knows when within the question Redis looked at its clock.
        let left = found.left.map_or(kept, |left| left.min(kept)).saturating_sub(asked.elapsed());
        if left.is_zero() {
            stats.misses.add(1);
            return None;
        }
        stats.hits.add(1);
        Some((*entry, left))
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

/// What a question came to.
struct Outcome {
    /// Something of it was answered.
    answered: bool,
    fault: Option<Fault>,
}

/// A value that opened.
struct Found {
    value: Value,
    /// How long Redis keeps it; `None`: it does not say.
    left: Option<Duration>,
}

impl Found {
    /// Whether another one replaces it. Of the same position a fact is preferred: it was read after the
    /// change that the tombstone is about.
    fn is_older(&self, other: &Found) -> bool {
        let rank = |found: &Found| (found.value.position(), matches!(found.value, Value::Fact(..)));
        rank(self) < rank(other)
    }
}

fn opened(key: &Key, subject: Subject, left: i64, value: Vec<u8>) -> Option<Found> {
    let value = key.read(subject, value).ok()?;
    Some(Found { value, left: u64::try_from(left).ok().map(Duration::from_millis) })
}
