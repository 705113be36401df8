//! Persons: a record put in, a step of its state, a number replaced.

use jiff::civil::Date;

use super::request::{Asked, Kept, Plan, Planned};
use super::standing::{Forbidden, Step, Succession};
use super::{Registrar, fault, same};
use crate::context::CallContext;
use crate::error::Error;
use crate::number::Iin;
use crate::person::Person;
use crate::register::feed::Kind;
use crate::register::{Expect, Facts, NumberState, Record, Write};

/// A person's whole record, as somebody states it.
#[derive(Clone, PartialEq, Eq)]
pub struct Put {
    /// Whose.
    pub iin: Iin,
    /// Where the number stands; `None`: as it is there, in force for a new one.
    pub state: Option<NumberState>,
    /// Since which day.
    pub since: Option<Date>,
    /// Why, as the register words it.
    pub reason: String,
    /// The number now in force; with [`NumberState::Superseded`] alone.
    pub superseded_by: Option<Iin>,
    /// The holder.
    pub person: Person,
}

impl Put {
    /// The record that this makes of the one held.
    ///
    /// ```
    /// use iinspect::{number::Iin, person::Person, register::NumberState, registrar::person::Put};
    /// let today = jiff::civil::date(2026, 11, 24);
    /// let put = Put {
    ///     iin: Iin::parse("009900000008")?, state: None, since: None, reason: String::new(),
    ///     superseded_by: None, person: Person::default(),
    /// };
    /// let new = put.over(None, today);
    /// assert_eq!(new.state, NumberState::InForce);
    /// let gone = iinspect::register::Record { state: NumberState::Excluded, ..new };
    /// assert_eq!(put.over(Some(&gone), today).state, NumberState::Excluded);
    /// # Ok::<(), iinspect::number::Error>(())
    /// ```
    #[must_use]
    pub fn over(&self, held: Option<&Record>, today: Date) -> Record {
        let stated = Record {
            state: self.state.unwrap_or(NumberState::InForce),
            since: self.since,
            state_reason: self.reason.clone(),
            superseded_by: self.superseded_by,
            scheduled: None,
            person: self.person.clone(),
        };
        let Some(held) = held.map(|held| held.settled(today)) else { return stated };
        match self.state {
            Some(state) if state != held.state => stated,
            Some(_) => Record { scheduled: held.scheduled, ..stated },
            None => Record {
                state: held.state,
                since: self.since.or(held.since),
                state_reason: if self.reason.is_empty() { held.state_reason } else { stated.state_reason },
                superseded_by: held.superseded_by,
                scheduled: held.scheduled,
                person: stated.person,
            },
        }
    }
}

/// What came of putting a record in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landed {
    /// Its version.
    pub version: u64,
    /// It was not there before.
    pub created: bool,
}

/// What came of replacing a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The version of the replaced number's record.
    pub version: u64,
    /// The version of the record of the number now in force.
    pub successor_version: u64,
}

impl Registrar {
    /// Puts a record in. `expected` is the version seen last, 0 for none.
    ///
    /// # Errors
    /// Another version is there; the request id was used for something else; the register cannot be
    /// written.
    pub async fn put_person(
        &self,
        call: &CallContext,
        asked: &Asked,
        put: Put,
        expected: u64,
    ) -> Result<Landed, Error> {
        let Kept { version, created, .. } = self.once(call, asked, &Putting { put, expected }).await?;
        Ok(Landed { version, created })
    }

    /// Excludes or restores a number: the record's new version.
    ///
    /// # Errors
    /// As [`Registrar::put_person`]; no such number; a state that does not allow the step.
    pub async fn step(
        &self,
        call: &CallContext,
        asked: &Asked,
        iin: Iin,
        step: Step,
        expected: u64,
    ) -> Result<u64, Error> {
        Ok(self.once(call, asked, &Stepping { iin, step, expected }).await?.version)
    }

    /// Replaces a number by another of the same person. Both records are written together.
    ///
    /// # Errors
    /// As [`Registrar::step`]; a number to take the place that is not in force.
    pub async fn supersede(
        &self,
        call: &CallContext,
        asked: &Asked,
        iin: Iin,
        succession: Succession,
        expected: u64,
    ) -> Result<Replaced, Error> {
        let kept = self.once(call, asked, &Superseding { iin, succession, expected }).await?;
        Ok(Replaced { version: kept.version, successor_version: kept.successor_version })
    }
}

fn forbidden(why: Forbidden) -> Error {
    Error::precondition(why.reason())
}

/// A write on a record and the version it makes.
fn write(iin: Iin, record: Record, there: Option<u64>, told: Kind) -> (Write, u64) {
    let expect = there.map_or(Expect::Absent, Expect::Version);
    (Write::Record { iin, record: Box::new(record), expect, told }, there.unwrap_or(0) + 1)
}

struct Putting {
    put: Put,
    expected: u64,
}

impl Plan for Putting {
    async fn plan(&self, registrar: &Registrar, call: &CallContext) -> Result<Planned, Error> {
        let read = registrar.register.one(self.put.iin, call.deadline).await;
        let held = read.map_err(|e| fault(call, &e))?.value.record;
        let there = held.as_ref().map(|held| held.version);
        same(there.unwrap_or(0), self.expected)?;
        let record = self.put.over(held.as_ref().map(|held| &held.value), call.today);
        let (write, version) = write(self.put.iin, record, there, Kind::Record);
        let answer = Kept { version, created: there.is_none(), ..Kept::default() };
        Ok(Planned { writes: vec![write], why: "record put in".into(), answer })
    }
}

struct Stepping {
    iin: Iin,
    step: Step,
    expected: u64,
}

impl Plan for Stepping {
    async fn plan(&self, registrar: &Registrar, call: &CallContext) -> Result<Planned, Error> {
        let held = registrar.record(call, self.iin).await?;
        same(held.version, self.expected)?;
        let record = self.step.of(&held.value, call.today).map_err(forbidden)?;
        let told = if self.step.to == NumberState::InForce { Kind::Restored } else { Kind::Excluded };
        let (write, version) = write(self.iin, record, Some(held.version), told);
        let answer = Kept { version, ..Kept::default() };
        Ok(Planned { writes: vec![write], why: self.step.reason.clone(), answer })
    }
}

struct Superseding {
    iin: Iin,
    succession: Succession,
    expected: u64,
}

impl Plan for Superseding {
    async fn plan(&self, registrar: &Registrar, call: &CallContext) -> Result<Planned, Error> {
        let by = self.succession.by;
        let read = registrar.register.many(&[self.iin, by], call.deadline).await;
        let mut records = read.map_err(|e| fault(call, &e))?.into_iter().map(|read| read.value.record);
        let (Some(held), Some(there)) = (records.next(), records.next()) else {
            return Err(Error::internal("a lookup of two numbers has not two answers"));
        };
        let held = held.ok_or_else(|| Error::not_found(crate::reason::Reason::NumberNotFound))?;
        same(held.version, self.expected)?;
        let successor = there.as_ref().map(|there| &there.value);
        let (replaced, successor) =
            self.succession.of(&held.value, successor, call.today).map_err(forbidden)?;
        // Written even when nothing in it changes: that it is in force must still hold when the other
        // number is replaced, and its history tells since when it stands for two.
        let (old, version) = write(self.iin, replaced, Some(held.version), Kind::Superseded);
        let (new, successor_version) =
            write(by, successor, there.map(|there| there.version), Kind::Superseded);
        let answer = Kept { version, successor_version, ..Kept::default() };
        Ok(Planned { writes: vec![old, new], why: self.succession.reason.clone(), answer })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::register::Scheduled;
    use NumberState::{ConditionallyExcluded, Excluded, InForce, Superseded};

    const TODAY: Date = date(2026, 11, 24);

    fn put(state: Option<NumberState>) -> Put {
        Put {
            iin: Iin::parse("009900000008").unwrap(),
            state,
            since: None,
            reason: String::new(),
            superseded_by: None,
            person: Person::default(),
        }
    }

    fn held(state: NumberState, scheduled: Option<(NumberState, Date)>) -> Record {
        Record {
            state,
            since: Some(date(2020, 1, 1)),
            state_reason: "first".into(),
            superseded_by: (state == Superseded).then(|| Iin::parse("009900030008").unwrap()),
            scheduled: scheduled.map(|(state, on)| Scheduled { state, on, reason: "planned".into() }),
            person: Person { birth_date: Some(date(1990, 1, 5)), ..Person::default() },
        }
    }

    #[test]
    fn where_the_number_stands_after_a_record_is_put_in() {
        let (come, due) = (date(2026, 11, 25), TODAY);
        let rows = [
            // What is held, what is stated, where it stands then and what is scheduled.
            (held(InForce, None), None, InForce, None),
            (held(Superseded, None), None, Superseded, None),
            (held(InForce, Some((Excluded, come))), None, InForce, Some(Excluded)),
            (held(InForce, Some((Excluded, come))), Some(InForce), InForce, Some(Excluded)),
            (held(InForce, Some((Excluded, come))), Some(ConditionallyExcluded), ConditionallyExcluded, None),
            // What has come into force is how it stands.
            (held(InForce, Some((Excluded, due))), None, Excluded, None),
            (held(InForce, Some((Excluded, due))), Some(InForce), InForce, None),
        ];
        for (i, (held, stated, state, scheduled)) in rows.into_iter().enumerate() {
            let record = put(stated).over(Some(&held), TODAY);
            assert_eq!(
                (record.state, record.scheduled.map(|next| next.state)),
                (state, scheduled),
                "row {i}"
            );
            assert_eq!(record.person, Person::default(), "row {i}: what is left out is not known");
            let kept = held.settled(TODAY);
            let link = if stated.is_none() { kept.superseded_by } else { None };
            assert_eq!(record.superseded_by, link, "row {i}");
            let since = if stated.is_none() { kept.since } else { None };
            assert_eq!(record.since, since, "row {i}");
        }
    }

    #[test]
    fn a_date_and_a_reason_that_are_given_count_without_a_state() {
        let put = Put { since: Some(TODAY), reason: "mended".into(), ..put(None) };
        let record = put.over(Some(&held(Excluded, None)), TODAY);
        assert_eq!(
            (record.state, record.since, record.state_reason),
            (Excluded, Some(TODAY), "mended".into())
        );
    }
}
