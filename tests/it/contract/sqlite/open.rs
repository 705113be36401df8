//! What is opened, what is refused, and that what is refused stays as it was.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use iinspect::register::sqlite::{Inspection, Migrated, Options, Store};
use iinspect::register::{Error, Facts, Feed, Register};
use rusqlite::Connection;

use crate::contract::support::{Stage, bounded, iin, options, put, seen, soon};

/// Opens what must be refused, and checks that nothing about it has changed.
fn refused(path: &Path) -> Error {
    let folder = path.parent().unwrap();
    let state = || {
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap().path())
            .map(|p| (p.clone(), fs::read(&p).unwrap_or_default(), fs::metadata(&p).unwrap().ino()))
            .collect();
        files.sort();
        files
    };
    let before = state();
    let options = Options { open_wait: Duration::from_millis(100), ..options() };
    let e = Store::open(path, &options).unwrap_err();
    assert_eq!(state(), before, "{e}");
    let text = e.to_string();
    assert!(text.contains(&path.display().to_string()), "{text}");
    assert!(!text.contains('\n') && text.len() < 200, "{text}");
    e
}

/// The schema that this program writes.
const LATEST: usize = 3;

#[tokio::test]
async fn key_shards_and_positions_survive_a_reopening() {
    bounded(async {
        let stage = Stage::sqlite();
        let token = stage.commit(vec![put(iin(1), "kept")]).await.token;
        let subject = stage.key.number(iin(1));
        stage.register.close().unwrap();
        let wal = stage.path.with_extension("db-wal");
        assert!(fs::metadata(&wal).is_err(), "closing moves the WAL into the file");
        assert_eq!(fs::metadata(&stage.path).unwrap().permissions().mode() & 0o777, 0o600);

        let store = Store::open(&stage.path, &options()).unwrap();
        assert_eq!(store.migrated(), Migrated { before: Some(LATEST), after: LATEST });
        assert_eq!((store.key().number(iin(1)), store.shards()), (subject, stage.shards));
        let register = Register::Sqlite(store);
        assert_eq!(register.heads(soon()).await.unwrap(), token);
        assert_eq!(seen(&register.one(iin(1), soon()).await.unwrap().value), (1, "kept"));
    })
    .await;
}

#[tokio::test]
async fn two_stores_share_one_file() {
    bounded(async {
        let stage = Stage::sqlite();
        let other = Register::Sqlite(Store::open(&stage.path, &options()).unwrap());
        let token = stage.commit(vec![put(iin(1), "here")]).await.token;
        assert_eq!(seen(&other.one(iin(1), soon()).await.unwrap().value), (1, "here"));
        assert_eq!(other.heads(soon()).await.unwrap(), token);
        other.close().unwrap();
        stage.commit(vec![put(iin(1), "still")]).await;
        assert_eq!(seen(&stage.one(iin(1)).await.value), (2, "still"));
    })
    .await;
}

#[test]
fn inspecting_and_migrating_tell_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b?#%.db");
    assert_eq!(Store::inspect(&path), Ok(Inspection { version: None, latest: LATEST }));
    assert_eq!(Store::migrate(&path, &options()), Ok(Migrated { before: None, after: LATEST }));
    assert_eq!(Store::migrate(&path, &options()), Ok(Migrated { before: Some(LATEST), after: LATEST }));
    assert_eq!(Store::inspect(&path), Ok(Inspection { version: Some(LATEST), latest: LATEST }));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

/// The machine stops when a checkpoint has moved the first page of the WAL and no other.
#[tokio::test]
async fn a_checkpoint_cut_short_is_finished() {
    bounded(async {
        let stage = Stage::sqlite();
        stage.commit((0..2_000).map(|n| put(iin(n), "kept")).collect()).await;
        let (mut file, wal) =
            (fs::read(&stage.path).unwrap(), fs::read(stage.path.with_extension("db-wal")).unwrap());
        let mut first_pages = wal[32..].chunks_exact(24 + 4_096).filter(|frame| frame[..4] == [0, 0, 0, 1]);
        file[..4_096].copy_from_slice(&first_pages.next_back().unwrap()[24..]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.db");
        fs::write(&path, file).unwrap();
        fs::write(folder.path().join("register.db-wal"), wal).unwrap();
        assert_eq!(Store::inspect(&path), Ok(Inspection { version: Some(LATEST), latest: LATEST }));
        let register = Register::Sqlite(Store::open(&path, &options()).unwrap());
        assert_eq!(seen(&register.one(iin(1_999), soon()).await.unwrap().value), (1, "kept"));
    })
    .await;
}

#[test]
fn an_empty_file_becomes_a_register() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    fs::write(&path, "").unwrap();
    assert_eq!(Store::migrate(&path, &options()), Ok(Migrated { before: None, after: LATEST }));
}

#[test]
fn anything_else_is_no_register() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database, but long enough to hold a header".repeat(20)).unwrap();
    assert!(refused(&text).is_not_a_register());
    let short = folder.path().join("short");
    fs::write(&short, "x").unwrap();
    assert!(refused(&short).is_not_a_register());
    let inner = folder.path().join("folder");
    fs::create_dir(&inner).unwrap();
    assert!(refused(&inner).is_not_a_register());

    let foreign = folder.path().join("foreign.db");
    let other = Connection::open(&foreign).unwrap();
    other.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)").unwrap();
    assert!(refused(&foreign).is_not_a_register());
    drop(other);
    assert!(refused(&foreign).is_not_a_register());
}

#[test]
fn a_newer_schema_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    Store::migrate(&path, &options()).unwrap();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let e = refused(&path);
    assert!(e.is_schema() && e.to_string().contains("99"), "{e}");
    assert!(Store::inspect(&path).unwrap_err().is_schema());
}

#[test]
fn a_locked_file_is_waited_for_and_then_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    Store::migrate(&path, &options()).unwrap();
    let locker = Connection::open(&path).unwrap();
    locker
        .execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE meta SET shards = shards; COMMIT",
        )
        .unwrap();
    let e = refused(&path);
    assert!(e.is_unavailable() && e.to_string().ends_with("locked by another process"), "{e}");
    // Released while we wait: we get it.
    let waiter = std::thread::spawn(move || Store::open(path, &options()).map(|s| s.close()));
    std::thread::sleep(Duration::from_millis(200));
    drop(locker);
    waiter.join().unwrap().unwrap().unwrap();
}

#[test]
fn a_missing_folder_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let e = Store::open(folder.path().join("none/register.db"), &options()).unwrap_err();
    assert!(e.is_unavailable() && e.to_string().contains("no such file or folder"), "{e}");
}

#[test]
fn a_left_over_wal_is_not_played_into_a_new_register() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    fs::write(folder.path().join("register.db-wal"), "may hold acknowledged writes").unwrap();
    assert!(refused(&path).is_unavailable());
}

const CHILD: &str = "IINSPECT_TEST_OPENS";

/// Opening as somebody who may not: in a child process, since a process has one user.
#[test]
fn an_unreadable_file_is_unavailable() {
    if let Some(path) = std::env::var_os(CHILD) {
        let e = Store::open(Path::new(&path), &options()).unwrap_err();
        assert!(e.is_unavailable(), "{e}");
        println!("refused: {e}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    if fs::metadata(folder.path()).unwrap().uid() != 0 {
        println!("skipped: only root can run a process as somebody else");
        return;
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().join("register.db");
    Store::migrate(&path, &options()).unwrap();
    let before = fs::read(&path).unwrap();
    // The build folder may be closed to others: the child runs from a copy.
    let copy = folder.path().join("child");
    fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new(&copy)
        .args(["--exact", "contract::sqlite::open::an_unreadable_file_is_unavailable", "--nocapture"])
        .env(CHILD, &path)
        .current_dir("/")
        .uid(65_534)
        .gid(65_534)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("refused: register unavailable"), "{told}");
    assert_eq!(fs::read(&path).unwrap(), before);
}
