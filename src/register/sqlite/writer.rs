//! The writer thread: the only one that writes, one transaction at a time.
//!
//! Changesets that wait together are committed together: each in a savepoint of its own, so that
//! one that is refused leaves nothing and the others stay, and all acknowledged only after the
//! COMMIT that synced them. Ten callers then share one sync of the disk instead of queueing for ten.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::fault::{self, Fault};
use super::file::{self, Identity};
use super::job::{Job, Order, guard};
use super::reader::watched;
use super::{apply, apply::Book};
use crate::register::health::{Health, Side};
use crate::register::{Changeset, Committed, Error, change};

/// The most changesets of one transaction.
const GROUP: usize = 64;

type Commit = Box<Job<Changeset, Committed>>;

pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) identity: Identity,
    pub(super) book: Book,
    pub(super) health: Arc<Health>,
    pub(super) orders: Receiver<Order>,
}

impl Writer {
    /// Serves until the queue is closed and empty, then moves the WAL into the file.
    pub(super) fn run(mut self) -> Result<(), Error> {
        while let Ok(order) = self.orders.recv() {
            match order {
                Order::Probe => self.probe(),
                Order::Commit(first) => self.group(first),
            }
        }
        // It answers whether another process still reads; then the WAL stays, whole, for whoever
        // comes last, and that is as well.
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))
            .map_err(|e| fault::serving(&e))?;
        self.connection.close().map_err(|(_, e)| fault::serving(&e))
    }

    fn group(&mut self, first: Commit) {
        let mut writes = first.ask.writes.len();
        let mut jobs = vec![first];
        let mut probe = false;
        while jobs.len() < GROUP && writes < change::MAX_WRITES {
            match self.orders.try_recv() {
                Ok(Order::Commit(job)) => {
                    writes += job.ask.writes.len();
                    jobs.push(job);
                }
                Ok(Order::Probe) => probe = true,
                Err(_) => break,
            }
        }
        let seen = jobs.iter().map(|job| job.seen_by.as_ref());
        let outcome =
            watched(seen, || guard(|| self.commit(&jobs))).unwrap_or_else(|e| Err(Fault::Refused(e)));
        match outcome.map_err(Error::from) {
            Ok(answers) => {
                // A transaction in which all were refused or repeated wrote nothing: it proves nothing.
                if answers.iter().any(|a| matches!(a, Some(Ok(c)) if !c.is_replayed())) {
                    self.health.works(Side::Write);
                }
                // No answer: it was no longer wanted. Dropping the job tells the caller.
                for (job, answer) in jobs.into_iter().zip(answers) {
                    if let Some(answer) = answer {
                        job.answer(answer);
                    }
                }
            }
            Err(e) => {
                self.fail(&e);
                jobs.into_iter().for_each(|job| job.answer(Err(e.clone())));
            }
        }
        if probe {
            self.probe();
        }
    }

    /// One transaction for a group. A changeset that is refused has its own answer; a fault of the
    /// store undoes the group and is everybody's.
    fn commit(&mut self, jobs: &[Commit]) -> Result<Vec<Option<Result<Committed, Error>>>, Fault> {
        self.check_file().map_err(Fault::Refused)?;
        let mut transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let [job] = jobs {
            return alone(transaction, &self.book, job).map(|answer| vec![answer]);
        }
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            // Looked at only now: the lock may have taken its time.
            if !job.is_wanted() {
                answers.push(None);
                continue;
            }
            let savepoint = transaction.savepoint()?;
            answers.push(Some(match apply::changeset(&savepoint, &self.book, &job.ask) {
                Ok(committed) => savepoint.commit().map(|()| Ok(committed))?,
                // Dropping a savepoint rolls it back.
                Err(Fault::Refused(e)) => savepoint.finish().map(|()| Err(e))?,
                Err(fault) => return Err(fault),
            }));
        }
        transaction.commit()?;
        Ok(answers)
    }

    /// An acknowledged write must be found again under the register's path: a file that was moved
    /// away takes none.
    fn check_file(&self) -> Result<(), Error> {
        match file::identity(&self.path) {
            Ok(identity) if identity == self.identity => Ok(()),
            _ => Err(Error::unavailable(moved(&self.path))),
        }
    }

    fn probe(&mut self) {
        let outcome = guard(|| {
            self.check_file()?;
            // The page is written and synced although nothing in it changes.
            self.connection.execute("UPDATE meta SET shards = shards", ()).map_err(|e| fault::serving(&e))
        });
        match outcome.and_then(|o| o) {
            Ok(_) => self.health.works(Side::Write),
            Err(e) => self.fail(&e),
        }
    }

    fn fail(&self, e: &Error) {
        self.health.saw(Side::Write, e);
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

/// One that is alone needs no savepoint: what undoes it undoes nothing else. Beside a savepoint every
/// page is copied before it is written, which a large changeset would feel.
fn alone(
    transaction: Transaction<'_>,
    book: &Book,
    job: &Commit,
) -> Result<Option<Result<Committed, Error>>, Fault> {
    if !job.is_wanted() {
        return Ok(None);
    }
    match apply::changeset(&transaction, book, &job.ask) {
        Ok(committed) => transaction.commit().map(|()| Some(Ok(committed))).map_err(Fault::from),
        Err(Fault::Refused(e)) => transaction.rollback().map(|()| Some(Err(e))).map_err(Fault::from),
        Err(fault) => Err(fault),
    }
}

/// What is said of a register whose file is gone from its path.
pub(super) fn moved(path: &std::path::Path) -> String {
    format!("{}: the file was moved, removed or replaced", path.display())
}
