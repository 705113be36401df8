//! How a fact is had: from what is remembered, by a read that calls share, or by one's own.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use opentelemetry::metrics::Histogram;
use tokio::time::Instant;

use super::batch::{Fresh, Lookups};
use super::entry::{Entry, Found, Source};
use super::failures::Failures;
use super::flight::Flights;
use super::follow::{Follower, Setup};
use super::journal::Standing;
use super::local::{Held, Local};
use super::metrics::{Passed, Stats};
use super::tier::Tier;
use super::{Many, Options, within};
use crate::clock::Clock;
use crate::number::Iin;
use crate::register::{Error, Facts, Register, Subject};
use crate::telemetry::metrics::histogram;
use crate::telemetry::names::cache::{AGE, REFRESH};
use crate::telemetry::span;

/// One question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    pub(super) subject: Subject,
    pub(super) iin: Iin,
    /// The moment whose day decides what a fact says.
    pub(super) now: Timestamp,
    /// When it came in: ages are told by this.
    pub(super) arrival: Instant,
    pub(super) max_age: Duration,
}

/// What a read of the register led to.
pub(super) type Landed = Result<Arc<Held>, Error>;

/// Everything that a cache is made of.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) register: Register,
    pub(super) local: Local,
    pub(super) shared: Option<Tier>,
    pub(super) follower: Arc<Follower>,
    pub(super) flights: Arc<Flights<Landed>>,
    pub(super) options: Options,
    pub(super) stats: Arc<Stats>,
    lookups: Arc<Lookups>,
    failures: Failures,
    /// No fact may be older, whatever it says.
    strictest: Duration,
    ages: Histogram<f64>,
}

impl Core {
    pub(super) fn new(register: Register, shared: Option<Tier>, clock: Clock, options: Options) -> Self {
        let stats = Arc::new(Stats::default());
        let local = Local::new(options.local_bytes, options.absent_percent, &stats);
        let follower = Follower::new(Setup {
            register: register.clone(),
            keep: options.journal,
            poll: options.feed_poll,
            read_timeout: options.read_timeout,
            local: local.clone(),
            shared: shared.clone(),
            clock,
            stats: stats.clone(),
        });
        let lookups = Lookups::new(
            register.clone(),
            options.together,
            options.read_timeout,
            options.lookups,
            stats.clone(),
        );
        let Options { lifetimes, flights, .. } = &options;
        let strictest =
            lifetimes.in_force.stale.min(lifetimes.out_of_force.stale).min(lifetimes.not_found.stale);
        Core {
            register,
            local,
            shared,
            follower: Arc::new(follower),
            flights: Flights::new(*flights),
            lookups,
            failures: Failures::new(lifetimes.error),
            options,
            stats,
            strictest,
            ages: histogram(&AGE),
        }
    }

    /// How old an entry is for a question, or why it cannot be told.
    fn age(&self, ask: &Ask, held: &Held) -> Result<Duration, Passed> {
        if ask.arrival >= held.expires {
            return Err(Passed::Expired);
        }
        if self.options.unjudged {
            return Ok(Duration::ZERO);
        }
        let Entry { position, changed_at, .. } = &*held.entry;
        let confirmed = match self.follower.standing(ask.subject, *position, *changed_at) {
            Standing::Confirmed(at) => Some(at),
            Standing::Unknown => None,
            Standing::Outdated => return Err(Passed::Outdated),
            // The feed has more than was seen of it.
            Standing::Ahead => {
                self.follower.hurry();
                None
            }
        };
        // Whatever was acknowledged before this moment is in it.
        let as_of = confirmed.max(held.read).ok_or(Passed::Ahead)?;
        let age = ask.arrival.saturating_duration_since(as_of);
        if age <= ask.max_age.min(held.stale) { Ok(age) } else { Err(Passed::TooOld) }
    }

    /// From wherever it can be had first.
    pub(super) async fn find(self: &Arc<Self>, ask: Ask, deadline: Instant) -> Result<Found, Error> {
        let too_old = match self.remembered(&ask).await {
            Ok(found) => return Ok(found),
            Err(too_old) => too_old,
        };
        let got = match self.failed(&ask) {
            Some(error) => Err(error),
            // In boxes: what is remembered is told by a future that is small.
            None if self.options.together => match Box::pin(self.held_by_others(&ask, deadline)).await {
                Ok(Some(held)) => Ok(self.told(&ask, &held, Source::Shared)),
                Ok(None) => Box::pin(self.together(ask, deadline)).await,
                Err(error) => Err(error),
            },
            None => Box::pin(self.alone(&ask, deadline)).await,
        };
        got.map_err(|error| {
            self.stats.failed.add();
            let no_answer = error.is_unavailable() || error.is_deadline() || error.is_busy();
            if too_old && no_answer { Error::stale("the register did not answer") } else { error }
        })
    }

    /// What is remembered in process, if it can be told; otherwise whether it is only too old.
    async fn remembered(self: &Arc<Self>, ask: &Ask) -> Result<Found, bool> {
        let Some(held) = self.local.get(ask.subject).await else { return Err(false) };
        match self.age(ask, &held) {
            Ok(age) => {
                self.stats.local.add();
                self.ages.record(age.as_secs_f64(), &[]);
                if ask.arrival >= held.refresh {
                    self.stats.ahead_of_refresh.add();
                    if held.wants_refresh() {
                        self.refresh(*ask);
                    }
                }
                Ok(Found { entry: held.entry.clone(), age, source: Source::Local })
            }
            Err(why) => {
                self.stats.pass(why);
                Err(why == Passed::TooOld)
            }
        }
    }

    /// Reads again what will soon be over, while it is still told.
    fn refresh(self: &Arc<Self>, ask: Ask) {
        let core = self.clone();
        let read = || async move {
            let deadline = Instant::now() + core.options.read_timeout;
            core.read(&ask, deadline).await
        };
        // Nobody waits for it: it is no part of the call, and linked to it.
        let own = span::shared(&REFRESH, span::seen_by().iter(), Vec::new).unwrap_or_default();
        let _own = own.attach();
        if self.flights.board(ask.subject, ask.arrival, read).is_some() {
            self.stats.refreshes.add();
        }
    }

    /// By a read that everybody takes part in who asks for the same meanwhile.
    async fn together(self: &Arc<Self>, ask: Ask, deadline: Instant) -> Result<Found, Error> {
        let core = self.clone();
        let read = || async move {
            let deadline = Instant::now() + core.options.read_timeout;
            let landed = within(deadline, core.read(&ask, deadline)).await.unwrap_or_else(Err);
            landed.inspect_err(|error| core.failures.put(ask.subject, Instant::now(), error))
        };
        // An age that reaches back before the clock began is any age.
        let not_before = ask.arrival.checked_sub(ask.max_age).unwrap_or(ask.arrival);
        let Some(seat) = self.flights.board(ask.subject, not_before, read) else {
            return self.alone(&ask, deadline).await;
        };
        let (joined, early) = (seat.joined, seat.begun < ask.arrival);
        match within(deadline, seat.landed()).await? {
            Some(Ok(held)) if !joined => Ok(self.told(&ask, &held, Source::Register)),
            Some(Ok(held)) => match self.age(&ask, &held) {
                Ok(age) => {
                    self.stats.joined.add();
                    Ok(self.count(Found { entry: held.entry.clone(), age, source: Source::Register }))
                }
                // What was good enough for who began it is not for this call.
                Err(_) => self.alone(&ask, deadline).await,
            },
            // It had less time than this call has.
            Some(Err(error)) if joined && early && error.is_deadline() => self.alone(&ask, deadline).await,
            Some(Err(error)) => Err(error),
            None => self.alone(&ask, deadline).await,
        }
    }

    /// By a read of one's own, within one's own deadline.
    async fn alone(&self, ask: &Ask, deadline: Instant) -> Result<Found, Error> {
        if self.options.together {
            self.stats.alone.add();
        }
        let read = self.read(ask, deadline).await;
        // That this call had little time says nothing about the register.
        let held = read.inspect_err(|error| {
            if !error.is_deadline() {
                self.failures.put(ask.subject, Instant::now(), error);
            }
        })?;
        Ok(self.told(ask, &held, Source::Register))
    }

    /// From the primary, whatever is remembered, and without remembering it.
    pub(super) async fn afresh(&self, iin: Iin, deadline: Instant) -> Result<Found, Error> {
        let read = self.register.one(iin, deadline).await;
        let read = read.inspect_err(|_| self.stats.failed.add())?;
        self.stats.register.add();
        Ok(read.into())
    }

    /// What this call's own read led to.
    fn told(&self, ask: &Ask, held: &Held, source: Source) -> Found {
        // A read of the register is as old as what it may lack; of another's, as what the journal says.
        // It was judged before: what the journal has learned since makes it no older than was allowed.
        let age = match held.read {
            Some(read) => ask.arrival.saturating_duration_since(read),
            None => self.age(ask, held).unwrap_or(ask.max_age.min(held.stale)),
        };
        self.count(Found { entry: held.entry.clone(), age, source })
    }

    fn count(&self, found: Found) -> Found {
        match found.source {
            Source::Local => self.stats.local.add(),
            Source::Shared => {
                self.stats.shared.add();
                self.ages.record(found.age.as_secs_f64(), &[]);
            }
            Source::Register => self.stats.register.add(),
        }
        found
    }

    /// Why the register did not answer about this just before.
    fn failed(&self, ask: &Ask) -> Option<Error> {
        let failed = self.failures.recent(ask.subject, ask.arrival, ask.max_age);
        failed.inspect(|_| self.stats.spared.add())
    }

    /// What another node has read, as far as it is remembered and can be told.
    async fn held_by_others(&self, ask: &Ask, deadline: Instant) -> Result<Option<Arc<Held>>, Error> {
        let Some(shared) = &self.shared else { return Ok(None) };
        let Some(got) = within(deadline, shared.one(ask.subject)).await? else { return Ok(None) };
        let held = self.of_others(ask, got);
        if let Err(why) = self.age(ask, &held) {
            self.stats.pass(why);
            return Ok(None);
        }
        self.local.put(ask.subject, held.clone()).await;
        Ok(Some(held))
    }

    /// What another node has read. Its life goes on here; it does not begin again.
    fn of_others(&self, ask: &Ask, (entry, left): (Entry, Duration)) -> Arc<Held> {
        let lifetimes = &self.options.lifetimes;
        let whole = lifetimes.ttl(ask.subject, &entry.fact, ask.now);
        Arc::new(Held::new(
            Arc::new(entry),
            lifetimes,
            ask.now,
            None,
            (Instant::now(), left.min(whole), whole),
        ))
    }

    /// From the register, and remembers it.
    async fn read(&self, ask: &Ask, deadline: Instant) -> Landed {
        let max_age = ask.max_age.min(self.strictest);
        let mut fresh = self.lookup(ask, max_age, deadline).await?;
        if !fresh.0.behind.is_zero() && self.is_known_to_be_outdated(ask, &fresh) {
            // A copy of the primary may lag as far as the call allows; this node has seen that it does.
            fresh = self.lookup(ask, Duration::ZERO, deadline).await?;
        }
        self.failures.clear(ask.subject);
        let (read, as_of) = fresh;
        let entry = Arc::new(Entry::from(read));
        let ttl = self.options.lifetimes.ttl(ask.subject, &entry.fact, ask.now);
        let life = (as_of, ttl, ttl);
        let held = Held::new(entry.clone(), &self.options.lifetimes, ask.now, Some(as_of), life);
        let held = Arc::new(held);
        self.local.put(ask.subject, held.clone()).await;
        if let Some(shared) = &self.shared {
            let left = held.expires.saturating_duration_since(Instant::now());
            shared.fill(ask.subject, entry, left);
        }
        Ok(held)
    }

    async fn lookup(&self, ask: &Ask, max_age: Duration, deadline: Instant) -> Result<Fresh, Error> {
        self.lookups.one(ask.iin, max_age, deadline).await
    }

    fn is_known_to_be_outdated(&self, ask: &Ask, (read, _): &Fresh) -> bool {
        self.follower.standing(ask.subject, read.position, read.changed_at) == Standing::Outdated
    }

    pub(super) async fn many(
        self: &Arc<Self>,
        now: Timestamp,
        iins: &[Iin],
        max_age: Duration,
        deadline: Instant,
        register: bool,
    ) -> Result<Many, Error> {
        let arrival = Instant::now();
        let mut found = vec![None; iins.len()];
        // Of each number not yet found: its place and its question.
        let mut open = Vec::new();
        let key = if max_age.is_zero() { None } else { Some(self.register.key()?) };
        for (at, iin) in iins.iter().enumerate() {
            if let Some(key) = key {
                let ask = Ask { subject: key.number(*iin), iin: *iin, now, arrival, max_age };
                match self.remembered(&ask).await {
                    Ok(fact) => found[at] = Some(fact),
                    Err(_) => open.push((at, ask)),
                }
            }
        }
        self.many_of_others(&open, &mut found).await;
        let missing: Vec<_> = (0..iins.len()).filter(|at| found[*at].is_none()).collect();
        if missing.is_empty() || !register {
            return Ok(Many { found, failed: None });
        }
        let asked: Vec<_> = missing.iter().map(|at| iins[*at]).collect();
        let read = self.lookups.many(&asked, max_age.min(self.strictest), deadline).await;
        let failed = match read {
            Ok((reads, begun)) => {
                self.stats.register.adds(reads.len() as u64);
                for (at, read) in missing.into_iter().zip(reads) {
                    let as_of = begun.checked_sub(read.behind).unwrap_or(begun);
                    let age = arrival.saturating_duration_since(as_of);
                    found[at] = Some(Found { age, ..read.into() });
                }
                None
            }
            Err(error) => {
                self.stats.failed.adds(asked.len() as u64);
                Some(error)
            }
        };
        Ok(Many { found, failed })
    }

    async fn many_of_others(&self, open: &[(usize, Ask)], found: &mut [Option<Found>]) {
        let Some(shared) = self.shared.as_ref().filter(|_| !open.is_empty()) else { return };
        let subjects: Vec<_> = open.iter().map(|(_, ask)| ask.subject).collect();
        for ((at, ask), got) in open.iter().zip(shared.get(&subjects).await) {
            let Some(got) = got else { continue };
            let held = self.of_others(ask, got);
            match self.age(ask, &held) {
                Ok(age) => {
                    self.stats.shared.add();
                    found[*at] = Some(Found { entry: held.entry.clone(), age, source: Source::Shared });
                }
                Err(why) => self.stats.pass(why),
            }
        }
    }
}
