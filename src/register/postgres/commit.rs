//! One changeset, as often as it takes: transactions that meet are tried again, and one whose end
//! was lost is asked after.
//!
//! A transaction notes itself in the commit log first, under an id that stays the same from one
//! attempt to the next. When the answer to a COMMIT was lost, the next attempt therefore waits at
//! that row for the former to end, and then knows: the row is there (committed), or it is not (undone,
//! so this attempt writes). Nothing is written twice, with or without a request id.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

use super::apply::{self, Work};
use super::ask::GRACE;
use super::fault::Fault;
use super::pool::Pool;
use super::session::Session;
use crate::register::codec::micros;
use crate::register::{Changeset, Committed, Error, Replayed, Token};

/// The most attempts at one changeset that others get in the way of.
const ATTEMPTS: u32 = 12;

/// The longest pause between two.
const PAUSE: Duration = Duration::from_millis(200);

/// A changeset on its way.
pub(super) struct Commit {
    pool: Arc<Pool>,
    set: Changeset,
    now: i64,
    id: Uuid,
    deadline: Instant,
    /// The heads after an attempt whose COMMIT was sent and not answered.
    unsure: Option<Token>,
}

impl Commit {
    pub(super) fn new(pool: Arc<Pool>, set: Changeset, deadline: Instant) -> Self {
        let now = micros(set.at);
        let id = id_at(set.at);
        Commit { pool, set, now, id, deadline, unsure: None }
    }

    /// Writes it whole or not at all.
    pub(super) async fn run(mut self) -> Result<Committed, Error> {
        let mut looked_again = false;
        let mut attempt = 0;
        loop {
            let fault = match self.attempt().await {
                Ok(committed) => return Ok(committed),
                Err(fault) => fault,
            };
            attempt += 1;
            // Refused, maybe, because its own twin was carried out in between.
            let twin = !looked_again
                && self.set.request.is_some()
                && matches!(&fault, Fault::Refused(e) if e.is_conflict() || e.is_invalid());
            let again = self.unsure.is_some()
                || twin
                || (attempt < ATTEMPTS && (fault.is_race() || fault.is_lost() || fault.is_outdated()));
            looked_again |= twin;
            let pause = if twin { Duration::ZERO } else { self.pause(attempt) };
            if !again || Instant::now() + pause >= self.deadline {
                return Err(self.end(fault));
            }
            if fault.is_lost() || fault.is_outdated() {
                self.pool.renew();
            }
            sleep(pause).await;
        }
    }

    fn end(&self, fault: Fault) -> Error {
        if self.unsure.is_some() {
            return Error::deadline(
                "the connection was lost at COMMIT: the write may or may not have happened",
            );
        }
        fault.into()
    }

    /// Longer each time, and different for each who waits.
    fn pause(&self, attempt: u32) -> Duration {
        let longest = PAUSE.min(Duration::from_millis(1 << attempt.min(8)));
        let share = u32::from(self.id.as_bytes()[15].rotate_left(attempt));
        longest / 2 + longest * share / 512
    }

    async fn attempt(&mut self) -> Result<Committed, Fault> {
        let pool = self.pool.clone();
        let mut lease = pool.take(self.deadline).await.map_err(Fault::Refused)?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            lease.give_back();
            return Err(Fault::Refused(Error::deadline("no connection in time")));
        }
        let ends = self.deadline + GRACE;
        let outcome = timeout_at(ends, self.transaction(lease.session()?, left)).await;
        let outcome = outcome.unwrap_or(Err(Fault::Silent));
        if !outcome.as_ref().is_err_and(|fault| fault.is_lost() || fault.is_outdated()) {
            lease.give_back();
        }
        outcome
    }

    async fn transaction(&mut self, session: &mut Session, left: Duration) -> Result<Committed, Fault> {
        session.begin_write(left).await?;
        match self.write(session).await {
            Ok(Written::Now(token)) => self.commit(session, token).await,
            Ok(Written::Before(committed)) => {
                session.rollback().await?;
                Ok(committed)
            }
            Err(fault) => {
                if !fault.is_lost() {
                    session.rollback().await?;
                }
                Err(fault)
            }
        }
    }

    async fn write(&mut self, session: &mut Session) -> Result<Written, Fault> {
        let work = Work { set: &self.set, now: self.now, commit: self.id };
        let replayed = match apply::note(session, &work).await {
            Err(fault) if fault.is_duplicate() => {
                // No other commit has this id: it was ours.
                let token = self.unsure.take().ok_or(Fault::Raced)?;
                return Ok(Written::Before(Committed { token, replayed: None }));
            }
            noted => noted?,
        };
        // Its row was free: whatever a former attempt wrote was undone.
        self.unsure = None;
        if let Some(Replayed { token, answer }) = replayed {
            return Ok(Written::Before(Committed { token, replayed: Some(answer) }));
        }
        let token = apply::changeset(session, &work).await?;
        if Instant::now() >= self.deadline {
            return Err(Fault::Refused(Error::deadline("it passed before the write was done")));
        }
        Ok(Written::Now(token))
    }

    async fn commit(&mut self, session: &mut Session, token: Token) -> Result<Committed, Fault> {
        self.unsure = Some(token.clone());
        let outcome = session.commit().await;
        if !outcome.as_ref().is_err_and(Fault::is_lost) {
            self.unsure = None;
        }
        outcome.map(|()| Committed { token, replayed: None })
    }
}

/// Whether something is to be committed.
enum Written {
    /// It is; the heads after it.
    Now(Token),
    /// It is not: an earlier attempt or request did it.
    Before(Committed),
}

/// An id that sorts by its moment, so that the log grows at its end.
fn id_at(at: jiff::Timestamp) -> Uuid {
    let seconds = u64::try_from(at.as_second()).unwrap_or(0);
    let nanos = u32::try_from(at.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
}
