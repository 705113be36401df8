//! Requests on their way: a call begins once its request is there, or the first 4 KiB of it.
//!
//! Otherwise so many calls whose bodies never come would hold every place while others are refused.
//! Those that have to be waited for are counted apart and bounded; most are there at once. A longer body
//! that stops coming gives its place back early. Streams from the client are none of it: their clients
//! may have nothing to say.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use tokio::sync::Semaphore;
use tokio::time::Sleep;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tower::{Layer, Service};

use super::admission::exempt;
use crate::error::Error;
use crate::grpc::status::from_error;

/// How much of a request is waited for before its call begins: all of one without a signature.
const AHEAD: usize = 4096;
/// For each place, how many requests may be waited for: with [`AHEAD`], 64 KiB of memory.
const EACH: usize = 16;

/// The layer.
#[derive(Clone, Debug)]
pub struct Arrivals {
    idle: Duration,
    /// Requests that are waited for.
    waiting: Arc<Semaphore>,
}

impl Arrivals {
    /// Bodies of which nothing comes for `idle` are given up. 16 for each of the `places` of calls are
    /// waited for; more are refused with RESOURCE_EXHAUSTED.
    #[must_use]
    pub fn new(idle: Duration, places: usize) -> Self {
        let most = places.saturating_mul(EACH).min(Semaphore::MAX_PERMITS);
        Arrivals { idle, waiting: Arc::new(Semaphore::new(most)) }
    }
}

impl<S> Layer<S> for Arrivals {
    type Service = WithArrival<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithArrival { inner, arrivals: self.clone() }
    }
}

/// The service.
#[derive(Clone, Debug)]
pub struct WithArrival<S> {
    inner: S,
    arrivals: Arrivals,
}

impl<S> Service<Request<Body>> for WithArrival<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if is_a_stream(request.uri().path()) {
            return Box::pin(self.inner.call(request));
        }
        // The one that is ready is used; its copy waits for the next call.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let Arrivals { idle, waiting } = self.arrivals.clone();
        let exempt = exempt(request.uri().path());
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let mut body = Arriving { inner: body, idle, end: None, ahead: VecDeque::new(), over: false };
            let begun = match std::future::poll_fn(|cx| Poll::Ready(body.poll_begin(cx))).await {
                Poll::Ready(begun) => begun,
                Poll::Pending => {
                    let waits = waiting.try_acquire();
                    if waits.is_ok() || exempt {
                        std::future::poll_fn(|cx| body.poll_begin(cx)).await
                    } else {
                        Err(from_error(&Error::overloaded()))
                    }
                }
            };
            match begun {
                Ok(()) => inner.call(Request::from_parts(head, Body::new(body))).await,
                Err(status) => Ok(status.into_http()),
            }
        })
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
    /// What came before the call began.
    ahead: VecDeque<Frame<Bytes>>,
    /// Nothing comes after what is ahead.
    over: bool,
}

impl Arriving {
    /// Bytes that are ahead.
    fn there(&self) -> usize {
        self.ahead.iter().filter_map(|frame| frame.data_ref().map(Bytes::len)).sum()
    }

    /// Ready once all of it is there, or [`AHEAD`] bytes.
    fn poll_begin(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        loop {
            if self.over || self.there() >= AHEAD || self.inner.is_end_stream() {
                return Poll::Ready(Ok(()));
            }
            match ready!(self.poll_next(cx)) {
                Some(Ok(frame)) => self.ahead.push_back(frame),
                Some(Err(status)) => return Poll::Ready(Err(status)),
                None => self.over = true,
            }
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
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
}

impl http_body::Body for Arriving {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.ahead.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None if self.over => Poll::Ready(None),
            None => self.poll_next(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ahead.is_empty() && (self.over || self.inner.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let ahead = self.there() as u64;
        let rest = if self.over { SizeHint::with_exact(0) } else { self.inner.size_hint() };
        let mut hint = SizeHint::new();
        hint.set_lower(ahead.saturating_add(rest.lower()));
        if let Some(upper) = rest.upper() {
            hint.set_upper(ahead.saturating_add(upper));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http_body_util::BodyExt;
    use tokio_stream::wrappers::ReceiverStream;
    use tower::ServiceExt;
    use tower::util::BoxCloneSyncService;

    use super::*;

    type Sent = tokio::sync::mpsc::Sender<Result<Frame<Bytes>, Status>>;

    fn request(path: &str) -> (Sent, Request<Body>) {
        let (sender, frames) = tokio::sync::mpsc::channel(8);
        let body = Body::new(http_body_util::StreamBody::new(ReceiverStream::new(frames)));
        (sender, Request::builder().uri(path).body(body).unwrap())
    }

    async fn data(sender: &Sent, bytes: usize) {
        sender.send(Ok(Frame::data(vec![7; bytes].into()))).await.unwrap();
    }

    /// A service that reads every request to its end, and how many have begun.
    fn reader(
        arrivals: &Arrivals,
    ) -> (Arc<AtomicUsize>, BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>) {
        let begun = Arc::new(AtomicUsize::new(0));
        let counted = begun.clone();
        let service = arrivals.layer(tower::service_fn(move |request: Request<Body>| {
            counted.fetch_add(1, Ordering::SeqCst);
            async move {
                let read = request.into_body().collect().await.map(|all| all.to_bytes().len());
                let told = read.map_or_else(|status| format!("{:?}", status.code()), |len| len.to_string());
                Ok::<_, Infallible>(Response::builder().header("read", told).body(Body::empty()).unwrap())
            }
        }));
        (begun, BoxCloneSyncService::new(service))
    }

    const CALL: &str = "/iinspect.v1.VerificationService/Decode";

    #[tokio::test]
    async fn a_call_begins_when_its_request_is_there_and_loses_nothing_of_it() {
        let (begun, service) = reader(&Arrivals::new(Duration::from_secs(60), 1));
        let (sender, asked) = request(CALL);
        let answer = tokio::spawn(service.clone().oneshot(asked));
        data(&sender, 10).await;
        data(&sender, 20).await;
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert_eq!(begun.load(Ordering::SeqCst), 0, "the rest may still come");
        drop(sender);
        assert_eq!(answer.await.unwrap().unwrap().headers()["read"], "30");
        // A long one begins before its end, and is read on.
        let (sender, asked) = request(CALL);
        let answer = tokio::spawn(service.clone().oneshot(asked));
        data(&sender, AHEAD).await;
        while begun.load(Ordering::SeqCst) == 1 {
            tokio::task::yield_now().await;
        }
        data(&sender, 5).await;
        drop(sender);
        assert_eq!(answer.await.unwrap().unwrap().headers()["read"], (AHEAD + 5).to_string());
        // A stream begins before anything came.
        let (sender, asked) = request("/iinspect.v1.VerificationService/VerifyStream");
        let answer = tokio::spawn(service.clone().oneshot(asked));
        while begun.load(Ordering::SeqCst) == 2 {
            tokio::task::yield_now().await;
        }
        drop(sender);
        assert_eq!(answer.await.unwrap().unwrap().headers()["read"], "0");
    }

    #[tokio::test(start_paused = true)]
    async fn what_stops_coming_is_given_up_before_its_call_and_within_it() {
        let (begun, service) = reader(&Arrivals::new(Duration::from_secs(3), 1));
        let (sender, asked) = request(CALL);
        data(&sender, 1).await;
        let answer = service.clone().oneshot(asked).await.unwrap();
        assert_eq!(
            (&answer.headers()["grpc-status"], begun.load(Ordering::SeqCst)),
            (&"4".parse().unwrap(), 0)
        );
        let (sender, asked) = request(CALL);
        data(&sender, AHEAD).await;
        assert_eq!(service.oneshot(asked).await.unwrap().headers()["read"], "DeadlineExceeded");
        drop(sender);
    }

    #[tokio::test]
    async fn more_than_may_be_waited_for_are_refused_and_those_that_are_there_are_not() {
        let (begun, service) = reader(&Arrivals::new(Duration::from_secs(60), 1));
        let slow: Vec<_> = (0..EACH)
            .map(|_| {
                let (sender, asked) = request(CALL);
                (sender, tokio::spawn(service.clone().oneshot(asked)))
            })
            .collect();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let (_sender, asked) = request(CALL);
        let refused = service.clone().oneshot(asked).await.unwrap();
        assert_eq!(refused.headers()["grpc-status"], "8");
        // Health is, too, however full it is.
        let (sender, asked) = request("/grpc.health.v1.Health/Check");
        let health = tokio::spawn(service.clone().oneshot(asked));
        tokio::task::yield_now().await;
        drop(sender);
        assert_eq!(health.await.unwrap().unwrap().headers()["read"], "0");
        let (sender, asked) = request(CALL);
        data(&sender, 3).await;
        drop(sender);
        assert_eq!(service.oneshot(asked).await.unwrap().headers()["read"], "3");
        assert_eq!(begun.load(Ordering::SeqCst), 2);
        drop(slow);
    }
}
