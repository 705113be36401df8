//! The register in one SQLite file: one writer thread, a few reader threads, bounded queues.
//!
//! SQLite blocks, so it lives on threads of its own and callers only wait for answers. One thread
//! writes, since SQLite has one writer anyway and a queue is fairer than a lock; readers drain
//! their queue into one statement for everything that waits. What is acknowledged is on the disk
//! (`synchronous = FULL`). The file may be opened by other processes of this program at the same
//! time (an import beside the server): positions come from the file, never from memory.

mod apply;
mod fault;
mod feed;
mod file;
mod gate;
mod inline;
mod job;
mod lookup;
mod pages;
mod past;
mod probe;
mod reader;
mod records;
mod request;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::codec::micros;
use super::health::Health;
pub use super::schema::{Inspection, Migrated};
use super::{
    ApplicationKey, Batch, Changeset, Committed, Error, Fact, Facts, Feed, Ledger, Listed, Load, MAX_MANY,
    Page, Place, Read, Replayed, Status, Token, Version, Versioned, check_limit, hotlist, subject,
};
use crate::issuance::Application;
use crate::number::Iin;
use apply::Book;
use inline::Inline;
use job::{Order, Question, Wanted};

/// How a file is opened. The defaults serve a bank's back end on one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Reader threads, at least 1. With two or more, one is kept free for lookups.
    pub readers: usize,
    /// Connections on which callers look up by themselves when they are idle, each with a page cache
    /// of its own. At most one less than the caller's runtime has workers is used.
    pub inline: usize,
    /// How many calls wait in each queue before the next is refused with [`Error::is_busy`].
    pub queue: usize,
    /// How many changes of a shard are kept for followers of the feed, at least 1.
    pub feed_keep: u64,
    /// How long opening waits for a lock of another process.
    pub open_wait: Duration,
    /// How long a write waits for a lock of another process.
    pub write_wait: Duration,
    /// How often the store looks after itself.
    pub probe_every: Duration,
    /// Page cache of each connection, in KiB.
    pub cache_kib: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            readers: 2,
            inline: 4,
            queue: 1_024,
            feed_keep: 1_000_000,
            open_wait: Duration::from_secs(2),
            write_wait: Duration::from_secs(5),
            probe_every: Duration::from_secs(1),
            cache_kib: 32 * 1_024,
        }
    }
}

/// A register in a SQLite file. Clones share it; it ends with [`Store::close`], or with the last
/// clone: then its threads finish what was accepted on their own, and nobody waits for them.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    key: subject::Key,
    shards: u16,
    migrated: Migrated,
    health: Arc<Health>,
    inline: Arc<Inline>,
    queues: RwLock<Option<Queues>>,
    threads: Mutex<Vec<JoinHandle<Result<(), Error>>>>,
}

/// The ways in. Dropping them ends the threads, once they have done what is queued.
#[derive(Clone)]
struct Queues {
    quick: Sender<Question>,
    long: Sender<Question>,
    orders: Sender<Order>,
    /// Nothing is ever sent: it being dropped is the message.
    _probe: Sender<()>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sqlite::Store(..)")
    }
}

impl Store {
    /// Opens the register at a path; creates and migrates it as needed. Blocks.
    ///
    /// A file that is refused is left as it was.
    ///
    /// # Errors
    /// [`Error::is_not_a_register`] for anything else than a register, [`Error::is_schema`] for
    /// one of a newer program, [`Error::is_unavailable`] for what cannot be opened or is locked
    /// for longer than [`Options::open_wait`], [`Error::is_full`] when there is no room to create
    /// it, [`Error::is_corrupt`] for a damaged one.
    pub fn open(path: impl AsRef<Path>, options: &Options) -> Result<Self, Error> {
        let path = path.as_ref();
        let opened = file::open(path, options)?;
        let health = Arc::new(Health::new());
        let (quick, quick_jobs) = bounded(options.queue.max(1));
        let (long, long_jobs) = bounded(options.queue.max(1));
        let (orders, order_jobs) = bounded(options.queue.max(1));
        let (alive, stop) = bounded(0);
        let connect = |role| file::connect(path, role, options, options.open_wait);
        let mut threads = Vec::new();
        let readers = options.readers.max(1);
        for i in 0..readers {
            let long = (i > 0 || readers == 1).then(|| long_jobs.clone());
            let reader = reader::Reader {
                connection: connect(file::Role::Reader)?,
                health: health.clone(),
                quick: quick_jobs.clone(),
                long,
            };
            threads.push(spawn("register-reader", move || {
                reader.run();
                Ok(())
            })?);
        }
        // These wait for nothing: what would have to wait goes to the queue.
        let lanes = (0..options.inline)
            .map(|_| file::connect(path, file::Role::Reader, options, options.open_wait))
            .map(|lane| lane.and_then(|c| file::wait(path, &c, Duration::ZERO).map(|()| c)))
            .collect::<Result<_, _>>()?;
        let inline = Arc::new(Inline::new(lanes, health.clone(), opened.shards));
        let probe = probe::Probe {
            inline: inline.clone(),
            connection: connect(file::Role::Reader)?,
            path: path.to_path_buf(),
            identity: opened.identity,
            key: opened.key.clone(),
            health: health.clone(),
            orders: orders.clone(),
            stop,
            every: options.probe_every,
        };
        threads.push(spawn("register-probe", move || {
            probe.run();
            Ok(())
        })?);
        let (key, shards) = (opened.key, opened.shards);
        let writer = writer::Writer {
            connection: opened.connection,
            path: path.to_path_buf(),
            identity: opened.identity,
            book: Book { key: key.clone(), shards, keep: options.feed_keep.max(1) },
            health: health.clone(),
            orders: order_jobs,
        };
        threads.push(spawn("register-writer", move || writer.run())?);
        let queues = Queues { quick, long, orders, _probe: alive };
        let shared = Shared {
            key,
            shards,
            migrated: opened.migrated,
            health,
            inline,
            queues: RwLock::new(Some(queues)),
            threads: Mutex::new(threads),
        };
        Ok(Store { shared: Arc::new(shared) })
    }

    /// Tells what is at a path without altering it or taking a lock. Blocks.
    ///
    /// # Errors
    /// As [`Store::open`], where the file's header shows it.
    pub fn inspect(path: impl AsRef<Path>) -> Result<Inspection, Error> {
        Ok(Inspection { version: file::look(path.as_ref())?, latest: file::LATEST })
    }

    /// Creates or migrates the register at a path and closes it again. Blocks.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn migrate(path: impl AsRef<Path>, options: &Options) -> Result<Migrated, Error> {
        let path = path.as_ref();
        let opened = file::open(path, options)?;
        opened.connection.close().map_err(|(_, e)| fault::opening(path, &e))?;
        Ok(opened.migrated)
    }

    /// What opening did to the schema.
    #[must_use]
    pub fn migrated(&self) -> Migrated {
        self.shared.migrated
    }

    /// The register's key, for whoever follows the feed: subjects are hashes under it.
    #[must_use]
    pub fn key(&self) -> &subject::Key {
        &self.shared.key
    }

    /// How many shards the feed has.
    #[must_use]
    pub fn shards(&self) -> u16 {
        self.shared.shards
    }

    /// The store's own state.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.health.watch()
    }

    /// How many wait in its queues; nothing once it is closed.
    #[must_use]
    pub fn load(&self) -> Vec<Load> {
        let queues = self.shared.queues.read().unwrap_or_else(PoisonError::into_inner);
        let Some(queues) = queues.as_ref() else { return Vec::new() };
        let waits =
            [("quick", queues.quick.len()), ("long", queues.long.len()), ("writes", queues.orders.len())];
        waits.map(|(part, waiting)| Load { part, waiting, connections: None }).into()
    }

    /// Ends the store for all its clones: what was accepted is finished, the WAL is moved into the
    /// file, later calls are refused with [`Error::is_unavailable`]. Blocks. A second call does
    /// nothing.
    ///
    /// # Errors
    /// What the last writes to the disk met; nothing acknowledged is lost by it.
    pub fn close(&self) -> Result<(), Error> {
        drop(self.shared.queues.write().unwrap_or_else(PoisonError::into_inner).take());
        self.shared.inline.close();
        let threads =
            std::mem::take(&mut *self.shared.threads.lock().unwrap_or_else(PoisonError::into_inner));
        // All of them: with the last connection SQLite takes the WAL away.
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(Error::unavailable("a thread of the store panicked")))
        })
    }

    /// The queues, unless the store is closed or what it holds must not be read any more.
    fn queue<Q>(&self, choose: impl FnOnce(&Queues) -> &Sender<Q>) -> Result<Option<Sender<Q>>, Error> {
        if let Some(e) = self.shared.health.refusal() {
            return Err(e);
        }
        let queues = self.shared.queues.read().unwrap_or_else(PoisonError::into_inner);
        Ok(queues.as_ref().map(|queues| choose(queues).clone()))
    }

    async fn lookup(&self, wanted: Vec<Wanted>, deadline: Instant) -> Result<Vec<Read<Fact>>, Error> {
        let long = wanted.len() > reader::MOST;
        let queue = self.queue(|q| if long { &q.long } else { &q.quick })?;
        job::ask(queue, Question::Lookup, wanted, deadline).await
    }
}

/// Threads are named, so that they can be told apart in a profile or a dump.
fn spawn(
    name: &str,
    run: impl FnOnce() -> Result<(), Error> + Send + 'static,
) -> Result<JoinHandle<Result<(), Error>>, Error> {
    thread::Builder::new()
        .name(name.to_string())
        .spawn(run)
        .map_err(|e| Error::unavailable(format!("no thread for the store: {}", e.kind())))
}

impl Facts for Store {
    async fn one(&self, iin: Iin, deadline: Instant) -> Result<Read<Fact>, Error> {
        let wanted = (iin, self.shared.key.number(iin));
        // A caller that looks up in a loop must let others have the thread now and then.
        tokio::task::coop::consume_budget().await;
        if let Some(answer) = self.shared.inline.fact(&wanted, deadline) {
            return answer;
        }
        let mut answer = self.lookup(vec![wanted], deadline).await?;
        answer.pop().ok_or_else(|| Error::unavailable("the answer to one number is empty"))
    }

    async fn many(&self, iins: &[Iin], deadline: Instant) -> Result<Vec<Read<Fact>>, Error> {
        if iins.len() > MAX_MANY {
            return Err(Error::invalid(format!("more than {MAX_MANY} numbers")));
        }
        let wanted = iins.iter().map(|iin| (*iin, self.shared.key.number(*iin))).collect();
        self.lookup(wanted, deadline).await
    }

    async fn as_of(&self, iin: Iin, at: Timestamp, deadline: Instant) -> Result<Read<Fact>, Error> {
        let wanted = (iin, self.shared.key.number(iin));
        job::ask(self.queue(|q| &q.quick)?, Question::AsOf, (wanted, at), deadline).await
    }

    async fn versions(
        &self,
        iin: Iin,
        before: Option<u64>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Vec<Version>, Error> {
        check_limit(limit)?;
        job::ask(self.queue(|q| &q.long)?, Question::Versions, (iin, before, limit), deadline).await
    }

    async fn entry(&self, id: Uuid, deadline: Instant) -> Result<Option<hotlist::Place>, Error> {
        job::ask(self.queue(|q| &q.quick)?, Question::Entry, id, deadline).await
    }

    async fn applications(
        &self,
        key: &ApplicationKey,
        deadline: Instant,
    ) -> Result<Read<Vec<Versioned<Application>>>, Error> {
        let ask = (key.clone(), self.shared.key.of(key));
        job::ask(self.queue(|q| &q.quick)?, Question::Applications, ask, deadline).await
    }

    async fn submitted(
        &self,
        before: Option<Place>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Vec<Versioned<Application>>, Error> {
        check_limit(limit)?;
        job::ask(self.queue(|q| &q.long)?, Question::Submitted, (before, limit), deadline).await
    }

    async fn page(&self, after: Option<Iin>, limit: usize, deadline: Instant) -> Result<Vec<Listed>, Error> {
        check_limit(limit)?;
        job::ask(self.queue(|q| &q.long)?, Question::Page, (after, limit), deadline).await
    }
}

impl Ledger for Store {
    async fn commit(&self, changeset: Changeset, deadline: Instant) -> Result<Committed, Error> {
        changeset.check()?;
        let order = |job| Order::Commit(Box::new(job));
        job::ask(self.queue(|q| &q.orders)?, order, changeset, deadline).await
    }

    async fn replay(
        &self,
        id: Uuid,
        digest: [u8; 32],
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Option<Replayed>, Error> {
        let ask = (id, digest, micros(now));
        job::ask(self.queue(|q| &q.quick)?, Question::Replay, ask, deadline).await
    }

    async fn batch(&self, id: Uuid, now: Timestamp, deadline: Instant) -> Result<Option<Batch>, Error> {
        job::ask(self.queue(|q| &q.quick)?, Question::Batch, (id, micros(now)), deadline).await
    }
}

impl Feed for Store {
    async fn heads(&self, deadline: Instant) -> Result<Token, Error> {
        job::ask(self.queue(|q| &q.quick)?, Question::Heads, (), deadline).await
    }

    async fn floors(&self, deadline: Instant) -> Result<Token, Error> {
        job::ask(self.queue(|q| &q.quick)?, Question::Floors, (), deadline).await
    }

    async fn after(&self, token: &Token, limit: usize, deadline: Instant) -> Result<Page, Error> {
        if limit == 0 {
            return Err(Error::invalid("a page of no changes"));
        }
        job::ask(self.queue(|q| &q.long)?, Question::After, (token.clone(), limit), deadline).await
    }
}
