//! What callers hand to the store's threads, and how they wait for it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::{Sender, TrySendError};
use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::issuance::Application;
use crate::number::Iin;
use crate::register::{
    ApplicationKey, Batch, Changeset, Committed, Error, Fact, Listed, Page, Place, Read, Replayed, Subject,
    Token, Version, Versioned, hotlist,
};
use crate::telemetry::span::{self, Context};

/// A question or a write on its way, with the place its answer goes to.
pub(super) struct Job<A, T> {
    pub(super) ask: A,
    deadline: Instant,
    reply: oneshot::Sender<Result<T, Error>>,
    /// The span of the call that asks, when somebody will see it.
    pub(super) seen_by: Option<Context>,
}

impl<A, T> Job<A, T> {
    /// Whether anybody still waits for the answer: what nobody waits for is not worth the disk.
    pub(super) fn is_wanted(&self) -> bool {
        !self.reply.is_closed() && Instant::now() < self.deadline
    }

    /// Answers; nobody listening any more is fine.
    pub(super) fn answer(self, answer: Result<T, Error>) {
        let _ = self.reply.send(answer);
    }
}

/// A number to look up. Callers compute its subject: hashing is theirs, the thread's is the disk.
pub(super) type Wanted = (Iin, Subject);

/// What readers are asked.
pub(super) enum Question {
    Lookup(Job<Vec<Wanted>, Vec<Read<Fact>>>),
    Applications(Job<(ApplicationKey, Subject), Read<Vec<Versioned<Application>>>>),
    Submitted(Job<(Option<Place>, usize), Vec<Versioned<Application>>>),
    AsOf(Job<(Wanted, Timestamp), Read<Fact>>),
    Versions(Job<(Iin, Option<u64>, usize), Vec<Version>>),
    Entry(Job<Uuid, Option<hotlist::Place>>),
    Replay(Job<(Uuid, [u8; 32], i64), Option<Replayed>>),
    Batch(Job<(Uuid, i64), Option<Batch>>),
    Page(Job<(Option<Iin>, usize), Vec<Listed>>),
    Heads(Job<(), Token>),
    Floors(Job<(), Token>),
    After(Job<(Token, usize), Page>),
}

/// What the writer is asked.
pub(super) enum Order {
    Commit(Box<Job<Changeset, Committed>>),
    /// Write something that changes nothing, to see whether writes work again.
    Probe,
}

/// Puts a job into a queue and waits for its answer until the deadline.
pub(super) async fn ask<A, T, Q>(
    queue: Option<Sender<Q>>,
    wrap: impl FnOnce(Job<A, T>) -> Q,
    ask: A,
    deadline: Instant,
) -> Result<T, Error> {
    let (reply, answer) = oneshot::channel();
    if Instant::now() >= deadline {
        return Err(Error::deadline("it had passed before the call"));
    }
    match queue.map(|q| q.try_send(wrap(Job { ask, deadline, reply, seen_by: span::seen_by() }))) {
        Some(Ok(())) => {}
        Some(Err(TrySendError::Full(_))) => return Err(Error::busy("its queue is full")),
        Some(Err(TrySendError::Disconnected(_))) | None => return Err(Error::unavailable("it was closed")),
    }
    match timeout_at(deadline, answer).await {
        Ok(Ok(answer)) => answer,
        Err(_) => Err(Error::deadline("no answer in time")),
        // Dropped unanswered: found to be late by the thread, or the thread failed at it.
        Ok(Err(_)) if Instant::now() >= deadline => Err(Error::deadline("no answer in time")),
        Ok(Err(_)) => Err(Error::unavailable("its thread failed at this call")),
    }
}

/// Runs a thread's work so that a panic costs one batch of jobs and not the thread.
pub(super) fn guard<T>(work: impl FnOnce() -> T) -> Result<T, Error> {
    // What the work touches is a connection (rolled back by its caller) and jobs (dropped).
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Error::unavailable("a thread of the store panicked"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        assert!(guard(|| -> u8 { panic!("boom") }).is_err_and(|e| e.is_unavailable()));
        assert_eq!(guard(|| 7), Ok(7));
    }
}
