//! What Screen costs for 100,000 numbers at both depths, without the wire: `cargo bench --bench
//! screen`. Peak memory is that of the process, before the first call and after the last.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

#[path = "persons.rs"]
mod persons;

use std::time::{Duration, Instant};

use iinspect::clock::civil_date;
use iinspect::context::{CallContext, Client};
use iinspect::number::Iin;
use iinspect::register::sqlite::{Options, Store};
use iinspect::register::{Changeset, Expect, Ledger, Origin, Register, Write};
use iinspect::verification::claims::Policy;
use iinspect::verification::screen::{Depth, Numbers, Request};
use iinspect::verification::{Completeness, Rules, Verification};
use jiff::Timestamp;

const PERSONS: usize = 100_000;
const CALLS: u32 = 5;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("register.db"), &Options::default()).unwrap();
    let iins: Vec<Iin> = (0..).filter_map(persons::number).take(PERSONS).collect();
    for chunk in iins.chunks(10_000) {
        runtime.block_on(store.commit(set(chunk), tokio::time::Instant::now() + LONG)).unwrap();
    }
    let rules = Rules {
        register_name: "bench".into(),
        completeness: Completeness::Complete,
        strict_structure: false,
        max_age: Duration::from_secs(1),
        claims: Policy::default(),
        read_timeout: Duration::from_millis(500),
    };
    let verification = Verification::new(Register::Sqlite(store.clone()), rules);
    // A walk that visits all numbers in no order.
    let walk = (0..PERSONS).map(|i| iins[i * 7_919 % PERSONS].as_u64()).collect();
    let numbers = Numbers::Integers(walk);
    println!("memory before: {}", peak());
    for depth in [Depth::Structure, Depth::Register] {
        let request = Request { numbers: numbers.clone(), depth, max_age: None };
        let started = Instant::now();
        for _ in 0..CALLS {
            // Spawned, as a call is: the worker's queue is then its own.
            let (verification, request) = (verification.clone(), request.clone());
            let task = runtime.spawn(async move { verification.screen(&call(), &request).await });
            let screened = runtime.block_on(task).unwrap().unwrap();
            assert!(screened.verdicts.iter().all(|verdict| *verdict == 1));
        }
        let each = started.elapsed() / CALLS;
        println!("{depth:?}: {each:.1?} a call, {:.0} numbers/s", PERSONS as f64 / each.as_secs_f64());
    }
    println!("memory after: {}", peak());
    store.close().unwrap();
}

const LONG: Duration = Duration::from_secs(60);

fn call() -> CallContext {
    let now = Timestamp::now();
    CallContext {
        now,
        today: civil_date(now),
        deadline: tokio::time::Instant::now() + LONG,
        client: Client::default(),
        request_id: String::new(),
    }
}

fn set(iins: &[Iin]) -> Changeset {
    let writes = iins.iter().map(|iin| Write::record(*iin, persons::record(), Expect::Any)).collect();
    Changeset::new(Timestamp::now(), Origin::of("bench"), "", writes)
}

/// The most memory the process has had, as the kernel tells it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_string()
}
