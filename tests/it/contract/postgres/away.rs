//! A server that is not there, not yet, not any more, or says nothing.

use std::time::Duration;

use iinspect::register::postgres::{Options, Store};
use iinspect::register::{Error, Facts, Feed, Ledger, Register, Status};
use tokio::time::Instant;

use super::support::{open, options, wait_down, wait_for, wait_up};
use crate::contract::support::{bounded, iin, put, seen, set, soon};
use crate::postgres::{self, Server, shared, skipped};

fn within(millis: u64) -> Instant {
    Instant::now() + Duration::from_millis(millis)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_opens_without_its_database_and_comes_up_by_itself() {
    if skipped() {
        return;
    }
    bounded(async {
        let mut server = Server::create("");
        let url = server.url("late");
        let store = open(&url);
        wait_down(&store, "connection refused").await;
        assert!(store.key().is_err_and(|e| e.is_unavailable()));
        let asked = Instant::now();
        let e = store.one(iin(1), soon()).await.unwrap_err();
        assert!(e.is_unavailable() && e.to_string().contains("connection refused"), "{e}");
        assert!(asked.elapsed() < Duration::from_secs(2), "who cannot be answered is told at once");
        assert!(store.commit(set(vec![put(iin(1), "x")]), soon()).await.unwrap_err().is_unavailable());

        server.resume();
        wait_down(&store, "there is no such database").await;
        server.run("postgres", "CREATE DATABASE late").await;
        wait_down(&store, "run iinspect migrate").await;
        assert!(store.one(iin(1), soon()).await.unwrap_err().is_schema());
        assert_eq!(Store::inspect(&url, &options()).await.unwrap().version, None);
        let migrated = Store::migrate(&url, &options()).await.unwrap();
        assert_eq!((migrated.before, migrated.after), (None, 2));
        assert_eq!(Store::migrate(&url, &options()).await.unwrap().before, Some(2));
        wait_up(&store).await;
        store.commit(set(vec![put(iin(1), "x")]), soon()).await.unwrap();
        assert_eq!(seen(&store.one(iin(1), soon()).await.unwrap().value), (1, "x"));

        // Lookups do not notice that the server was started anew: dead connections are replaced.
        server.stop();
        wait_down(&store, "connection refused").await;
        server.resume();
        assert_eq!(seen(&store.one(iin(1), soon()).await.unwrap().value), (1, "x"));
        wait_up(&store).await;
        store.commit(set(vec![put(iin(1), "y")]), soon()).await.unwrap();

        // A schema of a later program.
        server.run("late", "INSERT INTO register_schema SELECT 3, '', now(), true, '', 0").await;
        wait_down(&store, "newer").await;
        assert!(store.one(iin(1), soon()).await.unwrap_err().is_schema());
        server.run("late", "DELETE FROM register_schema WHERE version = 3").await;
        wait_up(&store).await;
        Register::Postgres(store).close().unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_register_behind_the_url_is_never_taken_for_the_first() {
    if skipped() {
        return;
    }
    bounded(async {
        let name = postgres::new_register();
        let server = &shared().server;
        let store = open(&server.url(&name));
        store.commit(set(vec![put(iin(1), "first")]), soon()).await.unwrap();
        let moves = [
            format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
            format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"),
            format!("ALTER DATABASE {name} RENAME TO {name}_old"),
        ];
        for sql in moves {
            server.run("postgres", &sql).await;
        }
        server.register(&name).await;
        wait_down(&store, "another register").await;
        assert!(store.one(iin(1), soon()).await.unwrap_err().is_not_a_register());
        assert!(store.commit(set(vec![put(iin(2), "x")]), soon()).await.unwrap_err().is_not_a_register());
        assert!(open(&server.url(&name)).one(iin(1), soon()).await.unwrap().value.record.is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_made_read_only_answers_and_takes_writes_again_later() {
    if skipped() {
        return;
    }
    bounded(async {
        let name = postgres::new_register();
        let server = &shared().server;
        let store = open(&server.url(&name));
        store.commit(set(vec![put(iin(1), "kept")]), soon()).await.unwrap();
        let set_to = |value| format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        let drop_all =
            format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'");
        server.run("postgres", &set_to("on")).await;
        server.run("postgres", &drop_all).await;
        wait_for(&store, |s| matches!(s, Status::ReadOnly(why) if why.contains("read-only"))).await;
        assert_eq!(seen(&store.one(iin(1), soon()).await.unwrap().value), (1, "kept"));
        let e = store.commit(set(vec![put(iin(1), "no")]), soon()).await.unwrap_err();
        assert!(e.is_unavailable() && e.to_string().contains("read-only"), "{e}");
        server.run("postgres", &set_to("off")).await;
        server.run("postgres", &drop_all).await;
        wait_up(&store).await;
        store.commit(set(vec![put(iin(1), "again")]), soon()).await.unwrap();
        assert_eq!(seen(&store.one(iin(1), soon()).await.unwrap().value), (2, "again"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_costs_its_callers_their_deadline_and_no_more() {
    if skipped() {
        return;
    }
    bounded(async {
        let server = Server::start("");
        server.register("frozen").await;
        let few = Options { connections: 4, queue: 16, ..options() };
        let store = Store::open(&server.url("frozen"), &[], &few).unwrap();
        wait_up(&store).await;
        store.commit(set(vec![put(iin(1), "x")]), soon()).await.unwrap();
        server.signal("-STOP");
        let mut calls = tokio::task::JoinSet::new();
        for n in 0..60 {
            let store = store.clone();
            calls.spawn(async move {
                let asked = Instant::now();
                let outcome = if n % 5 == 0 {
                    store.commit(set(vec![put(iin(100 + n), "late")]), within(400)).await.map(|_| ())
                } else {
                    store.one(iin(1), within(400)).await.map(|_| ())
                };
                (outcome, asked.elapsed())
            });
        }
        let told = calls.join_all().await;
        let longest = told.iter().map(|(_, took)| *took).max().unwrap();
        assert!(longest < Duration::from_millis(1_000), "{longest:?}");
        let is = |what: fn(&Error) -> bool| told.iter().filter(|(o, _)| o.as_ref().is_err_and(what)).count();
        let (late, busy) = (is(Error::is_deadline), is(Error::is_busy));
        assert_eq!(late + busy, 60, "{told:?}");
        assert!(busy >= 60 - 4 - 16, "more than 4 and 16 waited: {busy}");
        wait_for(&store, |status| !status.is_up()).await;

        server.signal("-CONT");
        wait_up(&store).await;
        assert_eq!(seen(&store.one(iin(1), soon()).await.unwrap().value), (1, "x"));
        // What was refused as late may have been written, and whole.
        let heads = store.heads(soon()).await.unwrap();
        let mut records = 0;
        for n in (0..60).step_by(5) {
            records += u64::from(store.one(iin(100 + n), soon()).await.unwrap().value.record.is_some());
        }
        println!("frozen: {late} late, {busy} busy, longest {longest:?}, {records} of 12 late writes done");
        assert_eq!(heads.0.iter().map(|head| head.0).sum::<u64>(), 1 + records);
    })
    .await;
}
