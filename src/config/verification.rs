//! `[verification]`: how numbers are judged.

use super::read::Reader;

/// How numbers are judged.
#[derive(Clone, Copy, Debug)]
pub struct Verification {
    /// Makes what the digits suggest a failure.
    pub strict_structure: bool,
}

impl Verification {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        Verification { strict_structure: r.flag("verification.strict_structure") }
    }
}
