//! The connections for calls: so many, for each of which so many calls wait for so long.
//!
//! Not sqlx's pool: that asks the server for a sign of life whenever a connection comes back, which
//! is a second round trip for every lookup; and it keeps a refused connection from its caller until
//! the time for waiting is over, and then says only that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::{Instant, timeout, timeout_at};

use super::fault::Fault;
use super::identity::{self, Identity};
use super::session::{Book, Session};
use super::{Options, Pooler, Url};
use crate::register::{Connections, Error, Load};

/// How long connecting may take. Longer than a call waits: the connection is kept for the next.
const CONNECT: Duration = Duration::from_secs(3);

/// How long a connection is kept, so that what a session gathers in the server does not grow
/// forever, and one that leads to an address now another's does not stay.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Connections to one server.
pub(super) struct Pool {
    target: Target,
    acquire: Duration,
    permits: Arc<Semaphore>,
    waiting: Semaphore,
    /// The most connections, and the most who wait.
    most: usize,
    queue: usize,
    state: Mutex<State>,
    returned: Condvar,
    /// Raised when every connection there is has become useless at once.
    era: AtomicU64,
}

#[derive(Default)]
struct State {
    idle: Vec<Session>,
    /// How many are in use.
    out: usize,
    closed: bool,
}

/// Which server, and which register it has to be.
#[derive(Clone)]
pub(super) struct Target {
    options: PgConnectOptions,
    prepared: bool,
    /// Filled by the first connection to the primary; every other must lead to the same register.
    book: Arc<OnceLock<Arc<Book>>>,
    primary: bool,
}

impl Target {
    pub(super) fn new(url: &Url, options: &Options, book: &Arc<OnceLock<Arc<Book>>>, primary: bool) -> Self {
        let prepared = options.pooler == Pooler::None;
        let mut target = url.options().application_name("iinspect").disable_statement_logging();
        // A pooler would refuse what it does not know of.
        target = target.extra_float_digits(None);
        if prepared {
            let limit = super::session::millis(options.statement);
            target = target.options([("statement_timeout", limit.to_string())]);
        } else {
            target = target.statement_cache_capacity(0);
        }
        Target { options: target, prepared, book: book.clone(), primary }
    }

    /// A new connection, once it is known what it leads to.
    pub(super) async fn connect(&self) -> Result<(Session, bool), Error> {
        let connecting = async {
            let mut connection = self.options.connect().await?;
            let identity = identity::ask(&mut connection).await?;
            Ok::<_, Fault>((connection, identity))
        };
        let connected = timeout(CONNECT, connecting).await;
        let (connection, Identity { book, read_only, hasty }) = match connected {
            Ok(Ok(connected)) => connected,
            Ok(Err(fault)) => return Err(fault.into()),
            Err(_) => return Err(Error::unavailable("no answer while connecting")),
        };
        let book = self.same(book)?;
        let session =
            Session { connection, book, prepared: self.prepared, hasty, born: Instant::now(), era: 0 };
        Ok((session, read_only))
    }

    /// Whether it is the register that was reached first.
    pub(super) fn same(&self, found: Book) -> Result<Arc<Book>, Error> {
        let found = Arc::new(found);
        let known = match self.book.get() {
            Some(known) => known.clone(),
            None if self.primary => self.book.get_or_init(|| found.clone()).clone(),
            None => return Err(Error::unavailable("the primary was not reached yet")),
        };
        if known == found {
            Ok(known)
        } else {
            Err(Error::not_a_register("another register is behind the URL than at first: start anew"))
        }
    }
}

impl Pool {
    pub(super) fn new(target: Target, options: &Options) -> Arc<Self> {
        let most = usize::try_from(options.connections.max(1)).unwrap_or(1).min(Semaphore::MAX_PERMITS);
        let queue = options.queue.min(Semaphore::MAX_PERMITS);
        Arc::new(Pool {
            target,
            acquire: options.acquire,
            permits: Arc::new(Semaphore::new(most)),
            waiting: Semaphore::new(queue),
            most,
            queue,
            state: Mutex::default(),
            returned: Condvar::new(),
            era: AtomicU64::new(0),
        })
    }

    /// How much it has to do now.
    pub(super) fn load(&self, part: &'static str) -> Load {
        let state = self.lock();
        let connections = Connections { idle: state.idle.len(), used: state.out, most: self.most };
        let waiting = self.queue.saturating_sub(self.waiting.available_permits());
        Load { part, waiting, connections: Some(connections) }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// A connection, of those that are idle or a new one.
    pub(super) async fn take(self: &Arc<Self>, deadline: Instant) -> Result<Lease, Error> {
        let permit = self.permit(deadline).await?;
        let idle = self.lend()?;
        // From here on whatever happens ends with the lease, which counts itself back in.
        let mut lease = Lease { session: idle, reused: true, pool: self.clone(), _permit: permit };
        if lease.session.is_none() {
            lease.reused = false;
            let era = self.era.load(Ordering::Acquire);
            let (session, _) = self.target.connect().await?;
            lease.session = Some(Session { era, ..session });
        }
        Ok(lease)
    }

    async fn permit(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, Error> {
        match self.permits.clone().try_acquire_owned() {
            Ok(permit) => return Ok(permit),
            Err(TryAcquireError::Closed) => return Err(closed()),
            Err(TryAcquireError::NoPermits) => {}
        }
        let Ok(_place) = self.waiting.try_acquire() else {
            return Err(Error::busy("its queue is full"));
        };
        let patience = Instant::now() + self.acquire;
        match timeout_at(deadline.min(patience), self.permits.clone().acquire_owned()).await {
            Ok(permit) => permit.map_err(|_| closed()),
            Err(_) if deadline <= patience => Err(Error::deadline("no connection was free in time")),
            Err(_) => Err(Error::busy("no connection was free in time")),
        }
    }

    /// Counts one out, with an idle connection if there is one. The last that came back is taken
    /// first: the others grow old and leave.
    fn lend(&self) -> Result<Option<Session>, Error> {
        let era = self.era.load(Ordering::Acquire);
        let mut old = Vec::new();
        let mut state = self.lock();
        if state.closed {
            return Err(closed());
        }
        state.out += 1;
        let fit = |session: &Session| session.era == era && session.born.elapsed() < LIFETIME;
        let found = loop {
            match state.idle.pop() {
                Some(session) if fit(&session) => break Some(session),
                Some(session) => old.push(session),
                None => break None,
            }
        };
        drop(state);
        old.into_iter().for_each(Session::leave);
        Ok(found)
    }

    /// Gives up every connection that there is now.
    pub(super) fn renew(&self) {
        self.era.fetch_add(1, Ordering::AcqRel);
        let idle = std::mem::take(&mut self.lock().idle);
        drop(idle);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.permits.is_closed()
    }

    /// Refuses later calls, waits for those under way, though not for long, and ends the idle
    /// connections. Whether none was left.
    pub(super) fn close(&self, patience: Duration, runtime: &tokio::runtime::Handle) -> bool {
        self.permits.close();
        let mut state = self.lock();
        state.closed = true;
        let waited = self.returned.wait_timeout_while(state, patience, |state| state.out > 0);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let _guard = runtime.enter();
        state.idle.drain(..).for_each(Session::leave);
        state.out == 0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What it guards is a list and a count, changed one at a time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn closed() -> Error {
    Error::unavailable("it was closed")
}

/// A connection in use. Dropped without [`Lease::give_back`] it is closed at once, without a word to
/// a server that may not listen.
pub(super) struct Lease {
    session: Option<Session>,
    /// Whether others used it before: the server may have ended it since.
    pub(super) reused: bool,
    pool: Arc<Pool>,
    /// Goes last, after the connection is back among the idle ones.
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    pub(super) fn session(&mut self) -> Result<&mut Session, Fault> {
        // It is there from `take` on until `give_back`.
        self.session.as_mut().ok_or(Fault::Silent)
    }

    /// For the next call.
    pub(super) fn give_back(mut self) {
        if let Some(session) = self.session.take() {
            let mut state = self.pool.lock();
            if state.closed {
                drop(state);
                session.leave();
            } else {
                state.idle.push(session);
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.session = None;
        self.pool.lock().out -= 1;
        self.pool.returned.notify_all();
    }
}
