//! Records put in and told, and requests that are repeated.

use iinspect::pb::v1::{self, NumberState as State};
use iinspect::register::{Register, memory};
use tonic::Code;

use super::*;

fn timestamp(text: &str) -> Option<prost_types::Timestamp> {
    let at: jiff::Timestamp = text.parse().unwrap();
    Some(prost_types::Timestamp { seconds: at.as_second(), nanos: 0 })
}

#[tokio::test]
async fn a_record_is_put_in_told_as_it_was_put_and_replaced_whole() {
    for mut stage in stages().await {
        let first = put(&stage.fresh(), holder_record(), 0);
        let answer = answered(stage.client.put_person(first).await);
        assert_eq!((answer.version, answer.created), (1, true));
        let got = stage.get(&iin()).await.unwrap();
        let told = got.person.unwrap();
        let want = v1::Person { state: State::InForce.into(), ..holder_record() };
        assert!(told == want, "the whole record comes back");
        assert_eq!(got.version, 1);
        assert!(got.changed_at == timestamp(NOW) && got.versions.is_empty());
        let from = got.provenance.unwrap();
        assert!(from.source() == v1::Source::Register && from.fact_time == timestamp(NOW));
        assert!(from.register.unwrap().snapshot_time == timestamp(NOW) && from.as_of.is_none());

        // What is left out is not known from now on; where the number stands is as it was.
        let bare = v1::Person { iin: iin(), ..v1::Person::default() };
        let second = put(&stage.fresh(), bare, 1);
        let answer = answered(stage.client.put_person(second).await);
        assert_eq!((answer.version, answer.created), (2, false));
        let (told, _) = stage.record(&iin()).await;
        assert!(told.names.is_empty() && told.documents.is_empty() && told.birth_date.is_empty());
        let stands = (state(&told), told.state_since.as_str(), told.state_reason.as_str());
        assert_eq!(stands, ("IN_FORCE", "2020-02-03", "formed"));
        stage.end().await;
    }
}

#[tokio::test]
async fn another_version_aborts_and_absence_is_not_found() {
    for mut stage in stages().await {
        assert_refused(stage.get(&iin()).await, Code::NotFound, "NUMBER_NOT_FOUND");
        let early = put(&stage.fresh(), holder_record(), 3);
        assert_refused(stage.client.put_person(early).await, Code::Aborted, "VERSION_MISMATCH");
        stage.with_holder().await;
        for expected in [0, 2] {
            let late = put(&stage.fresh(), holder_record(), expected);
            assert_refused(stage.client.put_person(late).await, Code::Aborted, "VERSION_MISMATCH");
        }
        assert_eq!(stage.record(&iin()).await.1, 1);
        stage.end().await;
    }
}

#[tokio::test]
async fn a_request_is_carried_out_once_and_answered_alike() {
    for mut stage in stages().await {
        let first = put(&stage.fresh(), holder_record(), 0);
        let second = exclude(&stage.fresh(), State::Excluded, "", 1);
        assert!(answered(stage.client.put_person(first.clone()).await).created);
        assert_eq!(answered(stage.client.exclude_person(second.clone()).await).version, 2);
        // Long after the state forbids it, and the version is another.
        let again = answered(stage.client.put_person(first.clone()).await);
        assert_eq!((again.version, again.created), (1, true));
        assert_eq!(answered(stage.client.exclude_person(second.clone()).await).version, 2);
        assert_eq!(stage.record(&iin()).await.1, 2, "nothing was written twice");
        // The same id for another body, or another RPC.
        let body = v1::PutPersonRequest { end_user: "a clerk".into(), ..first.clone() };
        assert_refused(stage.client.put_person(body).await, Code::AlreadyExists, "REQUEST_ID_USED");
        let rpc = restore(&first.request_id, "", 2);
        assert_refused(stage.client.restore_person(rpc).await, Code::AlreadyExists, "REQUEST_ID_USED");
        // Forgotten after a day: decided afresh.
        stage.clock.set("2026-11-23T07:00:00Z".parse().unwrap());
        assert_refused(stage.client.put_person(first).await, Code::Aborted, "VERSION_MISMATCH");
        assert_eq!(stage.record(&iin()).await.1, 2);
        stage.end().await;
    }
}

#[tokio::test]
async fn the_same_request_from_many_at_once_lands_once() {
    for mut stage in stages().await {
        let request = put(&stage.fresh(), holder_record(), 0);
        let calls = (0..16).map(|_| {
            let (mut client, request) = (stage.client.clone(), request.clone());
            tokio::spawn(async move { answered(client.put_person(request).await) })
        });
        for call in calls.collect::<Vec<_>>() {
            let answer = call.await.unwrap();
            assert_eq!((answer.version, answer.created), (1, true));
        }
        // Different requests on the same version: one wins, and each of the others is told.
        let calls: Vec<_> = (0..16)
            .map(|_| {
                let (mut client, request) = (stage.client.clone(), put(&stage.fresh(), holder_record(), 1));
                tokio::spawn(async move { client.put_person(request).await })
            })
            .collect();
        let mut won = 0;
        for call in calls {
            match call.await.unwrap() {
                Ok(answer) => won += answer.into_inner().version - 1,
                refusal => assert_refused(refusal, Code::Aborted, "VERSION_MISMATCH"),
            }
        }
        assert_eq!((won, stage.record(&iin()).await.1), (1, 2));
        stage.end().await;
    }
}

#[tokio::test]
async fn every_version_is_told_with_who_wrote_it_and_why() {
    for mut stage in stages().await {
        stage.with_holder().await;
        stage.clock.set("2026-11-22T08:00:00Z".parse().unwrap());
        let excluded = v1::ExcludePersonRequest {
            client_reference: "case 7".into(),
            on_behalf_of: "a bank".into(),
            end_user: "a clerk".into(),
            ..exclude(&stage.fresh(), State::ConditionallyExcluded, "2026-12-01", 1)
        };
        answered(stage.client.exclude_person(excluded).await);
        stage.clock.set("2026-12-05T08:00:00Z".parse().unwrap());
        let ask = |versions, before_version, as_of| v1::GetPersonRequest {
            iin: iin(),
            as_of,
            versions,
            before_version,
        };
        let now = answered(stage.client.get_person(ask(10, 0, None)).await);
        let told = now.person.unwrap();
        assert_eq!((state(&told), told.state_since.as_str()), ("CONDITIONALLY_EXCLUDED", "2026-12-01"));
        assert!(told.scheduled.is_none(), "it is in force");
        let [newest, first] = now.versions.as_slice() else { panic!("{}", now.versions.len()) };
        assert_eq!((newest.version, first.version), (2, 1));
        assert_eq!((newest.actor.as_str(), newest.reason.as_str()), ("anonymous", "left"));
        let who = [&newest.client_reference, &newest.on_behalf_of, &newest.end_user];
        assert_eq!(who, ["case 7", "a bank", "a clerk"]);
        assert!(newest.recorded_at == timestamp("2026-11-22T08:00:00Z"));
        let recorded = newest.person.as_ref().unwrap();
        assert_eq!(state(recorded), "IN_FORCE", "as it was recorded");
        assert_eq!(recorded.scheduled.as_ref().unwrap().effective_date, "2026-12-01");

        // As of a moment: recorded by then, and standing as on that day.
        for (at, version, stands, scheduled) in [
            ("2026-11-22T07:30:00Z", 1, "IN_FORCE", false),
            ("2026-11-22T08:00:00Z", 2, "IN_FORCE", true),
            ("2026-11-30T18:59:59Z", 2, "IN_FORCE", true),
            ("2026-11-30T19:00:00Z", 2, "CONDITIONALLY_EXCLUDED", false),
        ] {
            let was = answered(stage.client.get_person(ask(10, 0, timestamp(at))).await);
            let told = was.person.unwrap();
            assert_eq!((was.version, state(&told), told.scheduled.is_some()), (version, stands, scheduled));
            assert_eq!(was.versions.len() as u64, version, "{at}: those recorded by then");
            assert!(was.provenance.unwrap().as_of == timestamp(at));
        }
        let before = stage.client.get_person(ask(0, 0, timestamp("2026-11-22T06:59:59Z"))).await;
        assert_refused(before, Code::NotFound, "NUMBER_NOT_FOUND");
        let page = answered(stage.client.get_person(ask(1, 2, None)).await);
        assert_eq!(page.versions.iter().map(|v| v.version).collect::<Vec<_>>(), [1]);
        let nonsense = [ask(0, 0, timestamp("2026-12-05T08:00:01Z")), ask(101, 0, None), ask(0, 2, None)];
        for (request, field) in nonsense.into_iter().zip(["as_of", "versions", "before_version"]) {
            assert_eq!(fields(stage.client.get_person(request).await), [field]);
        }
        stage.end().await;
    }
}

#[tokio::test]
async fn every_field_at_fault_is_named_at_once() {
    let mut stage = stages().await.pop().unwrap();
    let empty = v1::PutPersonRequest::default();
    assert_eq!(fields(stage.client.put_person(empty).await), ["person", "request_id"]);
    let broken = v1::PutPersonRequest {
        client_reference: "x".repeat(65),
        on_behalf_of: "a\nb".into(),
        ..put("no uuid", v1::Person { iin: "1".into(), ..v1::Person::default() }, 0)
    };
    let want = ["person.iin", "request_id", "client_reference", "on_behalf_of"];
    assert_eq!(fields(stage.client.put_person(broken).await), want);
    let empty = v1::ExcludePersonRequest::default();
    let want = ["iin", "state", "reason", "expected_version", "request_id"];
    assert_eq!(fields(stage.client.exclude_person(empty).await), want);
    let dated = v1::RestorePersonRequest { effective_date: "2026-13-01".into(), ..Default::default() };
    let want = ["iin", "reason", "effective_date", "expected_version", "request_id"];
    assert_eq!(fields(stage.client.restore_person(dated).await), want);
    stage.end().await;
}

#[tokio::test]
async fn a_register_that_cannot_be_asked_is_unavailable() {
    let store = memory::Store::new(1, 10);
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::over(Register::Memory(store.clone()), folder).await;
    store.close().unwrap();
    let put = put(&stage.fresh(), holder_record(), 0);
    assert_refused(stage.client.put_person(put).await, Code::Unavailable, "REGISTER_UNAVAILABLE");
    assert_refused(stage.get(&iin()).await, Code::Unavailable, "REGISTER_UNAVAILABLE");
    let changes = stage.client.list_changes(v1::ListChangesRequest::default()).await;
    assert_refused(changes, Code::Unavailable, "REGISTER_UNAVAILABLE");
    stage.end().await;
}
