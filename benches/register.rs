//! What a lookup through the store costs beside the bare statement, in one run on one machine:
//! `cargo bench --bench register`. The ratio is the number to watch, the rest depends on the disk.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::time::{Duration, Instant};

use iinspect::number::Iin;
use iinspect::person::{Name, Person};
use iinspect::register::sqlite::{Options, Store};
use iinspect::register::{Changeset, Expect, Facts, Ledger, NumberState, Origin, Record, Write};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use tokio::time::Instant as Deadline;

const PERSONS: u64 = 200_000;
const LOOKUPS: usize = 20_000;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    let store = Store::open(&path, &Options::default()).unwrap();
    let iins: Vec<Iin> = (0..).filter_map(test_number).take(PERSONS as usize).collect();
    let filled = Instant::now();
    for chunk in iins.chunks(10_000) {
        runtime.block_on(store.commit(set(chunk), far())).unwrap();
    }
    let filled = filled.elapsed();
    // A walk that visits all numbers in no order.
    let walk: Vec<Iin> = (0..LOOKUPS).map(|i| iins[i * 7_919 % iins.len()]).collect();

    let bare = times(bare_lookups(&path, &walk));
    let mut through = Vec::new();
    let mut absent = Vec::new();
    runtime.block_on(async {
        for iin in &walk {
            let started = Instant::now();
            assert!(store.one(*iin, far()).await.unwrap().value.record.is_some());
            through.push(started.elapsed());
        }
        for iin in (0..).filter_map(test_number).skip(PERSONS as usize).take(LOOKUPS) {
            let started = Instant::now();
            assert!(store.one(iin, far()).await.unwrap().value.record.is_none());
            absent.push(started.elapsed());
        }
    });
    let (through, absent) = (times(through), times(absent));
    println!("{PERSONS} persons written in {filled:.1?} ({:.0}/s)", PERSONS as f64 / filled.as_secs_f64());
    println!("{:<28}{:>10}{:>10}{:>12}", "one lookup", "p50", "p99", "p50 ratio");
    for (what, t) in
        [("bare prepared statement", bare), ("Store::one, present", through), ("Store::one, absent", absent)]
    {
        let ratio = t.0.as_secs_f64() / bare.0.as_secs_f64();
        println!("{what:<28}{:>8.1}us{:>8.1}us{ratio:>12.1}", us(t.0), us(t.1));
    }
    println!("{:<28}{:>10}", "lookups at once", "per s");
    for callers in [1, 8, 64, 256] {
        println!(
            "{:<28}{:>10.0}",
            format!("Store::one, {callers} callers"),
            rate(&runtime, &store, &walk, callers)
        );
    }
    let started = Instant::now();
    runtime.block_on(async {
        for chunk in walk.chunks(1_000) {
            store.many(chunk, far()).await.unwrap();
        }
    });
    println!("{:<28}{:>10.0}", "Store::many, 1000 each", LOOKUPS as f64 / started.elapsed().as_secs_f64());
    println!("{:<28}{:>10}", "commits of one record", "per s");
    for callers in [1, 16, 64] {
        println!("{:<28}{:>10.0}", format!("{callers} callers"), commits(&runtime, &store, &iins, callers));
    }
    store.close().unwrap();
}

/// The n-th number of month 13 and on, where it has a control digit.
fn test_number(n: u64) -> Option<Iin> {
    let eleven = (13 + n % 80) * 10_000_000 + n / 80;
    (0..10).find_map(|digit| Iin::parse(&format!("{eleven:011}{digit}")).ok())
}

fn set(iins: &[Iin]) -> Changeset {
    let write = |iin: &Iin| {
        let name =
            |family: &str| Name { family: family.into(), given: "Ерлан".into(), patronymic: None };
        let person = Person {
            names: vec![name("Тестов"), name("TESTOV")],
            citizenship: "UZB".parse().ok(),
            ..Person::default()
        };
        let record = Record {
            state: NumberState::InForce,
            since: None,
            state_reason: String::new(),
            superseded_by: None,
            scheduled: None,
            person,
        };
        Write::record(*iin, record, Expect::Any)
    };
    let writes = iins.iter().map(write).collect();
    Changeset::new(Timestamp::now(), Origin::of("bench"), "", writes)
}

fn far() -> Deadline {
    Deadline::now() + Duration::from_secs(60)
}

fn bare_lookups(path: &std::path::Path, walk: &[Iin]) -> Vec<Duration> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    connection.execute_batch("PRAGMA cache_size = -32768").unwrap();
    let mut statement =
        connection.prepare("SELECT state, version, recorded_at, body FROM record WHERE iin = ?1").unwrap();
    let mut one = |iin: &Iin| {
        let started = Instant::now();
        let body: Vec<u8> = statement.query_row((iin.as_u64(),), |r| r.get(3)).unwrap();
        assert!(!body.is_empty());
        started.elapsed()
    };
    walk.iter().map(&mut one).collect()
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
