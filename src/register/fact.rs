//! What the register knows about one number.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{ChangedAt, Position, hotlist};
use crate::number::Iin;
use crate::person::Person;

/// The state of a number that the register holds (Law 223-III, chapter 2 and art. 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum NumberState {
    /// Formed and in force.
    InForce = 1,
    /// Conditionally excluded: can be restored.
    ConditionallyExcluded = 2,
    /// Excluded.
    Excluded = 3,
    /// Replaced by another number.
    Superseded = 4,
}

impl NumberState {
    const ALL: [Self; 4] = [Self::InForce, Self::ConditionallyExcluded, Self::Excluded, Self::Superseded];

    /// The state stored under this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|s| *s as u8 == code)
    }

    /// Its name in files: the contract's value without its prefix.
    ///
    /// ```
    /// use iinspect::register::NumberState;
    /// assert_eq!(NumberState::InForce.name(), "IN_FORCE");
    /// assert_eq!(NumberState::from_name("IN_FORCE"), Some(NumberState::InForce));
    /// assert_eq!(NumberState::from_name("NOT_IN_REGISTER"), None);
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InForce => "IN_FORCE",
            Self::ConditionallyExcluded => "CONDITIONALLY_EXCLUDED",
            Self::Excluded => "EXCLUDED",
            Self::Superseded => "SUPERSEDED",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// A number's record: its state and its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where the number stands, until [`Record::scheduled`] comes into force: ask [`Record::on`].
    pub state: NumberState,
    /// Since which day.
    pub since: Option<Date>,
    /// Why, as the operator words it; never shown to those who verify.
    pub state_reason: String,
    /// The number now in force, for [`NumberState::Superseded`].
    pub superseded_by: Option<Iin>,
    /// A change of state that is decided and comes into force by itself on a later day.
    pub scheduled: Option<Scheduled>,
    /// The holder.
    pub person: Person,
}

/// A change of state that comes into force on a day (0 hours in Kazakhstan).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// The state from then on: in force, excluded or conditionally excluded.
    pub state: NumberState,
    /// From which day.
    pub on: Date,
    /// Why, as the operator words it.
    pub reason: String,
}

/// Where a number stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Its state.
    pub state: NumberState,
    /// Since which day.
    pub since: Option<Date>,
    /// Why.
    pub reason: &'a str,
    /// The number now in force.
    pub superseded_by: Option<Iin>,
}

impl Record {
    /// A number in force and its holder, with nothing else known of it.
    ///
    /// ```
    /// use iinspect::register::{NumberState, Record};
    /// let record = Record::in_force(Default::default());
    /// assert_eq!((record.state, record.since, record.scheduled), (NumberState::InForce, None, None));
    /// ```
    #[must_use]
    pub fn in_force(person: Person) -> Self {
        Record {
            state: NumberState::InForce,
            since: None,
            state_reason: String::new(),
            superseded_by: None,
            scheduled: None,
            person,
        }
    }

    /// Where the number stands on a day, as far as this version of its record knows.
    ///
    /// ```
    /// use iinspect::register::{NumberState, Record, Scheduled};
    /// use jiff::civil::date;
    /// let scheduled =
    ///     Scheduled { state: NumberState::Excluded, on: date(2027, 1, 1), reason: "left".into() };
    /// let record = Record { scheduled: Some(scheduled), ..Record::in_force(Default::default()) };
    /// assert_eq!(record.on(date(2026, 12, 31)).state, NumberState::InForce);
    /// assert_eq!(record.on(date(2027, 1, 1)).state, NumberState::Excluded);
    /// ```
    #[must_use]
    pub fn on(&self, day: Date) -> Standing<'_> {
        match &self.scheduled {
            Some(next) if next.on <= day => Standing {
                state: next.state,
                since: Some(next.on),
                reason: &next.reason,
                superseded_by: None,
            },
            _ => Standing {
                state: self.state,
                since: self.since,
                reason: &self.state_reason,
                superseded_by: self.superseded_by,
            },
        }
    }

    /// The same record as it is from a day on: a scheduled change that has come into force by then
    /// is its state, and no longer scheduled.
    #[must_use]
    pub fn settled(&self, day: Date) -> Record {
        let standing = self.on(day);
        let (state, since, superseded_by) = (standing.state, standing.since, standing.superseded_by);
        Record {
            state,
            since,
            state_reason: standing.reason.to_string(),
            superseded_by,
            scheduled: self.scheduled.clone().filter(|next| next.on > day),
            person: self.person.clone(),
        }
    }
}

/// What was read about one number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    /// The record with its version; `None` when the register holds no such number.
    pub record: Option<Versioned<Record>>,
    /// Hotlist entries for the number, expired ones included, the oldest id first. At most
    /// [`hotlist::MAX_PER_NUMBER`].
    pub hotlist: Vec<hotlist::Entry>,
}

/// Something that is replaced as a whole, each time under the next version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    /// What it is now.
    pub value: T,
    /// 1 for the first write, one more for each after.
    pub version: u64,
    /// When this version was recorded.
    pub recorded_at: Timestamp,
}

/// A record on a page of all of them, with its number.
pub type Listed = (Iin, Versioned<Record>);

/// A value and the moment in the feed at which it was read: absence has a position too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read<T> {
    /// What was read.
    pub value: T,
    /// The head of the subject's shard in the same snapshot.
    pub position: Position,
    /// When that shard last changed.
    pub changed_at: ChangedAt,
    /// How much of the latest may be missing: nothing acknowledged longer ago than this. Zero when
    /// the primary was read.
    pub behind: Duration,
}
