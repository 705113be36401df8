//! `register import` and `register export` as they are typed: what lands, what is refused, what a
//! kill leaves, and a server on the same file.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use iinspect::number::Iin;
use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{Claims, PersonName, VerifyRequest};
use tempfile::TempDir;

use super::child::*;

const HEADER: &str = "iin,state,family_name,given_name,patronymic,birth_date,document_type,document_number\n";

/// The n-th test number: month 13 and on, and a right control digit.
fn iin(n: u64) -> Iin {
    (0..100)
        .find_map(|year| {
            let eleven = year * 1_000_000_000 + (13 + n % 87) * 10_000_000 + n / 87;
            (0..10).find_map(|digit| Iin::parse(&format!("{eleven:011}{digit}")).ok())
        })
        .unwrap()
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn url(&self) -> String {
        url_of(&self.path("register.db"))
    }

    fn command(&self, action: &str, file: &Path, args: &[&str]) -> Command {
        let mut command = iinspect();
        command.args(["register", action]).arg(file).args(["--register", &self.url()]).args(args);
        command
    }

    fn import(&self, file: &Path, args: &[&str]) -> Output {
        run(&mut self.command("import", file, args))
    }

    fn export(&self, name: &str) -> String {
        let path = self.path(name);
        let output = run(&mut self.command("export", &path, &[]));
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        fs::read_to_string(path).unwrap()
    }
}

fn summary(output: &Output) -> serde_json::Value {
    serde_json::from_str(&stdout(output))
        .unwrap_or_else(|e| panic!("{e}: {} {}", stdout(output), stderr(output)))
}

/// So many persons with a document each, in rows of a known width.
fn persons(count: u64) -> String {
    let mut text = HEADER.to_string();
    for n in 0..count {
        let _ = writeln!(text, "{},IN_FORCE,Тестов,Ерлан,,1990-01-31,PASSPORT,N{n:07}", iin(n).to_text());
    }
    text
}

#[test]
fn a_server_on_the_same_file_sees_what_was_imported() {
    let folder = Folder::new();
    let server = Server::start(&["--register", &folder.url()]);
    let verdict = || {
        let channel = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        channel.block_on(async {
            let name =
                PersonName { family: "Тестов".into(), given: "Ерлан".into(), patronymic: None };
            let request = VerifyRequest {
                iin: iin(7).to_text(),
                claims: Some(Claims { name: Some(name), ..Claims::default() }),
                // Whoever imports is another process: the server would hear of it within its poll.
                max_age: Some(prost_types::Duration::default()),
                ..VerifyRequest::default()
            };
            let mut client = VerificationServiceClient::new(server.channel().await);
            client.verify(request).await.unwrap().into_inner().verdict().as_str_name()
        })
    };
    assert_eq!(verdict(), "VERDICT_INCONCLUSIVE");
    let output = folder.import(&folder.file("persons.csv", persons(3_000)), &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    let told = summary(&output);
    assert_eq!(
        (&told["rows"], &told["landed"], &told["persons"]["new"]),
        (&3000.into(), &3000.into(), &3000.into())
    );
    assert_eq!(verdict(), "VERDICT_VERIFIED");
    let again = summary(&folder.import(&folder.path("persons.csv"), &[]));
    assert_eq!(again["persons"], serde_json::json!({"new": 0, "changed": 0, "unchanged": 3000}));
}

#[test]
fn rows_with_faults_are_refused_and_told_by_line_without_their_values() {
    let folder = Folder::new();
    let good = iin(1).to_text();
    let text = format!(
        "{HEADER}{good},IN_FORCE,Тестов,Ерлан,,1990-01-31,PASSPORT,N1\n\
         842716308019,GONE,,Секретов,,1990-13-01,passport,\n\
         {good},EXCLUDED,Тестов,Ерлан,,,PASSPORT,N2\n\
         {good},IN_FORCE,,,,,PASSPORT,N3\n"
    );
    let file = folder.file("persons.csv", text);
    let rejects = folder.path("rejects.csv");
    let output = folder.import(&file, &["--rejects", rejects.to_str().unwrap()]);
    assert_eq!(code(&output), 1);
    let told = summary(&output);
    assert_eq!((&told["rows"], &told["landed"], &told["refused"]), (&4.into(), &2.into(), &2.into()));
    let told = stderr(&output);
    assert_eq!(told.lines().count(), 2, "{told}");
    for part in
        ["line 3: iin: ", "; state: must be", "; birth_date: ", "; document_type: ", "; document_number: "]
    {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(told.contains("line 4: state: differs from an earlier row"), "{told}");
    let listed = fs::read_to_string(rejects).unwrap();
    assert_eq!(listed.lines().next(), Some("line,column,fault"));
    assert_eq!(listed.lines().filter(|l| l.starts_with("3,")).count(), 5, "{listed}");
    for value in ["842716308019", "Секретов", "1990-13-01", "GONE"] {
        assert!(!told.contains(value) && !listed.contains(value), "{value}");
    }
    let export = folder.export("out.jsonl");
    assert_eq!(export.lines().count(), 1);
    assert!(export.contains("\"N1\"") && export.contains("\"N3\"") && !export.contains("\"N2\""), "{export}");
    assert!(!folder.path("persons.csv.resume").exists());
}

#[test]
fn only_the_first_hundred_refused_rows_are_told_and_all_are_listed() {
    let folder = Folder::new();
    let file = folder.file("persons.csv", format!("iin,state\n{}", "1,IN_FORCE\n".repeat(1_000)));
    let rejects = folder.path("rejects.csv");
    let output = folder.import(&file, &["--rejects", rejects.to_str().unwrap()]);
    assert_eq!(code(&output), 1);
    let told = stderr(&output);
    assert_eq!(told.lines().count(), 101, "{told}");
    assert!(told.contains("and 900 more rows were refused"), "{told}");
    assert_eq!(fs::read_to_string(rejects).unwrap().lines().count(), 1_001);
}

#[test]
fn a_file_that_cannot_be_read_is_64_and_makes_no_register() {
    let folder = Folder::new();
    let cases = [
        ("state.csv", "state,given_name\nIN_FORCE,x\n", "iin is missing"),
        ("unknown.csv", "iin,state,colour\n", "colour is no column"),
        ("persons.txt", "iin,state\n", "--format"),
    ];
    for (name, text, part) in cases {
        let output = folder.import(&folder.file(name, text), &[]);
        assert_eq!(code(&output), 64);
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
    }
    assert_eq!(code(&folder.import(&folder.path("none.csv"), &[])), 64);
    assert_eq!(code(&folder.import(folder.0.path(), &["--format", "csv"])), 64);
    assert!(!folder.path("register.db").exists());
    let output = run(&mut folder.command("export", &folder.path("out.csv"), &[]));
    assert_eq!(code(&output), 69, "an export makes no register either");
    assert!(!folder.path("register.db").exists() && !folder.path("out.csv").exists());
    assert_eq!(code(&folder.import(&folder.file("empty.csv", "iin,state\n"), &[])), 0);
}

#[test]
fn json_lines_come_back_as_they_were_and_csv_says_what_it_lost() {
    let folder = Folder::new();
    let number = iin(1).to_text();
    let line = format!(
        "{{\"iin\":\"{number}\",\"state\":\"SUPERSEDED\",\"names\":[{{\"family_name\":\"Тестова\",\
         \"given_name\":\"Әсел\",\"patronymic\":\"\"}}],\"birth_date\":\"1990-01-31\",\"sex\":\"FEMALE\",\
         \"citizenship\":\"KAZ\",\"documents\":[{{\"type\":\"PASSPORT\",\"number\":\"N1\",\"country\":\"KAZ\",\
         \"valid_until\":\"2030-01-31\",\"family_name\":\"TESTOVA\",\"given_name\":\"ASSEL\"}}],\
         \"state_since\":\"2024-02-29\",\"state_reason\":\"adoption\",\"superseded_by\":\"{}\"}}\n",
        iin(2).to_text()
    );
    let output = folder.import(&folder.file("in.ndjson", &line), &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(folder.export("out.jsonl"), line);
    let output = run(&mut folder.command("export", Path::new("-"), &["--format", "csv"]));
    assert_eq!(code(&output), 0);
    assert!(
        stdout(&output).lines().nth(1).unwrap().starts_with(&format!("{number},SUPERSEDED,Тестова,Әсел,,"))
    );
    assert!(stderr(&output).contains("1 persons have more than CSV can say"), "{}", stderr(&output));
}

#[test]
fn a_reader_that_goes_away_is_no_fault_and_a_full_disk_is_told() {
    let folder = Folder::new();
    folder.import(&folder.file("persons.csv", persons(3_000)), &[]);
    for form in ["csv", "jsonl"] {
        let mut command = folder.command("export", Path::new("-"), &["--format", form]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((code(&output), stderr(&output).as_str()), (0, ""), "{form}");
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output =
            folder.command("export", Path::new("-"), &["--format", form]).stdout(full).output().unwrap();
        assert_eq!(code(&output), 64);
        assert!(stderr(&output).contains("no storage space"), "{}", stderr(&output));
    }
}

#[test]
fn an_import_that_is_killed_goes_on_and_nothing_is_lost_or_doubled() {
    let folder = Folder::new();
    let count = 30_000;
    // Each person's second document stands far behind the first, and some rows are refused.
    let mut text = persons(count);
    for n in 0..count {
        let number = if n % 1_000 == 0 { "1".to_string() } else { iin(n).to_text() };
        let _ = writeln!(text, "{number},IN_FORCE,,,,,IDENTITY_CARD,{n:09}");
    }
    let file = folder.file("persons.csv", text);
    let mark = folder.path("persons.csv.resume");
    let rejects = folder.path("rejects.csv");
    let args = ["--rejects", rejects.to_str().unwrap()];
    let reached = || {
        let text = fs::read_to_string(&mark).unwrap_or_default();
        let mark: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        mark["line"].as_u64().unwrap_or(0)
    };
    let mut kills = 0;
    for kill_at in [1, 9_000, 33_000, 48_000] {
        let mut child = folder
            .command("import", &file, &args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while reached() < kill_at && child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end);
            std::thread::sleep(Duration::from_millis(3));
        }
        kills += u32::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        child.wait().unwrap();
    }
    assert!(kills >= 2, "the imports ended before they could be killed");
    let output = folder.import(&file, &args);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("going on at line"), "{}", stderr(&output));
    let told = summary(&output);
    assert_eq!(told["rows"], 2 * count);
    assert_eq!(told["refused"], count / 1_000);
    assert!(!mark.exists());
    let listed = fs::read_to_string(&rejects).unwrap();
    let mut lines: Vec<_> = listed.lines().skip(1).map(|l| l.split(',').next().unwrap()).collect();
    assert!(lines.iter().all(|l| l.parse::<u64>().is_ok()));
    lines.dedup();
    assert_eq!(lines.len() as u64, count / 1_000);
    let export = folder.export("out.jsonl");
    assert_eq!(export.lines().count() as u64, count);
    let documents: usize = export.lines().map(|l| l.matches("\"number\"").count()).sum();
    assert_eq!(documents as u64, 2 * count - count / 1_000);
}

#[test]
fn ctrl_c_ends_the_chunk_and_a_changed_file_does_not_go_on() {
    let folder = Folder::new();
    let file = folder.file("persons.csv", persons(30_000));
    let child =
        folder.command("import", &file, &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while !folder.path("persons.csv.resume").exists() {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(3));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("the same command goes on"), "{}", stderr(&output));
    let changed = format!("{}{},IN_FORCE,,,,,,\n", persons(30_000), iin(40_000).to_text());
    fs::write(&file, changed).unwrap();
    let output = folder.import(&file, &[]);
    assert_eq!(code(&output), 64);
    assert!(stderr(&output).contains("was changed"), "{}", stderr(&output));
    fs::remove_file(folder.path("persons.csv.resume")).unwrap();
    assert_eq!(summary(&folder.import(&file, &[]))["landed"], 30_001);
}

#[test]
fn a_mark_of_another_register_or_a_restored_one_is_refused() {
    let folder = Folder::new();
    let file = folder.file("persons.csv", persons(30_000));
    let mark = folder.path("persons.csv.resume");
    let mut child =
        folder.command("import", &file, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while !fs::read_to_string(&mark).is_ok_and(|m| !m.contains("\"landed\":0")) {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(3));
    }
    let _ = child.kill();
    child.wait().unwrap();
    assert!(mark.exists(), "killed before it was done");
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("register.db{suffix}");
        let _ = fs::rename(folder.path(&name), folder.path(&format!("old-{name}")));
    }
    let output = folder.import(&file, &[]);
    assert_eq!(code(&output), 64);
    assert!(stderr(&output).contains("another register"), "{}", stderr(&output));
    fs::remove_file(&mark).unwrap();
    assert_eq!(code(&folder.import(&file, &[])), 0);
}
