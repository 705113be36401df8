//! `decode`, `migrate`, `healthcheck`: answers and exit statuses.

use std::io::Write;
use std::process::Stdio;

use super::child::*;

#[test]
fn decode_answers_offline_in_both_forms() {
    let output = run(iinspect().args(["decode", "009900000008", "940140000385"]));
    assert_eq!(code(&output), 0);
    let answers: Vec<serde_json::Value> =
        stdout(&output).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(answers[0]["kind"], "NUMBER_KIND_IIN");
    assert_eq!(answers[0]["findings"][0]["reason"], "REASON_SEVENTH_DIGIT_ZERO");
    assert_eq!(answers[1]["bin"]["registered"], "1994-01");
    assert_eq!(answers[1]["valid"], true);

    let table = stdout(&run(iinspect().args(["decode", "940140000385", "--output", "table"])));
    assert!(table.contains("940140000385") && table.contains("1994-01, resident, head"), "{table}");
}

#[test]
fn decode_exits_1_when_a_number_is_not_valid_and_reads_standard_input() {
    assert_eq!(code(&run(iinspect().args(["decode", "123456789012"]))), 1);
    let mut child =
        iinspect().args(["decode", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all("009900000008\n１２３\n".as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 1);
    assert_eq!(stdout(&output).lines().count(), 2);
}

#[test]
fn a_server_that_is_not_there_is_69() {
    for args in
        [vec!["verify", "009900000008"], vec!["healthcheck"], vec!["issue-status", "--iin", "009900000008"]]
    {
        let output = run(iinspect().args(&args).args(["--server", "http://127.0.0.1:1"]));
        assert_eq!(code(&output), 69, "{args:?}");
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    }
}

#[test]
fn migrate_creates_once_and_refuses_what_is_newer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    let migrate = || run(iinspect().args(["migrate", "--register", &url_of(&path)]));
    let output = migrate();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).starts_with("created"), "{}", stdout(&output));
    assert!(stdout(&migrate()).contains("nothing to do"));
    let file = rusqlite::Connection::open(&path).unwrap();
    file.pragma_update(None, "user_version", 9999).unwrap();
    drop(file);
    assert_eq!(code(&migrate()), 69);
}
