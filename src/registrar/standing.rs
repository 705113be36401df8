//! Which step each standing of a number allows, and what the step makes of its record. Pure.
//!
//! | stands | exclude conditionally | exclude | restore | replace |
//! | --- | --- | --- | --- | --- |
//! | in force | yes | yes | cancels a scheduled exclusion, if there is one | yes |
//! | conditionally excluded | no | yes | yes | no |
//! | excluded | no | no | yes | no |
//! | superseded | no | no | no | no |
//!
//! Where a number stands is what holds today: a scheduled change whose day has come is in force. A
//! step for today or before takes effect now; one for a day to come is scheduled. One change is
//! scheduled at most:
//!
//! - a step that is scheduled takes the place of one that was;
//! - a step that takes effect now drops what was scheduled, since that was decided about another
//!   state; a conditional exclusion alone leaves a scheduled exclusion, which goes further;
//! - restoring before the day of a scheduled exclusion cancels it; restoring on that day or later
//!   would need two changes and is refused.

use jiff::civil::Date;

use crate::number::Iin;
use crate::reason::Reason;
use crate::register::{NumberState, Record, Scheduled};

/// A step of a number from one state into another.
#[derive(Clone, PartialEq, Eq)]
pub struct Step {
    /// Excluded, conditionally excluded, or in force again.
    pub to: NumberState,
    /// From which day.
    pub on: Date,
    /// Why, as the register words it.
    pub reason: String,
}

/// Why a step cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// Not from this state.
    State,
    /// Not beside the change that is scheduled.
    Scheduled,
    /// The number that is to take the place is not in force.
    Successor,
}

impl Forbidden {
    /// What the caller is told.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Forbidden::State => Reason::StateForbids,
            Forbidden::Scheduled => Reason::ChangeScheduled,
            Forbidden::Successor => Reason::SuccessorNotInForce,
        }
    }
}

impl Step {
    /// The record after the step.
    ///
    /// # Errors
    /// The table does not have it.
    pub fn of(&self, record: &Record, today: Date) -> Result<Record, Forbidden> {
        use NumberState::{ConditionallyExcluded, Excluded, InForce};
        let mut next = record.settled(today);
        let pending = next.scheduled.take();
        let exclusion = pending.as_ref().filter(|p| p.state != InForce);
        match (next.state, self.to) {
            (InForce, Excluded | ConditionallyExcluded) | (ConditionallyExcluded, Excluded) => {}
            (InForce | ConditionallyExcluded | Excluded, InForce) => {
                if exclusion.is_some_and(|p| self.on >= p.on) {
                    return Err(Forbidden::Scheduled);
                }
                if next.state == InForce {
                    return if exclusion.is_some() { Ok(next) } else { Err(Forbidden::State) };
                }
            }
            _ => return Err(Forbidden::State),
        }
        let Step { to, on, reason } = self.clone();
        if on > today {
            return Ok(Record { scheduled: Some(Scheduled { state: to, on, reason }), ..next });
        }
        let goes_further = |p: &Scheduled| to == ConditionallyExcluded && p.state == Excluded;
        Ok(Record {
            state: to,
            since: Some(on),
            state_reason: reason,
            superseded_by: None,
            scheduled: pending.filter(goes_further),
            person: next.person,
        })
    }
}

/// A number that takes another's place.
#[derive(Clone, PartialEq, Eq)]
pub struct Succession {
    /// The number from now on.
    pub by: Iin,
    /// From which day; not a day to come.
    pub on: Date,
    /// Why, as the register words it.
    pub reason: String,
}

impl Succession {
    /// The records of both numbers afterwards, the replaced one first. A number that the register does
    /// not hold takes over the record, what is scheduled included; one that it holds keeps its own.
    ///
    /// # Errors
    /// The replaced number is not in force; the other is held and not in force; or it is held and a
    /// change of the replaced one is scheduled, which would be lost.
    pub fn of(
        &self,
        record: &Record,
        there: Option<&Record>,
        today: Date,
    ) -> Result<(Record, Record), Forbidden> {
        let old = record.settled(today);
        if old.state != NumberState::InForce {
            return Err(Forbidden::State);
        }
        let successor = match there.map(|record| record.settled(today)) {
            None => Record { since: Some(self.on), state_reason: self.reason.clone(), ..old.clone() },
            Some(there) if there.state != NumberState::InForce => return Err(Forbidden::Successor),
            Some(_) if old.scheduled.is_some() => return Err(Forbidden::Scheduled),
            Some(there) => there,
        };
        let replaced = Record {
            state: NumberState::Superseded,
            since: Some(self.on),
            state_reason: self.reason.clone(),
            superseded_by: Some(self.by),
            scheduled: None,
            person: old.person,
        };
        Ok((replaced, successor))
    }
}

#[cfg(test)]
mod tests;
