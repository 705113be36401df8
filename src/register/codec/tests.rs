use super::*;
use crate::register::Fact;

fn row(state: u8) -> RecordRow {
    RecordRow {
        iin: Iin::parse("009900000008").unwrap(),
        state,
        version: 3,
        recorded_at: 1_700_000_000_000_001,
    }
}

fn record() -> Record {
    Record {
        scheduled: Some(Scheduled {
            state: NumberState::Excluded,
            on: Date::constant(2027, 1, 1),
            reason: "left".into(),
        }),
        state: NumberState::Superseded,
        since: Some(Date::constant(2024, 2, 29)),
        state_reason: "why".into(),
        superseded_by: Some(Iin::parse("009900000008").unwrap()),
        person: Person {
            names: vec![Name {
                family: "Тестова".into(),
                given: "Әсел".into(),
                patronymic: Some(String::new()),
            }],
            birth_date: Some(Date::constant(1899, 12, 31)),
            sex: Some(Sex::Female),
            citizenship: "XXA".parse().ok(),
            documents: vec![Document {
                kind: "PASSPORT".into(),
                number: "N 1".into(),
                country: "KAZ".parse().ok(),
                valid_until: Some(Date::constant(2031, 1, 1)),
                status: Some("08".parse().unwrap()),
                name: Some(Name { given: "Asel".into(), ..Name::default() }),
            }],
        },
    }
}

#[test]
fn a_record_comes_back_as_it_was() {
    let blob = encode_record(row(4), &record());
    assert_eq!(decode_record(row(4), &blob).unwrap().value, record());
}

/// Stored rows must stay readable: these bytes are what the first version wrote.
#[test]
fn the_stored_form_does_not_change() {
    let body = RecordBody { since: Some(day(Date::constant(2024, 2, 29))), sex: 1, ..RecordBody::default() };
    assert_eq!(body.encode_to_vec(), [0x08, 0xca, 0xdd, 0xa6, 0x13, 0x30, 0x01]);
    assert_eq!(date(day(Date::constant(-1, 3, 4))), Ok(Date::constant(-1, 3, 4)));
}

#[test]
fn any_flipped_bit_is_noticed_in_body_and_columns() {
    let blob = encode_record(row(4), &record());
    for bit in 0..blob.len() * 8 {
        let mut torn = blob.clone();
        torn[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(decode_record(row(4), &torn), Err(Undecodable), "bit {bit}");
    }
    assert_eq!(decode_record(row(1), &blob), Err(Undecodable), "state");
    assert_eq!(decode_record(RecordRow { version: 4, ..row(4) }, &blob), Err(Undecodable), "version");
    assert_eq!(decode_record(row(4), b""), Err(Undecodable));
}

#[test]
fn debug_of_a_body_shows_nothing() {
    assert_eq!(format!("{:?}", name_body(&record().person.names[0])), "NameBody(..)");
}

#[test]
fn a_whole_fact_comes_back_as_it_was() {
    let entry = Entry {
        id: Uuid::from_u128(7),
        scope: Clients::Only(["bank-a".to_string()].into()),
        visibility: Clients::All,
        expires_at: moment(1_800_000_000_000_001).ok(),
        note: "why".into(),
    };
    let recorded_at = moment(1_700_000_000_000_001).unwrap();
    let version = Versioned { value: record(), version: 9, recorded_at };
    for fact in [
        Fact { record: Some(version), hotlist: vec![entry.clone(), Entry { id: Uuid::nil(), ..entry }] },
        Fact::default(),
    ] {
        for changed_at in [None, Some(recorded_at)] {
            let mut bytes = Vec::new();
            encode_fact(&fact, changed_at, &mut bytes);
            assert_eq!(decode_fact(&bytes), Ok((fact.clone(), changed_at)));
        }
    }
    assert_eq!(decode_fact(&[0x0a, 0x02, 0x08, 0x01]), Err(Undecodable), "a version without its record");
    assert_eq!(decode_fact(&[0x12, 0x02, 0x0a, 0x00]), Err(Undecodable), "an entry without its id");
}
