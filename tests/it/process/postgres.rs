//! The program over a PostgreSQL register: without it, with it, and from one store to the other.

use std::fs;
use std::time::{Duration, Instant};

use super::child::{Server, code, iinspect, run, stderr, stdout, url_of};
use crate::postgres;

const VERIFICATION: &str = "iinspect.v1.VerificationService";
const NUMBER: &str = "009900000008";

/// Waits for something that a server tells of itself.
#[track_caller]
fn until(what: &str, server: &Server, seen: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !seen() {
        assert!(Instant::now() < end, "{what}: {:?}\n{}", server.page("/readyz"), server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn serving(server: &Server) -> bool {
    let whole = code(&server.ask(&["healthcheck"]));
    assert_eq!(whole, 0, "the whole never follows its database");
    code(&server.ask(&["healthcheck", "--service", VERIFICATION])) == 0
}

#[test]
fn a_server_starts_without_its_database_and_comes_up_by_itself() {
    if postgres::skipped() {
        return;
    }
    let mut database = postgres::Server::create("");
    let url = database.text("postgres");
    let server = Server::start(&["--register", &url]);
    until("nothing listens", &server, || server.page("/readyz").1.contains("register: down"));
    assert_eq!(server.page("/readyz").0, 200, "readiness follows no database");
    assert!(!serving(&server));
    let verified = server.ask(&["verify", NUMBER, "--output", "json"]);
    assert_eq!(code(&verified), 2, "{}", stderr(&verified));
    assert!(stdout(&verified).contains("REGISTER_UNAVAILABLE"), "{}", stdout(&verified));

    database.resume();
    until("no schema", &server, || server.page("/readyz").1.contains("iinspect migrate"));
    assert!(!serving(&server));
    let migrated = run(iinspect().args(["migrate", "--register", &url]));
    assert_eq!((code(&migrated), stdout(&migrated).as_str()), (0, "created with schema 2\n"));
    let again = run(iinspect().args(["migrate", "--register", &url]));
    assert_eq!(stdout(&again), "schema 2: nothing to do\n");
    until("it is there", &server, || serving(&server));
    assert!(server.page("/readyz").1.contains("register: up"), "{:?}", server.page("/readyz"));
    // The register is partial, and holds nobody.
    let verified = server.ask(&["verify", NUMBER, "--output", "json"]);
    assert!(stdout(&verified).contains("REGISTER_PARTIAL"), "{}", stdout(&verified));

    database.kill();
    until("it is gone", &server, || !serving(&server));
    database.resume();
    until("it is back", &server, || serving(&server));
    // Each change is told once, not each time it is looked at.
    let told = server.log().lines().filter(|line| line.contains("register")).count();
    assert!(told < 20, "{}", server.log());
    let mut server = server;
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_register_moves_from_one_store_to_the_other() {
    if postgres::skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let persons = [
        r#"{"iin":"009900000008","state":"IN_FORCE","names":[{"family_name":"Тестова","given_name":"Әсел","patronymic":""}],"documents":[{"type":"PASSPORT","number":"N1","country":"KAZ","valid_until":"2030-01-31","family_name":"TESTOVA","given_name":"ASSEL"}]}"#,
        r#"{"iin":"842716308018","state":"EXCLUDED","birth_date":"1984-07-16","sex":"MALE","state_since":"2024-03-01","state_reason":"death"}"#,
    ];
    let scheduled = r#"{"iin":"009900030008","state":"IN_FORCE","scheduled":{"state":"EXCLUDED","on":"2999-01-01","reason":"leaves"}}"#;
    let text = format!("{}\n{scheduled}\n{}\n", persons[0], persons[1]);
    fs::write(file("all.jsonl"), &text).unwrap();
    let sqlite = url_of(&file("register.db"));
    let database = postgres::new_register();
    let postgres = postgres::shared().server.text(&database);
    let register = |action: &str, name: &str, url: &str| {
        let output = run(iinspect().args(["register", action]).arg(file(name)).args([
            "--register",
            url,
            "--output",
            "table",
        ]));
        assert_eq!(code(&output), 0, "{action} {name}: {}", stderr(&output));
        stdout(&output)
    };
    register("import", "all.jsonl", &sqlite);
    register("export", "one.jsonl", &sqlite);
    assert!(register("import", "one.jsonl", &postgres).contains("3 new, 0 changed, 0 unchanged"));
    register("export", "other.jsonl", &postgres);
    assert_eq!(fs::read_to_string(file("one.jsonl")).unwrap(), text);
    assert_eq!(fs::read_to_string(file("other.jsonl")).unwrap(), text);
    // Once more changes nothing, and makes no version.
    assert!(register("import", "one.jsonl", &postgres).contains("0 new, 0 changed, 3 unchanged"));
    let versions = postgres::block_on(|| async {
        let client = postgres::shared().server.client(&database).await;
        let row = client.query_one("SELECT max(version) FROM record", &[]).await.unwrap();
        row.get::<_, i64>(0)
    });
    assert_eq!(versions, 1);
}

#[test]
fn what_a_database_lacks_is_told_and_costs_nothing() {
    if postgres::skipped() {
        return;
    }
    let server = &postgres::shared().server;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("persons.csv");
    fs::write(&file, "iin,state\n009900000008,IN_FORCE\n").unwrap();
    // No schema, no such database, nobody there: each in a line, and quickly.
    let nobody = format!("postgres://postgres@127.0.0.1:{}/postgres", postgres::free_port());
    for (url, told) in [
        (server.text("postgres"), "iinspect migrate"),
        (server.text("nowhere"), "nowhere"),
        (nobody, "refused"),
    ] {
        let output = run(iinspect().args(["register", "import"]).arg(&file).args(["--register", &url]));
        let text = stderr(&output);
        assert_eq!(code(&output), 69, "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains(told) || url.contains("nowhere"), "{told}: {text}");
    }
}
