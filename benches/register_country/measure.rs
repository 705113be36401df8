//! What is measured of a store, beside the driver that it stands on, in turns within one run.

use std::time::{Duration, Instant};

use iinspect::number::Iin;
use iinspect::register::{Facts, Register, Subject};
use tokio::time::Instant as Deadline;

use super::country::{Dice, iin};

/// Lookups of each kind, and how many in a row before it is the other's turn.
const LOOKUPS: usize = 20_000;
const TURN: usize = 200;
/// Numbers of one batch, and batches.
pub(crate) const BATCH: usize = 1_000;
const BATCHES: usize = 60;

/// The driver alone: the same rows by the statement that a person would write by hand.
pub(crate) trait Direct {
    /// Reads one record's row and nothing else.
    async fn bare(&mut self, iin: Iin);
    /// Reads what a lookup reads, in one statement: the record, its hotlist, the heads of the feed.
    async fn same(&mut self, iin: Iin, subject: Subject);
    /// Reads the rows of many records in one statement.
    async fn many(&mut self, iins: &[Iin]);
}

/// Median and 99th percentile of a kind of lookup, and batched lookups per second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) batched: f64,
}

/// Through the store, and by the driver alone: the same lookup, and the record's row alone. Of both the
/// batched lookups are of rows alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Three {
    pub(crate) store: Figures,
    pub(crate) same: Figures,
    pub(crate) bare: Figures,
}

/// Measures both over a register of so many persons.
pub(crate) async fn lookups(register: &Register, direct: &mut impl Direct, rows: u64) -> Three {
    let mut dice = Dice(rows);
    let mut draw = || iin(dice.next() % rows);
    let key = register.key().expect("a register that was reached").clone();
    // Both have seen as much of the register before the clock runs.
    for _ in 0..2_000 {
        store_one(register, draw()).await;
        direct.bare(draw()).await;
        let number = draw();
        direct.same(number, key.number(number)).await;
    }
    let (mut through, mut same, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    while through.len() < LOOKUPS {
        for _ in 0..TURN {
            let number = draw();
            let started = Instant::now();
            store_one(register, number).await;
            through.push(started.elapsed());
        }
        for _ in 0..TURN {
            let number = draw();
            let started = Instant::now();
            direct.bare(number).await;
            bare.push(started.elapsed());
        }
        for _ in 0..TURN {
            let number = draw();
            let subject = key.number(number);
            let started = Instant::now();
            direct.same(number, subject).await;
            same.push(started.elapsed());
        }
    }
    let (mut through_many, mut alone_many) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..BATCHES {
        let numbers: Vec<Iin> = (0..BATCH).map(|_| draw()).collect();
        let started = Instant::now();
        let facts = register.many(&numbers, soon()).await.expect("a batch of lookups");
        through_many += started.elapsed();
        assert!(facts.iter().all(|f| f.value.record.is_some()));
        let numbers: Vec<Iin> = (0..BATCH).map(|_| draw()).collect();
        let started = Instant::now();
        direct.many(&numbers).await;
        alone_many += started.elapsed();
    }
    let rate = |took: Duration| (BATCHES * BATCH) as f64 / took.as_secs_f64();
    let alone = rate(alone_many);
    Three {
        store: figures(through, rate(through_many)),
        same: figures(same, alone),
        bare: figures(bare, alone),
    }
}

async fn store_one(register: &Register, number: Iin) {
    let read = register.one(number, soon()).await.expect("a lookup");
    assert!(read.value.record.is_some(), "every person of the country is there");
}

fn figures(mut times: Vec<Duration>, batched: f64) -> Figures {
    times.sort_unstable();
    Figures { p50: times[times.len() / 2], p99: times[times.len() * 99 / 100], batched }
}

/// Lookups per second when so many callers ask at once.
pub(crate) async fn at_once(register: &Register, rows: u64, callers: u64) -> f64 {
    const EACH: u64 = 500;
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for caller in 0..callers {
        let register = register.clone();
        tasks.spawn(async move {
            let mut dice = Dice(caller);
            for _ in 0..EACH {
                store_one(&register, iin(dice.next() % rows)).await;
            }
        });
    }
    tasks.join_all().await;
    (callers * EACH) as f64 / started.elapsed().as_secs_f64()
}

pub(crate) fn soon() -> Deadline {
    Deadline::now() + Duration::from_secs(60)
}
