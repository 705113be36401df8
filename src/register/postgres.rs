//! The register in a PostgreSQL database, or in one that speaks its protocol.
//!
//! Opening never waits for the database and never fails because it is away: the store says so in
//! its status and comes up by itself. Each call runs in a task of its own, so that a caller who
//! gives up never leaves a connection in the middle of an answer; who waits for a connection, and
//! for how long, is bounded. Only [`Store::migrate`] writes the schema.

mod url;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::health::Health;
pub use super::schema::{Inspection, Migrated};
use super::{
    ApplicationKey, Batch, Changeset, Committed, Error, Fact, Facts, Feed, Ledger, Listed, Page, Read,
    Replayed, Status, Token, Version, Versioned, hotlist, subject,
};
use crate::issuance::Application;
use crate::number::Iin;
pub use url::Url;

/// What stands between the store and the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing that hands one connection to several clients.
    #[default]
    None,
    /// A pooler that does so from transaction to transaction, as pgbouncer with
    /// `pool_mode = transaction`. Every read is then a transaction, and no statement is prepared
    /// for later.
    Transaction,
}

/// How a database is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The most connections for calls, at least 1; as many again for each replica. One or two more
    /// look after the store.
    pub connections: u32,
    /// How long a call waits for a connection before it is refused with [`Error::is_busy`].
    pub acquire: Duration,
    /// How many calls wait for a connection before the next is refused with [`Error::is_busy`].
    pub queue: usize,
    /// The longest that a read may run.
    pub statement: Duration,
    /// How many changes of a shard are kept for followers of the feed, at least 1.
    pub feed_keep: u64,
    /// How often the store looks after itself.
    pub probe_every: Duration,
    /// What stands in between.
    pub pooler: Pooler,
    /// The most that a replica may be behind for a read to be served from it, at most a minute.
    pub replica_lag: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            connections: 10,
            acquire: Duration::from_millis(300),
            queue: 1_024,
            statement: Duration::from_millis(500),
            feed_keep: 1_000_000,
            probe_every: Duration::from_secs(1),
            pooler: Pooler::None,
            replica_lag: Duration::from_secs(1),
        }
    }
}

/// A register in a PostgreSQL database. Clones share it; it ends with [`Store::close`], or with the
/// last clone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    key: OnceLock<subject::Key>,
    health: Arc<Health>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres::Store(..)")
    }
}

impl Store {
    /// Opens the register behind a URL, and copies of it that may answer reads which allow for some
    /// age. Inside a tokio runtime. Waits for no database.
    ///
    /// # Errors
    /// [`Error::is_unavailable`] outside a runtime.
    pub fn open(_primary: &Url, _replicas: &[Url], _options: &Options) -> Result<Self, Error> {
        let shared = Shared { key: OnceLock::new(), health: Arc::new(Health::new()) };
        Ok(Store { shared: Arc::new(shared) })
    }

    /// Creates the register in a database, or brings its schema up to this program's. Nothing else
    /// writes the schema.
    ///
    /// # Errors
    /// [`Error::is_schema`] for one of a newer program, [`Error::is_unavailable`] for a database
    /// that cannot be reached or does not let this user create tables.
    pub async fn migrate(_url: &Url, _options: &Options) -> Result<Migrated, Error> {
        Err(Error::unavailable("not yet"))
    }

    /// Tells what schema a database has, and alters nothing.
    ///
    /// # Errors
    /// As [`Store::migrate`].
    pub async fn inspect(_url: &Url, _options: &Options) -> Result<Inspection, Error> {
        Err(Error::unavailable("not yet"))
    }

    /// The store's own state.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.health.watch()
    }

    /// The register's key, for whoever follows the feed: subjects are hashes under it.
    ///
    /// # Errors
    /// [`Error::is_unavailable`] until the database was first reached.
    pub fn key(&self) -> Result<&subject::Key, Error> {
        self.shared.key.get().ok_or_else(|| Error::unavailable("the database was not reached yet"))
    }

    /// Ends the store for all its clones: calls under way are waited for, though not for long; later
    /// ones are refused with [`Error::is_unavailable`]. Blocks. A second call does nothing.
    ///
    /// # Errors
    /// Calls that did not end in time.
    pub fn close(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn later<T>() -> Result<T, Error> {
    Err(Error::unavailable("not yet"))
}

impl Facts for Store {
    async fn one(&self, _: Iin, _: Instant) -> Result<Read<Fact>, Error> {
        later()
    }

    async fn many(&self, _: &[Iin], _: Instant) -> Result<Vec<Read<Fact>>, Error> {
        later()
    }

    async fn one_within(&self, _: Iin, _: Duration, _: Instant) -> Result<Read<Fact>, Error> {
        later()
    }

    async fn many_within(&self, _: &[Iin], _: Duration, _: Instant) -> Result<Vec<Read<Fact>>, Error> {
        later()
    }

    async fn as_of(&self, _: Iin, _: Timestamp, _: Instant) -> Result<Read<Fact>, Error> {
        later()
    }

    async fn versions(&self, _: Iin, _: Option<u64>, _: usize, _: Instant) -> Result<Vec<Version>, Error> {
        later()
    }

    async fn entry(&self, _: Uuid, _: Instant) -> Result<Option<hotlist::Place>, Error> {
        later()
    }

    async fn applications(
        &self,
        _: &ApplicationKey,
        _: Instant,
    ) -> Result<Read<Vec<Versioned<Application>>>, Error> {
        later()
    }

    async fn page(&self, _: Option<Iin>, _: usize, _: Instant) -> Result<Vec<Listed>, Error> {
        later()
    }
}

impl Ledger for Store {
    async fn commit(&self, _: Changeset, _: Instant) -> Result<Committed, Error> {
        later()
    }

    async fn replay(
        &self,
        _: Uuid,
        _: [u8; 32],
        _: Timestamp,
        _: Instant,
    ) -> Result<Option<Replayed>, Error> {
        later()
    }

    async fn batch(&self, _: Uuid, _: Timestamp, _: Instant) -> Result<Option<Batch>, Error> {
        later()
    }
}

impl Feed for Store {
    async fn heads(&self, _: Instant) -> Result<Token, Error> {
        later()
    }

    async fn after(&self, _: &Token, _: usize, _: Instant) -> Result<Page, Error> {
        later()
    }
}
