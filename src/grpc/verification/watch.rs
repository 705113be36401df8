//! WatchIssueStatus: one task per watch. It reads when there is room for what it reads, so that a slow
//! reader gets the newest state and not a queue of old ones.

use std::future::Future;

use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep, sleep_until};
use tonic::Status;

use super::out::Said;
use super::status_key;
use crate::context::CallContext;
use crate::error::{Error, Kind};
use crate::grpc::convert;
use crate::grpc::edge::{Edge, refuse};
use crate::grpc::validate::Checker;
use crate::pb::v1::{self, WatchIssueStatusRequest, WatchIssueStatusResponse};
use crate::reason::Reason;
use crate::register::{ApplicationKey, Token};
use crate::verification::watch::{NO_TOKEN, Update, Watch};

type Out = Sender<Said<WatchIssueStatusResponse>>;

/// What is watched, and from where on.
pub(super) fn request(m: WatchIssueStatusRequest) -> Result<(ApplicationKey, Option<Token>), Error> {
    use v1::issue_status_request::Key;
    use v1::watch_issue_status_request::Key as Watched;
    let mut c = Checker::default();
    let since = match m.resume_token.as_str() {
        "" => None,
        text => text.parse().map_err(|_| c.violation("resume_token", Reason::InvalidRequest, NO_TOKEN)).ok(),
    };
    let key = m.key.map(|key| match key {
        Watched::ApplicationId(id) => Key::ApplicationId(id),
        Watched::Iin(iin) => Key::Iin(iin),
        Watched::Document(document) => Key::Document(document),
    });
    let asked = v1::IssueStatusRequest { key, birth_date: m.birth_date, max_age: None };
    Ok((status_key(c, &asked)?, since))
}

/// One watch that has begun.
pub(super) struct Driver {
    pub(super) edge: Edge,
    pub(super) call: CallContext,
    /// When the caller's own timeout ends it.
    pub(super) until: Option<Instant>,
    pub(super) watch: Watch,
}

impl Driver {
    /// Runs to the end: OK when the server goes down, silence when the caller has left.
    pub(super) async fn run(mut self, first: Option<Update>, out: Out, closed: impl Future<Output = ()>) {
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
            end = self.tell(first, &out) => end,
            () = closed => Ok(()),
            () = late => Err(refuse(&self.call, &Error::deadline())),
        };
        // Before the last word, which waits for a caller who does not read.
        drop(self);
        let _ = out.send(Said::End(end)).await;
    }

    /// Tells every state, until there is a fault that does not pass.
    async fn tell(&mut self, first: Option<Update>, out: &Out) -> Result<(), Status> {
        if let Some(update) = first {
            // Nobody listens any more: `run` sees the same, here and below.
            let _ = out.send(Said::Answer(message(update))).await;
        }
        loop {
            self.watch.changed(self.edge.now()).await;
            let Ok(room) = out.reserve().await else { return Ok(()) };
            if let Some(update) = self.read().await? {
                room.send(Said::Answer(message(update)));
            }
        }
    }

    /// The state, as soon as the register can be asked.
    async fn read(&mut self) -> Result<Option<Update>, Status> {
        loop {
            let call = self.edge.item(&self.call, self.until);
            match self.watch.read(&call).await {
                Ok(update) => return Ok(update),
                Err(error) if matches!(error.kind(), Kind::Unavailable | Kind::Deadline) => {
                    sleep(self.watch.pause()).await;
                }
                Err(error) => return Err(refuse(&call, &error)),
            }
        }
    }
}

fn message(update: Update) -> WatchIssueStatusResponse {
    WatchIssueStatusResponse {
        resume_token: update.token.to_string(),
        snapshot: update.snapshot,
        status: Some(convert::issue_status(&update.status)),
    }
}
