//! Errors as gRPC statuses with `google.rpc` details.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::error::{Error, Kind};
use crate::reason::Reason;

/// What an overloaded server asks a caller to wait.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The status of an error. Only the reason's own text and field names reach the caller.
#[must_use]
pub fn from_error(error: &Error) -> Status {
    let more = || error.metadata().iter().map(|(key, value)| ((*key).to_string(), value.clone()));
    let mut details = error_info(error.reason(), more().collect());
    let message = error.reason().message();
    match error.kind() {
        Kind::Invalid(violations) => {
            let fields: Vec<FieldViolation> = violations
                .iter()
                .map(|v| FieldViolation {
                    field: v.field.clone(),
                    description: v.description.clone(),
                    reason: v.reason.name().to_string(),
                    localized_message: None,
                })
                .collect();
            let listed: Vec<String> =
                violations.iter().map(|v| format!("{}: {}", v.field, v.description)).collect();
            details.set_bad_request(fields);
            let message = format!("{message} {}", listed.join("; "));
            Status::with_error_details(Code::InvalidArgument, message, details)
        }
        Kind::NotImplemented(names) => {
            let metadata = HashMap::from([("fields".to_string(), names.join(","))]);
            let message = format!("Not implemented by this server: {}.", names.join(", "));
            let details = error_info(error.reason(), metadata);
            Status::with_error_details(Code::Unimplemented, message, details)
        }
        Kind::NotFound => Status::with_error_details(Code::NotFound, message, details),
        Kind::AlreadyExists => Status::with_error_details(Code::AlreadyExists, message, details),
        Kind::Precondition => Status::with_error_details(Code::FailedPrecondition, message, details),
        Kind::Aborted => Status::with_error_details(Code::Aborted, message, details),
        Kind::TokenTooOld => Status::with_error_details(Code::OutOfRange, message, details),
        Kind::Unavailable => Status::with_error_details(Code::Unavailable, message, details),
        Kind::Deadline => Status::with_error_details(Code::DeadlineExceeded, message, details),
        Kind::Overloaded => {
            details.set_retry_info(Some(RETRY_AFTER));
            Status::with_error_details(Code::ResourceExhausted, message, details)
        }
        Kind::Internal => Status::with_error_details(Code::Internal, message, details),
    }
}

fn error_info(reason: Reason, metadata: HashMap<String, String>) -> ErrorDetails {
    ErrorDetails::with_error_info(reason.name(), Reason::DOMAIN, metadata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Violation;

    #[test]
    fn every_field_at_fault_is_told_at_once() {
        let violation = |field: &str| Violation {
            field: field.into(),
            description: "must not be empty".into(),
            reason: Reason::InvalidRequest,
        };
        let status = from_error(&Error::invalid(vec![violation("iin"), violation("claims.sex")]));
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "INVALID_REQUEST");
        assert_eq!(details.error_info().unwrap().domain, "iinspect");
        assert_eq!(details.bad_request().unwrap().field_violations.len(), 2);
        assert!(status.message().contains("iin: must not be empty; claims.sex: must not be empty"));
    }

    #[test]
    fn the_log_detail_never_reaches_the_caller() {
        let status = from_error(&Error::unavailable(Reason::RegisterUnavailable, "secret detail"));
        assert!(!format!("{status:?}").contains("secret"));
        assert_eq!(
            from_error(&Error::overloaded()).get_details_retry_info().unwrap().retry_delay,
            Some(RETRY_AFTER)
        );
    }
}
