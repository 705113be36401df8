//! Admission: as many calls at once as the server takes, over all connections; more are refused at
//! once with RESOURCE_EXHAUSTED. There is no queue: a queue only makes everyone late. A call keeps its
//! place until the last of its answer is sent. Streams that have a bound of their own keep it only
//! until they have begun, or a thousand who watch would leave no place for those who call.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use http::{Request, Response};
use tokio::sync::Semaphore;
use tonic::body::Body;
use tower::{Layer, Service};

use super::drain::Signal;
use super::held::Held;
use super::peer::Peer;
use crate::error::Error;
use crate::grpc::status::from_error;

/// How many calls are in, and how many were refused.
#[derive(Clone, Debug)]
pub struct Admission {
    places: Arc<Semaphore>,
    all: usize,
    refused: Arc<AtomicU64>,
    goaway: Signal,
}

impl Admission {
    /// Places for `all` calls; `goaway` ends the streams that nobody else ends.
    #[must_use]
    pub fn new(all: usize, goaway: Signal) -> Self {
        let places = Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS)));
        Admission { places, all, refused: Arc::default(), goaway }
    }

    /// Calls being answered now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.all.saturating_sub(self.places.available_permits())
    }

    /// Calls refused so far.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl<S> Layer<S> for Admission {
    type Service = Admitted<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Admitted { inner, admission: self.clone() }
    }
}

/// The service.
#[derive(Clone, Debug)]
pub struct Admitted<S> {
    inner: S,
    admission: Admission,
}

/// Health is answered from memory and must be answered while the server is full.
pub(super) fn exempt(path: &str) -> bool {
    path.starts_with("/grpc.health.v1.Health/")
}

/// `limits.streams` and `limits.watches` count these for as long as they are open.
fn has_its_own_bound(path: &str) -> bool {
    path.ends_with("/VerifyStream") || path.ends_with("/WatchIssueStatus")
}

/// Tools keep a reflection stream open for as long as they run; it must not hold up a shutdown.
fn ends_with_the_server(path: &str) -> bool {
    path.starts_with("/grpc.reflection.")
}

impl<S, B> Service<Request<B>> for Admitted<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if exempt(request.uri().path()) {
            return Box::pin(self.inner.call(request));
        }
        match self.admission.places.clone().try_acquire_owned() {
            Ok(place) => {
                let end = ends_with_the_server(request.uri().path()).then(|| {
                    Box::pin(self.admission.goaway.wait()) as Pin<Box<dyn Future<Output = ()> + Send>>
                });
                let keeps = !has_its_own_bound(request.uri().path());
                // Reflection tools keep their stream open, and take their time.
                let unread = end.is_none().then(|| request.extensions().get::<Peer>()).flatten();
                let unread = unread.map(|peer| peer.unread.clone());
                let answer = self.inner.call(request);
                Box::pin(async move {
                    let answer = answer.await?;
                    if !keeps {
                        return Ok(answer);
                    }
                    let mark = unread.map(|unread| unread.note());
                    Ok(answer.map(|body| Held::body(body, place, mark, end)))
                })
            }
            Err(_) => {
                self.admission.refused.fetch_add(1, Ordering::Relaxed);
                Box::pin(async { Ok(from_error(&Error::overloaded()).into_http()) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_server_refuses_calls_and_still_answers_health() {
        let (open, gate) = tokio::sync::watch::channel(false);
        let admission = Admission::new(1, Signal::new());
        let service = admission.layer(tower::service_fn(move |_: Request<()>| {
            let mut gate = gate.clone();
            async move {
                let _ = gate.wait_for(|open| *open).await;
                Ok::<_, std::convert::Infallible>(Response::new(Body::empty()))
            }
        }));
        let call = |path: &str| service.clone().call(Request::builder().uri(path).body(()).unwrap());
        let held = tokio::spawn(call("/iinspect.v1.VerificationService/Verify"));
        while admission.in_flight() == 0 {
            tokio::task::yield_now().await;
        }
        let refused = call("/iinspect.v1.VerificationService/Decode").await.unwrap();
        assert_eq!(refused.headers()["grpc-status"], "8");
        assert_eq!(admission.refused(), 1);
        let health = tokio::spawn(call("/grpc.health.v1.Health/Check"));
        open.send_replace(true);
        assert!(!health.await.unwrap().unwrap().headers().contains_key("grpc-status"));
        held.await.unwrap().unwrap();
        assert_eq!(admission.in_flight(), 0);
    }

    #[tokio::test]
    async fn a_reflection_stream_is_told_of_the_shutdown_and_any_other_is_left_alone() {
        use http_body::Body as _;
        let goaway = Signal::new();
        let open = tower::service_fn(|_: Request<()>| async {
            let never =
                tokio_stream::pending::<Result<http_body::Frame<tonic::codegen::Bytes>, tonic::Status>>();
            Ok::<_, std::convert::Infallible>(Response::new(Body::new(Endless(never))))
        });
        let admission = Admission::new(2, goaway.clone());
        let service = admission.layer(open);
        let call = |path: &str| service.clone().call(Request::builder().uri(path).body(()).unwrap());
        let mut reflection =
            call("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo").await.unwrap().into_body();
        let mut other = call("/iinspect.v1.VerificationService/Verify").await.unwrap().into_body();
        let next = |body: &mut Body| {
            let mut context = Context::from_waker(std::task::Waker::noop());
            Pin::new(body).poll_frame(&mut context)
        };
        assert!(next(&mut reflection).is_pending());
        goaway.send();
        let Poll::Ready(Some(Ok(frame))) = next(&mut reflection) else { panic!("still open") };
        assert_eq!(frame.trailers_ref().unwrap()["grpc-status"], "14");
        assert!(matches!(next(&mut reflection), Poll::Ready(None)));
        assert!(next(&mut other).is_pending());
        assert_eq!(admission.in_flight(), 2, "a call keeps its place until its answer is sent");
        drop((reflection, other));
        assert_eq!(admission.in_flight(), 0);
        let watch = call("/iinspect.v1.VerificationService/WatchIssueStatus").await.unwrap();
        assert_eq!(admission.in_flight(), 0, "counted elsewhere for as long as it is open");
        drop(watch);
    }

    struct Endless<S>(S);

    impl<S> http_body::Body for Endless<S>
    where
        S: tokio_stream::Stream<Item = Result<http_body::Frame<tonic::codegen::Bytes>, tonic::Status>>
            + Unpin,
    {
        type Data = tonic::codegen::Bytes;
        type Error = tonic::Status;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
            Pin::new(&mut self.0).poll_next(cx)
        }
    }
}
