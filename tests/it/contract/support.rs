//! Stages, test numbers and short ways to say things.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use iinspect::issuance::{Application, application};
use iinspect::number::Iin;
use iinspect::person::{Name, Person};
use iinspect::register::change::Request;
use iinspect::register::hotlist::{Clients, Entry};
use iinspect::register::subject::Key;
use iinspect::register::{
    Changeset, Committed, Error, Expect, Fact, Facts, Feed, Ledger, NumberState, Origin, Position, Read,
    Record, Register, Subject, Token, Write, feed::Change, memory, postgres, sqlite,
};
use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

/// How many changes of a shard the stages keep.
pub(super) const KEEP: u64 = 400;

/// A store to test, and what has to be known about it.
pub(super) struct Stage {
    pub(super) register: Register,
    pub(super) key: Key,
    pub(super) shards: u16,
    pub(super) path: PathBuf,
    _folder: tempfile::TempDir,
}

/// Before its folder goes: the threads of a store that is only dropped end a little later.
impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.register.close();
    }
}

pub(super) fn options() -> sqlite::Options {
    sqlite::Options { feed_keep: KEEP, probe_every: Duration::from_millis(50), ..sqlite::Options::default() }
}

/// A machine that runs all tests at once is no measure of a read's time.
pub(super) fn postgres_options() -> postgres::Options {
    postgres::Options {
        feed_keep: KEEP,
        probe_every: Duration::from_millis(50),
        acquire: Duration::from_secs(10),
        statement: Duration::from_secs(10),
        ..postgres::Options::default()
    }
}

impl Stage {
    pub(super) fn sqlite() -> Self {
        Self::with(&options())
    }

    pub(super) fn with(options: &sqlite::Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.db");
        let store = sqlite::Store::open(&path, options).unwrap();
        let (key, shards) = (store.key().clone(), store.shards());
        Stage { register: Register::Sqlite(store), key, shards, path, _folder: folder }
    }

    /// In a database of its own, in a server that all tests share.
    pub(super) fn postgres() -> Self {
        let server = &crate::postgres::shared().server;
        Self::of_postgres(|name| server.url(name), &postgres_options())
    }

    /// The same behind a pgbouncer in transaction mode.
    pub(super) fn postgres_pooled() -> Self {
        let pooler = crate::postgres::pooler::shared_pooler();
        let options = postgres::Options { pooler: postgres::Pooler::Transaction, ..postgres_options() };
        Self::of_postgres(|name| pooler.url(name), &options)
    }

    pub(super) fn of_postgres(url: impl Fn(&str) -> postgres::Url, options: &postgres::Options) -> Self {
        let shared = crate::postgres::shared();
        let url = url(&crate::postgres::new_register());
        let register = Register::Postgres(postgres::Store::open(&url, &[], options).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let path = PathBuf::new();
        Stage { register, key: shared.key.clone(), shards: shared.shards, path, _folder: folder }
    }

    pub(super) fn memory() -> Self {
        let store = memory::Store::new(4, KEEP);
        let (key, shards) = (store.key().clone(), store.shards());
        let folder = tempfile::tempdir().unwrap();
        Stage { register: Register::Memory(store), key, shards, path: PathBuf::new(), _folder: folder }
    }

    pub(super) async fn one(&self, iin: Iin) -> Read<Fact> {
        self.register.one(iin, soon()).await.unwrap()
    }

    pub(super) async fn commit(&self, writes: Vec<Write>) -> Committed {
        self.try_commit(writes).await.unwrap()
    }

    pub(super) async fn try_commit(&self, writes: Vec<Write>) -> Result<Committed, Error> {
        self.register.commit(set(writes), soon()).await
    }

    /// Commits what must be accepted.
    pub(super) async fn apply(&self, set: Changeset) -> Committed {
        self.register.commit(set, soon()).await.unwrap()
    }

    pub(super) async fn commit_at(&self, at: Timestamp, writes: Vec<Write>) -> Committed {
        self.apply(Changeset { at, ..set(writes) }).await
    }

    /// The position of a subject's shard in a token.
    pub(super) fn position(&self, token: &Token, subject: Subject) -> Position {
        token.0[usize::from(subject.shard(self.shards))]
    }

    pub(super) fn start(&self) -> Token {
        Token(vec![Position(0); usize::from(self.shards)])
    }

    /// Everything after a token, by pages of `limit`.
    pub(super) async fn all_after(&self, token: &Token, limit: usize) -> Vec<Change> {
        let (mut token, mut all) = (token.clone(), Vec::new());
        loop {
            let page = self.register.after(&token, limit, soon()).await.unwrap();
            assert!(page.changes.len() <= limit);
            assert_eq!(page.next == token, page.changes.is_empty());
            if page.changes.is_empty() {
                return all;
            }
            all.extend(page.changes);
            token = page.next;
        }
    }
}

/// No test hangs.
pub(super) async fn bounded(test: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_secs(60), test).await.expect("the test hangs");
}

pub(super) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

/// The n-th test number: month 13 to 99 and a right control digit.
pub(super) fn iin(n: u64) -> Iin {
    (0..100)
        .find_map(|year| {
            let eleven = year * 1_000_000_000 + (13 + n % 87) * 10_000_000 + n / 87;
            control(eleven).and_then(|digit| Iin::parse(&format!("{eleven:011}{digit}")).ok())
        })
        .unwrap()
}

fn control(eleven: u64) -> Option<u64> {
    let digits: Vec<u64> = format!("{eleven:011}").bytes().map(|b| u64::from(b - b'0')).collect();
    let pass = |weights: [u64; 11]| digits.iter().zip(weights).map(|(d, w)| d * w).sum::<u64>() % 11;
    [pass([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), pass([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2])]
        .into_iter()
        .find(|digit| *digit < 10)
}

pub(super) fn set(writes: Vec<Write>) -> Changeset {
    Changeset::new(at(0), Origin::of("test"), "a test", writes)
}

pub(super) fn request(id: u128, digest: u8) -> Option<Request> {
    Some(Request { id: Uuid::from_u128(id), digest: [digest; 32], answer: vec![digest] })
}

/// A record that can be told from others by its tag.
pub(super) fn record(tag: &str) -> Record {
    let name = Name { family: "Тестова".into(), given: "Әсел".into(), patronymic: None };
    Record {
        state: NumberState::InForce,
        since: None,
        state_reason: tag.into(),
        superseded_by: None,
        scheduled: None,
        person: Person { names: vec![name], ..Person::default() },
    }
}

pub(super) fn put(iin: Iin, tag: &str) -> Write {
    put_if(iin, tag, Expect::Any)
}

pub(super) fn put_if(iin: Iin, tag: &str, expect: Expect) -> Write {
    Write::record(iin, record(tag), expect)
}

pub(super) fn entry(id: u128, note: &str) -> Entry {
    Entry {
        id: Uuid::from_u128(id),
        scope: Clients::All,
        visibility: Clients::Only(["bank-a".to_string()].into()),
        expires_at: Some(at(60)),
        note: note.into(),
    }
}

pub(super) fn application(id: u128, iin: Option<Iin>, submitted: i64) -> Application {
    Application::new(Uuid::from_u128(id), application::Kind::Formation, iin, at(submitted))
}

pub(super) fn put_application(application: Application, expect: Expect) -> Write {
    Write::Application { application, applicant: None, expect }
}

/// Version and tag of a record.
pub(super) fn seen(fact: &Fact) -> (u64, &str) {
    fact.record.as_ref().map_or((0, ""), |r| (r.version, r.value.state_reason.as_str()))
}
