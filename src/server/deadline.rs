//! Deadlines: the caller's `grpc-timeout` or the server's own, whichever is less, told to everything
//! inside and answered as DEADLINE_EXCEEDED.
//!
//! An import lasts as long as its caller sends: the server's own bound is for each of its parts.
//!
//! tonic's own timeout answers CANCELLED and drops everything inside it, so this one is always a
//! little earlier.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use tokio::time::Instant;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::error::Error;
use crate::grpc::edge::{CallersDeadline, Deadline};
use crate::grpc::status::from_error;

/// The layer.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    longest: Duration,
}

impl Deadlines {
    /// No call takes longer than `longest`.
    #[must_use]
    pub fn new(longest: Duration) -> Self {
        Deadlines { longest }
    }
}

impl<S> Layer<S> for Deadlines {
    type Service = WithDeadline<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithDeadline { inner, longest: self.longest }
    }
}

/// The service.
#[derive(Clone, Debug)]
pub struct WithDeadline<S> {
    inner: S,
    longest: Duration,
}

impl<S, B> Service<Request<B>> for WithDeadline<S>
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

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let own = timeout(request.headers()).map(less_margin);
        let asked = own.unwrap_or(self.longest);
        if asked.is_zero() {
            // Over before it began: no timer is needed to see that, and none would be in time.
            return Box::pin(async { Ok(from_error(&Error::deadline()).into_http()) });
        }
        // A timeout beyond the clock is none.
        let until = own.and_then(|own| Instant::now().checked_add(own));
        if let Some(until) = until {
            request.extensions_mut().insert(CallersDeadline(until));
        }
        let deadline = if lasts_as_its_caller_wants(request.uri().path()) {
            let Some(until) = until else { return Box::pin(self.inner.call(request)) };
            until
        } else {
            let deadline = Instant::now() + asked.min(self.longest);
            request.extensions_mut().insert(Deadline(deadline));
            deadline
        };
        let answer = tokio::time::timeout_at(deadline, self.inner.call(request));
        Box::pin(
            async move { answer.await.unwrap_or_else(|_| Ok(from_error(&Error::deadline()).into_http())) },
        )
    }
}

/// Calls that are answered only when their caller has sent everything.
fn lasts_as_its_caller_wants(path: &str) -> bool {
    path.ends_with("/ImportPersons")
}

/// What is left of a caller's timeout so that our answer comes before tonic's: 5 %, 1 to 5 ms.
fn less_margin(asked: Duration) -> Duration {
    asked.saturating_sub((asked / 20).clamp(Duration::from_millis(1), Duration::from_millis(5)))
}

/// `grpc-timeout`: up to 8 digits and a unit (gRPC over HTTP/2). Anything else counts as none.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let n: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(n * 3600)),
        "M" => Some(Duration::from_secs(n * 60)),
        "S" => Some(Duration::from_secs(n)),
        "m" => Some(Duration::from_millis(n)),
        "u" => Some(Duration::from_micros(n)),
        "n" => Some(Duration::from_nanos(n)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &'static str) -> Option<Duration> {
        timeout(&HeaderMap::from_iter([(
            http::HeaderName::from_static("grpc-timeout"),
            http::HeaderValue::from_static(text),
        )]))
    }

    #[test]
    fn every_unit_is_read_and_nonsense_is_none() {
        assert_eq!(parsed("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(parsed("3M"), Some(Duration::from_secs(180)));
        assert_eq!(parsed("4S"), Some(Duration::from_secs(4)));
        assert_eq!(parsed("100m"), Some(Duration::from_millis(100)));
        assert_eq!(parsed("99999999u"), Some(Duration::from_micros(99_999_999)));
        assert_eq!(parsed("5n"), Some(Duration::from_nanos(5)));
        for text in ["", "S", "5", "-1S", "+1S", "123456789S", "1.5S", "5s"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn our_answer_comes_first() {
        assert_eq!(less_margin(Duration::from_millis(50)), Duration::from_micros(47_500));
        assert_eq!(less_margin(Duration::from_secs(10)), Duration::from_millis(9_995));
        assert_eq!(less_margin(Duration::from_micros(300)), Duration::ZERO);
    }

    #[tokio::test]
    async fn a_call_that_is_late_already_never_reaches_the_handler() {
        let never =
            tower::service_fn(|_: Request<()>| std::future::pending::<Result<_, std::convert::Infallible>>());
        let request = Request::builder().header("grpc-timeout", "1n").body(()).unwrap();
        let response = Deadlines::new(Duration::from_secs(10)).layer(never).call(request).await.unwrap();
        assert_eq!(response.headers()["grpc-status"], "4");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_call_is_answered_in_time_and_dropped() {
        let slow = tower::service_fn(|request: Request<()>| async move {
            let Deadline(deadline) = *request.extensions().get::<Deadline>().unwrap();
            assert!(deadline <= Instant::now() + Duration::from_millis(100));
            tokio::time::sleep(Duration::from_secs(3600)).await;
            Ok::<_, std::convert::Infallible>(Response::new(Body::empty()))
        });
        let mut service = Deadlines::new(Duration::from_secs(10)).layer(slow);
        let request = Request::builder().header("grpc-timeout", "100m").body(()).unwrap();
        let started = Instant::now();
        let response = service.call(request).await.unwrap();
        assert_eq!(response.headers()["grpc-status"], "4");
        assert!(started.elapsed() < Duration::from_millis(100));
    }

    #[tokio::test(start_paused = true)]
    async fn an_import_has_its_callers_time_alone() {
        let slow = tower::service_fn(|request: Request<()>| async move {
            let own = request.extensions().get::<CallersDeadline>().is_some();
            assert!(request.extensions().get::<Deadline>().is_none());
            tokio::time::sleep(Duration::from_secs(if own { 3600 } else { 60 })).await;
            Ok::<_, std::convert::Infallible>(Response::new(Body::empty()))
        });
        let mut service = Deadlines::new(Duration::from_secs(10)).layer(slow);
        let import = || Request::builder().uri("/iinspect.v1.RegisterService/ImportPersons");
        let response = service.call(import().body(()).unwrap()).await.unwrap();
        assert!(!response.headers().contains_key("grpc-status"), "60 s without a timeout of its caller's");
        let started = Instant::now();
        let request = import().header("grpc-timeout", "120S").body(()).unwrap();
        let response = service.call(request).await.unwrap();
        assert_eq!(response.headers()["grpc-status"], "4");
        assert!((119..120).contains(&started.elapsed().as_secs()));
    }
}
