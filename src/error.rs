//! The error boundary: what a caller is told, apart from what the operator's log is told.
//!
//! Drivers' errors end here. The text for the caller is the reason's own; `detail` goes to the log
//! and holds no personal data either.

use std::fmt;

use crate::reason::Reason;

/// A field of the request that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field's path in the request, as in the contract: `claims.birth_date`.
    pub field: String,
    /// What is wrong and what is allowed. Never holds the value.
    pub description: String,
    /// The reason behind it.
    pub reason: Reason,
}

/// What kind of answer the error is; each maps to one gRPC status code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// INVALID_ARGUMENT: every field at fault.
    Invalid(Vec<Violation>),
    /// UNIMPLEMENTED: the RPC or the fields that this server does not serve yet.
    NotImplemented(Vec<String>),
    /// NOT_FOUND.
    NotFound,
    /// ALREADY_EXISTS: the request id belongs to another request.
    AlreadyExists,
    /// FAILED_PRECONDITION: the state of what is there does not allow the step.
    Precondition,
    /// ABORTED: what is there is not what the caller saw last.
    Aborted,
    /// OUT_OF_RANGE: the position that a caller hands back cannot be gone on from.
    TokenTooOld,
    /// UNAVAILABLE.
    Unavailable,
    /// DEADLINE_EXCEEDED.
    Deadline,
    /// RESOURCE_EXHAUSTED.
    Overloaded,
    /// INTERNAL.
    Internal,
}

/// Why a use case gives no answer.
///
/// ```
/// use iinspect::{error::Error, reason::Reason};
/// let e = Error::unavailable(Reason::RegisterUnavailable, "connection refused");
/// assert_eq!(e.reason(), Reason::RegisterUnavailable);
/// assert_eq!(e.to_string(), "The register could not be asked.");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    reason: Reason,
    detail: String,
}

impl Error {
    /// The request makes no sense; `violations` names every field at fault.
    #[must_use]
    pub fn invalid(violations: Vec<Violation>) -> Self {
        Error { kind: Kind::Invalid(violations), reason: Reason::InvalidRequest, detail: String::new() }
    }

    /// The named RPC or fields are not served yet.
    #[must_use]
    pub fn not_implemented(names: Vec<String>) -> Self {
        Error { kind: Kind::NotImplemented(names), reason: Reason::NotImplemented, detail: String::new() }
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(reason: Reason) -> Self {
        Error { kind: Kind::NotFound, reason, detail: String::new() }
    }

    /// The request id was used for another request.
    #[must_use]
    pub fn already_exists() -> Self {
        Error { kind: Kind::AlreadyExists, reason: Reason::RequestIdUsed, detail: String::new() }
    }

    /// What is there does not allow the step; the reason says what of it.
    #[must_use]
    pub fn precondition(reason: Reason) -> Self {
        Error { kind: Kind::Precondition, reason, detail: String::new() }
    }

    /// What is there has another version than the caller expects.
    #[must_use]
    pub fn aborted() -> Self {
        Error { kind: Kind::Aborted, reason: Reason::VersionMismatch, detail: String::new() }
    }

    /// A caller's position in the feed is further back than the feed reaches.
    #[must_use]
    pub fn token_too_old() -> Self {
        Error { kind: Kind::TokenTooOld, reason: Reason::TokenTooOld, detail: String::new() }
    }

    /// Something needed cannot be reached and there is nothing to answer.
    pub fn unavailable(reason: Reason, detail: impl Into<String>) -> Self {
        Error { kind: Kind::Unavailable, reason, detail: detail.into() }
    }

    /// The deadline passed.
    #[must_use]
    pub fn deadline() -> Self {
        Error { kind: Kind::Deadline, reason: Reason::DeadlineExceeded, detail: String::new() }
    }

    /// The server is on its way down.
    #[must_use]
    pub fn shutting_down() -> Self {
        Error { kind: Kind::Unavailable, reason: Reason::ShuttingDown, detail: String::new() }
    }

    /// The server takes no more calls now.
    #[must_use]
    pub fn overloaded() -> Self {
        Error { kind: Kind::Overloaded, reason: Reason::Overloaded, detail: String::new() }
    }

    /// A fault of the server's own.
    pub fn internal(detail: impl Into<String>) -> Self {
        Error { kind: Kind::Internal, reason: Reason::Internal, detail: detail.into() }
    }

    /// What kind of answer it is.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The stable reason.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// For the operator's log.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.message())
    }
}

impl std::error::Error for Error {}
