//! What the register knows about one number.

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
    /// Where the number stands.
    pub state: NumberState,
    /// Since which day.
    pub since: Option<Date>,
    /// Why, as the operator words it; never shown to those who verify.
    pub state_reason: String,
    /// The number now in force, for [`NumberState::Superseded`].
    pub superseded_by: Option<Iin>,
    /// The holder.
    pub person: Person,
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
}
