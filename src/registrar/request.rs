//! A request that changes something is carried out once, however often it is sent.

use std::future::Future;

use prost::Message;
use uuid::Uuid;

use super::{Registrar, fault};
use crate::context::CallContext;
use crate::error::{Error, Kind};
use crate::register::change::Request;
use crate::register::{Changeset, Ledger, Origin, Write};

/// How often a change is decided anew because somebody else wrote between reading and writing.
const ATTEMPTS: usize = 4;

/// The actor of a call without an identity.
const ANONYMOUS: &str = "anonymous";

/// Which request it is, and who sends it.
#[derive(Clone)]
pub struct Asked {
    /// The caller's id for it.
    pub id: Uuid,
    /// What is asked, by the name of its RPC.
    pub rpc: &'static str,
    /// Everything that is asked, as one text of bytes: the same request has the same.
    pub body: Vec<u8>,
    /// Whom the caller acts for; at most 64 characters, as the next two.
    pub on_behalf_of: String,
    /// The caller's employee or system user.
    pub end_user: String,
    /// The caller's own reference.
    pub reference: String,
}

/// Who writes by a call.
#[must_use]
pub fn origin(call: &CallContext, on_behalf_of: &str, end_user: &str, reference: &str) -> Origin {
    Origin {
        actor: call.client.id.as_deref().unwrap_or(ANONYMOUS).to_string(),
        on_behalf_of: on_behalf_of.to_string(),
        end_user: end_user.to_string(),
        reference: reference.to_string(),
    }
}

/// What is kept of an answer to give it again. It holds no personal data.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Kept {
    /// Version of what was written.
    #[prost(uint64, tag = "1")]
    pub(super) version: u64,
    /// Version of the record of the number that took another's place, or that was formed.
    #[prost(uint64, tag = "2")]
    pub(super) successor_version: u64,
    /// It was not there before.
    #[prost(bool, tag = "3")]
    pub(super) created: bool,
    /// The id of the hotlist entry or of the application.
    #[prost(bytes = "vec", tag = "4")]
    pub(super) entry: Vec<u8>,
    /// How many events the application had then.
    #[prost(uint64, tag = "5")]
    pub(super) events: u64,
}

impl Kept {
    fn read(bytes: &[u8]) -> Result<Self, Error> {
        Kept::decode(bytes).map_err(|_| Error::internal("a kept answer cannot be read"))
    }
}

/// What is to be written, and what is answered then.
pub(super) struct Planned {
    pub(super) writes: Vec<Write>,
    pub(super) why: String,
    pub(super) answer: Kept,
}

/// A change that is decided by what the register holds.
pub(super) trait Plan {
    /// Reads and decides; writes nothing.
    fn plan(
        &self,
        registrar: &Registrar,
        call: &CallContext,
    ) -> impl Future<Output = Result<Planned, Error>> + Send;
}

impl Registrar {
    /// Carries a request out, or repeats its answer.
    pub(super) async fn once<P: Plan + Sync>(
        &self,
        call: &CallContext,
        asked: &Asked,
        plan: &P,
    ) -> Result<Kept, Error> {
        let key = self.register.key().map_err(|e| fault(call, &e))?;
        let client = call.client.id.as_deref().unwrap_or_default();
        let digest = key.digest(&[asked.rpc.as_bytes(), client.as_bytes(), &asked.body]);
        if let Some(kept) = self.replayed(call, asked.id, digest).await? {
            return Ok(kept);
        }
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            let Planned { writes, why, answer } = match plan.plan(self, call).await {
                Ok(planned) => planned,
                // What is there may be this very request's doing, landed since we looked for it.
                Err(refusal) if is_about_what_is_there(&refusal) => {
                    return self.replayed(call, asked.id, digest).await?.ok_or(refusal);
                }
                Err(error) => return Err(error),
            };
            let by = origin(call, &asked.on_behalf_of, &asked.end_user, &asked.reference);
            let request = Request { id: asked.id, digest, answer: answer.encode_to_vec() };
            let set = Changeset { request: Some(request), ..Changeset::new(call.now, by, why, writes) };
            match self.commit(set, call.deadline).await {
                Ok(committed) => return committed.replayed.map_or(Ok(answer), |bytes| Kept::read(&bytes)),
                // Written in between (a version, or the last place on a hotlist): what is there now
                // decides what to say.
                Err(error) if left > 0 && (error.is_conflict() || error.is_invalid()) => {}
                Err(error) => return Err(fault(call, &error)),
            }
        }
    }

    async fn replayed(&self, call: &CallContext, id: Uuid, digest: [u8; 32]) -> Result<Option<Kept>, Error> {
        let found = self.register.replay(id, digest, call.now, call.deadline).await;
        found.map_err(|e| fault(call, &e))?.map(|replayed| Kept::read(&replayed.answer)).transpose()
    }
}

fn is_about_what_is_there(error: &Error) -> bool {
    matches!(error.kind(), Kind::NotFound | Kind::Precondition | Kind::Aborted | Kind::AlreadyExists)
}
