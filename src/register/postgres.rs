//! The register in a PostgreSQL database, or in one that speaks its protocol.
//!
//! Opening never waits for the database and never fails because it is away: the store says so in
//! its status and comes up by itself. Each call runs in a task of its own, so that a caller who
//! gives up never leaves a connection in the middle of an answer; who waits for a connection, and
//! for how long, is bounded. Only [`Store::migrate`] writes the schema.

mod apply;
mod ask;
mod commit;
mod copy;
mod fault;
mod feed;
mod identity;
mod lookup;
mod pages;
mod past;
mod pool;
mod probe;
mod records;
mod replica;
mod request;
mod schema;
mod session;
mod tell;
mod tidy;
mod url;

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use uuid::Uuid;

use super::codec::micros;
use super::health::{Health, Side};
pub use super::schema::{Inspection, Migrated};
use super::{
    ApplicationKey, Batch, Changeset, Committed, Error, Fact, Facts, Feed, Ledger, Listed, Load, MAX_MANY,
    Page, Place, Read, Replayed, Status, Token, Version, Versioned, check_limit, hotlist, subject,
};
use crate::issuance::Application;
use crate::number::Iin;
use ask::{Limits, Question};
use commit::Commit;
use pool::{Pool, Target};
use replica::{Answer, Replicas};
use session::Book;
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

/// The store and the tasks that look after it: they end with it.
struct Shared {
    core: Arc<Core>,
    tasks: Vec<AbortHandle>,
    runtime: Handle,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// What calls and tasks share.
struct Core {
    primary: Arc<Pool>,
    replicas: Replicas,
    limits: Limits,
    health: Health,
    book: Arc<OnceLock<Arc<Book>>>,
    /// How many changes of a shard are kept.
    keep: u64,
    /// The moment of the last commit, by its writer's clock: what is forgotten is counted from it.
    latest: AtomicI64,
}

/// How long closing waits for calls under way. Longer than any read may run.
const CLOSE: Duration = Duration::from_secs(5);

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
    pub fn open(primary: &Url, replicas: &[Url], options: &Options) -> Result<Self, Error> {
        let runtime =
            Handle::try_current().map_err(|_| Error::unavailable("there is no runtime to live in"))?;
        let book = Arc::new(OnceLock::new());
        let pool = |url, is_primary| Pool::new(Target::new(url, options, &book, is_primary), options);
        let core = Arc::new(Core {
            primary: pool(primary, true),
            replicas: Replicas::new(
                replicas.iter().map(|url| pool(url, false)).collect(),
                options.replica_lag,
            ),
            limits: Limits::new(options),
            health: Health::new(),
            book: book.clone(),
            keep: options.feed_keep.max(1),
            latest: AtomicI64::new(0),
        });
        core.health.saw(Side::Read, &Error::unavailable(UNREACHED));
        let every = options.probe_every.max(Duration::from_millis(1));
        let mut tasks = vec![
            runtime.spawn(probe::run(core.clone(), every)).abort_handle(),
            runtime.spawn(tidy::run(core.clone(), every)).abort_handle(),
        ];
        if !core.replicas.is_empty() {
            tasks.push(runtime.spawn(replica::sample(core.clone())).abort_handle());
        }
        Ok(Store { shared: Arc::new(Shared { core, tasks, runtime }) })
    }

    /// Creates the register in a database, or brings its schema up to this program's. Nothing else
    /// writes the schema.
    ///
    /// # Errors
    /// [`Error::is_schema`] for one of a newer program, [`Error::is_unavailable`] for a database
    /// that cannot be reached or does not let this user create tables.
    pub async fn migrate(url: &Url, _options: &Options) -> Result<Migrated, Error> {
        schema::migrate(&url.options()).await
    }

    /// Tells what schema a database has, and alters nothing.
    ///
    /// # Errors
    /// As [`Store::migrate`].
    pub async fn inspect(url: &Url, _options: &Options) -> Result<Inspection, Error> {
        schema::inspect(&url.options()).await
    }

    /// The store's own state.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.core.health.watch()
    }

    /// How much its pools have to do now.
    #[must_use]
    pub fn load(&self) -> Vec<Load> {
        let core = &self.shared.core;
        let replicas = core.replicas.pools().map(|pool| pool.load("replica")).reduce(Load::with);
        [Some(core.primary.load("primary")), replicas].into_iter().flatten().collect()
    }

    /// The register's key, for whoever follows the feed: subjects are hashes under it.
    ///
    /// # Errors
    /// [`Error::is_unavailable`] until the database was first reached.
    pub fn key(&self) -> Result<&subject::Key, Error> {
        self.shared.core.book.get().map(|book| &book.key).ok_or_else(|| Error::unavailable(UNREACHED))
    }

    /// Ends the store for all its clones: calls under way are waited for, though not for long; later
    /// ones are refused with [`Error::is_unavailable`]. Blocks. A second call does nothing.
    ///
    /// # Errors
    /// Calls that did not end in time.
    pub fn close(&self) -> Result<(), Error> {
        let Shared { core, tasks, runtime } = &*self.shared;
        tasks.iter().for_each(AbortHandle::abort);
        let deadline = std::time::Instant::now() + CLOSE;
        let mut ended = true;
        for pool in std::iter::once(&core.primary).chain(core.replicas.pools()) {
            ended &= pool.close(deadline.saturating_duration_since(std::time::Instant::now()), runtime);
        }
        if ended { Ok(()) } else { Err(Error::unavailable("calls under way did not end in time")) }
    }

    /// Asks the primary, unless it is known not to be what it was.
    async fn ask<Q: Question>(&self, question: Q, deadline: Instant) -> Result<Q::Answer, Error> {
        let core = &self.shared.core;
        if let Some(e) = core.health.refusal() {
            return Err(e);
        }
        let answer = ask::ask(&core.primary, core.limits, question, deadline).await;
        core.noted(Side::Read, answer)
    }

    async fn lookup(&self, iins: &[Iin], deadline: Instant) -> Result<Vec<Read<Fact>>, Error> {
        self.ask(lookup::Lookup { iins: iins.to_vec() }, deadline).await
    }

    /// From a replica, where that can be shown to be fresh enough; else from the primary.
    async fn lookup_within(
        &self,
        iins: &[Iin],
        max_age: Duration,
        deadline: Instant,
    ) -> Result<Vec<Read<Fact>>, Error> {
        let core = &self.shared.core;
        let Some(book) = core.book.get().filter(|_| !max_age.is_zero() && !core.replicas.is_empty()) else {
            return self.lookup(iins, deadline).await;
        };
        let mut answered = Answer::None;
        if core.replicas.can_prove(max_age) {
            // Half of the time there is: the primary has to have a chance.
            let now = Instant::now();
            let half = now + deadline.saturating_duration_since(now) / 2;
            answered = core.replicas.lookup(book, core.limits, iins, max_age, half).await;
            if let Answer::Fresh(reads) = answered {
                return core.health.refusal().map_or(Ok(reads), Err);
            }
        }
        match self.lookup(iins, deadline).await {
            Err(e) if e.is_unavailable() || e.is_deadline() => {
                if matches!(answered, Answer::None) {
                    answered = core.replicas.lookup(book, core.limits, iins, max_age, deadline).await;
                }
                match answered {
                    Answer::Fresh(reads) => Ok(reads),
                    Answer::Stale => {
                        Err(Error::stale("a replica answers, and cannot be shown to be fresh enough"))
                    }
                    Answer::None => Err(e),
                }
            }
            primary => primary,
        }
    }
}

/// What is said before the database was first reached.
const UNREACHED: &str = "the database was not reached yet";

impl Core {
    /// Takes note of how a call failed. Having much to do, or a deadline that was near, says nothing
    /// of the database: whether that answers at all is for the probe to see.
    fn noted<T>(&self, side: Side, answer: Result<T, Error>) -> Result<T, Error> {
        answer.inspect_err(|e| {
            if !e.is_busy() && !self.primary.is_closed() {
                self.health.saw(side, e);
            }
        })
    }
}

/// Whether a lookup keeps to its bound.
fn check_many(iins: &[Iin]) -> Result<(), Error> {
    if iins.len() > MAX_MANY {
        return Err(Error::invalid(format!("more than {MAX_MANY} numbers")));
    }
    Ok(())
}

/// The answer to one number.
fn only(mut reads: Vec<Read<Fact>>) -> Result<Read<Fact>, Error> {
    reads.pop().ok_or_else(|| Error::unavailable("the answer to one number is empty"))
}

impl Facts for Store {
    async fn one(&self, iin: Iin, deadline: Instant) -> Result<Read<Fact>, Error> {
        self.lookup(&[iin], deadline).await.and_then(only)
    }

    async fn many(&self, iins: &[Iin], deadline: Instant) -> Result<Vec<Read<Fact>>, Error> {
        check_many(iins)?;
        self.lookup(iins, deadline).await
    }

    async fn one_within(&self, iin: Iin, max_age: Duration, deadline: Instant) -> Result<Read<Fact>, Error> {
        self.lookup_within(&[iin], max_age, deadline).await.and_then(only)
    }

    async fn many_within(
        &self,
        iins: &[Iin],
        max_age: Duration,
        deadline: Instant,
    ) -> Result<Vec<Read<Fact>>, Error> {
        check_many(iins)?;
        self.lookup_within(iins, max_age, deadline).await
    }

    async fn as_of(&self, iin: Iin, at: Timestamp, deadline: Instant) -> Result<Read<Fact>, Error> {
        self.ask(past::AsOf { iin, at }, deadline).await
    }

    async fn versions(
        &self,
        iin: Iin,
        before: Option<u64>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Vec<Version>, Error> {
        check_limit(limit)?;
        self.ask(past::Versions { iin, before, limit }, deadline).await
    }

    async fn entry(&self, id: Uuid, deadline: Instant) -> Result<Option<hotlist::Place>, Error> {
        self.ask(pages::Entry { id }, deadline).await
    }

    async fn applications(
        &self,
        key: &ApplicationKey,
        deadline: Instant,
    ) -> Result<Read<Vec<Versioned<Application>>>, Error> {
        self.ask(pages::Applications { key: key.clone() }, deadline).await
    }

    async fn submitted(
        &self,
        before: Option<Place>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Vec<Versioned<Application>>, Error> {
        check_limit(limit)?;
        self.ask(pages::Submitted { before, limit }, deadline).await
    }

    async fn page(&self, after: Option<Iin>, limit: usize, deadline: Instant) -> Result<Vec<Listed>, Error> {
        check_limit(limit)?;
        self.ask(pages::Records { after, limit }, deadline).await
    }
}

impl Ledger for Store {
    async fn commit(&self, changeset: Changeset, deadline: Instant) -> Result<Committed, Error> {
        changeset.check()?;
        let core = self.shared.core.clone();
        if let Some(e) = core.health.refusal() {
            return Err(e);
        }
        core.latest.store(micros(changeset.at), Ordering::Relaxed);
        // To its end even when the caller is gone: what it then writes is written whole, as what a
        // caller no longer hears of always may be.
        ask::detached(deadline, async move {
            let committed = Commit::new(core.primary.clone(), changeset, deadline).run().await;
            core.noted(Side::Write, committed)
        })
        .await
    }

    async fn replay(
        &self,
        id: Uuid,
        digest: [u8; 32],
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Option<Replayed>, Error> {
        self.ask(request::Replay { id, digest, now: micros(now) }, deadline).await
    }

    async fn batch(&self, id: Uuid, now: Timestamp, deadline: Instant) -> Result<Option<Batch>, Error> {
        self.ask(request::Progress { id, now: micros(now) }, deadline).await
    }
}

impl Feed for Store {
    async fn heads(&self, deadline: Instant) -> Result<Token, Error> {
        self.ask(lookup::AllHeads, deadline).await
    }

    async fn floors(&self, deadline: Instant) -> Result<Token, Error> {
        self.ask(feed::Floors, deadline).await
    }

    async fn after(&self, token: &Token, limit: usize, deadline: Instant) -> Result<Page, Error> {
        if limit == 0 {
            return Err(Error::invalid("a page of no changes"));
        }
        self.ask(feed::After { token: token.clone(), limit }, deadline).await
    }
}
