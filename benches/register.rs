//! What a lookup through the store costs beside the bare statement, in one run on one machine:
//! `cargo bench --bench register`. The ratio is the number to watch, the rest depends on the disk.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "persons.rs"]
mod persons;

use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use iinspect::number::Iin;
use iinspect::register::sqlite::{Options, Store};
use iinspect::register::{Changeset, Expect, Facts, Ledger, Origin, Write};
use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::types::Value;
use tokio::time::Instant as Deadline;

const PERSONS: u64 = 200_000;
const LOOKUPS: usize = 20_000;
/// Rounds of 500 lookups that are not counted.
const WARMING: usize = 20;

/// The least that a lookup must read.
const RECORD: &str = "SELECT state, version, recorded_at, body FROM record WHERE iin = ?1";
const RECORDS: &str = "SELECT 1, iin, state, version, recorded_at, body
    FROM rarray(?1) AS wanted CROSS JOIN record ON record.iin = wanted.value";
/// What the store reads: the position and the hotlist too, in one snapshot.
const FACT: &str = "SELECT h.seq, h.at, r.state, r.version, r.recorded_at, r.body, x.id, x.body
    FROM head h LEFT JOIN record r ON r.iin = ?2 LEFT JOIN hotlist x ON x.subject = ?3
    WHERE h.shard = ?1";
const FACTS: &str = "SELECT 0, shard, seq, at, NULL, NULL FROM head
    UNION ALL SELECT 1, iin, state, version, recorded_at, body
        FROM rarray(?1) AS wanted CROSS JOIN record ON record.iin = wanted.value
    UNION ALL SELECT 2, subject, id, NULL, NULL, body
        FROM rarray(?2) AS wanted CROSS JOIN hotlist ON hotlist.subject = wanted.value";

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    let store = Store::open(&path, &Options::default()).unwrap();
    let iins: Vec<Iin> = (0..).filter_map(persons::number).take(PERSONS as usize).collect();
    for (order, version) in [("new", 1), ("replaced", 2)] {
        let mut took = Duration::ZERO;
        for chunk in iins.chunks(10_000) {
            let set = set(chunk);
            let started = Instant::now();
            runtime.block_on(store.commit(set, far())).unwrap();
            took += started.elapsed();
        }
        let rate = PERSONS as f64 / took.as_secs_f64();
        println!("{order:<34}{rate:>10.0} records/s, 10,000 a commit (version {version})");
    }
    let absent: Vec<Iin> = (0..).filter_map(persons::number).skip(PERSONS as usize).take(LOOKUPS).collect();
    // A walk that visits all numbers in no order.
    let walk: Vec<Iin> = (0..LOOKUPS).map(|i| iins[i * 7_919 % iins.len()]).collect();

    let queued = Store::open(&path, &Options { inline: 0, ..Options::default() }).unwrap();
    singles(&runtime, &path, [&store, &queued], &walk, &absent);
    batches(&runtime, &path, &store, &walk);

    println!("{:<34}{:>10}", "lookups at once", "per s");
    for callers in [1, 8, 64, 256] {
        for (what, store) in [("", &store), (", queue only", &queued)] {
            let rate = rate(&runtime, store, &walk, callers);
            println!("{:<34}{rate:>10.0}", format!("Store::one, {callers} callers{what}"));
        }
    }
    println!("{:<34}{:>10}", "commits of one record", "per s");
    for callers in [1, 16, 64] {
        println!("{:<34}{:>10.0}", format!("{callers} callers"), commits(&runtime, &store, &iins, callers));
    }
    queued.close().unwrap();
    store.close().unwrap();
}

/// Lone lookups of every kind, in turns: what else the machine does then meets all alike.
fn singles(
    runtime: &tokio::runtime::Runtime,
    path: &Path,
    [inline, queued]: [&Store; 2],
    walk: &[Iin],
    absent: &[Iin],
) {
    let (bare, same) = (connect(path), connect(path));
    let key = inline.key();
    let mut bare = bare.prepare(RECORD).unwrap();
    let mut same = same.prepare(FACT).unwrap();
    let mut bare = |iin: &Iin| {
        let body: Vec<u8> = bare.query_row((iin.as_u64(),), |r| r.get(3)).unwrap();
        assert!(!body.is_empty());
    };
    let mut same = |iin: &Iin| {
        let mut rows = same.query((0, iin.as_u64(), key.number(*iin).0)).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let body: Vec<u8> = row.get(5).unwrap();
            assert!(!body.is_empty());
        }
    };
    let one = async |store: &Store, iin| store.one(iin, far()).await.unwrap().value.record.is_some();
    let mut kinds: [(&str, Vec<Duration>); 5] = [
        ("record by its key, rusqlite", Vec::new()),
        ("the whole statement, rusqlite", Vec::new()),
        ("Store::one", Vec::new()),
        ("Store::one, absent", Vec::new()),
        ("Store::one, queue only", Vec::new()),
    ];
    runtime.block_on(async {
        for (round, (present, absent)) in walk.chunks(500).zip(absent.chunks(500)).enumerate() {
            for (i, (_, times)) in kinds.iter_mut().enumerate() {
                for (present, absent) in present.iter().zip(absent) {
                    let started = Instant::now();
                    match i {
                        0 => bare(present),
                        1 => same(present),
                        2 => assert!(one(inline, *present).await),
                        3 => assert!(!one(inline, *absent).await),
                        _ => assert!(one(queued, *present).await),
                    }
                    // The first rounds fill the caches.
                    times.extend((round >= WARMING).then(|| started.elapsed()));
                }
            }
        }
    });
    let kinds = kinds.map(|(what, measured)| (what, times(measured)));
    let (base, statement) = (kinds[0].1, kinds[1].1);
    println!(
        "{:<34}{:>10}{:>10}   ratio of p50 and p99 to the first, to the second",
        "one lookup", "p50", "p99"
    );
    for (what, t) in kinds {
        let ratio = |of: (Duration, Duration)| {
            (t.0.as_secs_f64() / of.0.as_secs_f64(), t.1.as_secs_f64() / of.1.as_secs_f64())
        };
        let ((p50, p99), (q50, q99)) = (ratio(base), ratio(statement));
        println!(
            "{what:<34}{:>8.1}us{:>8.1}us   {p50:>5.2} {p99:>5.2}  {q50:>5.2} {q99:>5.2}",
            us(t.0),
            us(t.1)
        );
    }
}

/// A thousand lookups at once.
fn batches(runtime: &tokio::runtime::Runtime, path: &Path, store: &Store, walk: &[Iin]) {
    let (bare, same) = (connect(path), connect(path));
    let integers = |iins: &[Iin]| -> Rc<Vec<Value>> {
        Rc::new(iins.iter().map(|iin| Value::Integer(iin.as_u64() as i64)).collect())
    };
    let count = |mut rows: rusqlite::Rows<'_>| {
        let mut bytes = 0;
        while let Some(row) = rows.next().unwrap() {
            bytes += row.get_ref(5).unwrap().as_blob().map_or(0, <[u8]>::len);
        }
        assert!(bytes > 0);
    };
    let mut bare = bare.prepare(RECORDS).unwrap();
    let mut same = same.prepare(FACTS).unwrap();
    let mut took = [Duration::ZERO; 3];
    for round in 0..4 {
        for chunk in walk.chunks(1_000) {
            for (i, took) in took.iter_mut().enumerate() {
                let started = Instant::now();
                match i {
                    0 => count(bare.query((integers(chunk),)).unwrap()),
                    1 => {
                        let subject = |iin: &Iin| Value::Blob(store.key().number(*iin).0.to_vec());
                        let subjects = Rc::new(chunk.iter().map(subject).collect::<Vec<_>>());
                        count(same.query((integers(chunk), subjects)).unwrap());
                    }
                    _ => assert_eq!(runtime.block_on(store.many(chunk, far())).unwrap().len(), chunk.len()),
                }
                *took += if round > 0 { started.elapsed() } else { Duration::ZERO };
            }
        }
    }
    println!(
        "{:<34}{:>10}   time as a ratio to the first, to the second",
        "a thousand lookups at once", "per s"
    );
    let whats = ["records by key, rusqlite", "the whole statement, rusqlite", "Store::many"];
    for (what, time) in whats.into_iter().zip(took) {
        let rate = (3 * walk.len()) as f64 / time.as_secs_f64();
        let ratio = |of: Duration| time.as_secs_f64() / of.as_secs_f64();
        println!("{what:<34}{rate:>10.0}   {:>5.2} {:>5.2}", ratio(took[0]), ratio(took[1]));
    }
}

fn set(iins: &[Iin]) -> Changeset {
    let write = |iin: &Iin| {
        let mut record = persons::record();
        record.person.citizenship = "UZB".parse().ok();
        Write::record(*iin, record, Expect::Any)
    };
    let writes = iins.iter().map(write).collect();
    Changeset::new(Timestamp::now(), Origin::of("bench"), "", writes)
}

fn far() -> Deadline {
    Deadline::now() + Duration::from_secs(60)
}

fn connect(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA cache_size = -32768; PRAGMA query_only = 1").unwrap();
    rusqlite::vtab::array::load_module(&connection).unwrap();
    connection
}

/// Median and 99th percentile.
fn times(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn rate(runtime: &tokio::runtime::Runtime, store: &Store, walk: &[Iin], callers: usize) -> f64 {
    let started = Instant::now();
    let done = runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for caller in 0..callers {
            let (store, walk) = (store.clone(), walk.to_vec());
            tasks.spawn(async move {
                let mine = walk.iter().skip(caller).step_by(callers);
                let mut done = 0;
                for iin in mine {
                    store.one(*iin, far()).await.unwrap();
                    done += 1;
                }
                done
            });
        }
        tasks.join_all().await.into_iter().sum::<usize>()
    });
    done as f64 / started.elapsed().as_secs_f64()
}

fn commits(runtime: &tokio::runtime::Runtime, store: &Store, iins: &[Iin], callers: usize) -> f64 {
    const EACH: usize = 20;
    let started = Instant::now();
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for caller in 0..callers {
            let (store, iins) = (store.clone(), iins[caller * EACH..][..EACH].to_vec());
            tasks.spawn(async move {
                for iin in iins {
                    store.commit(set(&[iin]), far()).await.unwrap();
                }
            });
        }
        tasks.join_all().await;
    });
    (callers * EACH) as f64 / started.elapsed().as_secs_f64()
}
