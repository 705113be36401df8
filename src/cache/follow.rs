//! The follower: looks at the change feed again and again and writes down what it sees.
//!
//! That it looks every so often is what freshness rests on. Hints make it look sooner, and if all of
//! them were lost nothing would be told that is older than it may be.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep};

use super::journal::{Broken, Journal, Standing};
use super::local::Local;
use super::metrics::Stats;
use super::tier::Tier;
use crate::clock::Clock;
use crate::register::feed::{Change, Kind, MAX_PAGE};
use crate::register::{ChangedAt, Error, Feed, Position, Register, Subject, Token};

/// The pause between two looks that hints ask for: many hints become one look.
const BREATH: Duration = Duration::from_millis(5);
/// Changes that are written down under one lock: readers wait for so many at most.
const UNDER_ONE_LOCK: usize = 256;

/// The follower and its journal.
pub(super) struct Follower {
    register: Register,
    journal: RwLock<Option<Journal>>,
    /// Changes that the journal remembers.
    keep: usize,
    poll: Duration,
    read_timeout: Duration,
    wake: Notify,
    local: Local,
    shared: Option<Tier>,
    clock: Clock,
    stats: Arc<Stats>,
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Follower(..)")
    }
}

/// How a follower is set up.
pub(super) struct Setup {
    pub(super) register: Register,
    pub(super) keep: usize,
    pub(super) poll: Duration,
    pub(super) read_timeout: Duration,
    pub(super) local: Local,
    pub(super) shared: Option<Tier>,
    pub(super) clock: Clock,
    pub(super) stats: Arc<Stats>,
}

/// Why a look did not reach the end.
enum Lost {
    /// The feed could not be read, or not to its end.
    Unread(Error),
    /// It does not go on as it began.
    Broken,
}

impl From<Error> for Lost {
    fn from(error: Error) -> Self {
        // The register was restored, or this node slept for longer than the feed is kept.
        if error.is_token_too_old() || error.is_invalid() { Lost::Broken } else { Lost::Unread(error) }
    }
}

impl From<Broken> for Lost {
    fn from(_: Broken) -> Self {
        Lost::Broken
    }
}

impl Follower {
    pub(super) fn new(setup: Setup) -> Self {
        let Setup { register, keep, poll, read_timeout, local, shared, clock, stats } = setup;
        let (journal, wake) = (RwLock::default(), Notify::new());
        Follower { register, journal, keep, poll, read_timeout, wake, local, shared, clock, stats }
    }

    /// What is known of an entry.
    pub(super) fn standing(&self, subject: Subject, position: Position, changed_at: ChangedAt) -> Standing {
        let journal = self.journal.read().unwrap_or_else(PoisonError::into_inner);
        journal.as_ref().map_or(Standing::Unknown, |journal| journal.standing(subject, position, changed_at))
    }

    /// Looks soon.
    pub(super) fn hurry(&self) {
        // However often before the look begins: one look.
        self.wake.notify_one();
    }

    /// This node has committed something: nothing older is told from now on.
    pub(super) fn committed(&self, heads: &Token, subjects: Option<&[Subject]>) {
        // Before the first look nothing is told but what this node has just read itself; and that it
        // might read between commit and now is as new.
        self.with(|journal| journal.committed(heads, subjects));
        self.hurry();
    }

    /// How long ago the feed was last seen to its end, and how many changes are remembered; `None`
    /// before the first time.
    pub(super) fn seen(&self) -> Option<(Duration, usize)> {
        let journal = self.journal.read().unwrap_or_else(PoisonError::into_inner);
        let journal = journal.as_ref()?;
        Some((journal.confirmed()?.elapsed(), journal.len()))
    }

    /// Follows until it is told to end, and then ends what it has begun.
    pub(super) async fn run(self: Arc<Self>, mut end: watch::Receiver<bool>) {
        let mut hints = self.shared.as_ref().map(Tier::hints);
        while !*end.borrow() {
            self.step().await;
            tokio::select! {
                () = sleep(self.poll) => {}
                () = self.hurried(&mut hints) => sleep(BREATH.min(self.poll)).await,
                () = async { drop(end.wait_for(|end| *end).await) } => {}
            }
        }
    }

    async fn hurried(&self, hints: &mut Option<watch::Receiver<u64>>) {
        let hinted = async {
            let told = match hints {
                Some(hints) => hints.changed().await.is_ok(),
                None => false,
            };
            if !told {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = self.wake.notified() => {}
            () = hinted => {}
        }
    }

    /// One look, and what it led to.
    pub(super) async fn step(&self) {
        match self.look().await {
            Ok(()) => self.stats.followed.add(),
            Err(Lost::Unread(error)) => {
                self.stats.lost.add();
                // The register's own state is logged by whoever follows that.
                tracing::debug!(%error, "the feed could not be followed");
            }
            Err(Lost::Broken) => {
                self.stats.restarts.add();
                tracing::warn!(component = "cache", "the feed does not go on as it began: it is read anew");
                self.set(None);
                self.local.clear();
                // Without a pause: until it is read nothing remembered can be told.
                self.hurry();
            }
        }
    }

    fn set(&self, journal: Option<Journal>) {
        *self.journal.write().unwrap_or_else(PoisonError::into_inner) = journal;
    }

    fn soon(&self) -> Instant {
        Instant::now() + self.read_timeout
    }

    async fn look(&self) -> Result<(), Lost> {
        // Whatever was acknowledged before this moment is below the heads that are read after it.
        let begun = Instant::now();
        let heads = self.register.heads(self.soon()).await?;
        let (mut token, fresh) = match self.ends() {
            Some((seen, resume)) => {
                let goes_on = seen.0.len() == heads.0.len() && reaches(&heads, &seen);
                (if goes_on { resume } else { return Err(Lost::Broken) }, false)
            }
            None => (self.begin(&heads).await?, true),
        };
        loop {
            let page = self.register.after(&token, MAX_PAGE, self.soon()).await?;
            self.take_in(&page.changes, fresh).await?;
            if self.ends().is_some_and(|(seen, _)| reaches(&seen, &heads)) {
                self.with(|journal| journal.confirm(begun));
                return Ok(());
            }
            if page.next == token {
                return Err(Lost::Unread(Error::unavailable("the feed ends before its head")));
            }
            token = page.next;
        }
    }

    /// Up to where the feed has been followed, and from where to read on.
    fn ends(&self) -> Option<(Token, Token)> {
        let journal = self.journal.read().unwrap_or_else(PoisonError::into_inner);
        journal.as_ref().map(|journal| (journal.head(), journal.resume()))
    }

    /// Begins as far back as is kept and remembered, so that entries which other nodes have left are
    /// of use to one that has just started.
    async fn begin(&self, heads: &Token) -> Result<Token, Lost> {
        let floors = self.register.floors(self.soon()).await?;
        let back = (self.keep / heads.0.len().max(1)).max(1) as u64;
        let from = heads.0.iter().zip(&floors.0);
        let from = from.map(|(head, floor)| (*floor).max(Position(head.0.saturating_sub(back)))).collect();
        let from = Token(from);
        self.set(Some(Journal::new(&from, self.keep)));
        Ok(from)
    }

    fn with<T>(&self, f: impl FnOnce(&mut Journal) -> T) -> Option<T> {
        self.journal.write().unwrap_or_else(PoisonError::into_inner).as_mut().map(f)
    }

    /// Writes changes down, then tells the tiers what to forget: a reader who still finds an outdated
    /// entry already finds it outdated.
    async fn take_in(&self, changes: &[Change], fresh: bool) -> Result<(), Lost> {
        for some in changes.chunks(UNDER_ONE_LOCK) {
            let new = self.with(|journal| {
                let seen = journal.head();
                for change in some {
                    journal.note(change)?;
                }
                let new = |c: &&Change| seen.0.get(usize::from(c.shard)).is_some_and(|head| c.seq > *head);
                Ok::<_, Broken>(some.iter().filter(new).collect::<Vec<_>>())
            });
            let new = new.unwrap_or(Err(Broken))?;
            // What lies before the start has been told by others, or is known to the journal.
            if !fresh {
                self.tell(&new).await;
            }
        }
        Ok(())
    }

    async fn tell(&self, changes: &[&Change]) {
        let facts = changes.iter().filter(|c| c.kind != Kind::Application);
        let of_numbers: Vec<_> = facts.filter_map(|c| Some((c.subject?, c.seq, c.at))).collect();
        let now = self.clock.now();
        for (subject, seq, at) in &of_numbers {
            self.local.forget(*subject, *seq).await;
            self.stats.saw_change(now.duration_since(*at));
        }
        if let Some(shared) = &self.shared {
            shared.tombstones(of_numbers.into_iter().map(|(subject, seq, _)| (subject, seq)).collect());
        }
    }
}

/// Whether one place is at another or beyond it, in every shard.
fn reaches(seen: &Token, there: &Token) -> bool {
    seen.0.iter().zip(&there.0).all(|(seen, there)| seen >= there)
}
