//! One follower of the register's feed for all watches: it wakes those whose subjects changed.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};

use super::{PAGES, Place, READS};
use crate::error::Error;
use crate::reason::Reason;
use crate::register::feed::{Change, Kind, MAX_PAGE};
use crate::register::{Feed, Register, Subject, Token};

/// What all watches share.
pub(super) struct Shared {
    pub(super) register: Register,
    pub(super) poll: Duration,
    pub(super) read_timeout: Duration,
    /// A change of many numbers wakes many watches: the register answers calls, too.
    pub(super) reads: Semaphore,
    hub: Mutex<Hub>,
    /// Up to where watches have been woken; `None` while the follower has not begun.
    seen: watch::Sender<Option<Token>>,
}

#[derive(Default)]
struct Hub {
    seats: HashMap<u64, (Vec<Subject>, Arc<Notify>)>,
    next: u64,
    following: bool,
}

impl Shared {
    pub(super) fn new(register: Register, poll: Duration, read_timeout: Duration) -> Self {
        let reads = Semaphore::new(READS);
        Shared { register, poll, read_timeout, reads, hub: Mutex::default(), seen: watch::Sender::new(None) }
    }

    /// The lock is held for moments and never over an await.
    fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A position up to which everything was told before this returns: what changes after it wakes
    /// every seat taken before the call.
    pub(super) async fn token(self: &Arc<Self>) -> Result<Token, Error> {
        self.follow();
        let mut seen = self.seen.subscribe();
        let found = timeout(self.read_timeout, seen.wait_for(Option::is_some)).await;
        let token = found.ok().and_then(Result::ok).and_then(|seen| (*seen).clone());
        token.ok_or_else(|| Error::unavailable(Reason::RegisterUnavailable, "the feed cannot be read"))
    }

    /// Starts the follower unless it runs.
    fn follow(self: &Arc<Self>) {
        let mut hub = self.hub();
        if !hub.following {
            hub.following = true;
            tokio::spawn(follow(self.clone()));
        }
    }

    /// Ends the follower when nobody watches: an idle server leaves the register alone.
    fn ends(&self) -> bool {
        let mut hub = self.hub();
        let ends = hub.seats.is_empty();
        if ends {
            hub.following = false;
            self.seen.send_replace(None);
        }
        ends
    }

    /// One look at the feed. Returns where to go on; `None` is from its end.
    async fn look(&self, from: Option<Token>) -> Option<Token> {
        let Some(mut token) = from else {
            let heads = self.register.heads(self.soon()).await;
            return heads.inspect_err(log).ok().inspect(|heads| {
                self.seen.send_replace(Some(heads.clone()));
                // After a gap nobody knows what has changed.
                self.wake(|_| true);
            });
        };
        // Not for as long as somebody writes: what is left is looked at after the pause.
        for _ in 0..PAGES {
            match self.register.after(&token, MAX_PAGE, self.soon()).await {
                Ok(page) if page.next == token => return Some(token),
                Ok(page) => {
                    let changed = Changed::of(&page.changes, &page.next);
                    // First the position: who is woken takes it for what it reads then.
                    self.seen.send_replace(Some(page.next.clone()));
                    self.wake(|subject| changed.has(subject));
                    token = page.next;
                }
                // The register was restored, or this server slept for longer than the feed is kept.
                Err(e) if e.is_token_too_old() || e.is_invalid() => {
                    log(&e);
                    return None;
                }
                Err(e) => {
                    log(&e);
                    return Some(token);
                }
            }
        }
        Some(token)
    }

    fn wake(&self, changed: impl Fn(&Subject) -> bool) {
        for (subjects, wake) in self.hub().seats.values() {
            if subjects.iter().any(&changed) {
                // However often before it is read: one wake-up.
                wake.notify_one();
            }
        }
    }

    fn soon(&self) -> Instant {
        Instant::now() + self.read_timeout
    }
}

/// A store's errors hold no personal data. Its state is logged by whoever follows it.
fn log(error: &crate::register::Error) {
    tracing::debug!(%error, "the feed could not be followed");
}

async fn follow(shared: Arc<Shared>) {
    let mut fallen = Fallen(Some(shared.clone()));
    let mut token = None;
    while !shared.ends() {
        token = shared.look(token).await;
        sleep(shared.poll).await;
    }
    fallen.0 = None;
}

/// A follower that panics must not leave watches waiting for good: the first to wake starts another.
struct Fallen(Option<Arc<Shared>>);

impl Drop for Fallen {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            shared.hub().following = false;
            shared.seen.send_replace(None);
            shared.wake(|_| true);
        }
    }
}

/// What some changes are about.
pub(super) struct Changed {
    subjects: HashSet<Subject>,
    /// Shards of which many things changed at once.
    batches: HashSet<u16>,
    shards: u16,
}

impl Changed {
    pub(super) fn of(changes: &[Change], token: &Token) -> Self {
        let batches = changes.iter().filter(|c| c.kind == Kind::Batch).map(|c| c.shard).collect();
        // The hotlist is no part of a status, and that it changed is not for those who watch.
        let told = changes.iter().filter(|c| c.kind != Kind::Hotlist);
        let shards = u16::try_from(token.0.len()).unwrap_or(u16::MAX);
        Changed { subjects: told.filter_map(|c| c.subject).collect(), batches, shards }
    }

    pub(super) fn has(&self, subject: &Subject) -> bool {
        self.subjects.contains(subject) || self.batches.contains(&subject.shard(self.shards))
    }
}

/// A watch's place in the hub, free again when it is dropped.
pub(super) struct Seat {
    shared: Arc<Shared>,
    id: u64,
    wake: Arc<Notify>,
    _place: Place,
}

impl Seat {
    pub(super) fn take(shared: &Arc<Shared>, place: Place, subject: Subject) -> Self {
        let wake = Arc::new(Notify::new());
        let mut hub = shared.hub();
        let id = hub.next;
        hub.next += 1;
        hub.seats.insert(id, (vec![subject], wake.clone()));
        drop(hub);
        Seat { shared: shared.clone(), id, wake, _place: place }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Watches exactly these. Is there one that was not watched before?
    pub(super) fn watches(&self, now: &[Subject]) -> bool {
        let mut hub = self.shared.hub();
        let Some((subjects, _)) = hub.seats.get_mut(&self.id) else { return false };
        let new = now.iter().any(|subject| !subjects.contains(subject));
        *subjects = now.to_vec();
        new
    }

    /// Resolves when something has changed since it last did.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shared.hub().seats.remove(&self.id);
    }
}
