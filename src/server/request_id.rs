//! Outermost: every call gets an id, so that every log line and answer can carry it, and the names of
//! its client.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderName, HeaderValue, Request, Response};
use tower::{Layer, Service};
use uuid::Uuid;

use super::peer::Peer;
use crate::grpc::edge::RequestId;

/// The metadata key of a call's id, taken from the caller when it is sound and always answered.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The layer.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestIds;

impl<S> Layer<S> for RequestIds {
    type Service = WithRequestId<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithRequestId(inner)
    }
}

/// The service.
#[derive(Clone, Debug)]
pub struct WithRequestId<S>(S);

impl<S, B, R> Service<Request<B>> for WithRequestId<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let id = request.headers().get(HEADER).and_then(sound).unwrap_or_else(|| Uuid::now_v7().to_string());
        // Each is sent once: kept for the next answer, as HTTP/2 does with other headers, it would push out
        // what comes again.
        let header = HeaderValue::from_str(&id).map(|mut header| {
            header.set_sensitive(true);
            header
        });
        request.extensions_mut().insert(RequestId(id));
        let names = request.extensions().get::<Peer>().map(|peer| peer.names.clone());
        if let Some(names) = names.filter(|names| !names.0.is_empty()) {
            request.extensions_mut().insert(names);
        }
        let answer = self.0.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            if let Ok(header) = header {
                response.headers_mut().insert(HEADER, header);
            }
            Ok(response)
        })
    }
}

/// Only a UUID is taken over: free text from a caller could carry a number into the logs.
fn sound(value: &HeaderValue) -> Option<String> {
    Some(Uuid::try_parse(value.to_str().ok()?).ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_uuid_is_taken_over() {
        let taken = |text| sound(&HeaderValue::from_static(text));
        assert!(taken("018f2f64-5a1e-7cc0-8000-000000000001").is_some());
        assert_eq!(taken("990140004654"), None);
        assert_eq!(taken("call of 850101"), None);
    }
}
