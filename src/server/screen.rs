//! Screen apart from its service: a larger request, and few at once.
//!
//! tonic bounds the size of requests per service, and Screen takes columns that no other RPC should.
//! So the service is there twice, each time with its own bound, and the path decides. Calls of
//! Screen are counted before a byte of their columns is read: what they may hold in memory is then
//! bounded, too.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::codegen::BoxFuture;
use tonic::server::NamedService;
use tower::Service;

use crate::error::Error;
use crate::grpc::status::from_error;

/// The path of the RPC.
const SCREEN: &str = "/iinspect.v1.VerificationService/Screen";

/// Two servers of one service, of which one answers Screen alone.
#[derive(Clone, Debug)]
pub struct Apart<S> {
    others: S,
    screen: S,
    places: Arc<Semaphore>,
}

impl<S> Apart<S> {
    /// Hands Screen to `screen`, at most `at_once` calls of it, and everything else to `others`.
    #[must_use]
    pub fn new(others: S, screen: S, at_once: usize) -> Self {
        Apart { others, screen, places: Arc::new(Semaphore::new(at_once.min(Semaphore::MAX_PERMITS))) }
    }

    /// Tells how many calls of Screen are under way.
    pub fn under_way(&self) -> impl Fn() -> usize + Send + Sync + 'static + use<S> {
        let (places, all) = (self.places.clone(), self.places.available_permits());
        move || all.saturating_sub(places.available_permits())
    }
}

impl<S: NamedService> NamedService for Apart<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, B> Service<Request<B>> for Apart<S>
where
    S: Service<
            Request<B>,
            Response = Response<Body>,
            Error = Infallible,
            Future = BoxFuture<Response<Body>, Infallible>,
        >,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Response<Body>, Infallible>;

    /// Both are always ready: generated servers are.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if request.uri().path() != SCREEN {
            return self.others.call(request);
        }
        match self.places.clone().try_acquire_owned() {
            Ok(place) => {
                let answer = self.screen.call(request);
                Box::pin(async move {
                    let answer = answer.await;
                    drop(place);
                    answer
                })
            }
            Err(_) => Box::pin(async { Ok(from_error(&Error::overloaded()).into_http()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Says(&'static str);

    impl Service<Request<()>> for Says {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = BoxFuture<Response<Body>, Infallible>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            let response = Response::builder().header("from", self.0).body(Body::empty()).unwrap();
            Box::pin(async { Ok(response) })
        }
    }

    #[tokio::test]
    async fn the_path_decides_and_screens_are_counted() {
        let mut service = Apart::new(Says("others"), Says("screen"), 1);
        let mut call = |path: &str| service.call(Request::builder().uri(path).body(()).unwrap());
        let held = call(SCREEN);
        let refused = call(SCREEN).await.unwrap();
        assert_eq!(refused.headers()["grpc-status"], "8");
        let other = call("/iinspect.v1.VerificationService/Verify").await.unwrap();
        assert_eq!(other.headers()["from"], "others");
        assert_eq!(held.await.unwrap().headers()["from"], "screen");
        drop(call(SCREEN));
        assert_eq!(call(SCREEN).await.unwrap().headers()["from"], "screen", "a dropped call frees its place");
    }
}
