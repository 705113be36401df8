//! What the shared tier's tasks and callers have in common.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::{Cmd, Value, cmd};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::Instant;

use super::fault::{Fault, NONSENSE};
use super::form::Ring;
use super::gather::Gather;
use super::link::Link;
use super::state::State;
use super::stats::Stats;
use crate::cache::breaker::{Breaker, Policy, Stand};
use crate::cache::key::Name;

/// Numbers that may be asked for at once, over all calls.
pub(super) const READS: usize = 4096;

/// Shared by the tier's tasks and callers.
pub(super) struct Core {
    /// How long a call waits for Redis.
    pub(super) wait: Duration,
    /// For how long a tombstone is kept.
    pub(super) tombstone: Duration,
    /// Whether Sentinels know another master when one stops being it.
    pub(super) followed: bool,
    /// The link in use; `None` while there is none, or the breaker is not closed.
    pub(super) link: ArcSwapOption<Link>,
    /// The keys; `None` until they are known.
    pub(super) ring: ArcSwapOption<Ring>,
    /// Told when the keys were changed.
    pub(super) rekeyed: watch::Sender<u64>,
    breaker: Mutex<Breaker>,
    /// Told when the breaker opened while the link was in use.
    pub(super) opened: Notify,
    /// Told when other nodes are to be told to look at the feed.
    pub(super) look: Notify,
    /// Numbers that may be asked for.
    pub(super) reads: Semaphore,
    /// Those that are about to be.
    pub(super) gather: Gather,
    pub(super) state: State,
    pub(super) stats: Stats,
}

impl Core {
    pub(super) fn new(wait: Duration, tombstone: Duration, followed: bool) -> Arc<Self> {
        Arc::new(Core {
            wait,
            tombstone,
            followed,
            link: ArcSwapOption::empty(),
            ring: ArcSwapOption::empty(),
            rekeyed: watch::Sender::new(0),
            breaker: Mutex::new(Breaker::new(Policy::default(), Instant::now())),
            opened: Notify::new(),
            look: Notify::new(),
            reads: Semaphore::new(READS),
            gather: Gather::default(),
            state: State::new(),
            stats: Stats::default(),
        })
    }

    pub(super) fn breaker<T>(&self, with: impl FnOnce(&mut Breaker) -> T) -> T {
        with(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn stand(&self) -> Stand {
        self.breaker(|breaker| breaker.stand())
    }

    /// A question was answered in time.
    pub(super) fn succeeded(&self) {
        self.breaker(|breaker| breaker.succeeded(Instant::now()));
    }

    /// A question was not.
    pub(super) fn failed(&self, why: Fault) {
        if self.breaker(|breaker| breaker.failed(Instant::now(), why.hope, jitter())) {
            self.close_off(why);
            self.opened.notify_one();
        }
    }

    /// The link is of no more use, or another one is needed.
    pub(super) fn lost(&self, why: Fault) {
        if self.breaker(|breaker| breaker.lost(Instant::now(), why.hope, jitter())) {
            self.close_off(why);
            self.opened.notify_one();
        }
    }

    /// A probe failed, or there was no link for it.
    pub(super) fn probe_failed(&self, why: Fault) {
        self.breaker(|breaker| breaker.probe_failed(Instant::now(), why.hope, jitter()));
        self.state.down(why);
    }

    /// Nothing goes through any more.
    fn close_off(&self, why: Fault) {
        self.link.store(None);
        self.stats.openings.add(1);
        self.state.down(why);
    }
}

/// A random number from 0 to 1.
pub(super) fn jitter() -> f64 {
    getrandom::u32().map_or(0.5, |n| f64::from(n) / f64::from(u32::MAX))
}

/// What is asked of one name: how long it is still kept, then what it holds. In this order a value that
/// is written in between gets the time of the one before it, which [`super::form`] bounds by its own.
pub(super) fn question(name: &Name) -> [Cmd; 2] {
    let (mut left, mut value) = (cmd("PTTL"), cmd("GET"));
    left.arg(&name[..]);
    value.arg(&name[..]);
    [left, value]
}

/// What one name was answered with.
pub(super) enum Answer {
    /// It holds nothing.
    Nothing,
    /// A value, and for how many milliseconds it is kept; a negative number: nobody says.
    Value(i64, Vec<u8>),
    /// No answer came in time.
    Late,
    /// An error.
    Fault(Fault),
}

impl Answer {
    /// Reads the answers to one [`question`].
    pub(super) fn of(left: Option<Value>, value: Option<Value>) -> Self {
        let (Some(left), Some(value)) = (left, value) else { return Answer::Late };
        match (left, value) {
            (_, Value::Nil) => Answer::Nothing,
            // Gone and written anew in between: it counts as gone.
            (Value::Int(-2), Value::BulkString(_)) => Answer::Nothing,
            (Value::Int(left), Value::BulkString(value)) => Answer::Value(left, value),
            (left, value) => {
                let fault = Fault::of_answer(&value).or_else(|| Fault::of_answer(&left));
                Answer::Fault(fault.unwrap_or(NONSENSE))
            }
        }
    }
}
