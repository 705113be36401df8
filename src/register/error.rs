//! What goes wrong in a store, told apart by what the caller can do about it.

use std::fmt;

/// A store's failure. Opaque: ask it by its predicates. Its text is for the operator's log, holds
/// no personal data and nothing of a statement's values.
///
/// ```
/// use iinspect::register::Error;
/// let e = Error::unavailable("the file is gone");
/// assert!(e.is_unavailable() && !e.is_conflict());
/// assert_eq!(e.to_string(), "register unavailable: the file is gone");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unavailable,
    Busy,
    Deadline,
    Corrupt,
    Full,
    Schema,
    NotARegister,
    Conflict,
    AlreadyExists,
    TokenTooOld,
    Stale,
    Invalid,
}

macro_rules! kinds {
    ($( $(#[$doc:meta])* $make:ident $is:ident $kind:ident; )*) => {
        impl Error {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $make(detail: impl Into<String>) -> Self {
                    Error { kind: Kind::$kind, detail: detail.into() }
                }

                #[doc = concat!("Whether it was made by [`Error::", stringify!($make), "`].")]
                #[must_use]
                pub fn $is(&self) -> bool {
                    self.kind == Kind::$kind
                }
            )*
        }
    };
}

kinds! {
    /// The store cannot be reached or opened, or answers with a fault that may pass.
    unavailable is_unavailable Unavailable;
    /// The store's queue is full: it has as much to do as it takes.
    busy is_busy Busy;
    /// The deadline passed first. A write may or may not have happened.
    deadline is_deadline Deadline;
    /// What is stored contradicts itself. It stays so until an operator acts.
    corrupt is_corrupt Corrupt;
    /// The disk is full; nothing was written.
    full is_full Full;
    /// The schema is not the one that this program works with.
    schema is_schema Schema;
    /// The file or database is something else.
    not_a_register is_not_a_register NotARegister;
    /// A version differs from the one expected; nothing was written.
    conflict is_conflict Conflict;
    /// The request id was used for something else; nothing was written.
    already_exists is_already_exists AlreadyExists;
    /// The feed cannot be gone on with from this token: it no longer reaches back that far, or
    /// not yet that far (the register was restored from a copy).
    token_too_old is_token_too_old TokenTooOld;
    /// Only a fact older than the caller allows can be had.
    stale is_stale Stale;
    /// The call breaks a bound of the trait (too many numbers, an empty changeset).
    invalid is_invalid Invalid;
}

impl Error {
    /// What every store says of a request id that was used for something else.
    pub(super) fn used() -> Self {
        Self::already_exists("within the last 24 hours, for something else")
    }

    /// Its kind in a word, for metrics and spans.
    pub(crate) fn word(&self) -> &'static str {
        match self.kind {
            Kind::Unavailable => "unavailable",
            Kind::Busy => "busy",
            Kind::Deadline => "deadline",
            Kind::Corrupt => "corrupt",
            Kind::Full => "full",
            Kind::Schema => "schema",
            Kind::NotARegister => "not_a_register",
            Kind::Conflict => "conflict",
            Kind::AlreadyExists => "already_exists",
            Kind::TokenTooOld => "token_too_old",
            Kind::Stale => "stale",
            Kind::Invalid => "invalid",
        }
    }

    /// The same, with where it happened before its detail.
    #[must_use]
    pub(crate) fn at(mut self, place: &str) -> Self {
        self.detail = format!("{place}: {}", self.detail);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            Kind::Unavailable => "register unavailable",
            Kind::Busy => "register busy",
            Kind::Deadline => "register too slow for the deadline",
            Kind::Corrupt => "register corrupt",
            Kind::Full => "disk full",
            Kind::Schema => "register schema does not fit this program",
            Kind::NotARegister => "not a register",
            Kind::Conflict => "version conflict",
            Kind::AlreadyExists => "request id already used",
            Kind::TokenTooOld => "feed token too old",
            Kind::Stale => "register's copy too old",
            Kind::Invalid => "invalid call",
        };
        write!(f, "{what}: {}", self.detail)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl std::error::Error for Error {}
