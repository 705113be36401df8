//! A register for a country: `make bench-register`.
//!
//! Fills both stores with synthetic persons, up to 20,000,000, and measures single and batched lookups
//! beside the driver alone in the same run, what an import does, how late a change is seen, and what
//! all of it costs in memory and on disk. Ratios are the result; times are one machine's.
//!
//! `ROWS` sets the sizes ("1000000 20000000" by make, else "100000"), `IMPORT_ROWS` the rows of the
//! import (0: none), `STORES` which stores ("sqlite postgres").
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

#[path = "register_country/country.rs"]
mod country;
#[path = "register_country/direct.rs"]
mod direct;
#[path = "register_country/fill.rs"]
mod fill;
#[path = "register_country/lag.rs"]
mod lag;
#[path = "register_country/measure.rs"]
mod measure;
#[path = "register_country/server.rs"]
mod server;

use std::time::Duration;

use iinspect::register::{Register, postgres, sqlite};
use measure::{Figures, Three};

/// Callers that look up at once.
const CALLERS: u64 = 64;
/// Writers beside the follower of the feed, and how long they write.
const WRITERS: u64 = 8;
const WRITE_FOR: Duration = Duration::from_secs(5);

/// One store at one size.
struct Row {
    store: &'static str,
    persons: u64,
    three: Three,
}

fn main() {
    let rows = setting("ROWS", "100000");
    let mut sizes: Vec<u64> = rows.split_whitespace().map(|n| n.parse().expect("ROWS")).collect();
    sizes.sort_unstable();
    let import: u64 = setting("IMPORT_ROWS", "100000").parse().expect("IMPORT_ROWS");
    let stores = setting("STORES", "sqlite postgres");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut table = Vec::new();
    if stores.contains("sqlite") {
        runtime.block_on(in_sqlite(&sizes, import, &mut table));
    }
    if stores.contains("postgres")
        && let Some(server) = server::Server::start()
    {
        runtime.block_on(in_postgres(&server, &sizes, import, &mut table));
    }
    tell(&table);
}

fn setting(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.into())
}

async fn in_sqlite(sizes: &[u64], import: u64, table: &mut Vec<Row>) {
    let folder = tempfile::tempdir().unwrap();
    imports("sqlite", import, folder.path(), |name| format!("sqlite:{}", folder.path().join(name).display()));
    let path = folder.path().join("register.db");
    let register = Register::Sqlite(sqlite::Store::open(&path, &sqlite::Options::default()).unwrap());
    let mut filled = 0;
    for size in sizes {
        fill("sqlite", &register, filled, *size).await;
        filled = *size;
        let connection = direct::sqlite(&path);
        let three = measure::lookups(&register, &mut direct::Sqlite::new(&connection), *size).await;
        let mib = std::fs::metadata(&path).unwrap().len() as f64 / 1_048_576.0;
        println!(
            "sqlite    {size:>9} persons: file {mib:.0} MiB ({:.0} bytes each), process {:.0} MiB resident",
            mib * 1_048_576.0 / *size as f64,
            fill::resident(std::process::id())
        );
        at_once("sqlite", &register, *size).await;
        table.push(Row { store: "sqlite", persons: *size, three });
    }
    changes("sqlite", &register).await;
    register.close().unwrap();
}

async fn in_postgres(server: &server::Server, sizes: &[u64], import: u64, table: &mut Vec<Row>) {
    let folder = tempfile::tempdir().unwrap();
    let url = postgres::Url::parse(&server.url()).unwrap();
    // So many callers on ten connections are to wait their turn here, not to be refused.
    let patience = Duration::from_secs(30);
    let options =
        postgres::Options { statement: patience, acquire: patience, ..postgres::Options::default() };
    postgres::Store::migrate(&url, &options).await.unwrap();
    imports("postgres", import, folder.path(), |_| server.url());
    let direct_url = server.url();
    let (client, connection) =
        tokio_postgres::connect(&direct_url, tokio_postgres::NoTls).await.expect("PostgreSQL");
    tokio::spawn(connection);
    client.batch_execute("TRUNCATE record, record_past").await.unwrap();
    let register = Register::Postgres(postgres::Store::open(&url, &[], &options).unwrap());
    let mut filled = 0;
    for size in sizes {
        fill("postgres", &register, filled, *size).await;
        filled = *size;
        // What autovacuum would have done by the time anybody measures a register in service.
        client.batch_execute("VACUUM (ANALYZE) record").await.unwrap();
        let mut direct = direct::Postgres::connect(&direct_url).await;
        let three = measure::lookups(&register, &mut direct, *size).await;
        let bytes: i64 =
            client.query_one("SELECT pg_database_size(current_database())", &[]).await.unwrap().get(0);
        println!(
            "postgres  {size:>9} persons: database {:.0} MiB ({:.0} bytes each), process {:.0} MiB resident, \
             PostgreSQL {:.0} MiB",
            bytes as f64 / 1_048_576.0,
            bytes as f64 / *size as f64,
            fill::resident(std::process::id()),
            server.resident(),
        );
        at_once("postgres", &register, *size).await;
        table.push(Row { store: "postgres", persons: *size, three });
    }
    changes("postgres", &register).await;
    tokio::task::spawn_blocking(move || register.close()).await.unwrap().unwrap();
}

/// `register import` of a file in rising order and of one in none.
fn imports(store: &str, rows: u64, folder: &std::path::Path, url: impl Fn(&str) -> String) {
    if rows == 0 {
        return;
    }
    for sorted in [true, false] {
        let file = folder.join("persons.csv");
        fill::csv(&file, rows, sorted);
        let (rate, peak) = fill::import(&file, &url(if sorted { "rising.db" } else { "random.db" }), rows);
        let order = if sorted { "rising order" } else { "no order" };
        println!(
            "{store:<9} register import of {rows} rows in {order}: {rate:.0} rows/s, peak {peak:.0} MiB"
        );
    }
}

async fn fill(store: &str, register: &Register, from: u64, to: u64) {
    let took = fill::commits(register, from, to).await;
    let rate = (to - from) as f64 / took.as_secs_f64();
    println!("{store:<9} {} persons by commits of 10,000: {rate:.0}/s", to - from);
}

async fn at_once(store: &str, register: &Register, size: u64) {
    let rate = measure::at_once(register, size, CALLERS).await;
    println!("{store:<9} {size:>9} persons: {CALLERS} callers at once: {rate:.0} lookups/s");
}

async fn changes(store: &str, register: &Register) {
    let lag = lag::measure(register, WRITERS, WRITE_FOR).await;
    println!(
        "{store:<9} feed beside {WRITERS} writers: {} commits ({:.0}/s), every one seen, after its \
         acknowledgement p50 {:.2} ms, p99 {:.2} ms",
        lag.commits,
        lag.per_second,
        lag.p50.as_secs_f64() * 1e3,
        lag.p99.as_secs_f64() * 1e3,
    );
}

fn tell(table: &[Row]) {
    let us = |d: Duration| d.as_secs_f64() * 1e6;
    println!("\nEach beside the driver alone: (the same lookup, the record's row alone).");
    println!(
        "{:<10}{:>10}{:>28}{:>28}{:>22}",
        "store", "persons", "p50 us (x, x)", "p99 us (x, x)", "batched/s (x)"
    );
    for Row { store, persons, three: Three { store: s, same, bare } } in table {
        let p50 = |to: &Figures| us(s.p50) / us(to.p50);
        let p99 = |to: &Figures| us(s.p99) / us(to.p99);
        println!(
            "{store:<10}{persons:>10}{:>14.1} ({:.2}, {:.2}){:>14.1} ({:.2}, {:.2}){:>15.0} ({:.2})",
            us(s.p50),
            p50(same),
            p50(bare),
            us(s.p99),
            p99(same),
            p99(bare),
            s.batched,
            bare.batched / s.batched,
        );
    }
    for store in ["sqlite", "postgres"] {
        let of: Vec<&Row> = table.iter().filter(|r| r.store == store).collect();
        let (Some(first), Some(last)) = (of.first(), of.last()) else { continue };
        let Three { store: a, .. } = first.three;
        let Three { store: Figures { p50, p99, batched }, .. } = last.three;
        println!(
            "{store}: from {} to {} persons p50 {:.2}x, p99 {:.2}x, batched lookups {:.2}x as long",
            first.persons,
            last.persons,
            us(p50) / us(a.p50),
            us(p99) / us(a.p99),
            a.batched / batched,
        );
    }
}
