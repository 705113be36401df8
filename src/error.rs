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
    /// ALREADY_EXISTS: the request id belongs to another request, or the number to another person.
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
    metadata: Vec<(&'static str, String)>,
}

impl Error {
    /// The request makes no sense; `violations` names every field at fault.
    #[must_use]
    pub fn invalid(violations: Vec<Violation>) -> Self {
        Self::new(Kind::Invalid(violations), Reason::InvalidRequest, String::new())
    }

    /// The named RPC or fields are not served yet.
    #[must_use]
    pub fn not_implemented(names: Vec<String>) -> Self {
        Self::new(Kind::NotImplemented(names), Reason::NotImplemented, String::new())
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(reason: Reason) -> Self {
        Self::new(Kind::NotFound, reason, String::new())
    }

    /// The request id was used for another request.
    #[must_use]
    pub fn already_exists() -> Self {
        Self::new(Kind::AlreadyExists, Reason::RequestIdUsed, String::new())
    }

    /// What is there does not allow the step; the reason says what of it.
    #[must_use]
    pub fn precondition(reason: Reason) -> Self {
        Self::new(Kind::Precondition, reason, String::new())
    }

    /// What is asked for is another's already.
    #[must_use]
    pub fn taken(reason: Reason) -> Self {
        Self::new(Kind::AlreadyExists, reason, String::new())
    }

    /// What is there has another version than the caller expects.
    #[must_use]
    pub fn aborted() -> Self {
        Self::new(Kind::Aborted, Reason::VersionMismatch, String::new())
    }

    /// A caller's position in the feed is further back than the feed reaches.
    #[must_use]
    pub fn token_too_old() -> Self {
        Self::new(Kind::TokenTooOld, Reason::TokenTooOld, String::new())
    }

    /// Something needed cannot be reached and there is nothing to answer.
    pub fn unavailable(reason: Reason, detail: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, reason, detail.into())
    }

    /// The deadline passed.
    #[must_use]
    pub fn deadline() -> Self {
        Self::new(Kind::Deadline, Reason::DeadlineExceeded, String::new())
    }

    /// The server is on its way down.
    #[must_use]
    pub fn shutting_down() -> Self {
        Self::new(Kind::Unavailable, Reason::ShuttingDown, String::new())
    }

    /// The server takes no more calls now.
    #[must_use]
    pub fn overloaded() -> Self {
        Self::new(Kind::Overloaded, Reason::Overloaded, String::new())
    }

    /// A fault of the server's own.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(Kind::Internal, Reason::Internal, detail.into())
    }

    /// It with more for the caller: a key and its value, without personal data.
    ///
    /// ```
    /// use iinspect::{error::Error, reason::Reason};
    /// let e = Error::precondition(Reason::StateForbids).with("state", "REFUSED");
    /// assert_eq!(e.metadata(), [("state", "REFUSED".to_string())]);
    /// ```
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.metadata.push((key, value.into()));
        self
    }

    fn new(kind: Kind, reason: Reason, detail: String) -> Self {
        Error { kind, reason, detail, metadata: Vec::new() }
    }

    /// More for the caller, by keys.
    #[must_use]
    pub fn metadata(&self) -> &[(&'static str, String)] {
        &self.metadata
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
