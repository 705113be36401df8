//! `[issuance]`: whether numbers are formed here.

use super::read::Reader;
use crate::registrar::allocation::Authority;

/// How numbers are formed.
#[derive(Clone, Debug)]
pub struct Issuance {
    /// Whether this register forms numbers, and which.
    pub authority: Authority,
}

impl Issuance {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let known = [("none", Authority::None), ("test", Authority::Test), ("real", Authority::Real)];
        Issuance { authority: r.choice("issuance.authority", &known, Authority::None) }
    }
}
