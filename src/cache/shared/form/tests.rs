use super::*;
use crate::person::{Name as PersonName, Person};
use crate::register::{Fact, NumberState, Record, Versioned};

const SUBJECT: Subject = Subject([5; 16]);
const TTL: Duration = Duration::from_secs(60);

fn key(byte: u8) -> Key {
    Ring::new(&Keys::new([byte; 32])).unwrap().current
}

fn write(key: &Key, entry: &Entry) -> Result<Vec<u8>, Unfit> {
    key.write((SUBJECT, &key.name(SUBJECT)), entry, TTL)
}

fn read(key: &Key, value: Vec<u8>) -> Result<Value, Damaged> {
    key.read((SUBJECT, &key.name(SUBJECT)), value)
}

fn entry(reason: &str) -> Entry {
    let name = PersonName { family: "Тестова".into(), given: "Әсел".into(), patronymic: None };
    let record = Record {
        state: NumberState::InForce,
        since: None,
        state_reason: reason.into(),
        superseded_by: None,
        scheduled: None,
        person: Person { names: vec![name], ..Person::default() },
    };
    let recorded_at = "2026-11-25T00:00:00.000001Z".parse().unwrap();
    let fact =
        Fact { record: Some(Versioned { value: record, version: 3, recorded_at }), hotlist: Vec::new() };
    Entry { fact, position: Position(7), changed_at: Some(recorded_at) }
}

#[test]
fn a_fact_comes_back_as_it_was() {
    for entry in
        [entry("why"), Entry { fact: Fact::default(), position: Position(u64::MAX), changed_at: None }]
    {
        let value = write(&key(1), &entry).unwrap();
        assert_eq!(read(&key(1), value), Ok(Value::Fact(Box::new(entry), TTL)));
    }
}

#[test]
fn tombstones_hold_a_position_alone() {
    let value = tombstone(Position(258));
    assert_eq!(value, [0, 0, 0, 0, 0, 0, 1, 2]);
    assert_eq!(read(&key(1), value.to_vec()), Ok(Value::Tombstone(Position(258))));
}

#[test]
fn lengths_tell_nothing_but_their_few_steps() {
    let length = |entry: &Entry| write(&key(1), entry).unwrap().len();
    let absent = Entry { fact: Fact::default(), position: Position(0), changed_at: None };
    assert_eq!([length(&absent), length(&entry("")), length(&entry(&"y".repeat(400)))], [LENGTHS[0]; 3]);
    assert_eq!(length(&entry(&"y".repeat(1000))), LENGTHS[1]);
    let most = (0..70_000).rev().step_by(16).find_map(|n| write(&key(1), &entry(&"y".repeat(n))).ok());
    assert_eq!(most.map(|value| value.len()), LENGTHS.last().copied());
    assert_eq!(write(&key(1), &entry(&"y".repeat(70_000))), Err(Unfit));
}

#[test]
fn what_was_changed_or_moved_does_not_open() {
    let value = write(&key(1), &entry("why")).unwrap();
    for at in 0..value.len() {
        let mut flipped = value.clone();
        flipped[at] ^= 0x80;
        assert_eq!(read(&key(1), flipped), Err(Damaged), "byte {at}");
    }
    for length in (0..value.len()).filter(|length| *length != HEAD) {
        assert_eq!(read(&key(1), value[..length].to_vec()), Err(Damaged), "{length} bytes");
    }
    let (key, other) = (key(1), Subject([6; 16]));
    let moved = [(other, key.name(other)), (other, key.name(SUBJECT)), (SUBJECT, key.name(other))];
    for (subject, name) in moved {
        assert_eq!(key.read((subject, &name), value.clone()), Err(Damaged), "another number's");
    }
    assert_eq!(read(&self::key(2), value), Err(Damaged), "another deployment's");
}

#[test]
fn two_keys_are_live() {
    let keys = Keys::parse(&format!("{}\n{}", "02".repeat(32), "01".repeat(32))).unwrap();
    let ring = Ring::new(&keys).unwrap();
    let names: Vec<_> = ring.keys().map(|key| key.name(SUBJECT)).collect();
    assert_eq!(names, [key(2).name(SUBJECT), key(1).name(SUBJECT)]);
    assert!(Ring::new(&Keys::new([1; 32])).unwrap().previous.is_none());
}
