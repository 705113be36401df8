//! Where facts live: the register of numbers, persons, hotlist and applications.
//!
//! Three traits say what a store does: [`Facts`] reads, [`Ledger`] writes, [`Feed`] tells what
//! changed. A read returns its [`Position`] beside the fact, absence included, so that a reader
//! who remembers facts can tell the older from the newer. One contract suite (`tests/it/contract`)
//! holds every store to the same answers.

pub mod change;
mod codec;
pub mod error;
pub mod fact;
pub mod feed;
mod health;
pub mod history;
pub mod hotlist;
pub mod memory;
mod observed;
pub mod postgres;
mod schema;
pub mod sqlite;
pub mod status;
pub mod subject;

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use crate::issuance::Application;
use crate::number::Iin;
use crate::person::Document;
use crate::telemetry::span::FutureExt;

pub(crate) use codec::{decode_fact, encode_fact};

pub use change::{Batch, Changeset, Committed, Expect, Origin, Replayed, Write};
pub use error::Error;
pub use fact::{Fact, Listed, NumberState, Read, Record, Scheduled, Standing, Versioned};
pub use feed::{Page, Position, Token};
pub use history::Version;
pub use observed::{Connections, Load};
pub use schema::{Inspection, Migrated};
pub use status::Status;
pub use subject::Subject;

/// The most numbers that one [`Facts::many`] takes.
pub const MAX_MANY: usize = 1_000;
/// The most applications that one key returns, newest first.
pub const MAX_APPLICATIONS: usize = 21;

/// A place in the order of applications: when one first came in, and its id. A place keeps for good:
/// neither ever changes.
pub type Place = (Timestamp, Uuid);

/// By what an application is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplicationKey {
    /// Its id.
    Id(Uuid),
    /// The number it led to or is about.
    Number(Iin),
    /// The applicant's document and birth date: its kind, number, country and the date all count.
    Applicant(Document, jiff::civil::Date),
}

/// Reads. Every method answers before `deadline` or with [`Error::is_deadline`].
pub trait Facts {
    /// The fact about one number.
    fn one(&self, iin: Iin, deadline: Instant) -> impl Future<Output = Result<Read<Fact>, Error>> + Send;

    /// The facts about many numbers (at most [`MAX_MANY`]), in the order asked, from one snapshot.
    fn many(
        &self,
        iins: &[Iin],
        deadline: Instant,
    ) -> impl Future<Output = Result<Vec<Read<Fact>>, Error>> + Send;

    /// As [`Facts::one`], and a copy of the primary may answer: the fact lacks nothing that was
    /// acknowledged longer than `max_age` ago, and [`Read::behind`] says how much it may lack. An
    /// age of zero is [`Facts::one`]. Only an older fact can be had: [`Error::is_stale`]. A store
    /// without copies is its own primary, and never behind itself.
    fn one_within(
        &self,
        iin: Iin,
        _max_age: Duration,
        deadline: Instant,
    ) -> impl Future<Output = Result<Read<Fact>, Error>> + Send {
        self.one(iin, deadline)
    }

    /// As [`Facts::many`] and [`Facts::one_within`].
    fn many_within(
        &self,
        iins: &[Iin],
        _max_age: Duration,
        deadline: Instant,
    ) -> impl Future<Output = Result<Vec<Read<Fact>>, Error>> + Send {
        self.many(iins, deadline)
    }

    /// The fact about one number as it was recorded by a moment: the record's latest version of
    /// those recorded at or before it, and the hotlist of now. Where that version stands on a day is
    /// [`Record::on`]'s to say.
    fn as_of(
        &self,
        iin: Iin,
        at: Timestamp,
        deadline: Instant,
    ) -> impl Future<Output = Result<Read<Fact>, Error>> + Send;

    /// The versions of a number's record, the newest first: those below `before` (or all), at most
    /// `limit` (1 to [`MAX_MANY`]), each with who wrote it, when and why.
    fn versions(
        &self,
        iin: Iin,
        before: Option<u64>,
        limit: usize,
        deadline: Instant,
    ) -> impl Future<Output = Result<Vec<Version>, Error>> + Send;

    /// Whose a hotlist entry is, by its id, and its version; `None` when there is none.
    fn entry(
        &self,
        id: Uuid,
        deadline: Instant,
    ) -> impl Future<Output = Result<Option<hotlist::Place>, Error>> + Send;

    /// The applications that a key leads to, newest first, at most [`MAX_APPLICATIONS`].
    fn applications(
        &self,
        key: &ApplicationKey,
        deadline: Instant,
    ) -> impl Future<Output = Result<Read<Vec<Versioned<Application>>>, Error>> + Send;

    /// The applications that came in before a place in the order (moment of the first submission, id),
    /// the latest first; `None`: from the latest on. At most `limit` (1 to [`MAX_MANY`]).
    fn submitted(
        &self,
        before: Option<Place>,
        limit: usize,
        deadline: Instant,
    ) -> impl Future<Output = Result<Vec<Versioned<Application>>, Error>> + Send;

    /// The records of up to `limit` numbers (1 to [`MAX_MANY`]) that come after one, in the order
    /// of the numbers: the way through a whole register, a page at a time. The end is a page with
    /// nothing on it. Each page is a snapshot of its own: what changes meanwhile on a later page
    /// is seen as it is then.
    fn page(
        &self,
        after: Option<Iin>,
        limit: usize,
        deadline: Instant,
    ) -> impl Future<Output = Result<Vec<Listed>, Error>> + Send;
}

/// Writes.
pub trait Ledger {
    /// Writes a changeset whole or not at all; once it returns, the change survives a crash.
    ///
    /// A `request` seen within [`change::REPLAY_WINDOW`] with the same digest is not written
    /// again: the first answer returns as `replayed`. With another digest:
    /// [`Error::is_already_exists`]. A version that differs from what was expected, or a batch that
    /// is not where it was expected: [`Error::is_conflict`].
    fn commit(
        &self,
        changeset: Changeset,
        deadline: Instant,
    ) -> impl Future<Output = Result<Committed, Error>> + Send;

    /// What a request was answered with, when one of its id was committed within
    /// [`change::REPLAY_WINDOW`] of `now`; with another digest: [`Error::is_already_exists`]. Read
    /// from the primary, so that a caller who repeats a request that was acknowledged finds it.
    fn replay(
        &self,
        id: Uuid,
        digest: [u8; 32],
        now: Timestamp,
        deadline: Instant,
    ) -> impl Future<Output = Result<Option<Replayed>, Error>> + Send;

    /// Spends something that can be spent once, by its id: `true` the first time, `false` afterwards, for
    /// [`change::REPLAY_WINDOW`]. Of those who spend the same at the same time one gets `true`. It stands in
    /// the log of commits and changes no fact, so the feed tells nothing of it.
    fn spend(
        &self,
        id: Uuid,
        by: Origin,
        at: Timestamp,
        deadline: Instant,
    ) -> impl Future<Output = Result<bool, Error>> + Send
    where
        Self: Sync,
    {
        async move {
            let request = change::Request { id, digest: change::SPENT, answer: vec![] };
            let spending = Changeset { request: Some(request), ..Changeset::new(at, by, "spent", vec![]) };
            self.commit(spending, deadline).await.map(|committed| !committed.is_replayed())
        }
    }

    /// How far a batch of an import is; `None` for one that is not known, or whose last commit is
    /// longer ago than [`change::REPLAY_WINDOW`] at `now`.
    fn batch(
        &self,
        id: Uuid,
        now: Timestamp,
        deadline: Instant,
    ) -> impl Future<Output = Result<Option<Batch>, Error>> + Send;
}

/// Tells what changed, in commit order per shard, nothing acknowledged ever left out.
pub trait Feed {
    /// The heads of all shards now.
    fn heads(&self, deadline: Instant) -> impl Future<Output = Result<Token, Error>> + Send;

    /// Where the feed begins now: what comes after this token is all that is kept. Old changes may
    /// go at any moment, and then it is too old itself.
    fn floors(&self, deadline: Instant) -> impl Future<Output = Result<Token, Error>> + Send;

    /// Up to `limit` changes after a token (at most [`feed::MAX_PAGE`]), and the token to go on
    /// from. A page may be shorter than `limit` although there is more: the end is reached when
    /// the token comes back unchanged.
    ///
    /// A token that cannot be gone on from (older than what is kept, or past the end, as after a
    /// register was restored from a copy): [`Error::is_token_too_old`], and the follower starts
    /// anew from [`Feed::heads`]. A token of another number of shards, or a limit of 0:
    /// [`Error::is_invalid`].
    fn after(
        &self,
        token: &Token,
        limit: usize,
        deadline: Instant,
    ) -> impl Future<Output = Result<Page, Error>> + Send;
}

/// The stores there are.
#[derive(Clone, Debug)]
pub enum Register {
    /// One SQLite file.
    Sqlite(sqlite::Store),
    /// A PostgreSQL database, or one that speaks its protocol.
    Postgres(postgres::Store),
    /// In memory, for tests.
    Memory(memory::Store),
}

macro_rules! each {
    ($register:expr, $store:ident => $call:expr) => {
        match $register {
            Register::Sqlite($store) => $call,
            Register::Postgres($store) => $call,
            Register::Memory($store) => $call,
        }
    };
}

/// Asks a store: measured, and in a span of the call that asks.
macro_rules! asked {
    ($register:expr, $operation:literal, $store:ident => $call:expr) => {{
        let asked = observed::Asked::now($register.system(), $operation);
        let answer = each!($register, $store => $call.with_context(asked.inside()).await);
        asked.answered(answer)
    }};
}

impl Facts for Register {
    async fn one(&self, iin: Iin, deadline: Instant) -> Result<Read<Fact>, Error> {
        asked!(self, "one", s => s.one(iin, deadline))
    }

    async fn many(&self, iins: &[Iin], deadline: Instant) -> Result<Vec<Read<Fact>>, Error> {
        asked!(self, "many", s => s.many(iins, deadline))
    }

    async fn one_within(&self, iin: Iin, max_age: Duration, deadline: Instant) -> Result<Read<Fact>, Error> {
        asked!(self, "one_within", s => s.one_within(iin, max_age, deadline))
    }

    async fn many_within(
        &self,
        iins: &[Iin],
        max_age: Duration,
        deadline: Instant,
    ) -> Result<Vec<Read<Fact>>, Error> {
        asked!(self, "many_within", s => s.many_within(iins, max_age, deadline))
    }

    async fn as_of(&self, iin: Iin, at: Timestamp, deadline: Instant) -> Result<Read<Fact>, Error> {
        asked!(self, "as_of", s => s.as_of(iin, at, deadline))
    }

    async fn versions(
        &self,
        iin: Iin,
        before: Option<u64>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Vec<Version>, Error> {
        asked!(self, "versions", s => s.versions(iin, before, limit, deadline))
    }

    async fn entry(&self, id: Uuid, deadline: Instant) -> Result<Option<hotlist::Place>, Error> {
        asked!(self, "entry", s => s.entry(id, deadline))
    }

    async fn applications(
        &self,
        key: &ApplicationKey,
        deadline: Instant,
    ) -> Result<Read<Vec<Versioned<Application>>>, Error> {
        asked!(self, "applications", s => s.applications(key, deadline))
    }

    async fn submitted(
        &self,
        before: Option<Place>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Vec<Versioned<Application>>, Error> {
        asked!(self, "submitted", s => s.submitted(before, limit, deadline))
    }

    async fn page(&self, after: Option<Iin>, limit: usize, deadline: Instant) -> Result<Vec<Listed>, Error> {
        asked!(self, "page", s => s.page(after, limit, deadline))
    }
}

/// Whether a page of so many records or applications can be asked for.
fn check_limit(limit: usize) -> Result<(), Error> {
    if (1..=MAX_MANY).contains(&limit) {
        Ok(())
    } else {
        Err(Error::invalid(format!("a page of nothing or of more than {MAX_MANY}")))
    }
}

impl Ledger for Register {
    async fn commit(&self, changeset: Changeset, deadline: Instant) -> Result<Committed, Error> {
        asked!(self, "commit", s => s.commit(changeset, deadline))
    }

    async fn replay(
        &self,
        id: Uuid,
        digest: [u8; 32],
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Option<Replayed>, Error> {
        asked!(self, "replay", s => s.replay(id, digest, now, deadline))
    }

    async fn batch(&self, id: Uuid, now: Timestamp, deadline: Instant) -> Result<Option<Batch>, Error> {
        asked!(self, "batch", s => s.batch(id, now, deadline))
    }
}

impl Feed for Register {
    async fn heads(&self, deadline: Instant) -> Result<Token, Error> {
        asked!(self, "heads", s => s.heads(deadline))
    }

    async fn floors(&self, deadline: Instant) -> Result<Token, Error> {
        asked!(self, "floors", s => s.floors(deadline))
    }

    async fn after(&self, token: &Token, limit: usize, deadline: Instant) -> Result<Page, Error> {
        asked!(self, "after", s => s.after(token, limit, deadline))
    }
}

impl Register {
    /// What it is, in metrics and spans.
    fn system(&self) -> &'static str {
        match self {
            Register::Sqlite(_) => "sqlite",
            Register::Postgres(_) => "postgresql",
            Register::Memory(_) => "memory",
        }
    }

    /// How much the store has to do now.
    #[must_use]
    pub fn load(&self) -> Vec<Load> {
        match self {
            Register::Sqlite(store) => store.load(),
            Register::Postgres(store) => store.load(),
            Register::Memory(_) => Vec::new(),
        }
    }

    /// The store's own state, followed by health and `/readyz`.
    #[must_use]
    pub fn status(&self) -> tokio::sync::watch::Receiver<Status> {
        each!(self, s => s.status())
    }

    /// The key that the feed's subjects are hashed under, for whoever follows it.
    ///
    /// # Errors
    /// A database that could not be asked for it yet.
    pub fn key(&self) -> Result<&subject::Key, Error> {
        match self {
            Register::Sqlite(store) => Ok(store.key()),
            Register::Postgres(store) => store.key(),
            Register::Memory(store) => Ok(store.key()),
        }
    }

    /// Ends the store: what was accepted is finished, later calls are refused. Blocks.
    ///
    /// # Errors
    /// What the last writes to the disk met.
    pub fn close(&self) -> Result<(), Error> {
        each!(self, s => s.close())
    }
}

/// The moment of the last change that a read has seen; `None` for a register never written to.
pub type ChangedAt = Option<Timestamp>;
