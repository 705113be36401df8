//! What callers see of real faults: `make bench-faults`. Two server processes over one PostgreSQL and one
//! Redis, calls at a steady rate, one fault after another. Every answer is checked against what was
//! written when. It ends by itself after some minutes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

#[path = "faults/history.rs"]
mod history;
#[path = "faults/load.rs"]
mod load;
#[path = "faults/node.rs"]
mod node;
#[path = "persons.rs"]
mod persons;
#[allow(dead_code)]
#[path = "register_country/server.rs"]
mod postgres;
#[path = "../tests/it/redis/server.rs"]
mod server;
#[path = "faults/table.rs"]
mod table;
#[path = "../tests/it/redis/watched.rs"]
mod watched;

use std::sync::Arc;
use std::time::Duration;

use history::History;
use load::Load;
use node::Node;
use server::Redis;
use table::{Fault, Row, Table};
use watched::Watched;

/// How long what is at fault stays so.
const AT_FAULT: Duration = Duration::from_secs(6);

fn main() {
    let Some(postgres) = postgres::Server::start() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let history = Arc::new(History::fill(&postgres.url()).await);
        let mut table = Table::default();
        one_redis(&postgres, &history, &mut table).await;
        sentinel(&postgres, &history, &mut table).await;
        table.print();
    });
}

const fn of_redis(name: &'static str) -> Fault {
    Fault { name, component: "redis", passing: false }
}

/// Faults of one Redis, and of the register.
async fn one_redis(postgres: &postgres::Server, history: &Arc<History>, table: &mut Table) {
    let mut redis = Redis::start("");
    let nodes = Node::two(&postgres.url(), &redis.url());
    let load = Load::start(&nodes, history.clone()).await;
    table.healthy(&load, Duration::from_secs(10)).await;

    let row = Row::begin(of_redis("Redis refused (killed)"), &nodes, &load);
    redis.kill();
    tokio::time::sleep(AT_FAULT).await;
    redis.resume();
    table.end(row).await;

    let row = Row::begin(of_redis("Redis frozen (SIGSTOP)"), &nodes, &load);
    redis.freeze();
    tokio::time::sleep(AT_FAULT).await;
    redis.thaw();
    table.end(row).await;

    let fault = Fault { passing: true, ..of_redis("Redis killed and restarted") };
    let row = Row::begin(fault, &nodes, &load);
    redis.kill();
    redis.resume();
    table.end(row).await;

    let fault = Fault { passing: true, ..of_redis("Redis flushed (FLUSHALL)") };
    let row = Row::begin(fault, &nodes, &load);
    let () = redis.run("FLUSHALL");
    table.end(row).await;

    let fault = Fault { component: "register", ..of_redis("register frozen (SIGSTOP)") };
    let row = Row::begin(fault, &nodes, &load);
    postgres.signal("STOP");
    tokio::time::sleep(AT_FAULT).await;
    postgres.signal("CONT");
    table.end(row).await;
    load.stop().await;
}

/// A master that is killed under a Sentinel, which takes a second to believe it.
async fn sentinel(postgres: &postgres::Server, history: &Arc<History>, table: &mut Table) {
    let mut watched = Watched::start();
    let nodes = Node::two(&postgres.url(), &watched.url());
    let load = Load::start(&nodes, history.clone()).await;
    let fault = Fault { passing: true, ..of_redis("Redis failed over (Sentinel)") };
    let row = Row::begin(fault, &nodes, &load);
    watched.master.kill();
    table.end(row).await;
    load.stop().await;
}
