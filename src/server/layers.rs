//! The layers around every call, outside to inside, and why in this order:
//!
//! 1. request id: every log line of the call carries it;
//! 2. telemetry: it sees every outcome of all that follows, refused, late and broken ones too;
//! 3. panic: what is inside cannot take the connection down;
//! 4. deadline: told to everything inside, and answered by us before tonic's own;
//! 5. arrival: a place is not kept for a request that is yet to come;
//! 6. admission: a refused call costs no more than the layers above;
//! 7. identity, policy and quota have their place here;
//! 8. the router.

use tower::layer::util::{Identity, Stack as Pair};
use tower::{Layer, ServiceBuilder};
use tower_http::catch_panic::{CatchPanic, CatchPanicLayer};

use super::admission::{Admission, Admitted};
use super::arrival::{Arrivals, WithArrival};
use super::deadline::{Deadlines, WithDeadline};
use super::drain::Signal;
use super::panic;
use super::request_id::{RequestIds, WithRequestId};
use super::telemetry::{Watching, WithTelemetry};
use crate::config::limits::Limits;

/// What the layers share over all connections.
#[derive(Clone, Debug)]
pub struct Settings {
    admission: Admission,
    deadlines: Deadlines,
    arrivals: Arrivals,
    watching: Watching,
}

impl Settings {
    /// By the configured limits; `goaway` ends what outlasts its call, `watching` sees
    /// them all.
    #[must_use]
    pub fn new(limits: &Limits, goaway: Signal, watching: Watching) -> Self {
        Settings {
            admission: Admission::new(limits.concurrency, goaway),
            deadlines: Deadlines::new(limits.deadline),
            arrivals: Arrivals::new(limits.body_idle, limits.concurrency),
            watching,
        }
    }

    /// The admission's counters.
    #[must_use]
    pub fn admission(&self) -> Admission {
        self.admission.clone()
    }
}

type Outside =
    Pair<Deadlines, Pair<CatchPanicLayer<panic::Internal>, Pair<Watching, Pair<RequestIds, Identity>>>>;
type Inside = Pair<Admission, Pair<Arrivals, Outside>>;

/// All layers as one.
#[derive(Clone)]
pub struct Stack(ServiceBuilder<Inside>);

impl Stack {
    /// The layers in their order.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Stack(
            ServiceBuilder::new()
                .layer(RequestIds)
                .layer(settings.watching.clone())
                .layer(panic::layer())
                .layer(settings.deadlines)
                .layer(settings.arrivals.clone())
                .layer(settings.admission()),
        )
    }
}

impl<S> Layer<S> for Stack {
    type Service =
        WithRequestId<WithTelemetry<CatchPanic<WithDeadline<WithArrival<Admitted<S>>>, panic::Internal>>>;

    fn layer(&self, inner: S) -> Self::Service {
        self.0.service(inner)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use http::{Request, Response};
    use tonic::body::Body;
    use tower::ServiceExt;

    use super::*;
    use crate::clients::Clients;
    use crate::grpc::edge::{Deadline, RequestId};
    use crate::reload::Current;

    pub(in crate::server) fn settings(concurrency: usize) -> Settings {
        settings_of(concurrency, Watching::new(Current::fixed(Clients::none().into()), 0))
    }

    pub(in crate::server) fn settings_of(concurrency: usize, watching: Watching) -> Settings {
        let limits = Limits {
            deadline: Duration::from_secs(1),
            concurrency,
            connections: 1,
            streams_per_connection: 1,
            request_bytes: 1024,
            screen_bytes: 1024,
            screens: 1,
            streams: 1,
            stream_concurrency: 1,
            stream_items: 1,
            watches: 1,
            signature_threads: 1,
            signature_queue: 1,
            header_bytes: 1024,
            body_idle: Duration::from_secs(1),
            unread: Duration::from_secs(1),
            connection_age: Duration::ZERO,
        };
        Settings::new(&limits, Signal::new(), watching)
    }

    fn request() -> Request<Body> {
        Request::builder().uri("/iinspect.v1.VerificationService/Verify").body(Body::empty()).unwrap()
    }

    /// The order shows in what each outcome carries: a panic and a refusal have an id, a refusal
    /// happened before the handler ran, the handler knows id and deadline.
    #[tokio::test]
    async fn the_order_of_the_layers() {
        let handler = tower::service_fn(|request: Request<Body>| async move {
            assert!(request.extensions().get::<RequestId>().is_some());
            assert!(request.extensions().get::<Deadline>().is_some());
            Ok::<_, Infallible>(Response::new(Body::empty()))
        });
        let answered = Stack::new(&settings(1)).layer(handler).oneshot(request()).await.unwrap();
        assert!(answered.headers().contains_key("x-request-id"));

        let never = tower::service_fn(|_: Request<Body>| async move {
            if true {
                panic!("reached the handler");
            }
            Ok::<_, Infallible>(Response::new(Body::empty()))
        });
        let refused = Stack::new(&settings(0)).layer(never).oneshot(request()).await.unwrap();
        assert_eq!(refused.headers()["grpc-status"], "8");
        assert!(refused.headers().contains_key("x-request-id"));

        let broken = Stack::new(&settings(1)).layer(never).oneshot(request()).await.unwrap();
        assert_eq!(broken.headers()["grpc-status"], "13");
        assert!(broken.headers().contains_key("x-request-id"));
        assert!(!broken.headers()["grpc-message"].to_str().unwrap().contains("reached"));
    }
}
