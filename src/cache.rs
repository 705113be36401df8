//! Facts about numbers, remembered: in process, then in a tier that nodes share, then the register.
//!
//! What is remembered is what one read of the register told, with its position in the change feed;
//! never a verdict. Each node follows the feed itself, and an entry is judged by that at every read
//! ([`journal`]): it is told only if the node knows that it lacks nothing older than the call allows.
//! Nothing rests on messages between nodes, on an invalidation that arrives, or on clocks that agree.
//! `docs/CACHING.md` says case by case how old an answer can be.

pub mod breaker;
pub mod entry;
pub mod expiry;
pub mod journal;
pub mod metrics;
pub mod shared;
pub mod tier;

mod batch;
mod failures;
mod flight;
mod follow;
mod key;
mod load;
mod local;
mod seal;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::clock::Clock;
use crate::number::Iin;
use crate::register::{Error, Fact, Read, Register, Subject, Token, Write, subject};
use crate::telemetry::names::cache::LOOKUP;
use crate::telemetry::names::shared::SOURCE;
use crate::telemetry::span::{FutureExt, Inside};

pub use entry::{Entry, Found, Source};
pub use expiry::{Lifetimes, Limits};
pub use metrics::Stats;
pub use shared::Shared;
pub use tier::Tier;

use load::{Ask, Core};

/// How facts are remembered.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes in process.
    pub local_bytes: u64,
    /// Hundredths of them for numbers that the register does not hold.
    pub absent_percent: u64,
    /// How long facts live and how old they may be told.
    pub lifetimes: Lifetimes,
    /// Changes of the feed that are remembered to judge entries by.
    pub journal: usize,
    /// How often the feed is looked at.
    pub feed_poll: Duration,
    /// How long a read of the register may take.
    pub read_timeout: Duration,
    /// Reads that calls share, at once.
    pub flights: usize,
    /// Lookups at the register, at once.
    pub lookups: usize,
    /// Whether reads are shared and put together. Not where the register answers in microseconds and
    /// nothing is asked before it: it is then asked on the caller's own thread.
    pub together: bool,
    /// Tells whatever is remembered, for the trial that must catch it. Not a setting.
    #[doc(hidden)]
    pub unjudged: bool,
}

impl Default for Options {
    /// The defaults of the configuration.
    fn default() -> Self {
        Options {
            local_bytes: 128 * 1024 * 1024,
            absent_percent: 10,
            lifetimes: Lifetimes::default(),
            journal: 100_000,
            feed_poll: Duration::from_millis(500),
            read_timeout: Duration::from_millis(500),
            flights: 1024,
            lookups: 512,
            together: true,
            unjudged: false,
        }
    }
}

/// Facts about numbers, remembered. Clones share it; the last one to go ends its follower.
#[derive(Clone, Debug)]
pub struct Cache {
    core: Arc<Core>,
    follower: Arc<Follows>,
}

/// The follower's task.
#[derive(Debug)]
struct Follows {
    end: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Follows {
    fn drop(&mut self) {
        self.end.send_replace(true);
    }
}

/// What a commit changes of what is remembered; nothing inside when it might be anything.
#[derive(Clone, Debug)]
pub struct Changed(Option<Vec<Subject>>);

/// What a call about many numbers got.
#[derive(Debug)]
pub struct Many {
    /// The facts in the order asked; `None` where there is none to be had.
    pub found: Vec<Option<Found>>,
    /// Why, where some are missing.
    pub failed: Option<Error>,
}

impl From<Vec<Read<Fact>>> for Many {
    /// Of reads that were made for this call.
    fn from(reads: Vec<Read<Fact>>) -> Self {
        Many { found: reads.into_iter().map(|read| Some(read.into())).collect(), failed: None }
    }
}

impl Cache {
    /// A cache over a register, with or without a shared tier. `clock` is for counters alone.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn start(register: Register, shared: Option<Tier>, clock: Clock, options: Options) -> Self {
        let core = Arc::new(Core::new(register, shared, clock, options));
        let (end, ends) = watch::channel(false);
        let task = tokio::spawn(core.follower.clone().run(ends));
        let follower = Arc::new(Follows { end, task: Mutex::new(Some(task)) });
        Cache { core, follower }
    }

    /// Ends the follower: what it has begun to read is read. For whoever closes the register next.
    pub async fn stop(&self) {
        self.follower.end.send_replace(true);
        let task = self.follower.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // A look is a few reads of the register, each with its time.
            let _ = timeout(self.core.options.read_timeout * 4, task).await;
        }
    }

    /// The fact about one number: it lacks nothing that was acknowledged longer than `max_age` before
    /// this call. `now` is the moment whose day decides what the fact says. With an age of zero the
    /// primary register is asked, and nothing remembered takes part.
    ///
    /// # Errors
    /// The register's, when it had to be asked; [`Error::is_stale`] when it did not answer and only an
    /// older fact is remembered.
    pub async fn one(
        &self,
        now: Timestamp,
        iin: Iin,
        max_age: Duration,
        deadline: Instant,
    ) -> Result<Found, Error> {
        let arrival = Instant::now();
        let inside = Inside::new(&LOOKUP, LOOKUP.name, Vec::new);
        let found = if max_age.is_zero() {
            // In a box: what is remembered is told by a future that is small.
            Box::pin(self.core.afresh(iin, deadline)).with_context(inside.context()).await
        } else {
            let subject = self.core.register.key()?.number(iin);
            let ask = Ask { subject, iin, now, arrival, max_age };
            self.core.find(ask, deadline).with_context(inside.context()).await
        };
        match &found {
            Ok(found) => inside.tells(|| vec![SOURCE.of(found.source.name())]),
            Err(error) => inside.fails(error.word()),
        }
        found
    }

    /// The facts about many numbers (at most [`crate::register::MAX_MANY`]) as [`Cache::one`] has them.
    /// What is not remembered is asked of the register in one question, unless `register` is false,
    /// and is not remembered: whoever goes through all numbers would push out those that are asked for.
    ///
    /// # Errors
    /// A register that could not be asked for the key of its subjects.
    pub async fn many(
        &self,
        now: Timestamp,
        iins: &[Iin],
        max_age: Duration,
        deadline: Instant,
        register: bool,
    ) -> Result<Many, Error> {
        Box::pin(self.core.many(now, iins, max_age, deadline, register)).await
    }

    /// What writes change of what is remembered, for [`Cache::committed`].
    #[must_use]
    pub fn changed_by(&self, writes: &[Write]) -> Changed {
        Changed(self.core.register.key().ok().and_then(|key| subjects(key, writes)))
    }

    /// A commit went through this node, and `heads` is what the feed reached with it. From now on this
    /// node tells nothing older of what it changed; it looks at the feed at once, and other nodes are
    /// told to look.
    pub async fn committed(&self, heads: &Token, changed: Changed) {
        self.core.follower.committed(heads, changed.0.as_deref());
        for subject in changed.0.iter().flatten() {
            self.core.local.forget_all(*subject).await;
        }
        if let Some(shared) = &self.core.shared {
            shared.publish();
        }
    }

    /// The Redis that it uses, if any.
    #[must_use]
    pub fn redis(&self) -> Option<&Shared> {
        match self.core.shared.as_ref()? {
            Tier::Redis(shared) => Some(shared),
            #[cfg(test)]
            Tier::Memory(_) => None,
        }
    }

    /// What was counted.
    #[must_use]
    pub fn stats(&self) -> &Arc<Stats> {
        &self.core.stats
    }

    /// What is there now.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let [(held, held_bytes), (absent, absent_bytes)] = self.core.local.sizes();
        let (behind, changes) = self.core.follower.seen().unzip();
        let flights = self.core.flights.under_way();
        Sizes { held, held_bytes, absent, absent_bytes, behind, changes: changes.unwrap_or(0), flights }
    }
}

/// What there is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Entries in process of numbers that the register holds.
    pub held: u64,
    /// Their bytes.
    pub held_bytes: u64,
    /// Entries in process of numbers that it does not hold.
    pub absent: u64,
    /// Their bytes.
    pub absent_bytes: u64,
    /// How long ago the feed was last seen to its end; `None` before the first time.
    pub behind: Option<Duration>,
    /// Changes that are remembered.
    pub changes: usize,
    /// Reads under way that calls share.
    pub flights: usize,
}

/// Whose facts writes change; `None` when that is not known: an entry that is taken off a hotlist is
/// named by its id alone.
fn subjects(key: &subject::Key, writes: &[Write]) -> Option<Vec<Subject>> {
    let mut changed = Vec::with_capacity(writes.len());
    for write in writes {
        match write {
            Write::Record { iin, .. } | Write::Hotlist { iin, .. } => changed.push(key.number(*iin)),
            Write::HotlistRemoval { .. } => return None,
            // No part of a fact.
            Write::Application { .. } => {}
        }
    }
    Some(changed)
}

/// Waits for a seat's read, not beyond a deadline.
async fn within<T>(deadline: Instant, wait: impl Future<Output = T>) -> Result<T, Error> {
    timeout_at(deadline, wait).await.map_err(|_| Error::deadline("the lookup takes longer"))
}

#[cfg(test)]
mod tests;
