//! Where a call becomes a [`CallContext`], once; and where its errors become statuses.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tonic::{Request, Status};

use super::status;
use crate::clock::{Clock, civil_date};
use crate::context::{CallContext, Client};
use crate::error::{Error, Kind};
use crate::telemetry::call::note;

/// The id of a call, put into the request's extensions by the outermost layer.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The moment a call must be answered by, put into the request's extensions by the deadline layer.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(pub Instant);

/// The moment that the caller's own timeout ends the call at, put into the request's extensions by
/// the deadline layer. A stream has no other end: the server's own bound is for each of its answers.
#[derive(Clone, Copy, Debug)]
pub struct CallersDeadline(pub Instant);

/// The names in the certificate that a client has shown and that the configured authority certified,
/// put into the request's extensions by the listener. None without mutual TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientNames(pub Arc<[String]>);

/// What the edge needs to know.
#[derive(Clone, Debug)]
pub struct Edge {
    clock: Clock,
    longest: Duration,
}

impl Edge {
    /// An edge whose time comes from `clock`; `longest` is the deadline of a call that came through
    /// no deadline layer.
    #[must_use]
    pub fn new(clock: Clock, longest: Duration) -> Self {
        Edge { clock, longest }
    }

    /// Now, by the edge's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The context of a call.
    pub fn context<T>(&self, request: &Request<T>) -> CallContext {
        let now = self.clock.now();
        let extensions = request.extensions();
        CallContext {
            now,
            today: civil_date(now),
            deadline: extensions.get::<Deadline>().map_or_else(|| Instant::now() + self.longest, |d| d.0),
            client: extensions.get::<Client>().cloned().unwrap_or_default(),
            request_id: extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
        }
    }

    /// The context of one answer of a stream: decided at its own moment, with a deadline of its own.
    #[must_use]
    pub fn item(&self, stream: &CallContext, until: Option<Instant>) -> CallContext {
        let now = self.clock.now();
        let own = Instant::now() + self.longest;
        CallContext {
            now,
            today: civil_date(now),
            deadline: until.map_or(own, |until| own.min(until)),
            client: stream.client.clone(),
            request_id: stream.request_id.clone(),
        }
    }
}

/// An error as the status of a call; faults of the server's own are noted for the call's line of the log.
#[must_use]
pub fn refuse(call: &CallContext, error: &Error) -> Status {
    if matches!(error.kind(), Kind::Internal | Kind::Unavailable) {
        note(&call.request_id, Some(error.reason().name()), error.detail());
    }
    status::from_error(error)
}
