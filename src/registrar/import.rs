//! An import: rows of a file, laid over what the register holds, become the writes of a changeset.
//!
//! An import of any size must do with little memory, so it does not remember which numbers it has
//! seen. The register does: every record that one import writes is recorded at the same moment, the
//! import's own. A record of that moment was written by this very import, and a further row for its
//! number adds to it; any other record is replaced. For the same reason rows can be read twice,
//! as after a crash between a commit and the note of it: what a row adds is there already.
//!
//! A record that the rows leave as it is gets no new version: a register that is filled anew from the
//! same source each night would grow by its whole size each time. The caller says of which numbers
//! more rows may follow in a later plan; those are recorded anew all the same, so that the later rows
//! add to them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::{Fault, MAX_EACH, too_many};
use crate::number::Iin;
use crate::person::{Document, Name};
use crate::register::{Expect, Record, Versioned, Write};

/// A row that makes a record.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its line in the file.
    pub line: u64,
    /// Whose.
    pub iin: Iin,
    /// What it states.
    pub record: Record,
}

/// What came of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Rows whose content is in the register now.
    pub landed: u64,
    /// Rows that are not, each with its faults told.
    pub refused: u64,
    /// Numbers the register had no record of.
    pub new: u64,
    /// Numbers whose record was another.
    pub changed: u64,
    /// Numbers whose record was the same, and has no new version for it.
    pub unchanged: u64,
}

impl Tally {
    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.landed + self.refused
    }

    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Tally) -> Tally {
        Tally {
            landed: self.landed + other.landed,
            refused: self.refused + other.refused,
            new: self.new + other.new,
            changed: self.changed + other.changed,
            unchanged: self.unchanged + other.unchanged,
        }
    }
}

/// What rows come to, given what the register holds.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What to write, in the order of the numbers; may be empty.
    pub writes: Vec<Write>,
    /// Rows refused because of what the register holds, with their lines.
    pub refused: Vec<(u64, Vec<Fault>)>,
    /// What came of the rows.
    pub tally: Tally,
}

/// One number while rows are laid over it.
struct Slot {
    /// What the register holds.
    held: Option<Versioned<Record>>,
    /// What it is to hold, once a row has said so.
    next: Option<Record>,
}

/// Lays rows, in their order, over the records that the register holds for their numbers. `at` is
/// the import's moment, to the microsecond; `more` tells of which numbers rows may follow that are
/// not among these.
#[must_use]
pub fn plan(
    rows: &[Row],
    mut held: BTreeMap<Iin, Versioned<Record>>,
    at: Timestamp,
    more: impl Fn(Iin) -> bool,
) -> Plan {
    let mut slots = BTreeMap::new();
    let mut plan = Plan::default();
    for row in rows {
        let slot = slots.entry(row.iin).or_insert_with(|| Slot { held: held.remove(&row.iin), next: None });
        match slot.take(row, at) {
            Ok(()) => plan.tally.landed += 1,
            Err(faults) => {
                plan.tally.refused += 1;
                plan.refused.push((row.line, faults));
            }
        }
    }
    for (iin, slot) in slots {
        plan.writes.extend(slot.write(iin, at, more(iin), &mut plan.tally));
    }
    plan
}

impl Slot {
    fn take(&mut self, row: &Row, at: Timestamp) -> Result<(), Vec<Fault>> {
        self.next = Some(match (&self.next, &self.held) {
            (Some(earlier), _) => merge(earlier, &row.record)?,
            // Whoever wrote it knew more than the file did when the import began.
            (None, Some(held)) if held.recorded_at > at => {
                let what = "its record was changed by somebody else after this import began";
                return Err(vec![Fault::new("iin", what)]);
            }
            (None, Some(held)) if held.recorded_at == at => merge(&held.value, &row.record)?,
            (None, _) => row.record.clone(),
        });
        Ok(())
    }

    fn write(self, iin: Iin, at: Timestamp, more: bool, tally: &mut Tally) -> Option<Write> {
        let record = self.next?;
        // Read and written apart: what others wrote between the two must not be lost.
        let expect = self.held.as_ref().map_or(Expect::Absent, |held| Expect::Version(held.version));
        match &self.held {
            // Counted when it was written first.
            Some(held) if held.recorded_at == at => {
                if held.value == record {
                    return None;
                }
            }
            Some(held) if held.value == record => {
                tally.unchanged += 1;
                if !more {
                    return None;
                }
            }
            Some(_) => tally.changed += 1,
            None => tally.new += 1,
        }
        Some(Write::record(iin, record, expect))
    }
}

/// What two rows of one import say of a number together. What they say once must not differ: which
/// of them would be right is not for us to choose.
///
/// # Errors
/// A fault for each column that differs, or that there is more than a record holds.
pub fn merge(earlier: &Record, row: &Record) -> Result<Record, Vec<Fault>> {
    let mut record = earlier.clone();
    let mut faults = Vec::new();
    let mut differs = |column: &'static str| {
        faults.push(Fault::new(column, "differs from an earlier row of the same number"));
    };
    if record.state != row.state {
        differs("state");
    }
    let (into, from) = (&mut record.person, &row.person);
    fill(&mut into.birth_date, from.birth_date, || differs("birth_date"));
    fill(&mut into.sex, from.sex, || differs("sex"));
    fill(&mut into.citizenship, from.citizenship, || differs("citizenship"));
    fill(&mut record.since, row.since, || differs("state_since"));
    if record.state_reason.is_empty() {
        record.state_reason.clone_from(&row.state_reason);
    } else if !row.state_reason.is_empty() && record.state_reason != row.state_reason {
        differs("state_reason");
    }
    fill(&mut record.superseded_by, row.superseded_by, || differs("superseded_by"));
    fill(&mut record.scheduled, row.scheduled.clone(), || differs("scheduled"));
    let into = &mut record.person;
    add_names(&mut into.names, &from.names);
    add_documents(&mut into.documents, &from.documents, &mut differs);
    if into.names.len() > MAX_EACH.max(earlier.person.names.len()) {
        faults.push(Fault::new("names", too_many()));
    }
    if into.documents.len() > MAX_EACH.max(earlier.person.documents.len()) {
        faults.push(Fault::new("documents", too_many()));
    }
    if faults.is_empty() { Ok(record) } else { Err(faults) }
}

fn fill<T: PartialEq>(into: &mut Option<T>, from: Option<T>, differs: impl FnOnce()) {
    match (&into, from) {
        (_, None) => {}
        (None, from) => *into = from,
        (Some(held), Some(from)) if *held == from => {}
        (Some(_), Some(_)) => differs(),
    }
}

/// Adds spellings that say something new. One that only leaves the patronymic out says nothing new:
/// held beside the full one, it would let any patronymic pass.
fn add_names(into: &mut Vec<Name>, from: &[Name]) {
    for name in from {
        let same = |held: &&mut Name| held.family == name.family && held.given == name.given;
        let covers = |held: &&mut Name| name.patronymic.is_none() || held.patronymic.is_none();
        if into.contains(name) {
            continue;
        }
        match into.iter_mut().filter(same).find(covers) {
            Some(held) if held.patronymic.is_none() => held.patronymic.clone_from(&name.patronymic),
            Some(_) => {}
            None => into.push(name.clone()),
        }
    }
}

/// Adds documents. Two rows about one document fill each other in.
fn add_documents(into: &mut Vec<Document>, from: &[Document], mut differs: impl FnMut(&'static str)) {
    for document in from {
        if into.contains(document) {
            continue;
        }
        let same = |held: &&mut Document| {
            held.kind == document.kind
                && held.number == document.number
                && held.country == document.country
                && (held.name == document.name || held.name.is_none() || document.name.is_none())
        };
        match into.iter_mut().find(same) {
            Some(held) => {
                fill(&mut held.valid_until, document.valid_until, || differs("document_valid_until"));
                fill(&mut held.status, document.status, || differs("document_status"));
                if held.name.is_none() {
                    held.name.clone_from(&document.name);
                }
            }
            None => into.push(document.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
