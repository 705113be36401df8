//! A reader thread: drains its queue into as few statements as it can.
//!
//! Single lookups wait in one queue, long reads (`many` beyond [`MOST`] numbers, pages of records
//! and of the feed) in
//! another. The first reader never takes a long one, the others take one after each batch of
//! lookups: a lookup never waits behind more than one long read, however many are queued.

use std::sync::Arc;

use crossbeam_channel::{Receiver, select_biased};
use rusqlite::Connection;

use super::fault::Fault;
use super::job::{Job, Question, Wanted, guard};
use super::{lookup, pages, past, request};
use crate::register::health::{Health, Side};
use crate::register::{Error, Fact, Read};
use crate::telemetry::names::register::{BATCH, WORK};
use crate::telemetry::names::shared::{BATCH as BATCH_SIZE, STORE};
use crate::telemetry::span::{self, Context};

/// The most jobs that one statement answers, and the most numbers of a job in the quick queue.
pub(super) const MOST: usize = 64;

pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) health: Arc<Health>,
    pub(super) quick: Receiver<Question>,
    /// `None`: kept free for lookups.
    pub(super) long: Option<Receiver<Question>>,
}

/// Does work for calls in a span: of the one call's own trace, or in a trace of its own, linked, for
/// several.
pub(super) fn watched<'a, T>(
    calls: impl ExactSizeIterator<Item = Option<&'a Context>>,
    work: impl FnOnce() -> T,
) -> T {
    let count = calls.len();
    let mut seen = calls.flatten().peekable();
    match seen.peek() {
        None => work(),
        Some(call) if count == 1 => span::during_in(call, &WORK, Vec::new, work),
        Some(_) => {
            let size = || vec![STORE.of("sqlite"), BATCH_SIZE.of(i64::try_from(count).unwrap_or(i64::MAX))];
            span::shared_during(&BATCH, seen, size, work)
        }
    }
}

impl Reader {
    /// Serves until the queues are closed and empty.
    pub(super) fn run(self) {
        let Some(long) = self.long.clone() else {
            while let Ok(first) = self.quick.recv() {
                self.batch(first);
            }
            return;
        };
        loop {
            select_biased! {
                recv(self.quick) -> first => match first {
                    Ok(first) => {
                        self.batch(first);
                        // Lookups without end must not starve the long reads either.
                        if let Ok(question) = long.try_recv() {
                            self.serve(vec![question]);
                        }
                    }
                    Err(_) => break,
                },
                recv(long) -> question => match question {
                    Ok(question) => self.serve(vec![question]),
                    Err(_) => break,
                },
            }
        }
        // Both queues are closed at once: serve what was accepted.
        for question in self.quick.iter().chain(long.iter()) {
            self.serve(vec![question]);
        }
    }

    fn batch(&self, first: Question) {
        let mut questions = Vec::with_capacity(MOST.min(self.quick.len() + 1));
        questions.push(first);
        questions.extend(self.quick.try_iter().take(MOST - 1));
        self.serve(questions);
    }

    fn serve(&self, questions: Vec<Question>) {
        if let Err(e) = guard(|| self.answer(questions)) {
            self.health.saw(Side::Read, &e);
            self.end_transaction();
        }
    }

    /// A panic in the middle of a snapshot must not pin it: the WAL could never be cut again.
    fn end_transaction(&self) {
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    fn answer(&self, questions: Vec<Question>) {
        let connection = &self.connection;
        let mut lookups = Vec::with_capacity(questions.len());
        for question in questions {
            match question {
                Question::Lookup(job) => lookups.push(job),
                Question::Applications(job) => self.one(job, |ask| pages::applications(connection, ask)),
                Question::Submitted(job) => {
                    self.one(job, |(before, limit)| pages::submitted(connection, *before, *limit));
                }
                Question::AsOf(job) => self.one(job, |(wanted, at)| past::as_of(connection, wanted, *at)),
                Question::Versions(job) => {
                    self.one(job, |(iin, before, limit)| past::versions(connection, *iin, *before, *limit));
                }
                Question::Entry(job) => self.one(job, |id| pages::entry(connection, *id)),
                Question::Replay(job) => {
                    self.one(job, |(id, digest, now)| request::replay(connection, *id, digest, *now));
                }
                Question::Batch(job) => self.one(job, |(id, now)| request::batch(connection, *id, *now)),
                Question::Page(job) => {
                    self.one(job, |(after, limit)| lookup::page(connection, *after, *limit));
                }
                Question::Heads(job) => self.one(job, |()| pages::heads(connection)),
                Question::Floors(job) => self.one(job, |()| pages::floors(connection)),
                Question::After(job) => {
                    self.one(job, |(token, limit)| pages::after(connection, token, *limit));
                }
            }
        }
        lookups.retain(Job::is_wanted);
        if !lookups.is_empty() {
            self.lookups(lookups);
        }
    }

    fn lookups(&self, jobs: Vec<Job<Vec<Wanted>, Vec<Read<Fact>>>>) {
        let asked: Vec<&[Wanted]> = jobs.iter().map(|job| job.ask.as_slice()).collect();
        let read = || lookup::facts(&self.connection, &asked);
        match self.noted(watched(jobs.iter().map(|job| job.seen_by.as_ref()), read)) {
            Ok(answers) => jobs.into_iter().zip(answers).for_each(|(job, answer)| job.answer(Ok(answer))),
            Err(e) => jobs.into_iter().for_each(|job| job.answer(Err(e.clone()))),
        }
    }

    fn one<A, T>(&self, job: Job<A, T>, read: impl FnOnce(&A) -> Result<T, Fault>) {
        if job.is_wanted() {
            let answer = self.noted(watched([job.seen_by.as_ref()].into_iter(), || read(&job.ask)));
            job.answer(answer);
        }
    }

    fn noted<T>(&self, answer: Result<T, Fault>) -> Result<T, Error> {
        answer.map_err(|fault| {
            let e = Error::from(fault);
            self.health.saw(Side::Read, &e);
            e
        })
    }
}
