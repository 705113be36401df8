//! One run: writers, readers, two nodes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use iinspect::cache::shared::{Options as RedisOptions, Shared, Url};
use iinspect::cache::{Cache, Options, Tier};
use iinspect::clock::Clock;
use iinspect::keys::{Keys, Source};
use iinspect::number::{Iin, control};
use iinspect::register::feed::Kind;
use iinspect::register::{Changeset, Expect, Ledger, NumberState, Origin, Record, Register, Write, postgres};
use iinspect::reload::Current;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::history::{History, Report};
use crate::redis::server::Redis;

/// The numbers of a trial: few, so that what was just changed is read at once.
const NUMBERS: usize = 64;
const WRITERS: usize = 2;
const READERS_PER_NODE: usize = 4;
/// Of reads, the part that asks for a number that was just changed: the others keep memory warm.
const JUST_CHANGED_OF_TEN: u64 = 7;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) changes: usize,
    pub(super) reads: usize,
}

/// What a run is like.
pub(super) struct Trial {
    pub(super) name: &'static str,
    pub(super) size: Size,
    /// Whether nodes tell each other that something was written.
    pub(super) pushes: bool,
    /// Takes the check of positions out.
    pub(super) unjudged: bool,
    /// Empties, kills and starts Redis all the time.
    pub(super) redis_fails: bool,
}

impl Default for Trial {
    fn default() -> Self {
        Trial { name: "", size: Size::default(), pushes: true, unjudged: false, redis_fails: false }
    }
}

/// A test number: digits three and four are 99.
fn number(n: usize) -> Iin {
    let text = (0..100).find_map(|salt| {
        let prefix = format!("0099{:07}", n * 100 + salt);
        let digits: [u8; 11] = std::array::from_fn(|i| prefix.as_bytes()[i] - b'0');
        control(&digits).digit().map(|digit| format!("{prefix}{digit}"))
    });
    Iin::parse(&text.unwrap()).unwrap()
}

/// One node: a store of its own over the one database, and a cache of its own.
struct Node {
    register: Register,
    cache: Cache,
}

struct Run {
    nodes: Vec<Node>,
    numbers: Vec<Iin>,
    history: History,
    pushes: bool,
    /// What was changed last, one per writer.
    just_changed: [AtomicUsize; WRITERS],
    marks: AtomicU64,
    changes_left: AtomicUsize,
    reads_left: AtomicUsize,
    over: AtomicBool,
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

impl Trial {
    pub(super) async fn run(&self) -> Report {
        let mut redis = Redis::start("");
        let database = crate::postgres::new_register();
        let node = || self.node(&database, &redis.url());
        let run = Arc::new(Run {
            nodes: vec![node(), node()],
            numbers: (0..NUMBERS).map(number).collect(),
            history: History::new(NUMBERS),
            pushes: self.pushes,
            just_changed: Default::default(),
            marks: AtomicU64::new(0),
            changes_left: AtomicUsize::new(self.size.changes),
            reads_left: AtomicUsize::new(self.size.reads),
            over: AtomicBool::new(false),
        });
        for n in 0..NUMBERS {
            run.write(n, 0, true).await;
        }
        let writers: Vec<_> = (0..WRITERS).map(|w| tokio::spawn(writes(run.clone(), w))).collect();
        let readers: Vec<_> =
            (0..2 * READERS_PER_NODE).map(|r| tokio::spawn(reads(run.clone(), r))).collect();
        let fails = self.redis_fails;
        let done = run.clone();
        let breaks = tokio::task::spawn_blocking(move || {
            while fails && !done.over.load(Ordering::SeqCst) {
                redis.run::<()>("FLUSHALL");
                std::thread::sleep(Duration::from_millis(300));
                redis.kill();
                std::thread::sleep(Duration::from_millis(300));
                redis.resume();
                std::thread::sleep(Duration::from_millis(600));
            }
            redis
        });
        for writer in writers {
            writer.await.unwrap();
        }
        run.over.store(true, Ordering::SeqCst);
        let mut report = Report::default();
        for reader in readers {
            report = report.with(reader.await.unwrap());
        }
        drop(breaks.await.unwrap());
        run.history.close(&mut report);
        for Node { register, cache } in &run.nodes {
            cache.stop().await;
            let register = register.clone();
            tokio::task::spawn_blocking(move || register.close()).await.unwrap().unwrap();
        }
        report
    }

    fn node(&self, database: &str, redis: &str) -> Node {
        // A machine that runs all tests at once is no measure of a read's time.
        let patient = Duration::from_secs(20);
        let options =
            postgres::Options { acquire: patient, statement: patient, ..postgres::Options::default() };
        let url = crate::postgres::shared().server.url(database);
        let register = Register::Postgres(postgres::Store::open(&url, &[], &options).unwrap());
        let shared = RedisOptions {
            url: Url::parse(redis).unwrap(),
            wait: Duration::from_millis(50),
            queue: 1024,
            tombstone: Duration::from_secs(60),
        };
        let keys = Source::File(Current::fixed(Arc::new(Keys::new([1; 32]))));
        let shared = Tier::Redis(Shared::start(shared, keys));
        let options = Options { read_timeout: patient, unjudged: self.unjudged, ..Options::default() };
        let cache = Cache::start(register.clone(), Some(shared), Clock::system(), options);
        Node { register, cache }
    }
}

impl Run {
    /// Writes a number through a node.
    async fn write(&self, n: usize, node: usize, in_force: bool) {
        let mark = self.marks.fetch_add(1, Ordering::SeqCst) + 1;
        let (state, told) = match in_force {
            true => (NumberState::InForce, Kind::Restored),
            false => (NumberState::Excluded, Kind::Excluded),
        };
        let record = Record {
            state,
            since: None,
            state_reason: mark.to_string(),
            superseded_by: None,
            scheduled: None,
            person: Default::default(),
        };
        let write =
            Write::Record { iin: self.numbers[n], record: Box::new(record), expect: Expect::Any, told };
        let set = Changeset::new(Timestamp::now(), Origin::of("trial"), "", vec![write]);
        let Node { register, cache } = &self.nodes[node];
        let changed = cache.changed_by(&set.writes);
        self.history.begins(n, mark, in_force, node);
        let committed = register.commit(set, soon()).await.unwrap();
        if self.pushes {
            cache.committed(&committed.token, changed).await;
        }
        self.history.acknowledged(n);
    }
}

/// Excludes and restores numbers of its own, each time through the other node.
async fn writes(run: Arc<Run>, writer: usize) {
    let mut in_force = [true; NUMBERS];
    let mut dice = Dice(writer as u64 + 1);
    let taken = |left: &AtomicUsize| {
        left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    };
    let mut node = writer % 2;
    while taken(&run.changes_left) || run.reads_left.load(Ordering::SeqCst) > 0 {
        let n = dice.below(NUMBERS as u64 / WRITERS as u64) as usize * WRITERS + writer;
        in_force[n] = !in_force[n];
        run.write(n, node, in_force[n]).await;
        run.just_changed[writer].store(n, Ordering::SeqCst);
        node = 1 - node;
        // So that many reads fall between two changes.
        sleep(Duration::from_millis(1 + dice.below(20))).await;
    }
}

/// Reads through one node, mostly what was just changed.
async fn reads(run: Arc<Run>, reader: usize) -> Report {
    let node = reader % 2;
    let mut dice = Dice(1_000 + reader as u64);
    let mut report = Report::default();
    while !run.over.load(Ordering::SeqCst) {
        let n = if dice.below(10) < JUST_CHANGED_OF_TEN {
            run.just_changed[dice.below(WRITERS as u64) as usize].load(Ordering::SeqCst)
        } else {
            dice.below(NUMBERS as u64) as usize
        };
        let max_age = match dice.below(20) {
            0 => Duration::from_millis(1),
            1 => Duration::from_secs(60),
            2 => Duration::ZERO,
            _ => Duration::from_secs(1),
        };
        let asked = Instant::now();
        let found = run.nodes[node].cache.one(Timestamp::now(), run.numbers[n], max_age, soon()).await;
        let answered = Instant::now();
        match found {
            // An age of zero is told as what the read may lack: nothing.
            Ok(found) => run.history.check(n, node, (asked, answered), max_age, &found, &mut report),
            Err(_) => report.failed += 1,
        }
        let _ = run.reads_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        // Whatever runs on this thread, too, is part of the trial.
        tokio::task::yield_now().await;
    }
    report
}

/// Numbers that look thrown, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}
