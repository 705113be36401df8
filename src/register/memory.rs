//! The register in memory: for tests, as plain as can be, in several shards.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::change::REPLAY_WINDOW;
use super::codec::{micros, moment};
use super::feed::{Change, Kind, MAX_PAGE, check_token, per_shard};
use super::{
    ApplicationKey, Batch, ChangedAt, Changeset, Committed, Error, Expect, Fact, Facts, Feed, Ledger, Listed,
    MAX_APPLICATIONS, MAX_MANY, Page, Place, Position, Read, Replayed, Status, Subject, Token, Version,
    Versioned, Write, check_limit, hotlist, subject,
};
use crate::issuance::Application;
use crate::number::Iin;

/// A register in memory. Clones share it.
#[derive(Clone)]
pub struct Store {
    key: subject::Key,
    keep: u64,
    state: Arc<Mutex<Option<State>>>,
    status: Arc<watch::Sender<Status>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory::Store(..)")
    }
}

/// Everything there is. Cloned for each commit and put in place when that succeeds: atomicity
/// without a single line about undoing.
#[derive(Clone, Default)]
struct State {
    shards: Vec<Shard>,
    /// Every version of each, the oldest first.
    records: HashMap<Iin, Vec<Version>>,
    hotlist: BTreeMap<(Subject, Uuid), (u64, hotlist::Entry)>,
    applications: HashMap<Uuid, Held>,
    requests: HashMap<Uuid, Kept>,
    batches: HashMap<Uuid, (Batch, Timestamp)>,
}

/// A request that was carried out.
#[derive(Clone)]
struct Kept {
    digest: [u8; 32],
    replayed: Replayed,
    at: Timestamp,
}

#[derive(Clone, Default)]
struct Shard {
    head: Position,
    at: ChangedAt,
    changes: VecDeque<Change>,
}

impl Shard {
    /// The place right before the oldest change that is kept.
    fn floor(&self) -> Position {
        Position(self.head.0 - self.changes.len() as u64)
    }
}

#[derive(Clone)]
struct Held {
    application: Versioned<Application>,
    applicant: Option<Subject>,
}

impl Store {
    /// An empty register of so many shards (at least 1) that keeps so many changes of each.
    #[must_use]
    pub fn new(shards: u16, feed_keep: u64) -> Self {
        let shards = vec![Shard::default(); usize::from(shards.max(1))];
        Store {
            key: subject::Key::new([7; 32]),
            keep: feed_keep.max(1),
            state: Arc::new(Mutex::new(Some(State { shards, ..State::default() }))),
            status: Arc::new(watch::Sender::new(Status::Up)),
        }
    }

    /// The key that subjects are hashed under.
    #[must_use]
    pub fn key(&self) -> &subject::Key {
        &self.key
    }

    /// How many shards the feed has.
    #[must_use]
    pub fn shards(&self) -> u16 {
        self.with(far(), |state| Ok(state.count())).unwrap_or(1)
    }

    /// The store's own state: always up.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Ends the store: later calls are refused with [`Error::is_unavailable`].
    ///
    /// # Errors
    /// None; other stores have some.
    pub fn close(&self) -> Result<(), Error> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(())
    }

    /// What it holds now, as a copy that is kept elsewhere would.
    #[cfg(test)]
    pub(crate) fn copy(&self) -> Self {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Store { state: Arc::new(Mutex::new(state)), ..self.clone() }
    }

    /// Goes back to what a copy of it holds.
    #[cfg(test)]
    pub(crate) fn restore(&self, copy: &Self) {
        let held = copy.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }

    fn with<T>(&self, deadline: Instant, f: impl FnOnce(&mut State) -> Result<T, Error>) -> Result<T, Error> {
        if Instant::now() >= deadline {
            return Err(Error::deadline("it had passed before the call"));
        }
        // A commit replaces the state in one assignment: a poisoned lock guards a whole one.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        f(state.as_mut().ok_or_else(|| Error::unavailable("it was closed"))?)
    }
}

/// A deadline for what cannot wait anyway.
fn far() -> Instant {
    Instant::now() + std::time::Duration::from_secs(60)
}

impl State {
    fn count(&self) -> u16 {
        u16::try_from(self.shards.len()).unwrap_or(u16::MAX)
    }

    fn token(&self) -> Token {
        Token(self.shards.iter().map(|s| s.head).collect())
    }

    fn of<T>(&self, subject: Subject, value: T) -> Read<T> {
        let shard = &self.shards[usize::from(subject.shard(self.count()))];
        Read { value, position: shard.head, changed_at: shard.at, behind: Duration::ZERO }
    }

    fn fact(&self, key: &subject::Key, iin: Iin, at: Option<Timestamp>) -> Read<Fact> {
        let subject = key.number(iin);
        let entries = self.hotlist.range((subject, Uuid::nil())..=(subject, Uuid::max()));
        let hotlist = entries.map(|(_, (_, entry))| entry.clone()).collect();
        let versions = self.records.get(&iin).into_iter().flatten().rev();
        let mut known = versions.map(|v| &v.record).filter(|r| at.is_none_or(|at| r.recorded_at <= at));
        self.of(subject, Fact { record: known.next().cloned(), hotlist })
    }

    /// Where a hotlist entry is, by its id.
    fn place(&self, id: Uuid) -> Option<hotlist::Place> {
        let mut entries = self.hotlist.iter().filter(|((_, of), _)| *of == id);
        entries
            .next()
            .map(|((subject, _), (version, _))| hotlist::Place { subject: *subject, version: *version })
    }

    fn write(
        &mut self,
        key: &subject::Key,
        set: &Changeset,
        write: &Write,
        at: Timestamp,
    ) -> Result<Vec<(Subject, Kind)>, Error> {
        match write {
            Write::Record { iin, record, expect, told } => {
                let versions = self.records.entry(*iin).or_default();
                let version = expect.next(versions.last().map(|v| v.record.version))?;
                let record = Versioned { value: (**record).clone(), version, recorded_at: at };
                versions.push(Version { record, by: set.by.clone(), why: set.why.clone() });
                Ok(vec![(key.number(*iin), *told)])
            }
            Write::Hotlist { iin, entry, expect } => {
                let subject = key.number(*iin);
                let version = hotlist::next_version(self.place(entry.id), subject, *expect)?;
                let entries = self.hotlist.range((subject, Uuid::nil())..=(subject, Uuid::max()));
                hotlist::check_room(entries.filter(|((_, id), _)| *id != entry.id).count())?;
                let expires_at = entry.expires_at.map(|end| moment(micros(end)).unwrap_or(end));
                let entry = hotlist::Entry { expires_at, ..entry.clone() };
                self.hotlist.insert((subject, entry.id), (version, entry));
                Ok(vec![(subject, Kind::Hotlist)])
            }
            Write::HotlistRemoval { id, expect } => {
                let place = self.place(*id);
                expect.check(place.map(|p| p.version))?;
                let Some(hotlist::Place { subject, .. }) = place else { return Ok(Vec::new()) };
                self.hotlist.remove(&(subject, *id));
                Ok(vec![(subject, Kind::Hotlist)])
            }
            Write::Application { application, applicant, expect } => {
                let applicant = applicant.as_ref().map(|(document, born)| key.applicant(document, *born));
                self.application(key, application, applicant, *expect, at)
            }
        }
    }

    fn application(
        &mut self,
        key: &subject::Key,
        application: &Application,
        applicant: Option<Subject>,
        expect: Expect,
        at: Timestamp,
    ) -> Result<Vec<(Subject, Kind)>, Error> {
        let before = self.applications.get(&application.id);
        let version = expect.next(before.map(|b| b.application.version))?;
        let number = |a: &Application| a.iin.map(|iin| key.number(iin));
        let was_number = before.and_then(|b| number(&b.application.value));
        let was_applicant = before.and_then(|b| b.applicant);
        let applicant = applicant.or(was_applicant);
        let subjects = subject::of_application(
            key.application(application.id),
            [was_number, number(application)],
            [was_applicant, applicant],
        );
        let application = Versioned { value: application.clone(), version, recorded_at: at };
        self.applications.insert(application.value.id, Held { application, applicant });
        Ok(subjects.into_iter().map(|s| (s, Kind::Application)).collect())
    }

    fn replay(&self, id: Uuid, digest: [u8; 32], now: Timestamp) -> Result<Option<Replayed>, Error> {
        match self.requests.get(&id).filter(|kept| remembered(kept.at, now)) {
            None => Ok(None),
            Some(kept) if kept.digest == digest => Ok(Some(kept.replayed.clone())),
            Some(_) => Err(Error::used()),
        }
    }

    fn append(&mut self, changes: &[(Subject, Kind)], batch: bool, at: Timestamp, keep: u64) {
        for (shard, entries) in per_shard(self.count(), changes, batch) {
            let list = &mut self.shards[usize::from(shard)];
            for (subject, kind) in entries {
                list.head.0 += 1;
                list.changes.push_back(Change { shard, seq: list.head, subject, kind, at });
            }
            list.at = Some(at);
            while list.changes.len() as u64 > keep {
                list.changes.pop_front();
            }
        }
    }
}

impl Facts for Store {
    async fn one(&self, iin: Iin, deadline: Instant) -> Result<Read<Fact>, Error> {
        self.with(deadline, |state| Ok(state.fact(&self.key, iin, None)))
    }

    async fn many(&self, iins: &[Iin], deadline: Instant) -> Result<Vec<Read<Fact>>, Error> {
        if iins.len() > MAX_MANY {
            return Err(Error::invalid(format!("more than {MAX_MANY} numbers")));
        }
        self.with(deadline, |state| Ok(iins.iter().map(|iin| state.fact(&self.key, *iin, None)).collect()))
    }

    async fn as_of(&self, iin: Iin, at: Timestamp, deadline: Instant) -> Result<Read<Fact>, Error> {
        self.with(deadline, |state| Ok(state.fact(&self.key, iin, Some(at))))
    }

    async fn versions(
        &self,
        iin: Iin,
        before: Option<u64>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Vec<Version>, Error> {
        check_limit(limit)?;
        self.with(deadline, |state| {
            let versions = state.records.get(&iin).into_iter().flatten().rev();
            let earlier = versions.filter(|v| before.is_none_or(|before| v.record.version < before));
            Ok(earlier.take(limit).cloned().collect())
        })
    }

    async fn entry(&self, id: Uuid, deadline: Instant) -> Result<Option<hotlist::Place>, Error> {
        self.with(deadline, |state| Ok(state.place(id)))
    }

    async fn applications(
        &self,
        key: &ApplicationKey,
        deadline: Instant,
    ) -> Result<Read<Vec<Versioned<Application>>>, Error> {
        let subject = self.key.of(key);
        self.with(deadline, |state| {
            let matches = |held: &&Held| match key {
                ApplicationKey::Id(id) => held.application.value.id == *id,
                ApplicationKey::Number(iin) => held.application.value.iin == Some(*iin),
                ApplicationKey::Applicant(..) => held.applicant == Some(subject),
            };
            let mut found: Vec<_> =
                state.applications.values().filter(matches).map(|held| held.application.clone()).collect();
            found.sort_by_key(|a| (micros(a.value.submitted_at()), a.value.id));
            found.reverse();
            found.truncate(MAX_APPLICATIONS);
            Ok(state.of(subject, found))
        })
    }

    async fn submitted(
        &self,
        before: Option<Place>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Vec<Versioned<Application>>, Error> {
        check_limit(limit)?;
        let place = |a: &Versioned<Application>| (micros(a.value.submitted_at()), a.value.id);
        let before = before.map(|(at, id)| (micros(at), id));
        self.with(deadline, |state| {
            let all = state.applications.values().map(|held| &held.application);
            let mut found: Vec<_> =
                all.filter(|a| before.is_none_or(|before| place(a) < before)).cloned().collect();
            found.sort_by_key(|a| std::cmp::Reverse(place(a)));
            found.truncate(limit);
            Ok(found)
        })
    }

    async fn page(&self, after: Option<Iin>, limit: usize, deadline: Instant) -> Result<Vec<Listed>, Error> {
        check_limit(limit)?;
        self.with(deadline, |state| {
            let mut iins: Vec<_> = state.records.keys().copied().filter(|iin| Some(*iin) > after).collect();
            iins.sort_unstable();
            let record = |iin: Iin| Some((iin, state.records.get(&iin)?.last()?.record.clone()));
            Ok(iins.into_iter().take(limit).filter_map(record).collect())
        })
    }
}

impl Ledger for Store {
    async fn commit(&self, changeset: Changeset, deadline: Instant) -> Result<Committed, Error> {
        changeset.check()?;
        let at = moment(micros(changeset.at)).map_err(|_| Error::invalid("a moment beyond the calendar"))?;
        self.with(deadline, |state| {
            let mut next = state.clone();
            next.requests.retain(|_, kept| remembered(kept.at, at));
            next.batches.retain(|_, (_, last)| remembered(*last, at));
            if let Some(request) = &changeset.request
                && let Some(Replayed { token, answer }) = next.replay(request.id, request.digest, at)?
            {
                return Ok(Committed { token, replayed: Some(answer) });
            }
            if let Some((batch, after)) = &changeset.batch {
                let there = next.batches.get(&batch.id).map_or(0, |(b, _)| b.last_row);
                Expect::Version(*after).check(Some(there))?;
                next.batches.insert(batch.id, (batch.clone(), at));
            }
            let mut changes = Vec::new();
            for write in &changeset.writes {
                changes.extend(next.write(&self.key, &changeset, write, at)?);
            }
            next.append(&changes, changeset.is_batch(), at, self.keep);
            let token = next.token();
            if let Some(request) = &changeset.request {
                let replayed = Replayed { token: token.clone(), answer: request.answer.clone() };
                next.requests.insert(request.id, Kept { digest: request.digest, replayed, at });
            }
            *state = next;
            Ok(Committed { token, replayed: None })
        })
    }

    async fn replay(
        &self,
        id: Uuid,
        digest: [u8; 32],
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Option<Replayed>, Error> {
        self.with(deadline, |state| state.replay(id, digest, now))
    }

    async fn batch(&self, id: Uuid, now: Timestamp, deadline: Instant) -> Result<Option<Batch>, Error> {
        self.with(deadline, |state| {
            let found = state.batches.get(&id).filter(|(_, last)| remembered(*last, now));
            Ok(found.map(|(batch, _)| batch.clone()))
        })
    }
}

/// Whether something of a moment is still remembered at another.
fn remembered(of: Timestamp, now: Timestamp) -> bool {
    now.duration_since(of) < REPLAY_WINDOW
}

impl Feed for Store {
    async fn heads(&self, deadline: Instant) -> Result<Token, Error> {
        self.with(deadline, |state| Ok(state.token()))
    }

    async fn floors(&self, deadline: Instant) -> Result<Token, Error> {
        self.with(deadline, |state| Ok(Token(state.shards.iter().map(Shard::floor).collect())))
    }

    async fn after(&self, token: &Token, limit: usize, deadline: Instant) -> Result<Page, Error> {
        if limit == 0 {
            return Err(Error::invalid("a page of no changes"));
        }
        self.with(deadline, |state| {
            let ends: Vec<_> = state.shards.iter().map(|s| (s.floor(), s.head)).collect();
            check_token(token, &ends)?;
            let mut page = Page { changes: Vec::new(), next: token.clone() };
            let mut room = limit.min(MAX_PAGE);
            for (left, shard) in Page::order(token) {
                let next = &mut page.next.0[usize::from(shard)];
                let list = &state.shards[usize::from(shard)];
                let skip = usize::try_from(next.0 - list.floor().0).unwrap_or(usize::MAX);
                let before = page.changes.len();
                page.changes.extend(list.changes.iter().skip(skip).take(room.div_ceil(left)).cloned());
                let read = page.changes.len() - before;
                next.0 += read as u64;
                room -= read;
            }
            Ok(page)
        })
    }
}
