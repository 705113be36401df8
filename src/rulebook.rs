//! What the law and practice ask, as data: effective-dated rules, each with its source.
//!
//! A rulebook is read whole from one text, the built-in one or an operator's file, and never changes
//! after that. Where sources contradict each other both stand: the rule in force decides, and the
//! other statement is kept as disputed.

pub mod applicant;
pub mod calendar;
pub mod codes;
pub mod fault;
pub mod law;
pub mod load;
pub mod purpose;
pub mod requirements;

use std::sync::{Arc, LazyLock};

use jiff::civil::Date;

pub use applicant::Applicant;
pub use calendar::Calendar;
pub use codes::Profile;
pub use fault::{Fault, Faults};
pub use purpose::Purpose;

use calendar::{Holiday, Transfer};
use codes::{Category, Channel, Form, Need, Presence, Price, Stage, Trigger};
use law::{Basis, Rule};

use crate::reason::Reason;

/// The built-in rulebook's text: the files of `rulebook/data`, one after the other.
pub const BUILT_IN: &str = concat!(
    include_str!("rulebook/data/rulebook.toml"),
    include_str!("rulebook/data/purposes.toml"),
    include_str!("rulebook/data/channels.toml"),
    include_str!("rulebook/data/documents.toml"),
    include_str!("rulebook/data/fingerprints.toml"),
    include_str!("rulebook/data/terms.toml"),
    include_str!("rulebook/data/plan.toml"),
    include_str!("rulebook/data/guide.toml"),
    include_str!("rulebook/data/calendar.toml"),
);

/// Whether a number is needed at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Iin {
    /// Whether.
    pub need: Need,
}

/// Whether a way to apply is open. Its restrictions are asked in the order of the fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Where.
    pub channel: Channel,
    /// Who comes: the rule is about each of these.
    pub presences: Vec<Presence>,
    /// Why it is closed to everybody; `None`: it is open.
    pub refused: Option<Reason>,
    /// Citizens are not served.
    pub foreigners_only: bool,
    /// The applicant must be in Kazakhstan.
    pub in_kazakhstan: bool,
    /// The applicant must be younger than this.
    pub under_age: Option<u8>,
    /// The only groups it is open to; empty: all.
    pub groups: Vec<Category>,
}

/// Who can belong to a group, by age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The group.
    pub category: Category,
    /// The youngest; whoever is known to be that old belongs to it.
    pub minimum_age: Option<u8>,
    /// Who is that old does not belong to it.
    pub under_age: Option<u8>,
}

/// A paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Its code, such as `PASSPORT`.
    pub code: String,
    /// Whether it is needed by those whom the rule applies to.
    pub need: Need,
    /// The forms it may have.
    pub forms: Vec<Form>,
    /// It must be valid on the day of submission.
    pub valid: bool,
    /// Those whom the rule does not apply to are told that it is not needed.
    pub told_when_not: bool,
}

/// Fingerprints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prints {
    /// Whether they are due.
    pub need: Need,
    /// From this age on, the birthday included.
    pub minimum_age: Option<u8>,
    /// Where they are taken.
    pub place: String,
    /// No number is formed without them.
    pub blocks_iin: bool,
}

/// One of the five steps; what to do is the rule's statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub stage: Stage,
}

/// How long a number takes, in working days, the day of submission not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The fewest.
    pub min: u32,
    /// The most.
    pub max: u32,
}

/// What a number costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// What kind of price.
    pub kind: Price,
    /// ISO 4217.
    pub currency: String,
    /// Whole units.
    pub units: u32,
    /// Currencies it can be paid in.
    pub payable_in: Vec<String>,
    /// The day it was seen.
    pub observed_on: Date,
}

/// Something to take heed of; what is the rule's statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What makes it be told, besides its condition.
    pub trigger: Trigger,
}

/// A statement that decides nothing and is kept, since it contradicts what does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement;

/// The rules of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rulebook {
    version: Arc<str>,
    as_of: Date,
    calendar: Calendar,
    iin: Vec<Rule<Iin>>,
    purposes: Vec<Rule<purpose::Asks>>,
    groups: Vec<Rule<Group>>,
    channels: Vec<Rule<Opening>>,
    documents: Vec<Rule<Paper>>,
    fingerprints: Vec<Rule<Prints>>,
    steps: Vec<Rule<Step>>,
    terms: Vec<Rule<Term>>,
    costs: Vec<Rule<Cost>>,
    warnings: Vec<Rule<Warning>>,
    statements: Vec<Rule<Statement>>,
    holidays: Vec<Rule<Holiday>>,
    transfers: Vec<Rule<Transfer>>,
}

impl Rulebook {
    /// Its version, told in every answer.
    ///
    /// ```
    /// let book = iinspect::rulebook::built_in();
    /// assert!(!book.version().is_empty());
    /// ```
    #[must_use]
    pub fn version(&self) -> &Arc<str> {
        &self.version
    }

    /// The day whose knowledge it holds.
    #[must_use]
    pub fn as_of(&self) -> Date {
        self.as_of
    }

    /// Its calendar of working days.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// What a purpose asks on a day; `None`: no rule is known of that day.
    ///
    /// ```
    /// use iinspect::rulebook::{self, Purpose};
    /// use jiff::civil::date;
    /// let book = rulebook::built_in();
    /// let business = book.purpose(Purpose::Business, date(2026, 11, 24)).unwrap();
    /// assert_eq!(business.says.minimum_age, Some(18));
    /// assert!(book.purpose(Purpose::Business, date(1990, 1, 1)).is_none());
    /// ```
    #[must_use]
    pub fn purpose(&self, purpose: Purpose, day: Date) -> Option<&Rule<purpose::Asks>> {
        self.purposes.iter().find(|r| r.says.purpose == purpose && r.basis.valid.contains(day))
    }

    /// Every rule's basis with the section it stands in, in the order of the file.
    pub fn bases(&self) -> impl Iterator<Item = (&'static str, &Basis)> {
        fn of<'a, P>(
            section: &'static str,
            rules: &'a [Rule<P>],
        ) -> impl Iterator<Item = (&'static str, &'a Basis)> {
            rules.iter().map(move |rule| (section, &rule.basis))
        }
        of("iin", &self.iin)
            .chain(of("purpose", &self.purposes))
            .chain(of("group", &self.groups))
            .chain(of("channel", &self.channels))
            .chain(of("document", &self.documents))
            .chain(of("fingerprint", &self.fingerprints))
            .chain(of("term", &self.terms))
            .chain(of("cost", &self.costs))
            .chain(of("step", &self.steps))
            .chain(of("warning", &self.warnings))
            .chain(of("statement", &self.statements))
            .chain(of("holiday", &self.holidays))
            .chain(of("transfer", &self.transfers))
    }

    /// No rules at all: every answer says that none is known.
    fn empty() -> Self {
        let nothing = Calendar::new(String::new(), Date::ZERO, (Date::ZERO, Date::ZERO), &[], &[]);
        Rulebook {
            version: "".into(),
            as_of: Date::ZERO,
            calendar: nothing,
            iin: Vec::new(),
            purposes: Vec::new(),
            groups: Vec::new(),
            channels: Vec::new(),
            documents: Vec::new(),
            fingerprints: Vec::new(),
            steps: Vec::new(),
            terms: Vec::new(),
            costs: Vec::new(),
            warnings: Vec::new(),
            statements: Vec::new(),
            holidays: Vec::new(),
            transfers: Vec::new(),
        }
    }
}

/// The rulebook that is built in, read once.
#[must_use]
pub fn built_in() -> Arc<Rulebook> {
    static BOOK: LazyLock<Arc<Rulebook>> = LazyLock::new(|| {
        // A test reads it, so that this cannot fail in what is released; an empty one would answer
        // that no rule is known.
        Arc::new(load::read("built in", BUILT_IN).unwrap_or_else(|_| Rulebook::empty()))
    });
    BOOK.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rulebook_has_no_fault() {
        match load::read("built in", BUILT_IN) {
            Ok(book) => assert!(book.bases().count() > 80),
            Err(faults) => panic!("{faults}"),
        }
        for purpose in Purpose::ALL {
            assert!(built_in().purpose(purpose, built_in().as_of()).is_some(), "{purpose:?}");
        }
    }
}
