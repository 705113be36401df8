//! The claimed name: what its comparison comes to, and what of it is told.

use super::{Policy, nothing_to_compare};
use crate::person::matching::{Agreement, Comparison, Level, PartMatch, Prepared};
use crate::person::{Name, Person};
use crate::reason::Reason;
use crate::verification::answer::{Check, CheckKind, Outcome, Part, PartKind};

/// Compares the claim with every spelling that the register holds, those of documents included.
pub(super) fn check(claim: &Name, held: &Person, policy: Policy) -> Check {
    let held: Vec<_> = held.spellings().map(Prepared::new).collect();
    let claim = Prepared::new(claim);
    let Some(best) = claim.best(&held, policy.name_level) else {
        return nothing_to_compare(CheckKind::Name);
    };
    let check = match best.agreement(policy.name_level) {
        Agreement::NotCompared => nothing_to_compare(CheckKind::Name),
        Agreement::Agrees => match warning(&claim, &best) {
            None => Check::pass(CheckKind::Name),
            Some(reason) => Check::because(CheckKind::Name, Outcome::Warn, reason),
        },
        Agreement::Differs if policy.swapped_names && is_swapped(&best, policy) => {
            let told = Comparison { family: swapped(&best), given: swapped(&best), ..best };
            let check = Check::because(CheckKind::Name, Outcome::Warn, Reason::NamesSwapped);
            return Check { parts: parts(&told, policy), score: None, ..check };
        }
        Agreement::Differs => Check::because(CheckKind::Name, Outcome::Fail, difference(&best, policy)),
    };
    Check { parts: parts(&best, policy), score: best.score.filter(|_| policy.tell_score), ..check }
}

/// What there is to know of a name that agrees.
fn warning(claim: &Prepared<'_>, best: &Comparison) -> Option<Reason> {
    if best.levels().any(|level| level == Level::Fuzzy) {
        Some(Reason::NameNear)
    } else {
        claim.is_mixed().then_some(Reason::LookAlikes)
    }
}

/// Why a name does not agree. That it is near is told only where the policy grants it.
fn difference(best: &Comparison, policy: Policy) -> Reason {
    if policy.tell_nearness && is_swapped(best, policy) {
        Reason::NamesSwapped
    } else if policy.tell_nearness && best.levels().all(|level| level <= Level::Fuzzy) {
        Reason::NameNear
    } else {
        Reason::Mismatch
    }
}

/// Two slips at once, a near name in the wrong place, are nobody's name.
fn is_swapped(best: &Comparison, policy: Policy) -> bool {
    best.agrees_swapped(policy.name_level.min(Level::Transliterated))
}

fn swapped(best: &Comparison) -> PartMatch {
    best.swapped.map_or(PartMatch::NotCompared, PartMatch::Compared)
}

fn parts(comparison: &Comparison, policy: Policy) -> Vec<Part> {
    let kinds = [PartKind::FamilyName, PartKind::GivenName, PartKind::Patronymic];
    let part = |(part, matched): (PartKind, PartMatch)| match matched {
        PartMatch::NotClaimed => Part { part, matched, outcome: Outcome::Skipped, reason: None },
        PartMatch::NotCompared => Part { part, matched, outcome: Outcome::NotCompared, reason: None },
        PartMatch::Compared(level) if level <= policy.name_level => {
            let outcome = if level == Level::Fuzzy { Outcome::Warn } else { Outcome::Pass };
            Part { part, matched, outcome, reason: None }
        }
        PartMatch::Compared(level) => {
            let told = if level == Level::Fuzzy && !policy.tell_nearness { Level::NoMatch } else { level };
            Part { part, matched: PartMatch::Compared(told), outcome: Outcome::Fail, reason: None }
        }
    };
    kinds.into_iter().zip(comparison.parts()).map(part).collect()
}
