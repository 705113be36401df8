//! WatchIssueStatus: the state, then the state again whenever it has changed.
//!
//! A change is found in the register's feed and read from the register itself, so that what is told
//! is what IssueStatus answers. The position told with a state is always older than the state: who
//! resumes from it may be told a state twice and never misses one for good. States between two
//! readings are not told; a slow reader gets the newest.

mod follow;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

use self::follow::{Changed, Seat, Shared};
use super::Verification;
use super::issue_status::{IssueStatus, NumberStatus};
use crate::clock::day_begins;
use crate::context::CallContext;
use crate::error::{Error, Violation};
use crate::issuance::Standing;
use crate::number::Iin;
use crate::reason::Reason;
use crate::register::feed::MAX_PAGE;
use crate::register::{ApplicationKey, Feed, Subject, Token};

/// How many watches read the register at once.
const READS: usize = 16;
/// How many pages of the feed are looked through at once. A resumed watch from further back is told the
/// state unasked: that costs less.
const PAGES: usize = 10;

/// A state that is to change by itself is looked at again no sooner than this, and no later than
/// that: a machine's clock may be set meanwhile.
const LOOK_LEAST: Duration = Duration::from_secs(1);
const LOOK_MOST: Duration = Duration::from_secs(60);

/// What is told of a text that is no token of this register.
pub const NO_TOKEN: &str = "must be a token from an earlier response";

type Place = OwnedSemaphorePermit;

/// All watches of a process.
#[derive(Clone)]
pub struct Watches {
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
    all: usize,
}

impl fmt::Debug for Watches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watches({} of {})", self.open(), self.all)
    }
}

impl Watches {
    /// At most `all` watches, whose feed is looked at every `poll` while there are any.
    #[must_use]
    pub fn new(verification: &Verification, all: usize, poll: Duration) -> Self {
        let shared = Shared::new(verification.register.clone(), poll, verification.rules.read_timeout);
        let places = Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS)));
        Watches { shared: Arc::new(shared), places, all }
    }

    /// Watches open now.
    #[must_use]
    pub fn open(&self) -> usize {
        self.all.saturating_sub(self.places.available_permits())
    }

    /// Whether anything about the subjects has changed since a position.
    async fn changed_since(&self, since: &Token, subjects: &[Subject]) -> Result<bool, Error> {
        let mut token = since.clone();
        for _ in 0..PAGES {
            let deadline = Instant::now() + self.shared.read_timeout;
            let page = self.shared.register.after(&token, MAX_PAGE, deadline).await.map_err(refused)?;
            if page.next == token {
                return Ok(false);
            }
            let changed = Changed::of(&page.changes, &page.next);
            if subjects.iter().any(|subject| changed.has(subject)) {
                return Ok(true);
            }
            token = page.next;
        }
        Ok(true)
    }
}

/// Why the feed cannot be gone on with from a caller's token.
fn refused(error: crate::register::Error) -> Error {
    if error.is_token_too_old() {
        Error::token_too_old()
    } else if error.is_invalid() {
        bad_token()
    } else {
        Error::unavailable(Reason::RegisterUnavailable, error.to_string())
    }
}

fn bad_token() -> Error {
    Error::invalid(vec![Violation {
        field: "resume_token".into(),
        description: NO_TOKEN.into(),
        reason: Reason::InvalidRequest,
    }])
}

/// A state and the position to resume from after it.
#[derive(Clone, Debug)]
pub struct Update {
    /// Hand it back to go on from here.
    pub token: Token,
    /// The first state of a watch that did not resume.
    pub snapshot: bool,
    /// The state.
    pub status: IssueStatus,
}

/// What two states are compared by: not by when they were read.
#[derive(PartialEq, Eq)]
struct Told {
    number: Option<NumberStatus>,
    applications: Vec<Standing>,
}

impl Told {
    fn of(status: &IssueStatus) -> Self {
        Told { number: status.number.clone(), applications: status.applications.clone() }
    }
}

/// One watch. Dropping it ends it.
pub struct Watch {
    verification: Verification,
    key: ApplicationKey,
    seat: Seat,
    told: Option<Told>,
    /// When the state changes by itself, of which the feed says nothing.
    changes_at: Option<Timestamp>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch(..)")
    }
}

impl Verification {
    /// Begins to watch. Without a position the state comes first, with one only if something about
    /// the key has changed since.
    ///
    /// # Errors
    /// As [`Verification::issue_status`]; too many watches; a position that the feed cannot be gone
    /// on with.
    pub async fn watch(
        &self,
        watches: &Watches,
        call: &CallContext,
        key: ApplicationKey,
        since: Option<Token>,
    ) -> Result<(Watch, Option<Update>), Error> {
        let place = watches.places.clone().try_acquire_owned().map_err(|_| Error::overloaded())?;
        // The seat first: what changes from here on wakes it.
        let subject = self.register.key().map_err(refused)?.of(&key);
        let seat = Seat::take(&watches.shared, place, subject);
        let mut watch = Watch { verification: self.clone(), key, seat, told: None, changes_at: None };
        let (token, status) = watch.fresh(call).await?;
        watch.changes_at = status.changes_on.and_then(day_begins);
        watch.told = Some(Told::of(&status));
        let snapshot = since.is_none();
        let tell = match since {
            None => true,
            Some(since) => {
                let subjects = self.subjects(&watch.key, watch.number(&status))?;
                watches.changed_since(&since, &subjects).await?
            }
        };
        Ok((watch, tell.then_some(Update { token, snapshot, status })))
    }

    /// What the feed tells a key and a number under.
    fn subjects(&self, key: &ApplicationKey, number: Option<Iin>) -> Result<Vec<Subject>, Error> {
        let register = self.register.key().map_err(refused)?;
        let own = register.of(key);
        let linked = number.map(|iin| register.number(iin)).filter(|subject| *subject != own);
        Ok(std::iter::once(own).chain(linked).collect())
    }
}

impl Watch {
    /// Resolves when the state may have changed, now being `now`. Can be dropped and asked again.
    pub async fn changed(&self, now: Timestamp) {
        let Some(at) = self.changes_at else { return self.seat.woken().await };
        let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        tokio::select! {
            () = self.seat.woken() => {}
            () = sleep(wait.clamp(LOOK_LEAST, LOOK_MOST)) => {}
        }
    }

    /// How long to wait before a reading that failed is tried again.
    #[must_use]
    pub fn pause(&self) -> Duration {
        self.seat.shared().poll
    }

    /// Reads the state; `None` when it is the one told last.
    ///
    /// # Errors
    /// As [`Verification::issue_status`].
    pub async fn read(&mut self, call: &CallContext) -> Result<Option<Update>, Error> {
        let (token, status) = self.fresh(call).await?;
        self.changes_at = status.changes_on.and_then(day_begins);
        let told = Some(Told::of(&status));
        if self.told == told {
            return Ok(None);
        }
        self.told = told;
        Ok(Some(Update { token, snapshot: false, status }))
    }

    /// A state and a position before it, with everything watched that the state is made of.
    async fn fresh(&self, call: &CallContext) -> Result<(Token, IssueStatus), Error> {
        let shared = self.seat.shared();
        let token = shared.token().await?;
        // Never closed, so this only waits its turn.
        let _turn = shared.reads.acquire().await;
        loop {
            let status = self.verification.issue_status(call, &self.key).await?;
            let subjects = self.verification.subjects(&self.key, self.number(&status))?;
            // A number watched only now may have changed before it was: read it again.
            if !self.seat.watches(&subjects) {
                return Ok((token, status));
            }
        }
    }

    /// The number that the key leads to.
    fn number(&self, status: &IssueStatus) -> Option<Iin> {
        match self.key {
            ApplicationKey::Number(iin) => Some(iin),
            _ => status.applications.iter().find_map(|a| a.application.iin),
        }
    }
}
