//! Lone lookups on the caller's own thread: two handings-over to another cost more than ten times
//! the read itself.
//!
//! A few connections, the lanes, are kept for it. A lookup that finds one idle runs its statement
//! there and then; every other takes the queue, where those that wait share a statement. The service
//! must go on when the disk hangs, so at least one worker of the caller's runtime is never in a
//! lane, and [`Gate`] closes the lanes when the disk is slow.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::gate::Gate;
use super::job::{Wanted, guard};
use super::lookup;
use crate::register::health::{Health, Side};
use crate::register::{Error, Fact, Read};

pub(super) struct Inline {
    /// `None`: the store is closed.
    lanes: Vec<Mutex<Option<Connection>>>,
    gate: Gate,
    health: Arc<Health>,
    shards: u16,
    made: Instant,
}

impl Inline {
    /// Of connections that answer at once when they would have to wait for a lock.
    pub(super) fn new(connections: Vec<Connection>, health: Arc<Health>, shards: u16) -> Self {
        let gate = Gate::new(connections.len());
        let lanes = connections.into_iter().map(|connection| Mutex::new(Some(connection))).collect();
        Inline { lanes, gate, health, shards, made: Instant::now() }
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The fact about one number, unless the queue has to find it: `None`.
    pub(super) fn fact(&self, wanted: &Wanted, deadline: Instant) -> Option<Result<Read<Fact>, Error>> {
        let now = Instant::now();
        // A deadline that has passed and a damaged file are told on the other way.
        if now >= deadline || !self.gate.is_open() || self.health.refusal().is_some() {
            return None;
        }
        let (lane, connection) = self.lane(now)?;
        let connection = connection.as_ref()?;
        self.gate.enters(lane, now.duration_since(self.made));
        let answer = guard(|| lookup::one(connection, wanted, self.shards));
        self.gate.leaves(lane, self.made.elapsed());
        match answer.and_then(|found| found.map_err(Error::from)) {
            // Another process holds a lock: the queue can wait for it.
            Err(e) if e.is_busy() => None,
            answer => Some(answer.inspect_err(|e| self.health.saw(Side::Read, e))),
        }
    }

    /// An idle lane, of those that leave a worker free.
    fn lane(&self, now: Instant) -> Option<(usize, MutexGuard<'_, Option<Connection>>)> {
        for (i, lane) in self.lanes.iter().take(spare_workers()).enumerate() {
            match lane.try_lock() {
                Ok(connection) => return Some((i, connection)),
                // Panics are caught within; and a lone statement leaves nothing half done.
                Err(TryLockError::Poisoned(poisoned)) => return Some((i, poisoned.into_inner())),
                Err(TryLockError::WouldBlock) => self.gate.is_taken(i, now.duration_since(self.made)),
            }
        }
        None
    }

    /// Closes the lanes. Blocks for as long as somebody is in one.
    pub(super) fn close(&self) {
        for lane in &self.lanes {
            lane.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }
}

/// How many workers of this thread's runtime may be held: all but one.
fn spare_workers() -> usize {
    Handle::try_current().map_or(0, |runtime| runtime.metrics().num_workers().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::number::Iin;
    use crate::register::subject::Key;

    /// Whether a lookup is taken in by one of so many lanes. That it then fails, over an empty file, is
    /// the sign that its statement was run here.
    fn is_taken(lanes: usize) -> bool {
        let connections = (0..lanes).map(|_| Connection::open_in_memory().unwrap()).collect();
        let inline = Inline::new(connections, Arc::new(Health::new()), 1);
        let iin = Iin::parse("009900000008").unwrap();
        let wanted = (iin, Key::new([1; 32]).number(iin));
        inline.fact(&wanted, Instant::now() + Duration::from_secs(60)).is_some_and(|answer| answer.is_err())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_lone_lookup_takes_a_lane() {
        assert!(is_taken(1));
        assert!(!is_taken(0), "without a connection for it");
    }

    /// A disk that hangs must leave the service a thread to go on with.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn the_last_worker_is_never_held() {
        assert!(!is_taken(4));
    }

    #[tokio::test]
    async fn a_runtime_of_one_thread_is_never_held() {
        assert!(!is_taken(4));
    }

    #[test]
    fn outside_of_a_runtime_nobody_is_held() {
        assert!(!is_taken(4));
    }
}
