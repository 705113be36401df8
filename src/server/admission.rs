//! Admission: as many calls at once as the server takes, over all connections; more are refused at
//! once with RESOURCE_EXHAUSTED. There is no queue: a queue only makes everyone late.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use http::{Request, Response};
use tokio::sync::Semaphore;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::error::Error;
use crate::grpc::status::from_error;

/// How many calls are in, and how many were refused.
#[derive(Clone, Debug)]
pub struct Admission {
    places: Arc<Semaphore>,
    all: usize,
    refused: Arc<AtomicU64>,
}

impl Admission {
    /// Places for `all` calls.
    #[must_use]
    pub fn new(all: usize) -> Self {
        let places = Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS)));
        Admission { places, all, refused: Arc::default() }
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
fn exempt(path: &str) -> bool {
    path.starts_with("/grpc.health.v1.Health/")
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
                let answer = self.inner.call(request);
                Box::pin(async move {
                    let answer = answer.await;
                    drop(place);
                    answer
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
        let admission = Admission::new(1);
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
}
