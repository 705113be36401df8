//! Writes: whole or not at all, once, and only on what was expected.

use iinspect::register::change::{MAX_ANSWER, MAX_TEXT, MAX_WRITES, Request};
use iinspect::register::feed::Kind;
use iinspect::register::hotlist::Entry;
use iinspect::register::{Changeset, Expect, Facts, Feed, Ledger, Origin, Write};
use jiff::SignedDuration;

use super::support::{
    Stage, application, at, entry, iin, put, put_application, put_if, record, request, seen, set, soon,
};

pub(super) async fn versions_count_up_and_are_checked(stage: Stage) {
    let rows = [
        (Expect::Version(1), false),
        (Expect::Version(0), false),
        (Expect::Absent, true),
        (Expect::Absent, false),
        (Expect::Version(1), true),
        (Expect::Version(1), false),
        (Expect::Version(2), true),
        (Expect::Any, true),
    ];
    let mut version = 0;
    for (i, (expect, fits)) in rows.into_iter().enumerate() {
        for write in
            [put_if(iin(1), &i.to_string(), expect), put_application(application(1, Some(iin(1)), 0), expect)]
        {
            let outcome = stage.try_commit(vec![write]).await;
            assert_eq!(outcome.is_ok(), fits, "{i}");
            assert!(fits || outcome.unwrap_err().is_conflict(), "{i}");
        }
        version += u64::from(fits);
        assert_eq!(seen(&stage.one(iin(1)).await.value).0, version);
    }
    // Twice in one changeset counts twice.
    stage.commit(vec![put(iin(1), "a"), put_if(iin(1), "b", Expect::Version(version + 1))]).await;
    assert_eq!(seen(&stage.one(iin(1)).await.value), (version + 2, "b"));
}

pub(super) async fn a_changeset_is_whole_or_not_at_all(stage: Stage) {
    stage.commit(vec![put(iin(1), "before"), Write::hotlist(iin(2), entry(1, ""))]).await;
    let heads = stage.register.heads(soon()).await.unwrap();
    let set = Changeset {
        request: request(1, 1),
        ..set(vec![
            put(iin(1), "after"),
            put(iin(3), "new"),
            Write::hotlist(iin(1), entry(2, "")),
            Write::HotlistRemoval { id: entry(1, "").id, expect: Expect::Any },
            put_application(application(1, None, 0), Expect::Absent),
            put_if(iin(1), "never", Expect::Version(7)),
        ])
    };
    assert!(stage.register.commit(set, soon()).await.unwrap_err().is_conflict());
    assert_eq!(stage.register.heads(soon()).await.unwrap(), heads);
    assert_eq!(seen(&stage.one(iin(1)).await.value), (1, "before"));
    assert!(stage.one(iin(1)).await.value.hotlist.is_empty());
    assert_eq!(stage.one(iin(2)).await.value.hotlist.len(), 1);
    assert_eq!(stage.one(iin(3)).await.value.record, None);
    let key = iinspect::register::ApplicationKey::Id(uuid::Uuid::from_u128(1));
    assert_eq!(stage.register.applications(&key, soon()).await.unwrap().value, []);
}

pub(super) async fn bounds_of_a_changeset(stage: Stage) {
    let long = "ң".repeat(MAX_TEXT + 1);
    let writes = || vec![put(iin(1), "x")];
    let told = |told| Write::Record { iin: iin(1), record: Box::new(record("x")), expect: Expect::Any, told };
    let too_long_an_answer = request(1, 1).map(|r| Request { answer: vec![0; MAX_ANSWER + 1], ..r });
    let bad = [
        set(Vec::new()),
        set(vec![put(iin(1), "x"); MAX_WRITES + 1]),
        Changeset { why: long.clone(), ..set(writes()) },
        Changeset { by: Origin::of(&long), ..set(writes()) },
        Changeset { by: Origin { end_user: long.clone(), ..Origin::default() }, ..set(writes()) },
        Changeset { request: too_long_an_answer, ..set(writes()) },
        set(vec![Write::hotlist(iin(1), entry(1, &long))]),
        set(vec![told(Kind::Hotlist)]),
        set(vec![told(Kind::Batch)]),
    ];
    for (i, bad) in bad.into_iter().enumerate() {
        assert!(stage.register.commit(bad, soon()).await.unwrap_err().is_invalid(), "{i}");
    }
    assert_eq!(stage.register.heads(soon()).await.unwrap(), stage.start());
    let fine = Changeset {
        why: "ң".repeat(MAX_TEXT),
        ..set((0..MAX_WRITES as u64).map(|n| put(iin(n), "")).collect())
    };
    stage.register.commit(fine, soon()).await.unwrap();
}

pub(super) async fn a_read_at_a_commits_token_sees_it(stage: Stage) {
    for n in 0..50 {
        let iin = iin(n % 7);
        let committed = stage.commit(vec![put(iin, &n.to_string())]).await;
        let read = stage.one(iin).await;
        assert_eq!(seen(&read.value), (n / 7 + 1, n.to_string().as_str()));
        assert_eq!(read.position, stage.position(&committed.token, stage.key.number(iin)));
    }
}

pub(super) async fn times_are_kept_to_the_microsecond(stage: Stage) {
    let fine = at(0) + SignedDuration::from_nanos(1_999);
    let listed = Entry { expires_at: Some(fine), ..entry(1, "") };
    stage.commit_at(fine, vec![put(iin(1), "x"), Write::hotlist(iin(1), listed)]).await;
    let kept = at(0) + SignedDuration::from_micros(1);
    let read = stage.one(iin(1)).await;
    assert_eq!(read.changed_at, Some(kept));
    assert_eq!(read.value.record.unwrap().recorded_at, kept);
    assert_eq!(read.value.hotlist[0].expires_at, Some(kept));
    assert_eq!(stage.all_after(&stage.start(), 10).await[0].at, kept);
}
