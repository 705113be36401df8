//! A response body that keeps what its call holds until the last of it is sent, and that can be
//! ended from outside: a stream may outlast its handler by far.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;

use super::peer::Mark;
use crate::error::Error;
use crate::grpc::status::from_error;

type End = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The body.
pub(super) struct Held {
    /// `None` once it was ended from outside.
    inner: Option<Body>,
    end: Option<End>,
    _place: OwnedSemaphorePermit,
    _unread: Option<Mark>,
}

impl Held {
    /// Keeps `place` and `unread` until `inner` is done; when `end` resolves first, the caller is told
    /// that the server is shutting down.
    pub(super) fn body(
        inner: Body,
        place: OwnedSemaphorePermit,
        unread: Option<Mark>,
        end: Option<End>,
    ) -> Body {
        Body::new(Held { inner: Some(inner), end, _place: place, _unread: unread })
    }
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let frame = Pin::new(inner).poll_frame(cx);
        if frame.is_pending() && self.end.as_mut().is_some_and(|end| end.as_mut().poll(cx).is_ready()) {
            self.inner = None;
            // The headers of a refused call are the trailers of one that ends so.
            let refused: http::Response<()> = from_error(&Error::shutting_down()).into_http();
            let mut trailers = refused.into_parts().0.headers;
            trailers.remove(http::header::CONTENT_TYPE);
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(|inner| inner.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), |inner| inner.size_hint())
    }
}
