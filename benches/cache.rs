//! What a Verify costs from each tier: `make bench-cache`. The server runs on one processor, its callers
//! on the other; `SECONDS=10` is how long each figure is measured for, those that are compared in turns.
//!
//! Beside them a server that does nothing but answer with the same bytes, and the Redis client alone
//! with a GET of a value as long as a fact's. Figures are ratios; the absolute ones are this machine's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    dead_code
)]

#[path = "cache/bare.rs"]
mod bare;
#[path = "beside.rs"]
mod beside;
#[path = "../tests/it/process/child.rs"]
mod child;
#[path = "cache/load.rs"]
mod load;
#[path = "persons.rs"]
mod persons;
#[path = "register_country/server.rs"]
mod postgres;
#[path = "../tests/it/redis/server.rs"]
mod redis_server;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use iinspect::number::Iin;
use iinspect::register::postgres::{Options, Store, Url};
use iinspect::register::{Changeset, Expect, Ledger, Origin, Write};
use jiff::Timestamp;

use beside::pin;
use load::{Figures, pinned_load};
use persons::{number, record};

/// Persons in the register: far more than fit into the least memory that the cache can be given.
const PERSONS: usize = 60_000;
/// Of them, those that are asked for when a hit in process is measured.
const FEW: usize = 200;
/// Turns that each of what is compared has.
const ROUNDS: u64 = 5;

fn main() {
    if std::env::args().nth(1).as_deref() == Some("bare") {
        return bare::serve();
    }
    let seconds = std::env::var("SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(10);
    let Some(database) = postgres::Server::start() else { return };
    let redis = redis_server::Redis::start("");
    pin("1", std::process::id());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let numbers = Arc::new(fill(&database.url()).await);
        let few: Arc<[String]> = numbers[..FEW].into();
        let all: Arc<[String]> = numbers[..].into();

        // One server with room for few facts: what it is asked for comes from Redis.
        let settings = |redis: &str, cache: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("iinspect.toml");
            let text = format!(
                "[register]\nurl = \"{}\"\ncompleteness = \"complete\"\n[redis]\nurl = \"{redis}\"\nwait = \"50ms\"\n[cache]\n{cache}\n",
                database.url()
            );
            fs::write(&path, text).unwrap();
            (folder, path.display().to_string())
        };
        let roomy = settings("", "");
        let local_server = child::Server::start(&["--config", &roomy.1]);
        let answer = load::answer(&local_server.url(), &few[0]).await;
        let small = settings(&redis.url(), "local_bytes = 1048576\nabsent_percent = 50");
        let shared_server = child::Server::start(&["--config", &small.1]);
        load::answer(&shared_server.url(), &few[0]).await;
        load::once(&shared_server.url(), &all).await;
        let bare_server = bare::Bare::start(&answer);
        // In turns, since a machine that others use is quicker at one time than at another.
        let [mut bare, mut local, mut shared] = [(); 3].map(|()| load::Figures::default());
        let mut get = 0.0;
        let turn = (seconds / ROUNDS).max(1);
        for _ in 0..ROUNDS {
            bare = bare.and(pinned_load(bare_server.id(), &bare_server.url(), &few, turn).await);
            local = local.and(pinned_load(local_server.id(), &local_server.url(), &few, turn).await);
            shared = shared.and(pinned_load(shared_server.id(), &shared_server.url(), &all, turn).await);
            get += load::gets(&redis, turn).await / ROUNDS as f64;
        }
        local.must_be_from("SOURCE_CACHE_LOCAL", 0.99);
        shared.must_be_from("SOURCE_CACHE_SHARED", 0.8);
        drop((bare_server, local_server, shared_server));

        let none = settings("", "enabled = false");
        let server = child::Server::start(&["--config", &none.1]);
        load::answer(&server.url(), &few[0]).await;
        let uncached = pinned_load(server.id(), &server.url(), &all, seconds).await;
        drop(server);

        // Every number is asked for once, so that nothing is ever remembered of it.
        redis.run::<()>("FLUSHALL");
        let server = child::Server::start(&["--config", &small.1]);
        load::answer(&server.url(), &few[0]).await;
        let missed = load::pinned_once(server.id(), &server.url(), &all).await;
        drop(server);

        for (name, figures) in [
            ("bare call, the same bytes", &bare),
            ("hit in process", &local),
            ("hit in Redis", &shared),
            ("miss: Redis, then PostgreSQL", &missed),
            ("no cache: PostgreSQL", &uncached),
        ] {
            println!("{name:<30} {figures}, {:.2} of the bare call", figures.rate() / bare.rate());
        }
        println!("GET by the same client: {get:.1} us of CPU each");
        let ratio = |name: &str, value: f64, goal: &str| println!("{name:<60} {value:.2} (goal {goal})");
        ratio("hit in process, throughput to the bare call", local.rate() / bare.rate(), "0.85");
        ratio("hit in Redis, throughput to the hit in process", shared.rate() / local.rate(), "0.70");
        ratio("CPU that Redis adds to a hit, to a raw GET", added(&shared, &local, get), "at most 2");
    });
}

fn added(shared: &Figures, local: &Figures, get: f64) -> f64 {
    (shared.cpu() - local.cpu()) / get
}

/// Fills a new register with persons in force: their numbers.
async fn fill(url: &str) -> Vec<String> {
    let (url, options) = (Url::parse(url).unwrap(), Options::default());
    Store::migrate(&url, &options).await.unwrap();
    let store = Store::open(&url, &[], &options).unwrap();
    let end = tokio::time::Instant::now() + Duration::from_secs(300);
    while store.key().is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let numbers: Vec<Iin> = (0..).filter_map(number).take(PERSONS).collect();
    for some in numbers.chunks(10_000) {
        let writes = some.iter().map(|iin| Write::record(*iin, record(), Expect::Any)).collect();
        let set = Changeset::new(Timestamp::now(), Origin::of("bench"), "", writes);
        store.commit(set, end).await.unwrap();
    }
    tokio::task::spawn_blocking(move || store.close()).await.unwrap().unwrap();
    numbers.into_iter().map(Iin::to_text).collect()
}
