//! The hotlist under a number.

use iinspect::register::hotlist::{Clients, Entry, MAX_PER_NUMBER, Place};
use iinspect::register::{Expect, Facts, Feed, Write};
use uuid::Uuid;

use super::support::{Stage, entry, iin, soon};

pub(super) async fn entries_are_added_replaced_and_removed(stage: Stage) {
    let add = |entry: &Entry| Write::hotlist(iin(1), entry.clone());
    let (first, second) = (entry(1, "first"), entry(2, "second"));
    stage.commit(vec![add(&second), add(&first)]).await;
    assert_eq!(stage.one(iin(1)).await.value.hotlist, [first.clone(), second.clone()], "by id");
    assert_eq!(stage.one(iin(2)).await.value.hotlist, []);

    let replaced = Entry { scope: Clients::Only(["a".into(), "b".into()].into()), expires_at: None, ..first };
    stage.commit(vec![add(&replaced)]).await;
    assert_eq!(stage.one(iin(1)).await.value.hotlist, [replaced.clone(), second.clone()]);

    let remove = |id| Write::HotlistRemoval { id, expect: Expect::Any };
    let heads = stage.commit(vec![remove(second.id)]).await.token;
    assert_eq!(stage.one(iin(1)).await.value.hotlist, std::slice::from_ref(&replaced));
    // What is not there can be removed, and nobody is told of it.
    stage.commit(vec![remove(Uuid::from_u128(9))]).await;
    assert_eq!(stage.register.heads(soon()).await.unwrap(), heads);
    assert_eq!(stage.one(iin(1)).await.value.hotlist, [replaced]);
}

pub(super) async fn a_number_has_room_for_so_many(stage: Stage) {
    let add = |n: usize| Write::hotlist(iin(1), entry(n as u128, ""));
    stage.commit((0..MAX_PER_NUMBER).map(add).collect()).await;
    assert!(stage.try_commit(vec![add(MAX_PER_NUMBER)]).await.unwrap_err().is_invalid());
    stage.commit(vec![add(0)]).await;
    let remove = Write::HotlistRemoval { id: entry(0, "").id, expect: Expect::Any };
    stage.commit(vec![remove, add(MAX_PER_NUMBER)]).await;
    assert_eq!(stage.one(iin(1)).await.value.hotlist.len(), MAX_PER_NUMBER);
}

async fn place(stage: &Stage, id: u128) -> Option<Place> {
    stage.register.entry(Uuid::from_u128(id), soon()).await.unwrap()
}

pub(super) async fn versions_of_an_entry_are_checked(stage: Stage) {
    let put = |expect| Write::Hotlist { iin: iin(1), entry: entry(1, "x"), expect };
    let remove = |expect| Write::HotlistRemoval { id: Uuid::from_u128(1), expect };
    let rows = [
        (put(Expect::Version(1)), None),
        (remove(Expect::Version(1)), None),
        (remove(Expect::Absent), Some(0)),
        (put(Expect::Absent), Some(1)),
        (put(Expect::Absent), None),
        (put(Expect::Version(2)), None),
        (put(Expect::Version(1)), Some(2)),
        (put(Expect::Any), Some(3)),
        (remove(Expect::Version(2)), None),
        (remove(Expect::Absent), None),
        (remove(Expect::Version(3)), Some(0)),
        (put(Expect::Absent), Some(1)),
        (remove(Expect::Any), Some(0)),
        (remove(Expect::Any), Some(0)),
    ];
    let mut there = 0;
    for (i, (write, becomes)) in rows.into_iter().enumerate() {
        let outcome = stage.try_commit(vec![write]).await;
        assert_eq!(outcome.is_ok(), becomes.is_some(), "{i}");
        assert!(outcome.map_or_else(|e| e.is_conflict(), |_| true), "{i}");
        there = becomes.unwrap_or(there);
        let subject = stage.key.number(iin(1));
        let want = (there > 0).then_some(Place { subject, version: there });
        assert_eq!(place(&stage, 1).await, want, "{i}");
        assert_eq!(stage.one(iin(1)).await.value.hotlist.len(), usize::from(there > 0), "{i}");
    }
}

pub(super) async fn an_entry_stays_with_its_number(stage: Stage) {
    stage.commit(vec![Write::hotlist(iin(1), entry(1, "mine"))]).await;
    let heads = stage.register.heads(soon()).await.unwrap();
    for expect in [Expect::Any, Expect::Absent, Expect::Version(1)] {
        let write = Write::Hotlist { iin: iin(2), entry: entry(1, "theirs"), expect };
        assert!(stage.try_commit(vec![write]).await.unwrap_err().is_conflict(), "{expect:?}");
    }
    assert_eq!(stage.register.heads(soon()).await.unwrap(), heads);
    assert_eq!(stage.one(iin(1)).await.value.hotlist, [entry(1, "mine")]);
    assert_eq!(stage.one(iin(2)).await.value.hotlist, []);
    assert_eq!(place(&stage, 1).await, Some(Place { subject: stage.key.number(iin(1)), version: 1 }));
    // Taken away there, it can be put here, in one changeset.
    let id = Uuid::from_u128(1);
    let remove = Write::HotlistRemoval { id, expect: Expect::Version(1) };
    stage.commit(vec![remove, Write::hotlist(iin(2), entry(1, "theirs"))]).await;
    assert_eq!(place(&stage, 1).await, Some(Place { subject: stage.key.number(iin(2)), version: 1 }));
    assert_eq!(stage.one(iin(1)).await.value.hotlist, []);
}
