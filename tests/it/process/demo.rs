//! `serve --demo`: what it prints works when pasted, and its answers are real ones.

use std::process::Command;

use super::child::*;

/// The commands printed, with what is said of each.
fn hints(printed: &str) -> Vec<(String, String)> {
    let lines: Vec<_> = printed.lines().map(str::trim).collect();
    lines
        .windows(2)
        .filter_map(|pair| Some((pair[0].strip_prefix("# ")?.to_string(), pair[1].to_string())))
        .collect()
}

#[test]
fn every_printed_command_works_when_pasted() {
    let server = Server::start(&["--demo"]);
    let hints = hints(&server.printed());
    assert!(hints.len() >= 15, "{}", server.printed());
    for (what, command) in &hints {
        let output = run(Command::new("sh").args(["-c", command]));
        let expected = match what.as_str() {
            w if w.starts_with("the right number and another") => 1,
            w if w.starts_with("a number excluded") => 1,
            w if w.starts_with("a number on the hotlist") => 1,
            w if w.starts_with("a number that is left to a person") => 2,
            w if w.starts_with("a well-formed number that nobody") => 1,
            _ => 0,
        };
        assert_eq!(code(&output), expected, "{what}\n{command}\n{}{}", stdout(&output), stderr(&output));
        assert!(!stdout(&output).is_empty(), "{command}");
    }
    let said = |what: &str| {
        let (_, command) = hints.iter().find(|(w, _)| w.contains(what)).unwrap();
        stdout(&run(Command::new("sh").args(["-c", command])))
    };
    assert!(said("who they say they are").contains("\"verdict\":\"VERDICT_VERIFIED\""));
    assert!(said("excluded").contains("REASON_EXCLUDED"));
    assert!(said("hotlist").contains("REASON_HOTLISTED"));
    assert!(said("nobody holds").contains("REASON_NOT_IN_REGISTER"));
    assert!(said("replaced").contains("NUMBER_STATE_SUPERSEDED"));
    for state in [
        "RECEIVED",
        "AWAITING_DOCUMENTS",
        "AWAITING_FINGERPRINTS",
        "IN_PROCESSING",
        "CORRECTION_REQUESTED",
        "REFUSED",
        "WITHDRAWN",
        "COMPLETED",
    ] {
        let words = state.to_lowercase().replace('_', " ");
        assert!(said(&words).contains(&format!("APPLICATION_STATE_{state}")), "{state}");
    }
}

#[test]
fn the_demo_leaves_nothing_behind_and_logs_nobody() {
    let mut server = Server::start(&["--demo"]);
    let printed = server.printed();
    for (_, command) in hints(&printed) {
        run(Command::new("sh").args(["-c", &command]));
    }
    assert_eq!(server.stop(), Some(0));
    let log = server.log();
    for (_, command) in hints(&printed) {
        for word in command.split(' ').filter(|w| w.len() > 4 && !w.starts_with("http") && !w.contains('/')) {
            let personal = word.bytes().filter(u8::is_ascii_digit).count() >= 6 || !word.is_ascii();
            assert!(!personal || !log.contains(word), "{word} in {log}");
        }
    }
}
