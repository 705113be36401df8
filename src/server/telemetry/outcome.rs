//! How a call ended.

use http::HeaderMap;

/// A gRPC status code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome(usize);

/// The codes by their numbers.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

impl Outcome {
    pub(super) const CANCELLED: Outcome = Outcome(1);
    pub(super) const UNKNOWN: Outcome = Outcome(2);

    /// The status among headers or trailers, when it is there.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let status = headers.get("grpc-status")?;
        let number = status.to_str().ok().and_then(|text| text.parse().ok());
        Some(number.filter(|n| *n < NAMES.len()).map_or(Outcome::UNKNOWN, Outcome))
    }

    pub(super) fn name(self) -> &'static str {
        NAMES.get(self.0).copied().unwrap_or("UNKNOWN")
    }

    pub(super) fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// The service could not answer, or not in time.
    pub(super) fn is_ours(self) -> bool {
        matches!(self.name(), "DEADLINE_EXCEEDED" | "RESOURCE_EXHAUSTED" | "UNAVAILABLE") || self.is_broken()
    }

    /// That should not happen, whatever is asked.
    pub(super) fn is_broken(self) -> bool {
        matches!(self.name(), "UNKNOWN" | "INTERNAL" | "DATA_LOSS")
    }

    pub(super) fn class(self) -> &'static str {
        if self.is_ok() {
            "ok"
        } else if self.is_ours() {
            "failed"
        } else {
            "refused"
        }
    }
}
