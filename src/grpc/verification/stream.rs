//! VerifyStream: items in, answers out as they come, one task per stream.

use std::collections::HashMap;
use std::future::Future;

use prost::Message;
use tokio::sync::mpsc::Sender;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_stream::Stream;
use tonic::Status;

use super::out::Said;
use crate::context::CallContext;
use crate::error::Error;
use crate::grpc::edge::{Edge, refuse};
use crate::grpc::validate::{Checker, MAX_REFERENCE};
use crate::pb::v1::verify_stream_response::Result as Answered;
use crate::pb::v1::{VerifyRequest, VerifyResponse, VerifyStreamRequest, VerifyStreamResponse};
use crate::reason::Reason;
use crate::telemetry::names::verification::ITEM;
use crate::telemetry::span::{self, FutureExt};
use crate::verification::stream::{Intake, Place, Streams};

/// Answers that wait for a caller who does not read; the rest waits in its tasks, and the next items
/// with the caller.
pub(super) const ROOM: usize = 8;

type Out = Sender<Said<VerifyStreamResponse>>;

/// One stream. `work` answers one item.
pub(super) struct Driver<S, W> {
    pub(super) edge: Edge,
    pub(super) call: CallContext,
    /// When the caller's own timeout ends the stream.
    pub(super) until: Option<Instant>,
    pub(super) intake: Intake<S>,
    pub(super) per_stream: usize,
    pub(super) work: W,
    pub(super) in_hand: JoinSet<Result<VerifyResponse, Status>>,
    pub(super) ids: HashMap<Id, String>,
}

impl<S, W, F> Driver<S, W>
where
    S: Stream<Item = Result<VerifyStreamRequest, Status>> + Unpin,
    W: Fn(CallContext, VerifyRequest) -> F,
    F: Future<Output = Result<VerifyResponse, Status>> + Send + 'static,
{
    pub(super) fn new(
        edge: Edge,
        call: CallContext,
        until: Option<Instant>,
        streams: &Streams,
        items: S,
        work: W,
    ) -> Self {
        Driver {
            edge,
            call,
            until,
            intake: streams.intake(items),
            per_stream: streams.per_stream(),
            work,
            in_hand: JoinSet::new(),
            ids: HashMap::new(),
        }
    }

    /// Runs to the end. A caller who leaves ends the work: whatever is in hand is dropped.
    pub(super) async fn run(mut self, out: Out, closed: impl Future<Output = ()>) {
        let until = self.until;
        let late = async {
            match until {
                Some(moment) => sleep_until(moment).await,
                None => std::future::pending().await,
            }
        };
        let end = tokio::select! {
            biased;
            () = out.closed() => return,
            end = self.answer_all(&out, closed) => end,
            () = late => Err(refuse(&self.call, &Error::deadline())),
        };
        // Before the last word, which waits for a caller who does not read.
        drop(self);
        let _ = out.send(Said::End(end)).await;
    }

    /// How the stream ends, once every item that was taken is answered.
    async fn answer_all(&mut self, out: &Out, closed: impl Future<Output = ()>) -> Result<(), Status> {
        let mut closed = std::pin::pin!(closed);
        let mut end = None;
        loop {
            let taking = end.is_none();
            let answer = tokio::select! {
                biased;
                Some(done) = self.in_hand.join_next_with_id() => Some(self.done(done)),
                () = &mut closed, if taking => {
                    end = Some(Err(refuse(&self.call, &Error::unavailable(Reason::ShuttingDown, "draining"))));
                    None
                }
                item = self.intake.next(), if taking && self.in_hand.len() < self.per_stream => match item {
                    Some((Ok(item), place)) => self.take(item, place),
                    // Unreadable: the transport has lost its place in the stream.
                    Some((Err(status), _)) => {
                        end = Some(Err(status));
                        None
                    }
                    None => {
                        end = Some(Ok(()));
                        None
                    }
                },
                else => return end.unwrap_or(Ok(())),
            };
            if let Some(answer) = answer {
                // Nobody listens any more: `run` sees the same.
                let _ = out.send(Said::Answer(answer)).await;
            }
        }
    }

    /// Begins the work on an item, or answers why not.
    fn take(&mut self, item: VerifyStreamRequest, place: Place) -> Option<VerifyStreamResponse> {
        match self.check(&item) {
            Err(error) => {
                // An answer repeats no more than an id may have.
                let id = if item.id.chars().nth(MAX_REFERENCE).is_some() { String::new() } else { item.id };
                Some(answer(id, Err(refuse(&self.call, &error))))
            }
            Ok(()) => {
                let call = self.edge.item(&self.call, self.until);
                let deadline = call.deadline;
                let late = refuse(&call, &Error::deadline());
                let work = (self.work)(call, item.request.unwrap_or_default());
                let work = span::within(&ITEM, Vec::new, work);
                let answering = async move {
                    let answer = timeout_at(deadline, work).await.unwrap_or(Err(late));
                    // The place is for the work; the answer may have to wait for its caller.
                    drop(place);
                    answer
                };
                let task = self.in_hand.spawn(answering.with_context(span::here()));
                self.ids.insert(task.id(), item.id);
                None
            }
        }
    }

    fn check(&self, item: &VerifyStreamRequest) -> Result<(), Error> {
        let mut c = Checker::default();
        if item.id.is_empty() {
            c.violation("id", Reason::InvalidRequest, "must not be empty");
        }
        c.at_most("id", &item.id, MAX_REFERENCE);
        if self.ids.values().any(|id| *id == item.id) {
            c.violation("id", Reason::InvalidRequest, "must not be the id of an item under way");
        }
        if item.request.is_none() {
            c.violation("request", Reason::InvalidRequest, "must be given");
        }
        c.finish()
    }

    fn done(
        &mut self,
        done: Result<(Id, Result<VerifyResponse, Status>), JoinError>,
    ) -> VerifyStreamResponse {
        let (task, result) = done.unwrap_or_else(|failed| {
            // The panic itself was logged by the hook, without its text.
            (failed.id(), Err(refuse(&self.call, &Error::internal("an item's task failed"))))
        });
        answer(self.ids.remove(&task).unwrap_or_default(), result)
    }
}

fn answer(id: String, result: Result<VerifyResponse, Status>) -> VerifyStreamResponse {
    let result = match result {
        Ok(response) => Answered::Response(response),
        Err(status) => Answered::Error(as_message(&status)),
    };
    VerifyStreamResponse { id, result: Some(result) }
}

/// A status as the message that a unary call has in its `grpc-status-details-bin`.
fn as_message(status: &Status) -> tonic_types::pb::Status {
    match tonic_types::pb::Status::decode(status.details()) {
        Ok(message) if message.code != 0 => message,
        _ => tonic_types::pb::Status {
            code: status.code() as i32,
            message: status.message().to_string(),
            details: Vec::new(),
        },
    }
}

#[cfg(test)]
mod tests;
