//! `[verification]`: how numbers are judged.

use std::time::Duration;

use super::read::Reader;

/// How numbers are judged.
#[derive(Clone, Copy, Debug)]
pub struct Verification {
    /// How old a fact may be when a call does not say.
    pub max_age: Duration,
    /// Makes what the digits suggest a failure.
    pub strict_structure: bool,
}

impl Verification {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let a_day = Duration::from_secs(24 * 60 * 60);
        Verification {
            max_age: r.duration("verification.max_age", Duration::ZERO..=a_day),
            strict_structure: r.flag("verification.strict_structure"),
        }
    }
}
