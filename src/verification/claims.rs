//! What a person claims, compared with what the register holds of them.

mod document;
mod name;

use std::fmt;

use jiff::civil::Date;

use super::answer::{Check, CheckKind, Outcome};
use crate::number::Sex;
use crate::person::birth::{Slip, slip};
use crate::person::matching::Level;
use crate::person::{Country, Document, Name, Person};
use crate::reason::Reason;

/// What is made of claims that agree by one level or another, and what is told of it.
///
/// Scores and nearness are an oracle: who may ask often enough can find a name or a date by getting
/// warmer. So both are off unless the operator grants them.
///
/// ```
/// use iinspect::{person::matching::Level, verification::claims::Policy};
/// let policy = Policy::default();
/// assert_eq!(policy.name_level, Level::Transliterated);
/// assert!(!policy.swapped_names && !policy.tell_score && !policy.tell_nearness);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The level from which on a part of a name agrees.
    pub name_level: Level,
    /// Whether family and given name in each other's place are a warning instead of a failure.
    pub swapped_names: bool,
    /// Whether the score of a name is told.
    pub tell_score: bool,
    /// Whether it is told that a name or a birth date which differs is near.
    pub tell_nearness: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            name_level: Level::Transliterated,
            swapped_names: false,
            tell_score: false,
            tell_nearness: false,
        }
    }
}

/// What a person says of themselves; a field left out is not compared.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// Name.
    pub name: Option<Name>,
    /// Birth date.
    pub birth_date: Option<Date>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Citizenship.
    pub citizenship: Option<Country>,
    /// Document.
    pub document: Option<Document>,
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claims(..)")
    }
}

impl Claims {
    /// The kinds of check that claims ask for, in order.
    pub const KINDS: [CheckKind; 5] =
        [CheckKind::Name, CheckKind::BirthDate, CheckKind::Sex, CheckKind::Citizenship, CheckKind::Document];

    /// Whether this kind of claim was given.
    #[must_use]
    pub fn gives(&self, kind: CheckKind) -> bool {
        match kind {
            CheckKind::Name => self.name.is_some(),
            CheckKind::BirthDate => self.birth_date.is_some(),
            CheckKind::Sex => self.sex.is_some(),
            CheckKind::Citizenship => self.citizenship.is_some(),
            CheckKind::Document => self.document.is_some(),
            _ => false,
        }
    }

    /// Compares one kind of claim with the register; not given: skipped.
    #[must_use]
    pub fn compare(&self, kind: CheckKind, held: &Person, policy: Policy, today: Date) -> Check {
        match kind {
            CheckKind::Name => self.name.as_ref().map(|n| name::check(n, held, policy)),
            CheckKind::BirthDate => self.birth_date.map(|d| birth_date(d, held.birth_date, policy)),
            CheckKind::Sex => self.sex.map(|s| value(kind, s, held.sex)),
            CheckKind::Citizenship => self.citizenship.map(|c| value(kind, c, held.citizenship)),
            CheckKind::Document => self.document.as_ref().map(|d| document::check(d, held, today)),
            _ => None,
        }
        .unwrap_or_else(|| Check::skipped(kind))
    }
}

fn nothing_to_compare(kind: CheckKind) -> Check {
    Check::because(kind, Outcome::NotCompared, Reason::NothingToCompare)
}

fn value<T: PartialEq>(kind: CheckKind, claim: T, held: Option<T>) -> Check {
    match held {
        None => nothing_to_compare(kind),
        Some(held) if held == claim => Check::pass(kind),
        Some(_) => Check::because(kind, Outcome::Fail, Reason::Mismatch),
    }
}

/// Equal or not; by what slip it differs is told where the policy grants it.
fn birth_date(claim: Date, held: Option<Date>, policy: Policy) -> Check {
    let check = value(CheckKind::BirthDate, claim, held);
    let reason = match held.filter(|_| policy.tell_nearness).and_then(|held| slip(claim, held)) {
        Some(Slip::DayAndMonth) => Reason::DayAndMonthSwapped,
        Some(Slip::OneDigit) => Reason::DateDigitOff,
        None => return check,
    };
    Check { reason: Some(reason), ..check }
}
