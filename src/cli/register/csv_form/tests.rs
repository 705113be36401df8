//! CSV as it comes: line ends, quotes, marks, missing columns, broken files.

use std::fs;

use super::*;
use crate::cli::Exit;

/// The file's rows as line and number or columns at fault.
fn read(bytes: &[u8]) -> Result<Vec<(u64, String)>, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("persons.csv");
    fs::write(&path, bytes).unwrap();
    let mut reader = Reader::open(&path, None)?;
    let mut all = Vec::new();
    let mut places = vec![reader.place()];
    while let Some(row) = reader.next()? {
        all.push((row.line, told(row)));
        places.push(reader.place());
    }
    // From every place that was reached, the rest reads the same.
    for (i, place) in places.into_iter().enumerate() {
        let mut again = Reader::open(&path, Some(place))?;
        let mut rest = Vec::new();
        while let Some(row) = again.next()? {
            rest.push((row.line, told(row)));
        }
        assert_eq!(rest, all[i..], "from {place:?}");
    }
    Ok(all)
}

fn told(row: Read) -> String {
    match row.entry {
        Ok(entry) => entry.iin.unwrap_or_default(),
        Err(faults) => faults.iter().map(|f| f.column.to_string()).collect::<Vec<_>>().join("+"),
    }
}

fn lines(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
    rows.iter().map(|(line, text)| (*line, text.to_string())).collect()
}

#[test]
fn lines_are_counted_with_any_line_end_blank_lines_and_line_breaks_in_quotes() {
    for end in ["\n", "\r\n"] {
        for last in ["", end] {
            let text =
                ["state,given_name,iin", "A,x,1", "", "A,\"y|z\",2", "A,y,\"3\"", "", "", "A,,4"].join(end);
            let text = text.replace('|', end) + last;
            let want = lines(&[(2, "1"), (4, "2"), (6, "3"), (9, "4")]);
            assert_eq!(read(text.as_bytes()).unwrap(), want, "{text:?}");
            assert_eq!(read(format!("\u{feff}{text}").as_bytes()).unwrap(), want);
        }
    }
}

#[test]
fn a_row_with_a_wrong_number_of_columns_or_no_utf_8_is_its_own_fault() {
    let mut text = b"iin,state,given_name\n1,A\n2,A,x,y\n3,A,".to_vec();
    text.extend([0xcf, 0xf0]);
    text.extend(b"\n4,A,x\n");
    let want = lines(&[(2, "row"), (3, "row"), (4, "given_name"), (5, "4")]);
    assert_eq!(read(&text).unwrap(), want);
}

#[test]
fn a_header_with_faults_tells_all_of_them_and_no_data() {
    let Failure(exit, text) =
        read(b"iin,iin,colour,\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd,842716308018\n").unwrap_err();
    assert_eq!(exit, Exit::Usage);
    for part in ["iin stands there twice", "colour is no column", "column 4", "column 5", "state is missing"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("842716308018") && !text.contains("Иван"), "{text}");
    assert!(read(b"iin;state\n").unwrap_err().1.contains("commas"));
    assert!(read(b"").unwrap_err().1.contains("iin is missing; state is missing"));
}

#[test]
fn a_quote_left_open_does_not_take_the_file_into_memory() {
    let mut text = b"iin,state\n1,A\n2,\"A\n".to_vec();
    text.extend(b"3,A\n".repeat(1_000_000));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("persons.csv");
    fs::write(&path, text).unwrap();
    let mut reader = Reader::open(&path, None).unwrap();
    assert!(reader.next().unwrap().is_some());
    let Failure(_, text) = reader.next().err().unwrap();
    assert!(text.contains("from line 3 on") && text.contains("quote"), "{text}");
}

#[test]
fn latin_and_other_letters_are_told_apart() {
    let name = |text: &str| Name { given: text.into(), ..Name::default() };
    assert!(is_latin(&name("Jörg-Peter")) && is_latin(&name("Şule")));
    assert!(!is_latin(&name("Әсел")) && !is_latin(&name("Aйша")) && !is_latin(&name("-")));
}
