//! JSON Lines as they come: faults by their path, lines that are too long.

use std::fs;

use super::*;

fn read(bytes: &[u8]) -> Vec<(u64, String)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("persons.jsonl");
    fs::write(&path, bytes).unwrap();
    let mut reader = Reader::open(&path, None).unwrap();
    let (mut all, mut places) = (Vec::new(), vec![reader.place()]);
    while let Some(row) = reader.next().unwrap() {
        all.push((row.line, told(row)));
        places.push(reader.place());
    }
    for (i, place) in places.into_iter().enumerate() {
        let mut again = Reader::open(&path, Some(place)).unwrap();
        let mut rest = Vec::new();
        while let Some(row) = again.next().unwrap() {
            rest.push((row.line, told(row)));
        }
        assert_eq!(rest, all[i..]);
    }
    all
}

fn told(row: Read) -> String {
    match row.entry {
        Ok(entry) => entry.iin.unwrap_or_default(),
        Err(faults) => faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}

#[test]
fn lines_with_any_end_and_blank_ones() {
    let want = [(1, "1".to_string()), (3, "2".to_string()), (4, "3".to_string())];
    for text in [
        "{\"iin\":\"1\"}\n\n{\"iin\":\"2\"}\n{\"iin\":\"3\"}",
        "\u{feff}{\"iin\":\"1\"}\r\n \r\n{\"iin\":\"2\"}\r\n{\"iin\":\"3\"}\r\n",
    ] {
        assert_eq!(read(text.as_bytes()), want);
    }
}

#[test]
fn every_fault_has_its_path_and_no_value() {
    let line = r#"{"iin":842716308018,"sex":["MALE"],"sex":"MALE","colour":1,"Иванов":1,
        "names":[{"family_name":7},"Иванов"],"documents":{"number":"N1"},"state":null,
        "scheduled":{"state":1,"when":"2027-01-01"}}"#
        .replace('\n', "");
    let [(_, told)] = read(line.as_bytes()).try_into().unwrap();
    for part in [
        "iin: must be a text",
        "sex: stands there twice",
        "colour: is no column",
        "line: holds a field whose name is no column's",
        "names[0].family_name: must be a text",
        "names[1]: must be an object",
        "documents: must be a list",
        "scheduled.state: must be a text",
        "scheduled.when: is no column",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(!told.contains("842716308018") && !told.contains("Иванов"), "{told}");
}

#[test]
fn what_is_no_json_or_no_object_is_told_without_its_text() {
    for text in ["{\"iin\":\"84271", "Иванов", "[1]", "\"Иванов\"", "{}{}", "\u{0}"] {
        let [(line, told)] = read(text.as_bytes()).try_into().unwrap();
        assert!(line == 1 && told.starts_with("line: ") && !told.contains("Иванов"), "{told}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(read(deep.as_bytes()).len(), 1);
}

#[test]
fn a_line_that_is_too_long_is_passed_over() {
    let long = "x".repeat(MAX_ROW as usize + 70_000);
    let rows = read(format!("{{\"iin\":\"1\"}}\n{long}\n{{\"iin\":\"2\"}}\n{long}").as_bytes());
    assert_eq!(rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!((rows[0].1.as_str(), rows[2].1.as_str()), ("1", "2"));
    assert!(rows[1].1.contains("more than") && rows[3].1.contains("more than"));
}
