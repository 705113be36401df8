//! The demo register: synthetic persons with test numbers, and applications in every state. It is
//! written through the ledger like any other change, and read by the same code.

mod applications;
mod persons;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::issuance::Application;
use crate::number::Iin;
use crate::person::{Document, Person};
use crate::register::{
    Changeset, Error, Expect, Ledger, NumberState, Origin, Record, Register, Write, hotlist,
};
use crate::registrar::allocation::number;

/// How many persons the demo register holds.
pub const PERSONS: usize = 240;
/// How many more are made up to choose applicants from.
const APPLICANTS: usize = 60;
/// The place of the number that was replaced.
const REPLACED: usize = 2;
/// The place of the number that replaced it.
const REPLACING: usize = 6;

/// Why the demo register could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The built-in names are broken.
    #[error("the demo's names are broken: {0}")]
    Names(String),
    /// The built-in rulebook or the state machine refuses what the demo applies for.
    #[error("the demo's applications are broken: {0}")]
    Applications(String),
    /// The register refused.
    #[error(transparent)]
    Register(#[from] Error),
}

/// Whom to try, for the printed hints.
#[derive(Clone, Debug)]
pub struct Cast {
    /// In force, with every kind of data.
    pub in_force: (Iin, Person),
    /// Excluded.
    pub excluded: Iin,
    /// Replaced by another number.
    pub superseded: Iin,
    /// On the hotlist, for all to see.
    pub hotlisted: Iin,
    /// On the hotlist, for others to see: a case for a person.
    pub left_to_a_person: Iin,
    /// A well-formed number that nobody holds.
    pub absent: Iin,
    /// One application in each state, with the document and birth date it can be found by.
    pub applications: Vec<(Application, Document, jiff::civil::Date)>,
}

/// Fills an empty register as of `now`.
///
/// # Errors
/// The register refuses the changes.
pub async fn fill(register: &Register, now: Timestamp, deadline: Instant) -> Result<Cast, Fault> {
    // Those beyond the register's persons apply for a number and have none yet.
    let mut persons = persons::all(PERSONS + APPLICANTS).map_err(Fault::Names)?;
    let applicants = persons.split_off(PERSONS);
    // The holder of the number that was replaced goes on under the new one.
    persons[REPLACING].1 = persons[REPLACED].1.clone();
    let mut writes = Vec::new();
    let mut cast = Cast::of(&persons)?;
    for (i, (iin, person)) in persons.iter().enumerate() {
        let (state, state_reason) = match i {
            1 => (NumberState::Excluded, "left for permanent residence and changed citizenship"),
            REPLACED => (NumberState::Superseded, "adoption"),
            3 => (NumberState::ConditionallyExcluded, "no longer holds taxable objects"),
            _ if i % 40 == 17 => (NumberState::Excluded, "death"),
            _ if i % 40 == 23 => (NumberState::ConditionallyExcluded, "closed the current account"),
            _ => (NumberState::InForce, ""),
        };
        let record = Record {
            state,
            since: Some(crate::clock::civil_date(now).saturating_sub(jiff::Span::new().days(30 + i as i64))),
            state_reason: state_reason.into(),
            scheduled: None,
            superseded_by: (state == NumberState::Superseded).then_some(persons[REPLACING].0),
            person: person.clone(),
        };
        writes.push(Write::record(*iin, record, Expect::Absent));
    }
    for (iin, visibility) in [
        (cast.hotlisted, hotlist::Clients::All),
        (cast.left_to_a_person, hotlist::Clients::Only(["demo".to_string()].into())),
    ] {
        let entry = hotlist::Entry {
            id: uuid::Uuid::from_u128(u128::from(iin.as_u64())),
            scope: hotlist::Clients::All,
            visibility,
            expires_at: None,
            note: "demo".into(),
        };
        writes.push(Write::hotlist(iin, entry));
    }
    cast.applications =
        applications::in_every_state(&applicants, &persons, now).map_err(Fault::Applications)?;
    for (application, document, birth_date) in &cast.applications {
        writes.push(Write::Application {
            application: application.clone(),
            applicant: Some((document.clone(), *birth_date)),
            expect: Expect::Absent,
        });
    }
    let changeset = Changeset::new(now, Origin::of("demo"), "synthetic persons", writes);
    register.commit(changeset, deadline).await?;
    Ok(cast)
}

impl Cast {
    fn of(persons: &[(Iin, Person)]) -> Result<Self, Fault> {
        let absent = number(1990, 99, 28, 9, 9999)
            .or_else(|| number(1990, 99, 28, 9, 9998))
            .ok_or_else(|| Fault::Names("no number is left".into()))?;
        let [first, excluded, superseded, _, hotlisted, left, ..] = persons else {
            return Err(Fault::Names("too few persons".into()));
        };
        Ok(Cast {
            in_force: first.clone(),
            excluded: excluded.0,
            superseded: superseded.0,
            hotlisted: hotlisted.0,
            left_to_a_person: left.0,
            absent,
            applications: Vec::new(),
        })
    }
}
