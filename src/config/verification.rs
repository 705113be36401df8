//! `[verification]`: how numbers and claims are judged.

use std::time::Duration;

use super::read::Reader;
use crate::person::matching::Level;
use crate::verification::claims::Policy;

/// How numbers and claims are judged.
#[derive(Clone, Copy, Debug)]
pub struct Verification {
    /// How old a fact may be when a call does not say.
    pub max_age: Duration,
    /// Makes what the digits suggest a failure.
    pub strict_structure: bool,
    /// What is made of claims, and what is told of it.
    pub claims: Policy,
}

impl Verification {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let a_day = Duration::from_secs(24 * 60 * 60);
        let levels = [
            ("exact", Level::Exact),
            ("folded", Level::Folded),
            ("transliterated", Level::Transliterated),
            ("fuzzy", Level::Fuzzy),
        ];
        Verification {
            max_age: r.duration("verification.max_age", Duration::ZERO..=a_day),
            strict_structure: r.flag("verification.strict_structure"),
            claims: Policy {
                name_level: r.choice("verification.name_level", &levels, Level::Transliterated),
                swapped_names: r.flag("verification.swapped_names"),
                tell_score: r.flag("verification.tell_score"),
                tell_nearness: r.flag("verification.tell_nearness"),
            },
        }
    }
}
