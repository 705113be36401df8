//! What was: facts as of a moment, and every version with who wrote it and why.

use std::time::Duration;

use iinspect::register::{
    Changeset, Expect, Fact, Facts, MAX_MANY, NumberState, Origin, Position, Record, Scheduled, Version,
    Write,
};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

use super::support::{Stage, at, entry, iin, put, record, seen, set, soon};

const TICK: SignedDuration = SignedDuration::from_micros(1);

async fn put_at(stage: &Stage, second: i64, tag: &str) {
    stage.commit_at(at(second), vec![put(iin(1), tag)]).await;
}

/// Version and tag of the first number's record as of a moment.
async fn known(stage: &Stage, at: Timestamp) -> (u64, String) {
    let read = stage.register.as_of(iin(1), at, soon()).await.unwrap();
    let (version, tag) = seen(&read.value);
    (version, tag.to_string())
}

async fn versions(stage: &Stage, before: Option<u64>, limit: usize) -> Vec<Version> {
    stage.register.versions(iin(1), before, limit, soon()).await.unwrap()
}

pub(super) async fn a_moment_shows_what_was_recorded_by_then(stage: Stage) {
    for (second, tag) in [(10, "a"), (20, "b"), (30, "c")] {
        put_at(&stage, second, tag).await;
    }
    let rows = [
        (Timestamp::MIN, (0, "")),
        (at(10) - TICK, (0, "")),
        (at(10), (1, "a")),
        (at(20) - TICK, (1, "a")),
        (at(20), (2, "b")),
        (at(30) - TICK, (2, "b")),
        (at(30), (3, "c")),
        (Timestamp::MAX, (3, "c")),
    ];
    for (moment, want) in rows {
        let (version, tag) = known(&stage, moment).await;
        assert_eq!((version, tag.as_str()), want, "{moment}");
    }
    // Whole, and with its own moment.
    let then = stage.register.as_of(iin(1), at(25), soon()).await.unwrap().value.record.unwrap();
    assert_eq!((then.value, then.version, then.recorded_at), (record("b"), 2, at(20)));
}

pub(super) async fn a_moment_has_the_hotlist_and_the_position_of_now(stage: Stage) {
    put_at(&stage, 10, "a").await;
    put_at(&stage, 20, "b").await;
    stage.commit_at(at(30), vec![Write::hotlist(iin(1), entry(1, "now"))]).await;
    let now = stage.one(iin(1)).await;
    for moment in [at(5), at(15), at(25), at(35)] {
        let then = stage.register.as_of(iin(1), moment, soon()).await.unwrap();
        assert_eq!(then.value.hotlist, now.value.hotlist, "{moment}");
        assert_eq!((then.position, then.changed_at), (now.position, Some(at(30))), "{moment}");
        assert_eq!(then.behind, Duration::ZERO);
    }
    let nobody = stage.register.as_of(iin(2), at(35), soon()).await.unwrap();
    assert_eq!(nobody.value, Fact::default());
    assert_eq!(nobody, stage.one(iin(2)).await);
}

/// Clocks of writers go backwards; versions do not.
pub(super) async fn of_versions_in_no_order_of_time_the_latest_counts(stage: Stage) {
    for (second, tag) in [(10, "a"), (30, "b"), (20, "c")] {
        put_at(&stage, second, tag).await;
    }
    for (moment, want) in [(at(9), 0), (at(19), 1), (at(20), 3), (at(30), 3), (at(40), 3)] {
        assert_eq!(known(&stage, moment).await.0, want, "{moment}");
    }
    // Two in one changeset are recorded at one moment.
    stage.commit_at(at(50), vec![put(iin(1), "d"), put(iin(1), "e")]).await;
    assert_eq!(known(&stage, at(50)).await, (5, "e".to_string()));
    assert_eq!(known(&stage, at(50) - TICK).await, (3, "c".to_string()));
}

pub(super) async fn versions_say_who_and_why_the_newest_first(stage: Stage) {
    let by = |n: u64| Origin {
        actor: format!("actor-{n}"),
        on_behalf_of: format!("банк-{n}"),
        end_user: format!("user-{n}"),
        reference: format!("reference-{n}"),
    };
    for n in 1..=5 {
        let set = Changeset {
            at: at(n as i64),
            by: by(n),
            why: format!("себеп {n}"),
            ..set(vec![put(iin(1), &n.to_string())])
        };
        stage.apply(set).await;
        // Other numbers' versions are their own.
        stage.commit(vec![put(iin(2), "other")]).await;
    }
    let all = versions(&stage, None, MAX_MANY).await;
    assert_eq!(all.iter().map(|v| v.record.version).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    for version in &all {
        let n = version.record.version;
        assert_eq!(version.record.value, record(&n.to_string()));
        assert_eq!(version.record.recorded_at, at(n as i64));
        assert_eq!((&version.by, version.why.as_str()), (&by(n), format!("себеп {n}").as_str()));
    }
    assert_eq!(Some(&all[0].record), stage.one(iin(1)).await.value.record.as_ref());

    for limit in 1..=6 {
        let (mut paged, mut before) = (Vec::new(), None);
        loop {
            let page = versions(&stage, before, limit).await;
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            before = Some(last.record.version);
            paged.extend(page);
        }
        assert_eq!(paged, all, "{limit}");
    }
}

pub(super) async fn bounds_of_versions(stage: Stage) {
    assert_eq!(versions(&stage, None, 1).await, []);
    stage.commit(vec![put(iin(1), "a"), put(iin(1), "b")]).await;
    for limit in [0, MAX_MANY + 1] {
        let refused = stage.register.versions(iin(1), None, limit, soon()).await;
        assert!(refused.unwrap_err().is_invalid(), "{limit}");
    }
    for (before, want) in [(0, 0), (1, 0), (2, 1), (3, 2), (u64::MAX, 2)] {
        assert_eq!(versions(&stage, Some(before), MAX_MANY).await.len(), want, "{before}");
    }
}

/// A refused changeset leaves no version behind, and one commit has one origin.
pub(super) async fn only_what_was_committed_is_history(stage: Stage) {
    put_at(&stage, 10, "a").await;
    let refused = vec![put(iin(1), "never"), Write::record(iin(2), record("x"), Expect::Version(9))];
    assert!(stage.try_commit(refused).await.unwrap_err().is_conflict());
    let all = versions(&stage, None, 10).await;
    assert_eq!(all.len(), 1);
    assert_eq!(known(&stage, Timestamp::MAX).await, (1, "a".to_string()));
    let twice = Changeset { by: Origin::of("twice"), ..set(vec![put(iin(1), "b"), put(iin(1), "c")]) };
    stage.apply(twice).await;
    let all = versions(&stage, None, 10).await;
    let who: Vec<_> =
        all.iter().map(|v| (v.record.value.state_reason.as_str(), v.by.actor.as_str())).collect();
    assert_eq!(who, [("c", "twice"), ("b", "twice"), ("a", "test")]);
}

pub(super) async fn what_is_scheduled_stays_with_its_version(stage: Stage) {
    let scheduled = |day, reason: &str| Scheduled {
        state: NumberState::ConditionallyExcluded,
        on: date(2030, 1, day),
        reason: reason.into(),
    };
    let records = [
        Record { scheduled: Some(scheduled(1, "жоспар")), ..record("a") },
        Record { scheduled: None, ..record("b") },
        Record { scheduled: Some(scheduled(2, "")), ..record("c") },
    ];
    for (i, record) in records.iter().enumerate() {
        stage.commit_at(at(i as i64), vec![Write::record(iin(1), record.clone(), Expect::Any)]).await;
    }
    let all = versions(&stage, None, 10).await;
    assert_eq!(all.iter().rev().map(|v| v.record.value.clone()).collect::<Vec<_>>(), records);
    for (i, record) in records.iter().enumerate() {
        let then = stage.register.as_of(iin(1), at(i as i64), soon()).await.unwrap();
        assert_eq!(then.value.record.unwrap().value, *record);
    }
    let page = stage.register.page(None, 10, soon()).await.unwrap();
    assert_eq!(page[0].1.value, records[2]);
}

/// On a primary an age is met by what it is: the latest.
pub(super) async fn a_fact_within_an_age_is_the_fact(stage: Stage) {
    stage.commit(vec![put(iin(1), "a"), Write::hotlist(iin(1), entry(1, ""))]).await;
    let iins = [iin(1), iin(2)];
    let now = stage.register.many(&iins, soon()).await.unwrap();
    assert!(now[0].position > Position(0));
    for age in [Duration::ZERO, Duration::from_millis(1), Duration::MAX] {
        assert_eq!(stage.register.one_within(iin(1), age, soon()).await.unwrap(), now[0], "{age:?}");
        assert_eq!(stage.register.many_within(&iins, age, soon()).await.unwrap(), now, "{age:?}");
    }
    let many: Vec<_> = (0..=MAX_MANY as u64).map(iin).collect();
    assert!(stage.register.many_within(&many, Duration::ZERO, soon()).await.unwrap_err().is_invalid());
}
