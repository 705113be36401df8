//! A process that is killed in the middle of writing.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use iinspect::number::Iin;
use iinspect::register::feed::Kind;
use iinspect::register::{Facts, Feed, Ledger, Position, Register, Token, Write, sqlite::Store};

use crate::contract::feed::assert_contiguous;
use crate::contract::support::{bounded, entry, iin, options, put, seen, set, soon};

const CHILD: &str = "IINSPECT_TEST_WRITES";
const ROUNDS: u64 = 6;

/// Each changeset writes two numbers and a hotlist entry: three changes, whole or not at all.
fn numbers(n: u64) -> [Iin; 2] {
    [iin(2 * n), iin(2 * n + 1)]
}

fn writes(n: u64) -> Vec<Write> {
    let [a, b] = numbers(n);
    vec![put(a, &n.to_string()), put(b, &n.to_string()), Write::hotlist(a, entry(u128::from(n), ""))]
}

/// The child: writes until it is killed. A normal run of the tests passes through at once.
#[tokio::test]
async fn child() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let options = iinspect::register::sqlite::Options { feed_keep: 1_000_000, ..options() };
    let register = Register::Sqlite(Store::open(Path::new(&path), &options).unwrap());
    // Three at a time, so that the kill also meets commits that share a transaction.
    let next = register.heads(soon()).await.unwrap().0[0].0 / 3;
    let mut tasks = tokio::task::JoinSet::new();
    for n in next..next + 100_000 {
        if tasks.len() == 3 {
            println!("ack {}", tasks.join_next().await.unwrap().unwrap());
        }
        let register = register.clone();
        tasks.spawn(async move { register.commit(set(writes(n)), soon()).await.map(|_| n).unwrap() });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_and_nothing_is_torn() {
    bounded(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.db");
        let mut acknowledged = Vec::new();
        for round in 0..ROUNDS {
            let run = path.clone();
            let told = tokio::task::spawn_blocking(move || run_and_kill(&run, round)).await.unwrap();
            assert!(!told.is_empty(), "killed before the first acknowledgement");
            acknowledged.extend(told);
            check(&path, &acknowledged).await;
        }
    })
    .await;
}

/// Runs the child for a while after its first acknowledgement and kills it.
fn run_and_kill(path: &Path, round: u64) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "contract::sqlite::crash::child", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = Vec::new();
    let mut kill_at = None;
    for line in lines {
        // What was still in the pipe when it died was acknowledged too.
        if let Some(n) = line.unwrap().strip_prefix("ack ").and_then(|n| n.parse().ok()) {
            told.push(n);
        }
        let wait = Duration::from_micros(20_000 + 37_313 * round + u64::from(std::process::id()) % 9_000);
        if !told.is_empty() && Instant::now() >= *kill_at.get_or_insert_with(|| Instant::now() + wait) {
            let _ = child.kill();
        }
    }
    child.wait().unwrap();
    told
}

async fn check(path: &Path, acknowledged: &[u64]) {
    let options = iinspect::register::sqlite::Options { feed_keep: 1_000_000, ..options() };
    let register = Register::Sqlite(Store::open(path, &options).unwrap());
    let head = register.heads(soon()).await.unwrap().0[0].0;
    assert_eq!(head % 3, 0, "a changeset is whole in the head");
    // Every changeset, acknowledged or not, is whole in records and hotlist, or absent in both.
    let most = acknowledged.iter().max().unwrap() + 10;
    let mut found = 0;
    for n in 0..=most {
        let [a, b] = numbers(n);
        let facts = register.many(&[a, b], soon()).await.unwrap();
        let there = facts[0].value.record.is_some();
        found += u64::from(there);
        let want = if there { (1, n.to_string()) } else { (0, String::new()) };
        for fact in &facts {
            assert_eq!(seen(&fact.value), (want.0, want.1.as_str()), "{n}");
        }
        assert_eq!(facts[0].value.hotlist.len(), usize::from(there));
        assert!(there || !acknowledged.contains(&n), "{n} was acknowledged and is lost");
    }
    assert_eq!(found * 3, head, "records and head agree");
    let (mut token, mut told) = (Token(vec![Position(0)]), Vec::new());
    loop {
        let page = register.after(&token, 1_000, soon()).await.unwrap();
        if page.changes.is_empty() {
            break;
        }
        told.extend(page.changes);
        token = page.next;
    }
    assert_eq!(token.0[0].0, head, "feed and head agree");
    assert_contiguous(&told, &Token(vec![Position(0)]));
    for three in told.chunks(3) {
        assert_eq!(
            [three[0].kind, three[1].kind, three[2].kind],
            [Kind::Record, Kind::Record, Kind::Hotlist]
        );
        assert_eq!(three[0].subject, three[2].subject);
    }
    register.close().unwrap();
}
