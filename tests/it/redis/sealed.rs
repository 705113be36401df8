//! What Redis holds tells nobody anything, and nobody can make it say something else.

use std::collections::BTreeSet;
use std::sync::Arc;

use iinspect::cache::Entry;
use iinspect::cache::shared::Shared;
use iinspect::keys::Source;
use iinspect::number::{Iin, Sex};
use iinspect::person::{Document, Name, Person};
use iinspect::register::hotlist::{self, Clients};
use iinspect::register::{Fact, NumberState, Position, Record, Versioned, subject::Key};
use iinspect::reload::{Asks, File};
use iinspect::server::KEYS;
use jiff::Timestamp;

use super::support::{TTL, counted, fill, is_up, keys, options, position, subject, tier, until};
use super::{Redis, skipped};

/// A test number: no month is the 55th.
fn iin(n: u64) -> Iin {
    let number = |last: u64| Iin::parse(&format!("995500{n:05}{last}")).ok();
    // Of some no control digit is right: their neighbours of another century stand in.
    (0..10)
        .find_map(number)
        .or_else(|| (0..10).find_map(|last| Iin::parse(&format!("985500{n:05}{last}")).ok()))
        .unwrap()
}

/// Somebody of whom everything is known.
fn person(n: u64) -> Entry {
    let name =
        Name {
            family: "Тестовая".into(), given: "Алтынай".into(), patronymic: Some("Ерлановна".into())
        };
    let latin = Name { family: "Testovaya".into(), given: "Altynai".into(), patronymic: None };
    let document = Document {
        kind: "PASSPORT".into(),
        number: "N12345678".into(),
        country: "KAZ".parse().ok(),
        valid_until: Some(jiff::civil::date(2031, 5, 17)),
        status: None,
        name: Some(latin.clone()),
    };
    let person = Person {
        names: vec![name, latin],
        birth_date: Some(jiff::civil::date(1999, 5, 17)),
        sex: Some(Sex::Female),
        citizenship: "KAZ".parse().ok(),
        documents: vec![document],
    };
    let record = Record {
        state: NumberState::InForce,
        since: Some(jiff::civil::date(1999, 5, 17)),
        state_reason: "secret reason".into(),
        superseded_by: Some(iin(n + 1)),
        scheduled: None,
        person,
    };
    let at: Timestamp = "2026-11-25T00:00:00.000001Z".parse().unwrap();
    let entry = hotlist::Entry {
        id: uuid::Uuid::from_u128(n.into()),
        scope: Clients::Only(["secret-bank".to_string()].into()),
        visibility: Clients::All,
        expires_at: Some(at),
        note: "secret note".into(),
    };
    let record = Some(Versioned { value: record, version: 3, recorded_at: at });
    Entry { fact: Fact { record, hotlist: vec![entry] }, position: Position(n), changed_at: Some(at) }
}

/// Everything that Redis holds: names and values.
fn dump(redis: &Redis) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut client = redis.client();
    let names: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut client).unwrap();
    let value = |name: &Vec<u8>| redis::cmd("GET").arg(name).query(&mut redis.client()).unwrap();
    names.iter().map(|name| (name.clone(), value(name))).collect()
}

fn set(redis: &Redis, name: &[u8], value: &[u8]) {
    let () = redis::cmd("SET").arg(name).arg(value).arg("KEEPTTL").query(&mut redis.client()).unwrap();
}

fn has_run_of_digits(bytes: &[u8]) -> bool {
    bytes.windows(12).any(|window| window.iter().all(u8::is_ascii_digit))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_holds_no_number_no_name_no_date_and_one_length() {
    if skipped() {
        return;
    }
    let redis = Redis::start("");
    let shared = tier(&redis.url()).await;
    let key = Key::new([7; 32]);
    for n in 1..=100u64 {
        // Half of the numbers are held by nobody.
        let known = person(n);
        let entry = if n % 2 == 0 { known } else { Entry { fact: Fact::default(), ..known } };
        shared.fill(key.number(iin(n)), Arc::new(entry), TTL);
    }
    shared.tombstones(vec![(key.number(iin(200)), Position(9))]);
    counted(&shared, "all are written", |s| s.fills == 100 && s.tombstones == 1).await;
    assert_eq!(shared.get(&[key.number(iin(2))]).await[0].as_ref().unwrap().0, person(2));

    let held = dump(&redis);
    assert_eq!(held.len(), 101);
    let lengths: BTreeSet<_> = held.iter().map(|(_, value)| value.len()).collect();
    assert_eq!(lengths, [8, 1024].into(), "tombstones, and all facts alike");
    let words =
        ["Тестовая", "Алтынай", "Testovaya", "Altynai", "N12345678", "KAZ", "PASSPORT", "secret", "1999"];
    for (name, value) in &held {
        // As Redis itself would write it to a file, too.
        let dumped: Vec<u8> = redis::cmd("DUMP").arg(name).query(&mut redis.client()).unwrap();
        for bytes in [name, value, &dumped] {
            assert!(!has_run_of_digits(bytes));
            for word in words.iter().filter(|word| word.len() > 4) {
                assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
            }
            for n in 1..=200 {
                let subject = key.number(iin(n)).0;
                assert!(!bytes.windows(16).any(|window| window == subject), "a keyed hash of the feed");
            }
        }
    }
    // Nor is one fact's value ever the same as another's, or as its own of before.
    let values: BTreeSet<_> = held.iter().map(|(_, value)| &value[8..]).filter(|v| !v.is_empty()).collect();
    assert_eq!(values.len(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_that_were_changed_moved_or_made_newer_are_refused() {
    if skipped() {
        return;
    }
    let redis = Redis::start("");
    let shared = tier(&redis.url()).await;
    fill(&shared, subject(1), 5).await;
    fill(&shared, subject(2), 6).await;
    let held = dump(&redis);
    let [(one, first), (other, second)] = &held[..] else { panic!("two facts") };
    let damaged = shared.stats().damaged;
    for at in [0, 7, 8, 9, 21, 500, 1023] {
        let mut changed = first.clone();
        changed[at] ^= 1;
        set(&redis, one, &changed);
        set(&redis, other, &changed);
        assert_eq!(shared.get(&[subject(1), subject(2)]).await, [None, None], "byte {at}");
    }
    set(&redis, one, second);
    set(&redis, other, first);
    assert_eq!(shared.get(&[subject(1), subject(2)]).await, [None, None], "each other's");
    for junk in [&b""[..], b"short", b"a text of somebody else's, long enough to be a value of ours"] {
        set(&redis, one, junk);
        set(&redis, other, junk);
        assert_eq!(shared.get(&[subject(1), subject(2)]).await, [None, None]);
    }
    assert_eq!(shared.stats().damaged, damaged + 2 * (7 + 1 + 3));
    assert_eq!(*shared.status().borrow(), iinspect::register::Status::Up, "it is no fault of Redis's");

    // What was there before can be put back, and says itself from when it is.
    set(&redis, one, first);
    set(&redis, other, second);
    let found = [position(&shared, subject(1)).await, position(&shared, subject(2)).await];
    assert_eq!(found, [Some(5), Some(6)]);
    // Junk gives way to a fact.
    set(&redis, one, b"short");
    set(&redis, other, b"short");
    fill(&shared, subject(1), 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_changed_without_a_pause() {
    if skipped() {
        return;
    }
    let redis = Redis::start("");
    let node = |bytes: &'static [u8]| Shared::start(options(&redis.url()), keys(bytes));
    let (old, both, new, only) = (node(&[1]), node(&[1, 2]), node(&[2, 1]), node(&[2]));
    for shared in [&old, &both, &new, &only] {
        is_up(shared).await;
    }
    // Each step of a change has nodes of two neighbours in this row.
    fill(&old, subject(1), 1).await;
    fill(&both, subject(2), 2).await;
    fill(&new, subject(3), 3).await;
    let sees = async |shared: &Shared| {
        let found = shared.get(&[subject(1), subject(2), subject(3)]).await;
        found.iter().map(Option::is_some).collect::<Vec<_>>()
    };
    assert_eq!(sees(&old).await, [true, true, false]);
    assert_eq!(sees(&both).await, [true, true, true]);
    assert_eq!(sees(&new).await, [true, true, true]);
    assert_eq!(sees(&only).await, [false, false, true]);

    // A tombstone under one key is respected by those who would still find a fact under the other.
    new.tombstones(vec![(subject(1), Position(2))]);
    counted(&new, "it is written", |s| s.tombstones == 1).await;
    assert_eq!(sees(&both).await, [false, true, true]);
    assert_eq!(sees(&new).await, [false, true, true]);
    // Hints pass between neighbours, both ways.
    for (from, to) in
        [(&old, &both), (&both, &old), (&both, &new), (&new, &both), (&new, &only), (&only, &new)]
    {
        let heard = to.hints();
        let before = *heard.borrow();
        until("a hint passes", || async {
            from.publish();
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            *heard.borrow() != before
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_taken_from_their_file_when_it_changes() {
    if skipped() {
        return;
    }
    let redis = Redis::start("");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    std::fs::write(&path, "01".repeat(32)).unwrap();
    let file = File::load(&KEYS, &path, Timestamp::UNIX_EPOCH).unwrap();
    let shared = Shared::start(options(&redis.url()), Source::File(file.current()));
    let asks = Asks::default();
    let following = tokio::spawn(file.follow(asks.clone(), iinspect::clock::Clock::system()));
    is_up(&shared).await;
    fill(&shared, subject(1), 1).await;

    std::fs::write(&path, format!("{}\n{}", "02".repeat(32), "01".repeat(32))).unwrap();
    asks.ask();
    let changed = Shared::start(options(&redis.url()), keys(&[2]));
    is_up(&changed).await;
    until("the new key is used", || async {
        shared.fill(subject(2), super::support::absent(2), TTL);
        position(&changed, subject(2)).await == Some(2)
    })
    .await;
    assert_eq!(position(&shared, subject(1)).await, Some(1), "the old one is still understood");
    let heard = shared.hints();
    let before = *heard.borrow();
    until("hints under the new key are heard", || async {
        changed.publish();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        *heard.borrow() != before
    })
    .await;
    following.abort();
}
