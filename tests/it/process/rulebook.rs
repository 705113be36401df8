//! A rulebook as a file under a running server, and the plan at the command line.

use std::fs;
use std::time::{Duration, Instant};

use iinspect::rulebook::BUILT_IN;

use super::child::*;

fn of_version(version: &str) -> String {
    BUILT_IN.replacen("version = \"2026.11.24\"", &format!("version = \"{version}\""), 1)
}

fn version_told(server: &Server) -> String {
    let output = server.ask(&["requirements", "--channel", "psc", "--output", "json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let answer: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    answer["rulebookVersion"].as_str().unwrap().to_string()
}

fn wait_until(what: &str, server: &Server, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain: {what}: {}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_rulebook_is_reloaded_and_a_broken_one_leaves_the_last_good_one() {
    let folder = tempfile::tempdir().unwrap();
    let (rules, config) = (folder.path().join("rules.toml"), folder.path().join("iinspect.toml"));
    fs::write(&rules, of_version("2027.1")).unwrap();
    fs::write(&config, format!("[rulebook]\nfile = \"{}\"\n", rules.display())).unwrap();
    let mut server = Server::start(&["--demo", "--config", config.to_str().unwrap()]);
    assert_eq!(version_told(&server), "2027.1");
    assert!(server.page("/readyz").1.contains("rulebook: up: version 2027.1\n"));

    // Asked for by SIGHUP.
    fs::write(&rules, of_version("2027.2")).unwrap();
    server.signal("HUP");
    wait_until("the second version", &server, || version_told(&server) == "2027.2");

    // Broken: refused whole, with every fault, and the last good one answers.
    let broken = of_version("2027.3").replacen("need = \"REQUIRED\"", "need = \"PERHAPS\"", 1);
    fs::write(&rules, broken.replacen("units = 75800", "units = -1", 1)).unwrap();
    server.signal("HUP");
    let refused = || server.page("/metrics").1.contains("iinspect_file_refused{file=\"rulebook\"} 1");
    wait_until("the refusal", &server, refused);
    let (status, page) = server.page("/readyz");
    assert_eq!(status, 200, "a broken file is no reason to take calls elsewhere");
    for told in
        ["rulebook: version 2027.2 kept: ", "iin.citizens: need: must be one of", "cost.intermediary: units"]
    {
        assert!(page.contains(told), "{page}");
        assert!(told.starts_with("rulebook:") || server.log().contains(told), "{}", server.log());
    }
    assert_eq!(version_told(&server), "2027.2");
    assert!(server.page("/metrics").1.contains("iinspect_rulebook_info{version=\"2027.2\"} 1"));

    // Mended, and found by looking alone.
    fs::write(&rules, of_version("2027.4")).unwrap();
    wait_until("the mended version", &server, || version_told(&server) == "2027.4");
    assert!(server.page("/metrics").1.contains("iinspect_file_refused{file=\"rulebook\"} 0"));
    let refusals = server.log().matches("refused: the last good one is kept").count();
    assert_eq!(refusals, 1, "once per change");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_hangup_without_a_terminal_asks_for_a_reload_and_does_not_end_the_server() {
    let mut server = Server::start(&["--demo"]);
    server.signal("HUP");
    wait_until("the log's line", &server, || server.log().contains("SIGHUP"));
    assert_eq!(version_told(&server), &**iinspect::rulebook::built_in().version());
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn files_that_are_broken_from_the_start_are_64_with_every_fault() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules.toml");
    fs::write(&rules, BUILT_IN.replacen("stage = \"GOAL\"", "stage = \"GAOL\"", 1)).unwrap();
    let keys = folder.path().join("keys");
    fs::write(&keys, "not a key\n").unwrap();
    for command in [
        &["serve", "--demo", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"][..],
        &["check-config"],
    ] {
        let mut command_line = iinspect();
        command_line.args(command).env("IINSPECT_RULEBOOK__FILE", &rules);
        let output = run(command_line.env("IINSPECT_DEPLOYMENT__KEYS_FILE", &keys));
        assert_eq!(code(&output), 64, "{}", stderr(&output));
        let text = stderr(&output);
        assert!(text.contains("rules.toml: step.goal: stage: must be one of GOAL, PAPERS"), "{text}");
        assert!(text.contains("there is no step for GOAL"), "{text}");
        assert!(text.contains("line 1: must be 64 hexadecimal digits"), "{text}");
        assert!(!text.contains("not a key"), "{text}");
    }
    let printed = stdout(&run(iinspect().args(["check-config", "--rulebook"])));
    fs::write(&rules, printed).unwrap();
    let output = run(iinspect().arg("check-config").env("IINSPECT_RULEBOOK__FILE", &rules));
    assert_eq!(code(&output), 0, "what is printed can be read: {}", stderr(&output));
}

#[test]
fn a_plan_that_a_person_can_follow_and_one_for_scripts() {
    let server = Server::start(&["--demo"]);
    let asked = ["requirements", "--channel", "psc", "--on-date", "2025-12-31", "--needed-by", "2026-01-08"];
    let output = server.ask(&[&asked[..], &["--purpose", "bank-card", "--output", "table"]].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    for told in [
        "PASSPORT",
        "in person required",
        "1. Decide what",
        "5. Wait",
        "due from 2026-01-05 to 2026-01-08",
        "submit by 2025-12-31",
        "free (seen on",
        "Disputed",
        "rulebook 2026.",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let output = server.ask(&[&asked[..], &["--output", "json"]].concat());
    let answer: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(answer["latestSubmission"], "2025-12-31");
    assert_eq!(answer["channels"].as_array().unwrap().len(), 3);
    let closed = server.ask(&["requirements", "--channel", "online"]);
    assert_eq!(code(&closed), 1, "no way is open");
    let nonsense = server.ask(&["requirements", "--birth-date", "1990-02-30", "--citizenship", "KZ"]);
    assert_eq!(code(&nonsense), 64);
    assert!(stderr(&nonsense).contains("birth_date") && stderr(&nonsense).contains("citizenship"));
}
