//! The claimed document.

use jiff::civil::Date;

use super::nothing_to_compare;
use crate::person::document::status::{Meaning, Status};
use crate::person::matching::{Level, PartMatch};
use crate::person::{Document, Person};
use crate::reason::Reason;
use crate::verification::answer::{Check, CheckKind, Outcome, Part, PartKind};

const KIND: CheckKind = CheckKind::Document;

/// A document agrees when one in the register has the same number and nothing that both sides
/// state differs.
pub(super) fn check(claim: &Document, held: &Person, today: Date) -> Check {
    if held.documents.is_empty() {
        return nothing_to_compare(KIND);
    }
    let compared = held.documents.iter().map(|d| (d, claim.compare_number(d)));
    let best = compared
        .filter(|(_, number)| *number != Level::NoMatch)
        .map(|(d, number)| (d, number, parts(claim, d, number)))
        .min_by_key(|(_, number, parts)| (differing(parts), *number));
    let Some((matched, number, parts)) = best else {
        let number = part(PartKind::DocumentNumber, PartMatch::Compared(Level::NoMatch));
        return Check { parts: vec![number], ..Check::because(KIND, Outcome::Fail, Reason::Mismatch) };
    };
    let check = if differing(&parts) > 0 {
        Check::because(KIND, Outcome::Fail, Reason::Mismatch)
    } else if let Some(reason) = matched.status.and_then(void) {
        Check::because(KIND, Outcome::Fail, reason)
    } else if expired(claim, matched, today) {
        Check::because(KIND, Outcome::Warn, Reason::DocumentExpired)
    } else if number == Level::Transliterated {
        Check::because(KIND, Outcome::Warn, Reason::LookAlikes)
    } else {
        Check::pass(KIND)
    };
    Check { parts, ..check }
}

/// Why a document of this status proves nothing, however well it agrees. One that has only expired is
/// still its holder's.
fn void(status: Status) -> Option<Reason> {
    match status.meaning() {
        Meaning::Valid | Meaning::Expired => None,
        Meaning::Lost => Some(Reason::DocumentLost),
        Meaning::Replaced => Some(Reason::DocumentReplaced),
        Meaning::NotValid => Some(Reason::DocumentNotValid),
    }
}

fn expired(claim: &Document, held: &Document, today: Date) -> bool {
    held.status.is_some_and(|status| status.meaning() == Meaning::Expired)
        || held.valid_until.or(claim.valid_until).is_some_and(|last| last < today)
}

fn differing(parts: &[Part]) -> usize {
    parts.iter().filter(|part| part.outcome == Outcome::Fail).count()
}

fn parts(claim: &Document, held: &Document, number: Level) -> Vec<Part> {
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
    vec![
        part(PartKind::DocumentType, compare(stated(&claim.kind), stated(&held.kind))),
        part(PartKind::DocumentNumber, PartMatch::Compared(number)),
        part(PartKind::DocumentCountry, compare(claim.country, held.country)),
        part(PartKind::DocumentValidUntil, compare(claim.valid_until, held.valid_until)),
    ]
}

fn part(part: PartKind, matched: PartMatch) -> Part {
    let outcome = match matched {
        PartMatch::Compared(Level::Exact | Level::Folded) => Outcome::Pass,
        PartMatch::Compared(Level::Transliterated | Level::Fuzzy) => Outcome::Warn,
        PartMatch::Compared(Level::NoMatch) => Outcome::Fail,
        PartMatch::NotCompared => Outcome::NotCompared,
        PartMatch::NotClaimed => Outcome::Skipped,
    };
    Part { part, matched, outcome, reason: None }
}
