//! Writing to the register: what somebody wants written becomes a changeset, or faults.
//!
//! What is to be written is decided by pure code: what is read of the register and the present moment
//! are its arguments. The use cases around it read, decide and commit, and again when somebody else
//! wrote in between; a repeated request gets its first answer.

pub mod allocation;
pub mod application;
pub mod batch;
pub mod changes;
pub mod entry;
pub mod history;
pub mod hotlist;
pub mod import;
pub mod pace;
pub mod person;
pub mod request;
pub mod standing;

use std::time::Duration;

use tokio::time::Instant;

use crate::cache::Cache;
use crate::context::CallContext;
use crate::error::Error;
use crate::number::Iin;
use crate::reason::Reason;
use crate::register::{self, Changeset, Committed, Facts, Ledger, Record, Register, Versioned};

/// The operator's use cases over one register.
#[derive(Clone, Debug)]
pub struct Registrar {
    register: Register,
    cache: Option<Cache>,
    read_timeout: Duration,
}

impl Registrar {
    /// Over `register`. What only reads may take `read_timeout`; what writes, as long as its call.
    #[must_use]
    pub fn new(register: Register, read_timeout: Duration) -> Self {
        Registrar { register, cache: None, read_timeout }
    }

    /// The same, and what it writes is told to a cache over the same register.
    #[must_use]
    pub fn with_cache(self, cache: Option<Cache>) -> Self {
        Registrar { cache, ..self }
    }

    /// Commits, and says so to whoever remembers what was there before.
    async fn commit(&self, set: Changeset, deadline: Instant) -> Result<Committed, register::Error> {
        let changed = self.cache.as_ref().map(|cache| (cache, cache.changed_by(&set.writes)));
        let committed = self.register.commit(set, deadline).await?;
        if let Some((cache, changed)) = changed {
            cache.committed(&committed.token, changed).await;
        }
        Ok(committed)
    }

    /// The record of a number that is there, for a write.
    async fn record(&self, call: &CallContext, iin: Iin) -> Result<Versioned<Record>, Error> {
        let read = self.register.one(iin, call.deadline).await.map_err(|e| fault(call, &e))?;
        read.value.record.ok_or_else(|| Error::not_found(Reason::NumberNotFound))
    }
}

/// What a caller is told of a store's error. Its text is for the log alone.
fn fault(call: &CallContext, error: &register::Error) -> Error {
    if error.is_conflict() {
        Error::aborted()
    } else if error.is_already_exists() {
        Error::already_exists()
    } else if error.is_token_too_old() {
        Error::token_too_old()
    } else if error.is_invalid() {
        // Bounds are checked before: one that is met here was forgotten.
        Error::internal(error.to_string())
    } else if error.is_deadline() && Instant::now() >= call.deadline {
        Error::deadline()
    } else {
        Error::unavailable(Reason::RegisterUnavailable, error.to_string())
    }
}

/// The version there is the one the caller saw last, or the call is aborted.
fn same(there: u64, expected: u64) -> Result<(), Error> {
    if there == expected { Ok(()) } else { Err(Error::aborted()) }
}
