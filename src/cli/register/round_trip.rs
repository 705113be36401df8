//! What an export writes, an import reads back: JSON Lines to the letter, CSV as far as it says so.

use jiff::civil::{Date, date};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::*;
use crate::number::{Iin, Sex};
use crate::person::{Document, Name, Person};
use crate::register::{NumberState, Record, Scheduled};
use crate::registrar::import::merge;

fn text(most: usize) -> impl Strategy<Value = String> {
    // Quotes, separators and what spreadsheets take for formulas are the letters to worry about.
    vec(prop_oneof!["[А-яӘәҚқІіA-Za-z]", "[ ,;\"'=+@\\\\-]", any::<char>().prop_map(String::from)], 1..most)
        .prop_map(|parts| parts.concat())
        .prop_filter("control characters are refused", |t| !t.chars().any(char::is_control))
        .prop_filter("a text of spaces is none", |t| !t.trim().is_empty())
}

fn name() -> impl Strategy<Value = Name> {
    let patronymic = of(prop_oneof![Just(String::new()), text(8)]);
    (prop_oneof![Just(String::new()), text(8)], text(8), patronymic)
        .prop_map(|(family, given, patronymic)| Name { family, given, patronymic })
}

fn day() -> impl Strategy<Value = Date> {
    (1i16..2026, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| date(y, m, d))
}

fn country() -> impl Strategy<Value = crate::person::Country> {
    prop_oneof![Just("KAZ"), Just("XXA"), Just("DEU")].prop_map(|c| c.parse().unwrap())
}

fn document() -> impl Strategy<Value = Document> {
    let status = of("[0-9]{2}".prop_map(|code| code.parse().unwrap()));
    ("[A-Z0-9_]{0,5}", text(10), of(country()), of(day()), status, of(name())).prop_map(
        |(kind, number, country, valid_until, status, name)| Document {
            kind,
            number,
            country,
            valid_until,
            status,
            name,
        },
    )
}

fn person() -> impl Strategy<Value = Person> {
    let sex = prop_oneof![Just(Sex::Male), Just(Sex::Female)];
    (vec(name(), 0..4), of(day()), of(sex), of(country()), vec(document(), 0..4)).prop_map(
        |(names, birth_date, sex, citizenship, documents)| Person {
            names,
            birth_date,
            sex,
            citizenship,
            documents,
        },
    )
}

fn record() -> impl Strategy<Value = Record> {
    let state = (1u8..=4).prop_map(|c| NumberState::from_code(c).unwrap());
    let reason = prop_oneof![Just(String::new()), text(20)];
    let scheduled = (1u8..=3, day(), prop_oneof![Just(String::new()), text(20)])
        .prop_map(|(c, on, reason)| Scheduled { state: NumberState::from_code(c).unwrap(), on, reason });
    (state, of(day()), reason, any::<bool>(), of(scheduled), person()).prop_map(
        |(state, since, state_reason, replaced, scheduled, person)| Record {
            scheduled: scheduled.filter(|_| state != NumberState::Superseded),
            state,
            since,
            state_reason,
            superseded_by: (replaced && state == NumberState::Superseded)
                .then(|| Iin::parse("842716308018").unwrap()),
            person,
        },
    )
}

/// The records that a file makes, rows of one number merged.
fn read(path: &Path, format: Format) -> Vec<Record> {
    let mut rows = Rows::open(path, format, None).unwrap();
    let mut all: Vec<(Iin, Record)> = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let entry = row.entry.unwrap_or_else(|faults| panic!("{faults:?}"));
        let (iin, record) = entry.judge(Date::MAX).unwrap_or_else(|faults| panic!("{faults:?}"));
        match all.last_mut() {
            Some((last, held)) if *last == iin => *held = merge(held, &record).unwrap(),
            _ => all.push((iin, record)),
        }
    }
    all.into_iter().map(|(_, record)| record).collect()
}

fn iins() -> [Iin; 2] {
    ["009900000008", "842716308018"].map(|n| Iin::parse(n).unwrap())
}

proptest! {
    #[test]
    fn json_lines_lose_nothing(records in [record(), record()]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("persons.jsonl");
        let mut out = Vec::new();
        for (iin, record) in iins().into_iter().zip(&records) {
            // A number cannot replace itself.
            let record = Record { superseded_by: record.superseded_by.filter(|by| *by != iin), ..record.clone() };
            json_form::put(&mut out, iin, &record).unwrap();
        }
        std::fs::write(&path, out).unwrap();
        let back = read(&path, Format::Jsonl);
        prop_assert_eq!(&back[0], &records[0]);
        prop_assert_eq!(&back[1].person, &records[1].person);
    }

    #[test]
    fn csv_says_what_it_cannot_say(record in record()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("persons.csv");
        let mut writer = csv_form::Writer::new(Vec::new()).unwrap();
        let exact = writer.put(iins()[0], &record).unwrap();
        std::fs::write(&path, writer.finish().unwrap()).unwrap();
        if exact {
            prop_assert_eq!(read(&path, Format::Csv), [record]);
        }
    }

    #[test]
    fn csv_says_all_of_an_ordinary_person(
        mut record in record(),
        documents in vec(document(), 0..3),
        main in "[А-Я][а-я]{1,9}",
        latin in of("[A-Z]{1,9}"),
    ) {
        let names = [
            Some(Name { family: main.clone(), given: main.clone(), patronymic: Some(main) }),
            latin.map(|l| Name { family: l.clone(), given: l, patronymic: None }),
        ];
        record.scheduled = None;
        record.person.names = names.into_iter().flatten().collect();
        let numbered = |(i, d): (usize, Document)| Document { number: format!("N {i}"), name: None, status: None, ..d };
        record.person.documents = documents.into_iter().enumerate().map(numbered).collect();
        let mut writer = csv_form::Writer::new(Vec::new()).unwrap();
        prop_assert!(writer.put(iins()[0], &record).unwrap());
    }
}
