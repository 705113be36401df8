//! How a question is asked: in a task of its own, within limits that the server keeps too.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::fault::Fault;
use super::pool::{Lease, Pool};
use super::session::Session;
use super::{Options, Pooler};
use crate::register::Error;
use crate::telemetry::names::register::CONNECTION;
use crate::telemetry::span::{self, FutureExt};

/// How much longer than the server's own limit an answer is waited for. A server that keeps silent
/// for longer is taken for frozen: its connection is closed.
pub(super) const GRACE: Duration = Duration::from_millis(250);

/// Something that is read. Asked again on another connection when the first turns out to be dead.
pub(super) trait Question: Send + Sync + 'static {
    type Answer: Send + 'static;

    fn ask(&self, session: &mut Session) -> impl Future<Output = Result<Self::Answer, Fault>> + Send;
}

/// The limits of reads.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// What connections are started with: the longest that any statement runs.
    statement: Duration,
    /// Whether each read must be a transaction of its own.
    transactions: bool,
}

impl Limits {
    pub(super) fn new(options: &Options) -> Self {
        Limits { statement: options.statement, transactions: options.pooler == Pooler::Transaction }
    }

    /// How long a read may run, and whether the server has to be told so. Telling costs two round
    /// trips, so that a call whose deadline is not clearly nearer than the connection's own limit
    /// goes without.
    fn of(self, deadline: Instant) -> (Duration, bool) {
        let left = deadline.saturating_duration_since(Instant::now());
        let own = self.transactions || left < self.statement - self.statement / 4;
        (left.min(self.statement).max(Duration::from_millis(1)), own)
    }
}

/// Asks and waits for the answer until the deadline. Who gives up leaves the question to end by
/// itself: within the limits, and then the connection is as good as before.
pub(super) async fn ask<Q: Question>(
    pool: &Arc<Pool>,
    limits: Limits,
    question: Q,
    deadline: Instant,
) -> Result<Q::Answer, Error> {
    let pool = pool.clone();
    detached(deadline, async move { answer(&pool, limits, &question, deadline).await }).await
}

/// Runs something to its end in a task of its own and waits for it until the deadline.
pub(super) async fn detached<T: Send + 'static>(
    deadline: Instant,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    if Instant::now() >= deadline {
        return Err(Error::deadline("it had passed before the call"));
    }
    match timeout_at(deadline, tokio::spawn(work.with_context(span::here()))).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(Error::unavailable("a task of the store failed at this call")),
        Err(_) => Err(Error::deadline("no answer in time")),
    }
}

/// Asks on a connection of the pool; anew on others, as long as those it gets have died unused.
async fn answer<Q: Question>(
    pool: &Arc<Pool>,
    limits: Limits,
    question: &Q,
    deadline: Instant,
) -> Result<Q::Answer, Error> {
    loop {
        let mut lease = span::within(&CONNECTION, Vec::new, pool.take(deadline)).await?;
        if Instant::now() >= deadline {
            lease.give_back();
            return Err(Error::deadline("no connection in time"));
        }
        let outcome = attempt(&mut lease, limits, question, deadline).await;
        let Err(fault) = outcome else {
            lease.give_back();
            return outcome.map_err(Error::from);
        };
        let stale = lease.reused && (fault.is_outdated() || (fault.is_lost() && !is_silent(&fault)));
        if fault.is_lost() {
            drop(lease);
        } else if !fault.is_outdated() {
            lease.give_back();
        }
        if !stale {
            return Err(fault.into());
        }
        // The server was started anew, most likely: the others are dead too.
        pool.renew();
    }
}

fn is_silent(fault: &Fault) -> bool {
    matches!(fault, Fault::Silent)
}

async fn attempt<Q: Question>(
    lease: &mut Lease,
    limits: Limits,
    question: &Q,
    deadline: Instant,
) -> Result<Q::Answer, Fault> {
    let session = lease.session()?;
    let (limit, own) = limits.of(deadline);
    let asking = async {
        if own { in_transaction(session, limit, question).await } else { question.ask(session).await }
    };
    timeout(limit + GRACE, asking).await.unwrap_or(Err(Fault::Silent))
}

/// Asks inside a read-only transaction with a limit of its own.
pub(super) async fn in_transaction<Q: Question>(
    session: &mut Session,
    limit: Duration,
    question: &Q,
) -> Result<Q::Answer, Fault> {
    session.begin_read(limit).await?;
    let answer = question.ask(session).await;
    match &answer {
        Err(fault) if fault.is_lost() => {}
        // A read has nothing to keep.
        _ => session.rollback().await?,
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_near_deadline_is_told_to_the_server() {
        let limits = Limits::new(&Options::default());
        let of = |millis| limits.of(Instant::now() + Duration::from_millis(millis));
        assert_eq!(of(10_000), (Duration::from_millis(500), false));
        assert_eq!(of(400), (Duration::from_millis(400), false));
        assert_eq!(of(200), (Duration::from_millis(200), true));
        assert_eq!(of(0), (Duration::from_millis(1), true));
        let pooled = Limits::new(&Options { pooler: Pooler::Transaction, ..Options::default() });
        assert!(pooled.of(Instant::now() + Duration::from_secs(9)).1);
    }
}
