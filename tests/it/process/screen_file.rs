//! `screen FILE`: the file comes back in its order with three columns more, whatever its encoding.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use super::child::*;

/// A person of the demo: number, family name, given name, birth date.
fn person(server: &Server) -> [String; 4] {
    let printed = server.printed();
    let line = printed.lines().find(|l| l.contains("--purpose bank-account")).unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    let after = |flag: &str| words[words.iter().position(|w| *w == flag).unwrap() + 1].to_string();
    [after("verify"), after("--family"), after("--given"), after("--birth-date")]
}

fn number_of(server: &Server, what: &str) -> String {
    let printed = server.printed();
    let mut lines = printed.lines().skip_while(|l| !l.contains(what));
    lines.nth(1).unwrap().split_whitespace().nth(2).unwrap().to_string()
}

#[test]
fn numbers_alone_are_screened_and_keep_their_order_and_columns() {
    let server = Server::start(&["--demo"]);
    let [iin, ..] = person(&server);
    let excluded = number_of(&server, "excluded");
    let folder = tempfile::tempdir().unwrap();
    let (file, answer) = (folder.path().join("in.csv"), folder.path().join("out.csv"));
    let long = "1".repeat(200);
    let text = format!("\u{feff}nr;IIN;note\r\n1;{iin};\"a;b\"\r\n2;{excluded};\r\n3;;x\r\n4;{long};\r\n");
    fs::write(&file, text).unwrap();
    let output = server.ask(&["screen", file.to_str().unwrap(), "--to", answer.to_str().unwrap()]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert_eq!(stderr(&output).trim(), "iinspect: 4 rows: 1 verified, 3 rejected, 0 inconclusive, 0 invalid");
    let want = format!(
        "nr;IIN;note;verdict;reasons;assurance\n1;{iin};\"a;b\";VERIFIED;TEST_NUMBER;REGISTER\n\
         2;{excluded};;REJECTED;EXCLUDED;\n3;;x;REJECTED;MALFORMED_LENGTH;\n4;{long};;REJECTED;MALFORMED_LENGTH;\n"
    );
    assert_eq!(fs::read_to_string(&answer).unwrap(), want);

    let shallow = server.ask(&["screen", file.to_str().unwrap(), "--depth", "structure"]);
    assert!(stdout(&shallow).contains(&format!("2;{excluded};;VERIFIED;TEST_NUMBER;STRUCTURE")));
}

#[test]
fn columns_with_claims_are_verified_row_by_row_in_either_encoding() {
    let server = Server::start(&["--demo"]);
    let [iin, family, given, birth_date] = person(&server);
    let rows = [
        format!("{iin};{family};{given};{birth_date};;VERIFIED;TEST_NUMBER;CLAIMS"),
        format!("{iin};Чужой;{given};{birth_date};;REJECTED;MISMATCH;REGISTER"),
        format!("{iin};;;1990-02-29;;INVALID;INVALID_REQUEST claims.birth_date;"),
        format!("{iin};;;;other;INVALID;INVALID_REQUEST claims.sex;"),
        format!("{iin};;;;;INCONCLUSIVE;CLAIM_REQUIRED ASSURANCE_TOO_LOW;REGISTER"),
        format!("12345;{family};{given};{birth_date};;REJECTED;MALFORMED_LENGTH;NONE"),
    ];
    let header = "iin;family_name;given_name;birth_date;sex";
    let given_part = |row: &String| row.split(';').take(5).collect::<Vec<_>>().join(";");
    let input = format!("{header}\r\n{}\r\n", rows.iter().map(given_part).collect::<Vec<_>>().join("\r\n"));
    let want = format!("{header};verdict;reasons;assurance\n{}\n", rows.join("\n"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("in.csv");
    // Cyrillic in the old code page: what is not ASCII is one byte a letter.
    let old: Vec<u8> = input
        .chars()
        .map(|c| match c {
            'А'..='я' => u8::try_from(u32::from(c) - 0x410 + 0xC0).unwrap(),
            c => u8::try_from(c).unwrap(),
        })
        .collect();
    for (bytes, encoding) in [(input.into_bytes(), "utf-8"), (old, "windows-1251")] {
        fs::write(&file, bytes).unwrap();
        let asked = ["screen", file.to_str().unwrap(), "--encoding", encoding, "--purpose", "bank-account"];
        let output = server.ask(&asked);
        assert_eq!(stdout(&output), want, "{}", stderr(&output));
        assert_eq!(code(&output), 1);
    }
}

#[test]
fn many_rows_with_claims_keep_their_order() {
    let server = Server::start(&["--demo"]);
    let [iin, family, given, _] = person(&server);
    let mut text = String::from("row,iin,family_name,given_name\n");
    for row in 0..5_000 {
        let given = if row % 3 == 0 { "Некто" } else { &given };
        text.push_str(&format!("{row},{iin},{family},{given}\n"));
    }
    // From standard input, as a script would.
    let mut child = iinspect()
        .args(["screen", "-", "--server", &server.url()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let lines: Vec<_> = stdout(&output).lines().map(str::to_string).collect();
    assert_eq!(lines.len(), 5_001);
    for (row, line) in lines[1..].iter().enumerate() {
        let verdict = if row % 3 == 0 { "REJECTED,MISMATCH" } else { "VERIFIED," };
        assert!(line.starts_with(&format!("{row},")) && line.contains(verdict), "{line}");
    }
    // In a pipe there is no bar: one line tells what the rows came to.
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
}

#[test]
fn what_is_wrong_with_the_file_is_told_by_line_and_nothing_is_left() {
    let server = Server::start(&["--demo"]);
    let folder = tempfile::tempdir().unwrap();
    let (file, answer) = (folder.path().join("in.csv"), folder.path().join("out.csv"));
    for (bytes, told) in [
        (&b"number\n1\n"[..], "no column iin"),
        (b"iin,verdict\n1,2\n", "verdict"),
        (b"iin,note\n009900000008\n", "row 1 below"),
        (b"iin,note\n009900000008,\xd2\xe5\xf1\xf2\n", "windows-1251"),
        (b"", "no column iin"),
    ] {
        fs::write(&file, bytes).unwrap();
        let output = server.ask(&["screen", file.to_str().unwrap(), "--to", answer.to_str().unwrap()]);
        assert_eq!(code(&output), 64, "{told}");
        assert!(stderr(&output).contains(told), "{}", stderr(&output));
        assert!(!answer.exists(), "an answer appears whole or not at all");
    }
    let output = server.ask(&["screen", "/no/such/file.csv"]);
    assert_eq!(code(&output), 64);
}

#[test]
fn shells_and_manuals_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(iinspect().args(["completions", shell]));
        assert_eq!(code(&output), 0);
        for command in ["serve", "verify", "issue-status", "screen", "healthcheck"] {
            assert!(stdout(&output).contains(command), "{shell} {command}");
        }
    }
    assert!(stdout(&run(iinspect().arg("man"))).contains(".TH iinspect"));
    let page = stdout(&run(iinspect().args(["man", "screen"])));
    assert!(page.contains("windows\\-1251") && page.contains("Examples:"), "{page}");
    assert_eq!(code(&run(iinspect().args(["man", "nonsense"]))), 64);
}
