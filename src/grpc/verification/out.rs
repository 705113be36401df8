//! The answers of a stream on their way out, and how it ends.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tonic::Status;

use crate::error::Error;
use crate::grpc::status::from_error;

/// What the task behind a stream says.
#[derive(Debug)]
pub(super) enum Said<T> {
    /// One more answer.
    Answer(T),
    /// No more, and with which status.
    End(Result<(), Status>),
}

/// The way for `room` answers that the caller has not taken yet.
pub(super) fn channel<T>(room: usize) -> (mpsc::Sender<Said<T>>, Answers<T>) {
    let (say, said) = mpsc::channel(room);
    (say, Answers { said, ended: false })
}

/// What the caller gets. A task that falls silent without an end has failed, and that must not look
/// like the OK at the end of a whole answer.
#[derive(Debug)]
pub(super) struct Answers<T> {
    said: mpsc::Receiver<Said<T>>,
    ended: bool,
}

impl<T> Stream for Answers<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.said.poll_recv(cx).map(|said| {
            self.ended = !matches!(said, Some(Said::Answer(_)));
            match said {
                Some(Said::Answer(answer)) => Some(Ok(answer)),
                Some(Said::End(Ok(()))) => None,
                Some(Said::End(Err(status))) => Some(Err(status)),
                None => Some(Err(from_error(&Error::internal("a stream's task failed")))),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt;

    use super::*;

    #[tokio::test]
    async fn only_an_end_that_was_said_is_ok() {
        let (say, mut answers) = channel(2);
        say.send(Said::Answer(1)).await.unwrap();
        say.send(Said::End(Ok(()))).await.unwrap();
        assert!(answers.next().await.is_some_and(|a| a.is_ok()));
        assert!(answers.next().await.is_none());

        let (say, mut answers) = channel::<u8>(1);
        drop(say);
        let failed = answers.next().await.unwrap().unwrap_err();
        assert_eq!(failed.code(), tonic::Code::Internal);
        assert!(answers.next().await.is_none());
    }
}
