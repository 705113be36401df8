//! An import under way: chunk after chunk, each marked once it is committed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use tokio::task::JoinHandle;
use tokio::time::Instant as Deadline;

use super::apart::Apart;
use crate::cli::Failure;
use crate::cli::output::complain;
use crate::cli::progress::Progress;
use crate::cli::register::rejects::Rejects;
use crate::cli::register::resume::{Mark, Sidecar};
use crate::cli::register::{Place, Rows};
use crate::number::Iin;
use crate::register::change::{MAX_TEXT, MAX_WRITES};
use crate::register::{
    Changeset, Error, Facts, Ledger, MAX_MANY, Origin, Record, Register, Token, Versioned, Write,
};
use crate::registrar::entry::Fault;
use crate::registrar::import::{Plan, Row, Tally, plan};
use crate::registrar::pace::Pace;

/// How many refused rows are told in full.
pub(super) const TOLD: u64 = 100;
/// The most rows of a chunk.
const MAX_CHUNK: usize = MAX_WRITES;
/// How many commits' worth of rows a chunk takes: of many, few may have to be written.
const COMMITS: usize = 4;
/// The most bytes of the file that a chunk takes, since a row can be long.
const MAX_CHUNK_BYTES: u64 = 16 << 20;
/// How long one attempt may take.
pub(super) const ATTEMPT: Duration = Duration::from_secs(15);
/// How long a busy register is asked again.
const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// An import under way.
pub(super) struct Run<'a> {
    /// What is filled.
    pub(super) register: &'a Register,
    /// The rows of the file.
    pub(super) rows: Rows,
    /// Set when the chunk under way is to be the last.
    pub(super) stop: Arc<AtomicBool>,
    /// Kept with each commit.
    pub(super) why: String,
    /// No date of the past is after it.
    pub(super) today: Date,
    /// The bar.
    pub(super) progress: Progress,
    /// Refused rows so far, told or counted.
    pub(super) told: u64,
    /// How far it has come.
    pub(super) mark: Mark,
    /// Where the mark is kept.
    pub(super) sidecar: Sidecar,
    /// Where refused rows are listed.
    pub(super) rejects: Rejects,
    /// Numbers whose rows do not stand together.
    pub(super) apart: Apart,
    /// Writes of the next commit.
    pub(super) pace: Pace,
    /// The next chunk, or why there is none, read while the one before was written.
    pub(super) ahead: Option<Result<Chunk, Failure>>,
}

/// What a commit came to.
struct Landed {
    token: Token,
    writes: usize,
    took: Duration,
}

/// Rows read together.
pub(super) struct Chunk {
    rows: Vec<Row>,
    refused: Vec<(u64, Vec<Fault>)>,
    /// Where the next one begins.
    end: Place,
    ended: bool,
}

impl Run<'_> {
    /// Runs to the end of the file, or until it is to stop: whether the end was reached.
    pub(super) async fn all(&mut self) -> Result<bool, Failure> {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let chunk = self.ahead.take().unwrap_or_else(|| self.read());
            let Chunk { rows, mut refused, end: Place { byte, line }, ended } = chunk?;
            let unread = refused.len() as u64;
            let (plan, token) =
                if rows.is_empty() { (Plan::default(), None) } else { self.land(&rows, ended).await? };
            refused.extend(plan.refused);
            refused.sort_by_key(|(line, _)| *line);
            self.tell(&refused);
            self.rejects.add(&refused)?;
            let tally =
                self.mark.tally.plus(&plan.tally).plus(&Tally { refused: unread, ..Tally::default() });
            let token = token.map_or_else(|| self.mark.token.clone(), |t| t.to_string());
            let subject = self.mark.subject.clone();
            let rejects_bytes = self.rejects.sync()?;
            let mark = Mark { subject, at: self.mark.at, byte, line, tally, rejects_bytes, token };
            self.sidecar.write(&mark)?;
            self.mark = mark;
            self.progress.at(byte, tally.rows());
            if ended {
                return Ok(true);
            }
        }
    }

    /// Reads the rows of a chunk and judges them.
    fn read(&mut self) -> Result<Chunk, Failure> {
        let begin = self.rows.place();
        let mut chunk = Chunk { rows: Vec::new(), refused: Vec::new(), end: begin, ended: false };
        let end = begin.byte + MAX_CHUNK_BYTES;
        let most = (self.pace.rows() * COMMITS).min(MAX_CHUNK);
        while chunk.rows.len() + chunk.refused.len() < most && self.rows.place().byte < end {
            let Some(read) = self.rows.next()? else {
                chunk.ended = true;
                break;
            };
            let line = read.line;
            match read.entry.and_then(|entry| entry.judge(self.today)) {
                Ok((iin, record)) => chunk.rows.push(Row { line, iin, record }),
                Err(faults) => chunk.refused.push((line, faults)),
            }
        }
        chunk.end = self.rows.place();
        Ok(chunk)
    }

    /// Brings rows into the register. What is met on the way may pass: another process at work on
    /// the file, or a change between reading and writing. The rows are then laid over what is
    /// there by now, so that nothing is written twice.
    async fn land(&mut self, rows: &[Row], last: bool) -> Result<(Plan, Option<Token>), Failure> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            match self.attempt(rows, last).await {
                Ok(landed) => return Ok(landed),
                Err(e) if (e.is_busy() || e.is_deadline() || e.is_conflict()) && Instant::now() < give_up => {
                    if self.stop.load(Ordering::Relaxed) {
                        return Err(Failure::unavailable(e));
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                Err(e) => return Err(Failure::unavailable(e)),
            }
        }
    }

    /// Reads what is there, lays the rows over it, writes; and learns how long a commit takes. What
    /// comes after the rows is read meanwhile: that takes about as long.
    async fn attempt(&mut self, rows: &[Row], last: bool) -> Result<(Plan, Option<Token>), Error> {
        let deadline = Deadline::now() + ATTEMPT;
        let held = self.held(rows, deadline).await?;
        // The next chunk may begin with more rows of the number that this one ends with.
        let ends_with = rows.last().filter(|_| !last).map(|row| row.iin);
        let more = |iin| ends_with == Some(iin) || self.apart.has(iin);
        let mut plan = plan(rows, held, self.mark.at, more);
        let mut writes = std::mem::take(&mut plan.writes);
        let mut token = None;
        // Commits that are not followed by the others are no harm: rows read again add nothing to what
        // they have written.
        while !writes.is_empty() {
            let rest = writes.split_off(self.pace.rows().min(writes.len()));
            let commit = self.commit(writes, deadline);
            if !last && self.ahead.is_none() {
                self.ahead = Some(self.read());
            }
            let landed = commit.await.map_err(|_| Error::unavailable("the task of a commit failed"))??;
            self.pace.took(landed.writes, landed.took);
            token = Some(landed.token);
            writes = rest;
        }
        Ok((plan, token))
    }

    /// Writes, in a task of its own.
    fn commit(&self, writes: Vec<Write>, deadline: Deadline) -> JoinHandle<Result<Landed, Error>> {
        let count = writes.len();
        let why: String = self.why.chars().take(MAX_TEXT).collect();
        let changeset = Changeset::new(self.mark.at, Origin::of("register import"), why, writes);
        let register = self.register.clone();
        tokio::spawn(async move {
            let started = Instant::now();
            let committed = register.commit(changeset, deadline).await?;
            Ok(Landed { token: committed.token, writes: count, took: started.elapsed() })
        })
    }

    /// The records that the register holds of the rows' numbers.
    async fn held(
        &self,
        rows: &[Row],
        deadline: Deadline,
    ) -> Result<BTreeMap<Iin, Versioned<Record>>, Error> {
        let mut iins: Vec<Iin> = rows.iter().map(|r| r.iin).collect();
        iins.sort_unstable();
        iins.dedup();
        let mut held = BTreeMap::new();
        for iins in iins.chunks(MAX_MANY) {
            let facts = self.register.many(iins, deadline).await?;
            let records = iins.iter().zip(facts).filter_map(|(iin, read)| Some((*iin, read.value.record?)));
            held.extend(records);
        }
        Ok(held)
    }

    /// Tells refused rows, the first in full.
    fn tell(&mut self, refused: &[(u64, Vec<Fault>)]) {
        let room = usize::try_from(TOLD.saturating_sub(self.told)).unwrap_or_default();
        if room > 0 && !refused.is_empty() {
            self.progress.aside(|| {
                for (line, faults) in refused.iter().take(room) {
                    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
                    complain(&format!("line {line}: {}", faults.join("; ")));
                }
            });
        }
        self.told += refused.len() as u64;
    }
}
