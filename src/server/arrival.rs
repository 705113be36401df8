//! Requests that stop coming: a call whose body makes no headway gives its place back early.
//!
//! Without it, so many calls whose bodies never come would hold every place until their deadline.
//! Streams from the client are none of it: their clients may have nothing to say.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Request;
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tower::{Layer, Service};

use crate::error::Error;
use crate::grpc::status::from_error;

/// The layer.
#[derive(Clone, Copy, Debug)]
pub struct Arrivals {
    idle: Duration,
}

impl Arrivals {
    /// Bodies of which nothing comes for `idle` are given up.
    #[must_use]
    pub fn new(idle: Duration) -> Self {
        Arrivals { idle }
    }
}

impl<S> Layer<S> for Arrivals {
    type Service = WithArrival<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithArrival { inner, idle: self.idle }
    }
}

/// The service.
#[derive(Clone, Debug)]
pub struct WithArrival<S> {
    inner: S,
    idle: Duration,
}

impl<S: Service<Request<Body>>> Service<Request<Body>> for WithArrival<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if is_a_stream(request.uri().path()) {
            return self.inner.call(request);
        }
        let idle = self.idle;
        self.inner.call(request.map(|inner| Body::new(Arriving { inner, idle, end: None })))
    }
}

/// Whether the client may send its messages when it likes.
fn is_a_stream(path: &str) -> bool {
    path.ends_with("/VerifyStream")
        || path.ends_with("/ImportPersons")
        || path.starts_with("/grpc.reflection.")
}

/// A body on its way.
struct Arriving {
    inner: Body,
    idle: Duration,
    /// Made only when something has to be waited for: most bodies are there at once.
    end: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for Arriving {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        if frame.is_ready() {
            self.end = None;
            return frame;
        }
        let idle = self.idle;
        let end = self.end.get_or_insert_with(|| Box::pin(tokio::time::sleep(idle)));
        if end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(from_error(&Error::deadline()))));
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
