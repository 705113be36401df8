//! A real streaming replica.

use std::time::Duration;

use iinspect::register::postgres::{Options, Store};
use iinspect::register::{Facts, Ledger};
use tokio::time::Instant;

use super::support::{options, wait_down, wait_up};
use crate::contract::support::{bounded, iin, put, seen, set, soon};
use crate::postgres::{Folder, Server, program, skipped};

fn copy_of(primary: &Server) -> Server {
    let folder = Folder::new();
    let mut backup = program("pg_basebackup");
    backup.args(["-R", "--no-sync", "-X", "stream", "-c", "fast", "-U", "postgres", "-h", "127.0.0.1"]);
    backup.args(["-p", &primary.port.to_string(), "-D"]).arg(folder.0.join("data")).current_dir("/");
    let made = backup.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut replica = Server::at(folder.0, "hot_standby = on\nmax_standby_streaming_delay = 1s");
    replica.resume();
    replica
}

const MAX_AGE: Duration = Duration::from_secs(1);

fn in_two_seconds() -> Instant {
    Instant::now() + Duration::from_secs(2)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_serves_what_it_can_be_shown_to_have() {
    if skipped() {
        return;
    }
    bounded(async {
        let mut primary = Server::start("");
        primary.register("copied").await;
        let replica = copy_of(&primary);
        let lag = Options { replica_lag: MAX_AGE, ..options() };
        let store = Store::open(&primary.url("copied"), &[replica.url("copied")], &lag).unwrap();
        wait_up(&store).await;
        let write = async |tag: &str| store.commit(set(vec![put(iin(1), tag)]), soon()).await.unwrap();
        write("one").await;

        // From the replica, once it has caught up, and marked.
        let read = loop {
            let read = store.one_within(iin(1), MAX_AGE, soon()).await.unwrap();
            assert!(read.behind <= MAX_AGE);
            if !read.behind.is_zero() && read.value.record.is_some() {
                break read;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert_eq!(seen(&read.value), (1, "one"));
        let many = store.many_within(&[iin(1), iin(2)], MAX_AGE, soon()).await.unwrap();
        assert_eq!(many[0].behind, many[1].behind);
        // An age of zero is the primary, always.
        assert!(store.one_within(iin(1), Duration::ZERO, soon()).await.unwrap().behind.is_zero());
        assert!(store.one(iin(1), soon()).await.unwrap().behind.is_zero());

        // A replica that stands still is never believed beyond what it has. What was acknowledged
        // longer ago than the age allows is in every answer.
        replica.run("copied", "SELECT pg_wal_replay_pause()").await;
        write("two").await;
        tokio::time::sleep(MAX_AGE).await;
        for max_age in [Duration::from_millis(200), MAX_AGE] {
            let read = store.one_within(iin(1), max_age, soon()).await.unwrap();
            assert_eq!((seen(&read.value), read.behind), ((2, "two"), Duration::ZERO));
        }
        // Another shard, in which nothing happened: there it is as good as the primary.
        let key = store.key().unwrap();
        let other = (2..).map(iin).find(|other| key.number(*other).shard(8) != key.number(iin(1)).shard(8));
        let other = store.one_within(other.unwrap(), MAX_AGE, soon()).await.unwrap();
        assert!(!other.behind.is_zero() && other.behind <= MAX_AGE);

        // Without the primary nothing can be shown for long.
        primary.stop();
        let e = loop {
            match store.one_within(iin(1), MAX_AGE, in_two_seconds()).await {
                Ok(read) => assert!(read.behind <= MAX_AGE),
                Err(e) => break e,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert!(e.is_stale(), "{e}");
        assert!(store.one_within(iin(1), Duration::ZERO, soon()).await.unwrap_err().is_unavailable());
        wait_down(&store, "connection refused").await;

        // Back again, and the replica moves on.
        primary.resume();
        wait_up(&store).await;
        replica.run("copied", "SELECT pg_wal_replay_resume()").await;
        write("three").await;
        loop {
            let read = store.one_within(iin(1), MAX_AGE, soon()).await.unwrap();
            if !read.behind.is_zero() && seen(&read.value) == (3, "three") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // A replica that is away costs nobody an answer.
        replica.kill();
        for _ in 0..10 {
            let read = store.one_within(iin(1), MAX_AGE, soon()).await.unwrap();
            assert_eq!((seen(&read.value), read.behind), ((3, "three"), Duration::ZERO));
        }
    })
    .await;
}
