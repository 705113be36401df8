//! The schema of a store that is kept: what it is, and what was made of it.

/// The schema's version before it was migrated and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// `None`: there was no register.
    pub before: Option<usize>,
    /// What it is now.
    pub after: usize,
}

/// The schema that is there and this program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// `None`: there is no register yet.
    pub version: Option<usize>,
    /// What this program would make of it.
    pub latest: usize,
}
