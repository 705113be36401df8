//! What a person claims, compared with what the register holds of them.

use std::fmt;

use jiff::civil::Date;

use super::answer::{Check, CheckKind, Outcome, Part, PartKind};
use crate::number::Sex;
use crate::person::name::{Agreement, Level, PartMatch};
use crate::person::{Country, Document, Name, Person};
use crate::reason::Reason;

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
    pub fn compare(&self, kind: CheckKind, held: &Person, today: Date) -> Check {
        match kind {
            CheckKind::Name => self.name.as_ref().map(|n| name(n, held)),
            CheckKind::BirthDate => self.birth_date.map(|d| value(kind, d, held.birth_date)),
            CheckKind::Sex => self.sex.map(|s| value(kind, s, held.sex)),
            CheckKind::Citizenship => self.citizenship.map(|c| value(kind, c, held.citizenship)),
            CheckKind::Document => self.document.as_ref().map(|d| document(d, held, today)),
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

fn name(claim: &Name, held: &Person) -> Check {
    let Some(best) = claim.best(&held.spellings().collect::<Vec<_>>()) else {
        return nothing_to_compare(CheckKind::Name);
    };
    let check = match best.agreement() {
        Agreement::Agrees => Check::pass(CheckKind::Name),
        Agreement::NotCompared => nothing_to_compare(CheckKind::Name),
        Agreement::Differs => Check::because(CheckKind::Name, Outcome::Fail, Reason::Mismatch),
    };
    let parts = [
        (PartKind::FamilyName, best.family),
        (PartKind::GivenName, best.given),
        (PartKind::Patronymic, best.patronymic),
    ];
    Check { parts: parts.into_iter().map(|(part, matched)| Part { part, matched }).collect(), ..check }
}

/// A document agrees when one in the register has the same number and nothing that both sides
/// state differs.
fn document(claim: &Document, held: &Person, today: Date) -> Check {
    const KIND: CheckKind = CheckKind::Document;
    if held.documents.is_empty() {
        return nothing_to_compare(KIND);
    }
    let key = claim.key();
    let best = held
        .documents
        .iter()
        .filter(|d| d.key() == key)
        .map(|d| (d, document_parts(claim, d)))
        .min_by_key(|(_, parts)| parts.iter().filter(|p| differs(p)).count());
    let Some((matched, parts)) = best else {
        let number = Part { part: PartKind::DocumentNumber, matched: PartMatch::Compared(Level::NoMatch) };
        return Check { parts: vec![number], ..Check::because(KIND, Outcome::Fail, Reason::Mismatch) };
    };
    let check = if parts.iter().any(differs) {
        Check::because(KIND, Outcome::Fail, Reason::Mismatch)
    } else if matched.valid_until.or(claim.valid_until).is_some_and(|last| last < today) {
        Check::because(KIND, Outcome::Warn, Reason::DocumentExpired)
    } else {
        Check::pass(KIND)
    };
    Check { parts, ..check }
}

fn differs(part: &Part) -> bool {
    part.matched == PartMatch::Compared(Level::NoMatch)
}

fn document_parts(claim: &Document, held: &Document) -> Vec<Part> {
    fn compare<T: PartialEq>(claim: Option<T>, held: Option<T>) -> PartMatch {
        match (claim, held) {
            (None, _) => PartMatch::NotClaimed,
            (Some(_), None) => PartMatch::NotCompared,
            (Some(a), Some(b)) if a == b => PartMatch::Compared(Level::Exact),
            (Some(_), Some(_)) => PartMatch::Compared(Level::NoMatch),
        }
    }
    fn stated(kind: &str) -> Option<&str> {
        (!kind.is_empty()).then_some(kind)
    }
    let number = if claim.number == held.number { Level::Exact } else { Level::Folded };
    [
        (PartKind::DocumentType, compare(stated(&claim.kind), stated(&held.kind))),
        (PartKind::DocumentNumber, PartMatch::Compared(number)),
        (PartKind::DocumentCountry, compare(claim.country, held.country)),
        (PartKind::DocumentValidUntil, compare(claim.valid_until, held.valid_until)),
    ]
    .into_iter()
    .map(|(part, matched)| Part { part, matched })
    .collect()
}
