//! Excluding, restoring, replacing: through the service; every row of the table is a unit test.

use iinspect::pb::v1::{self, NumberState as State};
use tonic::Code;

use super::*;

/// 2026-11-22 in Kazakhstan.
const TODAY: &str = "2026-11-22";

#[tokio::test]
async fn excluded_and_restored() {
    for mut stage in stages().await {
        let step = exclude(&stage.fresh(), State::ConditionallyExcluded, "2026-11-01", 1);
        assert_refused(stage.client.exclude_person(step).await, Code::NotFound, "NUMBER_NOT_FOUND");
        stage.with_holder().await;
        let step = exclude(&stage.fresh(), State::ConditionallyExcluded, "2026-11-01", 2);
        assert_refused(stage.client.exclude_person(step).await, Code::Aborted, "VERSION_MISMATCH");
        let step = exclude(&stage.fresh(), State::ConditionallyExcluded, "2026-11-01", 1);
        assert_eq!(answered(stage.client.exclude_person(step).await).version, 2);
        let (told, _) = stage.record(&iin()).await;
        let stands = (state(&told), told.state_since.as_str(), told.state_reason.as_str());
        assert_eq!(stands, ("CONDITIONALLY_EXCLUDED", "2026-11-01", "left"));
        assert_eq!(told.birth_date, "1990-01-05", "the person stays");
        let step = exclude(&stage.fresh(), State::Excluded, "", 2);
        assert_eq!(answered(stage.client.exclude_person(step).await).version, 3);
        let step = exclude(&stage.fresh(), State::Excluded, "", 3);
        let outcome = stage.client.exclude_person(step).await;
        assert_refused(outcome, Code::FailedPrecondition, "STATE_FORBIDS");
        let step = restore(&stage.fresh(), "", 3);
        assert_eq!(answered(stage.client.restore_person(step).await).version, 4);
        let (told, _) = stage.record(&iin()).await;
        assert_eq!((state(&told), told.state_since.as_str()), ("IN_FORCE", TODAY));
        let step = restore(&stage.fresh(), "", 4);
        let outcome = stage.client.restore_person(step).await;
        assert_refused(outcome, Code::FailedPrecondition, "STATE_FORBIDS");
        stage.end().await;
    }
}

#[tokio::test]
async fn a_day_to_come_is_scheduled_told_kept_cancelled_and_comes_by_itself() {
    for mut stage in stages().await {
        stage.with_holder().await;
        let step = exclude(&stage.fresh(), State::Excluded, "2026-12-01", 1);
        assert_eq!(answered(stage.client.exclude_person(step).await).version, 2);
        let (told, _) = stage.record(&iin()).await;
        let scheduled = told.scheduled.clone().unwrap();
        assert_eq!(state(&told), "IN_FORCE");
        assert!(scheduled.state() == State::Excluded);
        assert_eq!((scheduled.effective_date.as_str(), scheduled.reason.as_str()), ("2026-12-01", "left"));

        // A record put in keeps it, with the state left out or the same; told back it is refused.
        for (version, state) in [(2, State::Unspecified), (3, State::InForce)] {
            let person = v1::Person { state: state.into(), ..holder_record() };
            let put = put(&stage.fresh(), person, version);
            answered(stage.client.put_person(put).await);
            assert!(stage.record(&iin()).await.0.scheduled.is_some());
        }
        let back = put(&stage.fresh(), told, 4);
        assert_eq!(fields(stage.client.put_person(back).await), ["person.scheduled"]);

        let late = restore(&stage.fresh(), "2026-12-01", 4);
        let outcome = stage.client.restore_person(late).await;
        assert_refused(outcome, Code::FailedPrecondition, "CHANGE_SCHEDULED");
        let cancel = restore(&stage.fresh(), "", 4);
        assert_eq!(answered(stage.client.restore_person(cancel).await).version, 5);
        let (told, _) = stage.record(&iin()).await;
        let stands = (state(&told), told.state_since.as_str(), told.scheduled.is_some());
        assert_eq!(stands, ("IN_FORCE", "2020-02-03", false));

        let step = exclude(&stage.fresh(), State::ConditionallyExcluded, "2026-12-02", 5);
        answered(stage.client.exclude_person(step).await);
        // 0 hours of 2 December in Kazakhstan.
        for (now, want) in
            [("2026-12-01T18:59:59Z", "IN_FORCE"), ("2026-12-01T19:00:00Z", "CONDITIONALLY_EXCLUDED")]
        {
            stage.clock.set(now.parse().unwrap());
            let (told, version) = stage.record(&iin()).await;
            assert_eq!((state(&told), version), (want, 6));
        }
        // The next step starts from what has come into force.
        let step = exclude(&stage.fresh(), State::ConditionallyExcluded, "", 6);
        let outcome = stage.client.exclude_person(step).await;
        assert_refused(outcome, Code::FailedPrecondition, "STATE_FORBIDS");
        stage.end().await;
    }
}

fn supersede(request_id: &str, by: &str, version: u64) -> v1::SupersedeIinRequest {
    v1::SupersedeIinRequest {
        iin: iin(),
        superseded_by: by.into(),
        reason: "adoption".into(),
        effective_date: "2026-11-20".into(),
        expected_version: version,
        request_id: request_id.into(),
        ..v1::SupersedeIinRequest::default()
    }
}

#[tokio::test]
async fn a_number_takes_over_a_record_or_must_be_in_force() {
    for mut stage in stages().await {
        let absent = supersede(&stage.fresh(), &other(), 1);
        assert_refused(stage.client.supersede_iin(absent).await, Code::NotFound, "NUMBER_NOT_FOUND");
        stage.with_holder().await;
        for (change, field) in [
            (supersede(&stage.fresh(), &iin(), 1), "superseded_by"),
            (
                v1::SupersedeIinRequest {
                    effective_date: "2026-11-23".into(),
                    ..supersede(&stage.fresh(), &other(), 1)
                },
                "effective_date",
            ),
        ] {
            assert_eq!(fields(stage.client.supersede_iin(change).await), [field]);
        }
        let step = supersede(&stage.fresh(), &other(), 1);
        for _ in 0..2 {
            let answer = answered(stage.client.supersede_iin(step.clone()).await);
            assert_eq!((answer.version, answer.superseded_by_version), (2, 1));
        }
        let (old, _) = stage.record(&iin()).await;
        let (new, _) = stage.record(&other()).await;
        let stands = (state(&old), old.superseded_by.as_str(), old.state_since.as_str());
        assert_eq!(stands, ("SUPERSEDED", other().as_str(), "2026-11-20"));
        assert_eq!((state(&new), new.state_since.as_str()), ("IN_FORCE", "2026-11-20"));
        assert!(new.names == old.names && new.documents == old.documents);

        // Nothing leads out of it, and no chain into it.
        let step = exclude(&stage.fresh(), State::Excluded, "", 2);
        let outcome = stage.client.exclude_person(step).await;
        assert_refused(outcome, Code::FailedPrecondition, "STATE_FORBIDS");
        let third = number("90210530003").to_text();
        let person = v1::Person { iin: third.clone(), ..v1::Person::default() };
        let put = put(&stage.fresh(), person, 0);
        answered(stage.client.put_person(put).await);
        let chain = v1::SupersedeIinRequest { iin: third.clone(), ..supersede(&stage.fresh(), &iin(), 1) };
        let outcome = stage.client.supersede_iin(chain).await;
        assert_refused(outcome, Code::FailedPrecondition, "SUCCESSOR_NOT_IN_FORCE");
        let held = v1::SupersedeIinRequest { iin: third, ..supersede(&stage.fresh(), &other(), 1) };
        let answer = answered(stage.client.supersede_iin(held).await);
        assert_eq!((answer.version, answer.superseded_by_version), (2, 2));
        let (kept, _) = stage.record(&other()).await;
        assert!(kept.names == new.names, "a number that is held keeps its own record");
        stage.end().await;
    }
}
