//! The register in memory: for tests, as plain as can be, in several shards.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::change::{BATCH_FROM, REPLAY_WINDOW};
use super::codec::{micros, moment};
use super::feed::{Change, Kind, MAX_PAGE, check_token, per_shard};
use super::{
    ApplicationKey, ChangedAt, Changeset, Committed, Error, Expect, Fact, Facts, Feed, Ledger, Listed,
    MAX_APPLICATIONS, MAX_MANY, Page, Position, Read, Record, Status, Subject, Token, Versioned, Write,
    check_limit, hotlist, subject,
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
    records: HashMap<Iin, Versioned<Record>>,
    hotlist: BTreeMap<(Subject, Uuid), hotlist::Entry>,
    applications: HashMap<Uuid, Held>,
    requests: HashMap<Uuid, ([u8; 32], Token, Timestamp)>,
}

#[derive(Clone, Default)]
struct Shard {
    head: Position,
    at: ChangedAt,
    changes: VecDeque<Change>,
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
        Read { value, position: shard.head, changed_at: shard.at }
    }

    fn fact(&self, key: &subject::Key, iin: Iin) -> Read<Fact> {
        let subject = key.number(iin);
        let entries = self.hotlist.range((subject, Uuid::nil())..=(subject, Uuid::max()));
        let hotlist = entries.map(|(_, entry)| entry.clone()).collect();
        self.of(subject, Fact { record: self.records.get(&iin).cloned(), hotlist })
    }

    fn write(
        &mut self,
        key: &subject::Key,
        write: &Write,
        at: Timestamp,
    ) -> Result<Vec<(Subject, Kind)>, Error> {
        match write {
            Write::Record { iin, record, expect } => {
                let version = expect.next(self.records.get(iin).map(|r| r.version))?;
                let value = Versioned { value: (**record).clone(), version, recorded_at: at };
                self.records.insert(*iin, value);
                Ok(vec![(key.number(*iin), Kind::Record)])
            }
            Write::Hotlist { iin, entry } => {
                let subject = key.number(*iin);
                let entries = self.hotlist.range((subject, Uuid::nil())..=(subject, Uuid::max()));
                hotlist::check_room(entries.filter(|((_, id), _)| *id != entry.id).count())?;
                self.hotlist.insert((subject, entry.id), entry.clone());
                Ok(vec![(subject, Kind::Hotlist)])
            }
            Write::HotlistRemoval { iin, id } => {
                let subject = key.number(*iin);
                let removed = self.hotlist.remove(&(subject, *id)).is_some();
                Ok(if removed { vec![(subject, Kind::Hotlist)] } else { Vec::new() })
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
        self.with(deadline, |state| Ok(state.fact(&self.key, iin)))
    }

    async fn many(&self, iins: &[Iin], deadline: Instant) -> Result<Vec<Read<Fact>>, Error> {
        if iins.len() > MAX_MANY {
            return Err(Error::invalid(format!("more than {MAX_MANY} numbers")));
        }
        self.with(deadline, |state| Ok(iins.iter().map(|iin| state.fact(&self.key, *iin)).collect()))
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

    async fn page(&self, after: Option<Iin>, limit: usize, deadline: Instant) -> Result<Vec<Listed>, Error> {
        check_limit(limit)?;
        self.with(deadline, |state| {
            let mut iins: Vec<_> = state.records.keys().copied().filter(|iin| Some(*iin) > after).collect();
            iins.sort_unstable();
            let record = |iin: Iin| state.records.get(&iin).map(|record| (iin, record.clone()));
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
            let forgotten = |seen: &Timestamp| at.duration_since(*seen) >= REPLAY_WINDOW;
            next.requests.retain(|_, (_, _, seen)| !forgotten(seen));
            if let Some(request) = &changeset.request
                && let Some((digest, token, _)) = next.requests.get(&request.id)
            {
                return if *digest == request.digest {
                    Ok(Committed { token: token.clone(), replayed: true })
                } else {
                    Err(Error::already_exists("within the last 24 hours, for something else"))
                };
            }
            let mut changes = Vec::new();
            for write in &changeset.writes {
                changes.extend(next.write(&self.key, write, at)?);
            }
            next.append(&changes, changeset.writes.len() >= BATCH_FROM, at, self.keep);
            let token = next.token();
            if let Some(request) = &changeset.request {
                next.requests.insert(request.id, (request.digest, token.clone(), at));
            }
            *state = next;
            Ok(Committed { token, replayed: false })
        })
    }
}

impl Feed for Store {
    async fn heads(&self, deadline: Instant) -> Result<Token, Error> {
        self.with(deadline, |state| Ok(state.token()))
    }

    async fn after(&self, token: &Token, limit: usize, deadline: Instant) -> Result<Page, Error> {
        if limit == 0 {
            return Err(Error::invalid("a page of no changes"));
        }
        self.with(deadline, |state| {
            let floor = |s: &Shard| Position(s.head.0 - s.changes.len() as u64);
            let ends: Vec<_> = state.shards.iter().map(|s| (floor(s), s.head)).collect();
            check_token(token, &ends)?;
            let mut page = Page { changes: Vec::new(), next: token.clone() };
            let mut room = limit.min(MAX_PAGE);
            for (left, shard) in Page::order(token) {
                let next = &mut page.next.0[usize::from(shard)];
                let list = &state.shards[usize::from(shard)];
                let skip = usize::try_from(next.0 - floor(list).0).unwrap_or(usize::MAX);
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
