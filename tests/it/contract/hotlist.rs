//! The hotlist under a number.

use iinspect::register::hotlist::{Clients, Entry, MAX_PER_NUMBER};
use iinspect::register::{Expect, Feed, Write};
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
