//! Damage, and files that move away.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::time::Duration;

use iinspect::register::sqlite::{Options, Store};
use iinspect::register::{Facts, Feed, Ledger, Register, Status};

use crate::contract::support::{Stage, bounded, iin, options, put, seen, set, soon};

async fn wait_for(store: &Store, what: impl FnMut(&Status) -> bool) -> Status {
    let mut status = store.status();
    let found = tokio::time::timeout(Duration::from_secs(10), status.wait_for(what)).await;
    found.expect("the status never came").unwrap().clone()
}

/// The ways of a lookup: by the store's threads, and by the caller's own.
const WAYS: [usize; 2] = [0, 1];

/// A register with rows in its file, not in its WAL, and nothing of it in memory.
async fn filled(inline: usize) -> (Stage, Store) {
    let stage = Stage::sqlite();
    for chunk in 0..4 {
        stage.commit((0..1_000).map(|n| put(iin(chunk * 1_000 + n), "kept")).collect()).await;
    }
    stage.register.close().unwrap();
    let quiet = Options { probe_every: Duration::from_secs(600), inline, ..options() };
    let store = Store::open(&stage.path, &quiet).unwrap();
    (stage, store)
}

fn garbage(stage: &Stage, byte: impl Fn(u64) -> u8) {
    let file = OpenOptions::new().write(true).open(&stage.path).unwrap();
    let pages = file.metadata().unwrap().len() / 4_096;
    assert!(pages > 40, "{pages}");
    // Beyond the first pages: what is open already has read those.
    for page in 24..pages {
        let bytes: Vec<u8> = (0..4_096).map(&byte).collect();
        file.write_all_at(&bytes, page * 4_096).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_said_and_stays_said() {
    bounded(async {
        let patterns: [fn(u64) -> u8; 2] = [|_| 0, |n| (n.wrapping_mul(2_654_435_761) >> 7) as u8];
        for (pattern, inline) in patterns.into_iter().zip(WAYS) {
            let (stage, store) = filled(inline).await;
            garbage(&stage, pattern);
            let register = Register::Sqlite(store.clone());
            let mut corrupt = 0;
            for n in (0..4_000).step_by(50) {
                match register.one(iin(n), soon()).await {
                    Ok(read) => assert_eq!(seen(&read.value), (1, "kept"), "a wrong fact"),
                    Err(e) => {
                        assert!(e.is_corrupt(), "{e}");
                        corrupt += 1;
                    }
                }
            }
            assert!(corrupt > 0);
            let down = wait_for(&store, |s| !s.is_up()).await;
            assert!(matches!(&down, Status::Down(why) if why.contains("corrupt")), "{down:?}");
            // From the first sign on nothing of it is served, sound or not.
            assert!(register.heads(soon()).await.unwrap_err().is_corrupt());
            assert!(register.commit(set(vec![put(iin(1), "x")]), soon()).await.unwrap_err().is_corrupt());
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert_eq!(*store.status().borrow(), down);
        }
    })
    .await;
}

/// A single bit in a name: SQLite cannot see it, the checksum does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_a_body_is_never_a_fact() {
    bounded(async {
        for inline in WAYS {
            flip_a_bit(filled(inline).await).await;
        }
    })
    .await;
}

async fn flip_a_bit((stage, store): (Stage, Store)) {
    let mut bytes = fs::read(&stage.path).unwrap();
    let name = "Тестова".as_bytes();
    let at = bytes.windows(name.len()).rposition(|w| w == name).unwrap();
    bytes[at + 1] ^= 1;
    let file = OpenOptions::new().write(true).open(&stage.path).unwrap();
    file.write_all_at(&bytes, 0).unwrap();
    let register = Register::Sqlite(store.clone());
    let mut wrong = None;
    for n in 0..4_000 {
        if let Err(e) = register.one(iin(n), soon()).await {
            wrong = Some(e);
            break;
        }
    }
    assert!(wrong.is_some_and(|e| e.is_corrupt()));
    assert!(!store.status().borrow().is_up());
}

#[tokio::test]
async fn the_probe_finds_damage_without_traffic() {
    bounded(async {
        let (stage, store) = filled(1).await;
        store.close().unwrap();
        let store = Store::open(&stage.path, &options()).unwrap();
        garbage(&stage, |_| 0);
        let down = wait_for(&store, |s| !s.is_up()).await;
        assert!(matches!(&down, Status::Down(why) if why.contains("corrupt")), "{down:?}");
    })
    .await;
}

#[tokio::test]
async fn a_file_that_moves_away_takes_no_writes_until_it_is_back() {
    bounded(async {
        let stage = Stage::sqlite();
        let Register::Sqlite(store) = &stage.register else { unreachable!() };
        stage.commit(vec![put(iin(1), "before")]).await;
        let away = stage.path.with_extension("away");
        fs::rename(&stage.path, &away).unwrap();
        let e = stage.try_commit(vec![put(iin(1), "lost")]).await.unwrap_err();
        assert!(e.is_unavailable() && e.to_string().contains("moved"), "{e}");
        let down = wait_for(store, |s| !s.is_up()).await;
        assert!(matches!(&down, Status::Down(why) if why.contains("moved, removed or replaced")), "{down:?}");
        fs::write(&stage.path, "something else").unwrap();
        assert!(stage.try_commit(vec![put(iin(1), "lost")]).await.unwrap_err().is_unavailable());
        fs::rename(&away, &stage.path).unwrap();
        wait_for(store, Status::is_writable).await;
        stage.commit(vec![put(iin(1), "after")]).await;
        assert_eq!(seen(&stage.one(iin(1)).await.value), (2, "after"));
    })
    .await;
}

#[tokio::test]
async fn closing_finishes_what_was_accepted() {
    bounded(async {
        let stage = Stage::sqlite();
        let mut commits = tokio::task::JoinSet::new();
        for n in 0..100 {
            let register = stage.register.clone();
            commits.spawn(async move { (n, register.commit(set(vec![put(iin(n), "x")]), soon()).await) });
        }
        tokio::task::yield_now().await;
        let register = stage.register.clone();
        tokio::task::spawn_blocking(move || register.close()).await.unwrap().unwrap();
        let register = Register::Sqlite(Store::open(&stage.path, &options()).unwrap());
        for (n, outcome) in commits.join_all().await {
            let there = register.one(iin(n), soon()).await.unwrap().value.record.is_some();
            match outcome {
                Ok(_) => assert!(there, "{n}"),
                Err(e) => assert!(e.is_unavailable() && !there, "{n}: {e}"),
            }
        }
    })
    .await;
}
