//! A streamed import: rows of a batch, landed in their order, each once.
//!
//! How far a batch is stands in the register and moves with the rows themselves, in one transaction.
//! So a stream that breaks is taken up again without counting on anything that was said, and two
//! streams of one batch cannot land a row twice: the later one finds the batch further than it thought,
//! and skips.

pub mod note;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use self::note::{Fault, Note};
use super::pace::Pace;
use super::person::Put;
use super::{Registrar, fault};
use crate::context::CallContext;
use crate::error::Error;
use crate::number::Iin;
use crate::reason::Reason;
use crate::register::{self, Changeset, Expect, Facts, Ledger, MAX_MANY, Origin, Record, Versioned, Write};

/// The most rows that are landed in one call, and in one commit.
pub const MAX_ROWS: usize = MAX_MANY;
/// How long one attempt to land rows may take.
const ATTEMPT: Duration = Duration::from_secs(10);
/// How long a register that is busy, or written by others all the time, is tried again.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause before a busy register is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// One row.
#[derive(Clone)]
pub struct Row {
    /// Its number in the batch.
    pub row: u64,
    /// What it states, or every fault of it.
    pub put: Result<Put, Vec<Fault>>,
}

/// A batch under way.
#[derive(Clone, Debug)]
pub struct Batch {
    registrar: Registrar,
    by: Origin,
    why: String,
    at: register::Batch,
    note: Note,
    pace: Pace,
}

impl Registrar {
    /// Takes up a batch where it is. `request` is told with every change, for whoever reads the history.
    ///
    /// # Errors
    /// The register cannot be asked.
    pub async fn batch(
        &self,
        call: &CallContext,
        id: Uuid,
        request: Option<Uuid>,
        by: Origin,
    ) -> Result<Batch, Error> {
        let request = request.map(|request| format!(", request {request}")).unwrap_or_default();
        let mut batch = Batch {
            registrar: self.clone(),
            by,
            why: format!("import: batch {id}{request}"),
            at: register::Batch { id, last_row: 0, landed: 0, refused: 0, note: Vec::new() },
            note: Note::default(),
            pace: Pace::new(MAX_ROWS),
        };
        batch.reread(call, call.deadline).await.map_err(|e| fault(call, &e))?;
        Ok(batch)
    }
}

impl Batch {
    /// How far it is, as of the last commit that this stream knows of.
    #[must_use]
    pub fn progress(&self) -> &register::Batch {
        &self.at
    }

    /// Why rows were refused.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// Lands rows (rising, at most [`MAX_ROWS`]) in as many commits as it takes to keep each short.
    /// Rows that the batch has done are skipped.
    ///
    /// # Errors
    /// The register cannot be asked or written for `PATIENCE`; what has landed until then stays.
    pub async fn land(&mut self, call: &CallContext, rows: &[Row]) -> Result<(), Error> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            let rest = &rows[rows.partition_point(|row| row.row <= self.at.last_row)..];
            let Some(rows) = rest.get(..rest.len().min(self.pace.rows())).filter(|rows| !rows.is_empty())
            else {
                return Ok(());
            };
            let deadline = Instant::now() + ATTEMPT;
            let outcome = self.attempt(call, rows, deadline).await;
            let Err(error) = outcome else { continue };
            if !(error.is_busy() || error.is_deadline() || error.is_conflict()) {
                return Err(fault(call, &error));
            }
            if Instant::now() >= give_up {
                return Err(Error::unavailable(Reason::RegisterUnavailable, error.to_string()));
            }
            if !error.is_conflict() {
                sleep(PAUSE).await;
            }
            // After a conflict the batch may be further by another stream of it, after a deadline by
            // this one.
            if let Err(error) = self.reread(call, Instant::now() + ATTEMPT).await
                && !(error.is_busy() || error.is_deadline())
            {
                return Err(fault(call, &error));
            }
        }
    }

    /// Reads what is there, lays the rows over it, writes, and learns how long a commit takes.
    async fn attempt(
        &mut self,
        call: &CallContext,
        rows: &[Row],
        deadline: Instant,
    ) -> Result<(), register::Error> {
        let mut iins: Vec<Iin> = rows.iter().filter_map(|r| Some(r.put.as_ref().ok()?.iin)).collect();
        iins.sort_unstable();
        iins.dedup();
        let facts = self.registrar.register.many(&iins, deadline).await?;
        let held = iins.into_iter().zip(facts).filter_map(|(iin, read)| Some((iin, read.value.record?)));
        let mut note = self.note.clone();
        let Plan { writes, landed, refused } = plan(rows, &held.collect(), call.today, &mut note);
        let at = register::Batch {
            id: self.at.id,
            last_row: rows.last().map_or(self.at.last_row, |row| row.row),
            landed: self.at.landed + landed,
            refused: self.at.refused + refused,
            note: note.encoded(),
        };
        let written = writes.len();
        let set = Changeset {
            batch: Some((at.clone(), self.at.last_row)),
            ..Changeset::new(call.now, self.by.clone(), self.why.as_str(), writes)
        };
        let started = Instant::now();
        self.registrar.commit(set, deadline).await?;
        self.pace.took(written, started.elapsed());
        (self.at, self.note) = (at, note);
        Ok(())
    }

    /// How far the batch is by now.
    async fn reread(&mut self, call: &CallContext, deadline: Instant) -> Result<(), register::Error> {
        let id = self.at.id;
        let found = self.registrar.register.batch(id, call.now, deadline).await?;
        self.at =
            found.unwrap_or(register::Batch { id, last_row: 0, landed: 0, refused: 0, note: Vec::new() });
        self.note = Note::read(&self.at.note);
        Ok(())
    }
}

/// What rows come to.
struct Plan {
    writes: Vec<Write>,
    landed: u64,
    refused: u64,
}

/// Lays rows over what is held of their numbers. Of several rows for one number the last one counts,
/// as if each had been put in by itself. What is there already is not written again: the history of an
/// import that is repeated every night would be all repetitions.
fn plan(rows: &[Row], held: &BTreeMap<Iin, Versioned<Record>>, today: Date, note: &mut Note) -> Plan {
    let mut next: BTreeMap<Iin, Record> = BTreeMap::new();
    let mut plan = Plan { writes: Vec::new(), landed: 0, refused: 0 };
    for row in rows {
        match &row.put {
            Ok(put) => {
                let there = next.get(&put.iin).or_else(|| held.get(&put.iin).map(|held| &held.value));
                let record = put.over(there, today);
                next.insert(put.iin, record);
                plan.landed += 1;
            }
            Err(faults) => {
                note.add(row.row, faults);
                plan.refused += 1;
            }
        }
    }
    let write = |(iin, record): (Iin, Record)| match held.get(&iin) {
        Some(held) if held.value == record => None,
        Some(held) => Some(Write::record(iin, record, Expect::Version(held.version))),
        None => Some(Write::record(iin, record, Expect::Absent)),
    };
    plan.writes = next.into_iter().filter_map(write).collect();
    plan
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;

    use super::*;
    use crate::person::Person;
    use crate::register::{NumberState, Scheduled};

    fn put(iin: &str, state: Option<NumberState>, born: i16) -> Put {
        let person = Person { birth_date: Some(date(born, 1, 1)), ..Person::default() };
        let iin = Iin::parse(iin).unwrap();
        Put { iin, state, since: None, reason: String::new(), superseded_by: None, person }
    }

    #[test]
    fn rows_are_laid_over_what_is_held_and_only_what_is_new_is_written() {
        let today = date(2026, 11, 24);
        let (one, two) = ("009900000008", "009900030008");
        let held_record = |put: &Put, scheduled| Record { scheduled, ..put.over(None, today) };
        let planned = Scheduled { state: NumberState::Excluded, on: date(2027, 1, 1), reason: String::new() };
        let versioned =
            |value, version| Versioned { value, version, recorded_at: Timestamp::from_second(0).unwrap() };
        let same = put(one, Some(NumberState::InForce), 1990);
        let old = put(two, None, 1980);
        let held = BTreeMap::from([
            (same.iin, versioned(held_record(&same, None), 3)),
            (old.iin, versioned(held_record(&old, Some(planned.clone())), 5)),
        ]);
        let fault =
            Fault { field: "person.iin".into(), reason: Reason::ControlMismatch, message: "x".into() };
        let rows = [
            Row { row: 1, put: Ok(same) },
            Row { row: 2, put: Err(vec![fault]) },
            Row { row: 5, put: Ok(put(two, None, 1981)) },
            Row { row: 6, put: Ok(put(two, Some(NumberState::InForce), 1982)) },
        ];
        let mut note = Note::default();
        let plan = plan(&rows, &held, today, &mut note);
        assert_eq!((plan.landed, plan.refused), (3, 1));
        assert_eq!(note.rows().map(|(row, ..)| row).collect::<Vec<_>>(), [2]);
        let [Write::Record { iin, record, expect, .. }] = plan.writes.as_slice() else { panic!() };
        assert_eq!((iin.to_text().as_str(), *expect), (two, Expect::Version(5)));
        assert_eq!(record.person.birth_date, Some(date(1982, 1, 1)), "the last row counts");
        assert_eq!(record.scheduled, Some(planned), "what is scheduled stays");
    }
}
