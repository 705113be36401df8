//! Reads: what was written comes back, with a position, or not at all.

use std::time::Duration;

use iinspect::number::Sex;
use iinspect::person::{Document, Name, Person};
use iinspect::register::{
    Expect, Fact, Facts, Feed, Ledger, MAX_MANY, NumberState, Position, Record, Scheduled, Write,
};
use jiff::civil::date;
use tokio::time::Instant;
use uuid::Uuid;

use super::support::{Stage, at, entry, iin, put, seen, set, soon};

pub(super) async fn a_record_comes_back_as_it_was(stage: Stage) {
    let record = Record {
        scheduled: Some(Scheduled {
            state: NumberState::InForce,
            on: date(2030, 5, 1),
            reason: "again".into(),
        }),
        state: NumberState::Superseded,
        since: Some(date(2024, 3, 1)),
        state_reason: "қате".into(),
        superseded_by: Some(iin(2)),
        person: Person {
            names: vec![
                Name {
                    family: "Тестов".into(), given: "Ерлан".into(), patronymic: Some(String::new())
                },
                Name { family: "TESTOV".into(), given: String::new(), patronymic: None },
            ],
            birth_date: Some(date(1899, 2, 28)),
            sex: Some(Sex::Male),
            citizenship: "XXC".parse().ok(),
            documents: vec![
                Document::default(),
                Document {
                    kind: "PASSPORT".into(),
                    number: "N 1".into(),
                    country: "DEU".parse().ok(),
                    valid_until: Some(date(2031, 12, 31)),
                    status: Some("17".parse().unwrap()),
                    name: Some(Name { family: "Testow".into(), ..Name::default() }),
                },
            ],
        },
    };
    let write = Write::record(iin(1), record.clone(), Expect::Absent);
    let committed = stage.commit(vec![write]).await;
    let read = stage.one(iin(1)).await;
    let held = read.value.record.unwrap();
    assert_eq!((held.value, held.version, held.recorded_at), (record, 1, at(0)));
    assert_eq!(read.position, stage.position(&committed.token, stage.key.number(iin(1))));
    assert_eq!(read.changed_at, Some(at(0)));
}

pub(super) async fn absence_has_a_position(stage: Stage) {
    let nothing = stage.one(iin(1)).await;
    assert_eq!((nothing.value, nothing.position, nothing.changed_at), (Fact::default(), Position(0), None));
    for n in 100..140 {
        stage.commit(vec![put(iin(n), "other")]).await;
    }
    let heads = stage.register.heads(soon()).await.unwrap();
    let nothing = stage.one(iin(1)).await;
    assert_eq!(nothing.value, Fact::default());
    assert_eq!(nothing.position, stage.position(&heads, stage.key.number(iin(1))));
    assert!(nothing.position > Position(0), "all of forty numbers in one shard of four");
}

pub(super) async fn many_keep_order_and_duplicates(stage: Stage) {
    for n in [3, 5, 8] {
        stage.commit(vec![put(iin(n), &n.to_string())]).await;
    }
    stage.commit(vec![Write::hotlist(iin(5), entry(1, ""))]).await;
    let asked = [8, 1, 5, 5, 3, 9, 8];
    // Few numbers and many take different ways through a store.
    for padding in [0, 500] {
        let mut iins: Vec<_> = asked.iter().map(|n| iin(*n)).collect();
        iins.extend((0..padding).map(|n| iin(1_000 + n)));
        let reads = stage.register.many(&iins, soon()).await.unwrap();
        assert_eq!(reads.len(), iins.len());
        let tags: Vec<_> = reads[..7].iter().map(|r| seen(&r.value).1).collect();
        assert_eq!(tags, ["8", "", "5", "5", "3", "", "8"]);
        let listed: Vec<_> = reads[..7].iter().map(|r| r.value.hotlist.len()).collect();
        assert_eq!(listed, [0, 0, 1, 1, 0, 0, 0]);
        for (read, iin) in reads.iter().zip(&iins) {
            assert_eq!(*read, stage.one(*iin).await);
        }
    }
    assert_eq!(stage.register.many(&[], soon()).await.unwrap(), []);
}

pub(super) async fn bounds_of_many(stage: Stage) {
    let iins: Vec<_> = (0..=MAX_MANY as u64).map(iin).collect();
    assert!(stage.register.many(&iins, soon()).await.unwrap_err().is_invalid());
    assert_eq!(stage.register.many(&iins[..MAX_MANY], soon()).await.unwrap().len(), MAX_MANY);
}

pub(super) async fn pages_lead_through_every_record_in_order(stage: Stage) {
    assert_eq!(stage.register.page(None, 10, soon()).await.unwrap(), []);
    let mut iins: Vec<_> = (0..250).map(iin).collect();
    stage.commit(iins.iter().map(|iin| put(*iin, "")).collect()).await;
    stage.commit(vec![put(iins[7], "again"), Write::hotlist(iin(999), entry(1, ""))]).await;
    iins.sort_unstable();
    for limit in [1, 100, 250, MAX_MANY] {
        let (mut after, mut all) = (None, Vec::new());
        loop {
            let page = stage.register.page(after, limit, soon()).await.unwrap();
            assert!(page.len() <= limit);
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            all.extend(page);
        }
        assert_eq!(all.iter().map(|(iin, _)| *iin).collect::<Vec<_>>(), iins);
        for (iin, record) in all.iter().step_by(31) {
            assert_eq!(Some(record), stage.one(*iin).await.value.record.as_ref());
        }
    }
    for limit in [0, MAX_MANY + 1] {
        assert!(stage.register.page(None, limit, soon()).await.unwrap_err().is_invalid());
    }
}

pub(super) async fn an_expired_deadline_is_said_and_never_hangs(stage: Stage) {
    let past = Instant::now() - Duration::from_millis(1);
    assert!(stage.register.one(iin(1), past).await.unwrap_err().is_deadline());
    assert!(stage.register.many(&[iin(1)], past).await.unwrap_err().is_deadline());
    assert!(stage.register.page(None, 1, past).await.unwrap_err().is_deadline());
    assert!(stage.register.as_of(iin(1), at(0), past).await.unwrap_err().is_deadline());
    assert!(stage.register.versions(iin(1), None, 1, past).await.unwrap_err().is_deadline());
    assert!(stage.register.entry(Uuid::nil(), past).await.unwrap_err().is_deadline());
    assert!(stage.register.batch(Uuid::nil(), at(0), past).await.unwrap_err().is_deadline());
    assert!(stage.register.replay(Uuid::nil(), [0; 32], at(0), past).await.unwrap_err().is_deadline());
    assert!(stage.register.heads(past).await.unwrap_err().is_deadline());
    assert!(stage.register.after(&stage.start(), 1, past).await.unwrap_err().is_deadline());
    let commit = stage.register.commit(set(vec![put(iin(1), "late")]), past);
    assert!(commit.await.unwrap_err().is_deadline());
    assert_eq!(stage.one(iin(1)).await.value.record, None);
}

pub(super) async fn a_closed_store_says_so(stage: Stage) {
    stage.commit(vec![put(iin(1), "kept")]).await;
    let register = stage.register.clone();
    tokio::task::spawn_blocking(move || register.close().and_then(|()| register.close()))
        .await
        .unwrap()
        .unwrap();
    assert!(stage.register.one(iin(1), soon()).await.unwrap_err().is_unavailable());
    assert!(stage.register.as_of(iin(1), at(0), soon()).await.unwrap_err().is_unavailable());
    assert!(stage.register.versions(iin(1), None, 1, soon()).await.unwrap_err().is_unavailable());
    assert!(stage.try_commit(vec![put(iin(1), "late")]).await.unwrap_err().is_unavailable());
}
