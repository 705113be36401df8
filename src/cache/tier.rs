//! The shared tiers there are.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::entry::Entry;
use super::shared::Shared;
use crate::register::{Position, Subject};
use crate::telemetry::names::cache::SHARED;
use crate::telemetry::names::shared::{BATCH, STORE};
use crate::telemetry::span::{FutureExt, Inside};

/// A tier that other nodes share. It may be away, slow, emptied or full at any moment: what it does not
/// answer is a miss, and what it does is judged like everything else that is remembered.
#[derive(Clone, Debug)]
pub enum Tier {
    /// Redis.
    Redis(Shared),
    /// In memory, for tests.
    #[cfg(test)]
    Memory(super::tests::Shared),
}

macro_rules! each {
    ($tier:expr, $shared:ident => $call:expr) => {
        match $tier {
            Tier::Redis($shared) => $call,
            #[cfg(test)]
            Tier::Memory($shared) => $call,
        }
    };
}

impl Tier {
    /// What it holds of subjects, and for how much longer.
    pub(super) async fn get(&self, subjects: &[Subject]) -> Vec<Option<(Entry, Duration)>> {
        match self {
            Tier::Redis(shared) => {
                let count = i64::try_from(subjects.len()).unwrap_or(i64::MAX);
                let about = || vec![STORE.of("redis"), BATCH.of(count)];
                let inside = Inside::new(&SHARED, SHARED.name, about);
                shared.get(subjects).with_context(inside.context()).await
            }
            #[cfg(test)]
            Tier::Memory(shared) => shared.get(subjects),
        }
    }

    /// What it holds of one subject, and for how much longer.
    pub(super) async fn one(&self, subject: Subject) -> Option<(Entry, Duration)> {
        match self {
            Tier::Redis(shared) => {
                let inside = Inside::new(&SHARED, SHARED.name, || vec![STORE.of("redis")]);
                shared.one(subject).with_context(inside.context()).await
            }
            #[cfg(test)]
            Tier::Memory(shared) => shared.get(&[subject]).pop().flatten(),
        }
    }

    /// Leaves an entry there, soon and unless something newer is there.
    pub(super) fn fill(&self, subject: Subject, entry: Arc<Entry>, ttl: Duration) {
        each!(self, shared => shared.fill(subject, entry, ttl));
    }

    /// Says there that subjects have changed.
    pub(super) fn tombstones(&self, changes: Vec<(Subject, Position)>) {
        each!(self, shared => shared.tombstones(changes));
    }

    /// Tells other nodes to look at the feed.
    pub(super) fn publish(&self) {
        each!(self, shared => shared.publish());
    }

    /// Changes when a node has told to look.
    pub(super) fn hints(&self) -> watch::Receiver<u64> {
        each!(self, shared => shared.hints())
    }
}
