//! Registers that cannot be opened: exit 69, one line, nothing lost. A register that breaks while
//! the server runs: that component is down and says so, the server lives.

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use iinspect::number::Iin;
use iinspect::person::Person;
use iinspect::register::{Changeset, Expect, Ledger, NumberState, Origin, Record, Write, sqlite};

use super::child::*;

fn serve(path: &Path) -> Output {
    let mut command = iinspect();
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
        "--register",
        &url_of(path),
    ]);
    run(&mut command)
}

#[track_caller]
fn refused(output: &Output, told: &str) {
    let text = stderr(output);
    assert_eq!(code(output), 69, "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains(told), "{text}");
}

#[test]
fn a_register_that_another_program_has_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    sqlite::Store::open(&path, &sqlite::Options::default()).unwrap().close().unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;").unwrap();
    refused(&serve(&path), "locked");
}

#[test]
fn a_register_of_a_newer_schema_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    sqlite::Store::open(&path, &sqlite::Options::default()).unwrap().close().unwrap();
    let file = rusqlite::Connection::open(&path).unwrap();
    file.pragma_update(None, "user_version", 9999).unwrap();
    file.close().unwrap();
    let before = fs::read(&path).unwrap();
    refused(&serve(&path), "newer");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_no_register_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "notes, long enough to be looked at as the header of a file\n".repeat(20)).unwrap();
    let before = fs::read(&text).unwrap();
    refused(&serve(&text), "not a register");
    assert_eq!(fs::read(&text).unwrap(), before);

    let foreign = folder.path().join("photos.db");
    let other = rusqlite::Connection::open(&foreign).unwrap();
    other.execute_batch("CREATE TABLE photo (id INTEGER PRIMARY KEY)").unwrap();
    other.close().unwrap();
    refused(&serve(&foreign), "not a register");
    refused(&serve(folder.path()), "register");
    refused(&serve(&folder.path().join("no/such/folder/register.db")), "register");
}

#[test]
fn a_register_that_may_not_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    sqlite::Store::open(&path, &sqlite::Options::default()).unwrap().close().unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_iinspect"));
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
        "--register",
        &url_of(&path),
    ]);
    if is_root() {
        // The binary may lie where only root can go: a copy where everybody can.
        let copy = folder.path().join("iinspect");
        fs::copy(env!("CARGO_BIN_EXE_iinspect"), &copy).unwrap();
        let args: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        command = Command::new(&copy);
        command.args(args).uid(65534).gid(65534);
    }
    refused(&run(&mut command), "register");
}

#[test]
fn a_register_on_a_full_disk() {
    if !is_root() {
        println!("not run: mounting a small disk needs root");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=40k", "tmpfs"]).arg(&disk).status();
    if !mounted.is_ok_and(|s| s.success()) {
        println!("not run: this machine mounts no tmpfs");
        return;
    }
    let output = serve(&disk.join("register.db"));
    let left = fs::read_dir(&disk).unwrap().count();
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    refused(&output, "full");
    assert_eq!(left, 0, "no half of a register stays");
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

/// Test numbers from a counter.
fn numbers() -> impl Iterator<Item = Iin> {
    (0_u64..).filter_map(|n| {
        let text = format!("90{:02}{:02}3{:04}", 13 + n / 5000 % 80, 1 + n / 2500 % 28, n % 5000);
        (0..10).find_map(|digit| Iin::parse(&format!("{text}{digit}")).ok())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_met_while_serving_takes_the_component_down_and_not_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    let all: Vec<_> = numbers().take(5_000).collect();
    let store = sqlite::Store::open(&path, &sqlite::Options::default()).unwrap();
    for chunk in all.chunks(1_000) {
        let writes = chunk.iter().map(|iin| {
            let record = Record {
                state: NumberState::InForce,
                since: None,
                state_reason: "x".repeat(200),
                superseded_by: None,
                scheduled: None,
                person: Person::default(),
            };
            Write::record(*iin, record, Expect::Any)
        });
        let epoch = jiff::Timestamp::UNIX_EPOCH;
        let changeset = Changeset::new(epoch, Origin::of("test"), "", writes.collect());
        store.commit(changeset, tokio::time::Instant::now() + Duration::from_secs(20)).await.unwrap();
    }
    tokio::task::spawn_blocking(move || store.close()).await.unwrap().unwrap();

    let server = Server::start(&["--register".to_string(), url_of(&path)]);
    let verified = server.ask(&["verify", &all[0].to_text()]);
    assert_eq!(code(&verified), 0, "{}", stderr(&verified));

    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let length = file.metadata().unwrap().len();
    file.write_all_at(&vec![0xAA; usize::try_from(length).unwrap() - 8192], 8192).unwrap();

    let end = Instant::now() + Duration::from_secs(15);
    let mut asked = all.iter().step_by(37).cycle();
    let health =
        |service: &str| stdout(&server.ask(&["healthcheck", "--service", service])).trim().to_string();
    while health("iinspect.v1.VerificationService") == "SERVING" {
        assert!(Instant::now() < end, "the damage is not told: {}", server.log());
        server.ask(&["verify", &asked.next().unwrap().to_text()]);
    }
    assert_eq!(health(""), "SERVING", "the whole follows no dependency");
    let (status, ready) = server.page("/readyz");
    assert!(status == 200 && ready.contains("register: down: ") && ready.contains("corrupt"), "{ready}");
    // What is remembered is told for as long as it is recent enough.
    let mut answer = server.ask(&["verify", &all[0].to_text()]);
    while code(&answer) == 0 {
        assert!(Instant::now() < end, "still told: {}", stdout(&answer));
        answer = server.ask(&["verify", &all[0].to_text()]);
    }
    assert_eq!(code(&answer), 2, "inconclusive: {}", stdout(&answer));
    assert!(stdout(&answer).contains("REASON_REGISTER_UNAVAILABLE"));
    let answer = server.ask(&["issue-status", "--iin", &all[0].to_text()]);
    assert_eq!(code(&answer), 69, "nothing to answer");
    assert_eq!(server.page("/livez").0, 200);
}
