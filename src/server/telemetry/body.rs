//! The body of an answer, watched for its end.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use tonic::codegen::Bytes;

use super::Record;
use super::outcome::Outcome;

/// A body that tells the record of its call when it ends.
pub struct Watched<B> {
    inner: B,
    /// `None`: it has been told already.
    record: Option<Record>,
}

impl<B> Watched<B> {
    pub(super) fn new(inner: B, record: Option<Record>) -> Self {
        Watched { inner, record }
    }

    fn ends(&mut self, outcome: Outcome) {
        if let Some(mut record) = self.record.take() {
            record.end(outcome);
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(outcome) = frame.trailers_ref().and_then(Outcome::of) {
                    self.ends(outcome);
                }
            }
            Poll::Ready(Some(Err(_)) | None) => self.ends(Outcome::UNKNOWN),
            Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
