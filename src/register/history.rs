//! The versions of a record: what was held, from when on, and who wrote it why.

use super::{Origin, Record, Versioned};

/// One version of a number's record, and the commit that wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The record, its version and when it was recorded.
    pub record: Versioned<Record>,
    /// Who wrote it.
    pub by: Origin,
    /// Why.
    pub why: String,
}
