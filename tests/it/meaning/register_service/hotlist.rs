//! Entries put on the hotlist and taken off, and what Verify makes of them.

use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{self, HotlistScope, HotlistVisibility};
use prost_types::Timestamp;
use tonic::Code;

use super::*;

fn entry() -> v1::HotlistEntry {
    v1::HotlistEntry {
        iin: iin(),
        scope: HotlistScope::AllClients.into(),
        visibility: HotlistVisibility::Scope.into(),
        reason: "stolen card".into(),
        ..v1::HotlistEntry::default()
    }
}

fn on(request_id: &str, entry: v1::HotlistEntry, version: u64) -> v1::PutHotlistEntryRequest {
    v1::PutHotlistEntryRequest {
        entry: Some(entry),
        expected_version: version,
        request_id: request_id.into(),
        ..v1::PutHotlistEntryRequest::default()
    }
}

fn off(request_id: &str, id: &str, version: u64) -> v1::DeleteHotlistEntryRequest {
    v1::DeleteHotlistEntryRequest {
        id: id.into(),
        expected_version: version,
        request_id: request_id.into(),
        ..v1::DeleteHotlistEntryRequest::default()
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.parse().unwrap();
    Some(Timestamp { seconds: at.as_second(), nanos: 0 })
}

/// What Verify answers of the hotlist check.
async fn verdict(stage: &Stage) -> &'static str {
    let mut verify = VerificationServiceClient::new(stage.whole.channel().await);
    let request = v1::VerifyRequest { iin: iin(), ..v1::VerifyRequest::default() };
    let answer = answered(verify.verify(request).await);
    let check = answer.checks.iter().find(|c| c.kind() == v1::CheckKind::Hotlist).unwrap();
    check.reason().as_str_name().trim_start_matches("REASON_")
}

#[tokio::test]
async fn an_entry_is_put_on_changed_and_taken_off() {
    for mut stage in stages().await {
        stage.with_holder().await;
        let first = on(&stage.fresh(), entry(), 0);
        let listed = answered(stage.client.put_hotlist_entry(first.clone()).await);
        let kept = listed.entry.unwrap();
        assert_eq!(listed.version, 1);
        assert!(kept == v1::HotlistEntry { id: kept.id.clone(), ..entry() });
        assert!(Uuid::try_parse(&kept.id).is_ok());
        assert_eq!(verdict(&stage).await, "HOTLISTED");
        let again = answered(stage.client.put_hotlist_entry(first.clone()).await);
        assert!(again.version == 1 && again.entry.as_ref() == Some(&kept), "the same entry, not a second");

        let hidden = v1::HotlistEntry { visibility: HotlistVisibility::Hidden.into(), ..kept.clone() };
        let change = on(&stage.fresh(), hidden.clone(), 1);
        assert_eq!(answered(stage.client.put_hotlist_entry(change).await).version, 2);
        assert_eq!(verdict(&stage).await, "MANUAL_REVIEW");
        let stale = on(&stage.fresh(), hidden.clone(), 1);
        let outcome = stage.client.put_hotlist_entry(stale).await;
        assert_refused(outcome, Code::Aborted, "VERSION_MISMATCH");
        let others = v1::HotlistEntry { iin: other(), ..hidden.clone() };
        let moved = on(&stage.fresh(), others, 2);
        let outcome = stage.client.put_hotlist_entry(moved).await;
        assert_refused(outcome, Code::NotFound, "ENTRY_NOT_FOUND");

        let some = v1::HotlistEntry {
            scope: HotlistScope::NamedClients.into(),
            clients: vec!["bank-a".into()],
            ..hidden
        };
        let change = on(&stage.fresh(), some, 2);
        answered(stage.client.put_hotlist_entry(change).await);
        assert_eq!(verdict(&stage).await, "UNSPECIFIED", "it is for others");

        let early = off(&stage.fresh(), &kept.id, 2);
        let outcome = stage.client.delete_hotlist_entry(early).await;
        assert_refused(outcome, Code::Aborted, "VERSION_MISMATCH");
        let take = off(&stage.fresh(), &kept.id, 3);
        for _ in 0..2 {
            answered(stage.client.delete_hotlist_entry(take.clone()).await);
        }
        let gone = off(&stage.fresh(), &kept.id, 3);
        let outcome = stage.client.delete_hotlist_entry(gone).await;
        assert_refused(outcome, Code::NotFound, "ENTRY_NOT_FOUND");
        let gone = on(&stage.fresh(), kept, 3);
        let outcome = stage.client.put_hotlist_entry(gone).await;
        assert_refused(outcome, Code::NotFound, "ENTRY_NOT_FOUND");
        stage.end().await;
    }
}

#[tokio::test]
async fn a_request_that_comes_after_its_id_was_forgotten_makes_no_second_entry() {
    for mut stage in stages().await {
        let first = on(&stage.fresh(), entry(), 0);
        answered(stage.client.put_hotlist_entry(first.clone()).await);
        stage.clock.set("2026-11-24T07:00:00Z".parse().unwrap());
        let outcome = stage.client.put_hotlist_entry(first).await;
        assert_refused(outcome, Code::AlreadyExists, "REQUEST_ID_USED");
        stage.end().await;
    }
}

#[tokio::test]
async fn a_full_number_takes_another_only_in_place_of_an_expired_one() {
    for mut stage in stages().await {
        let fleeting = v1::HotlistEntry { expires_at: moment("2026-11-22T08:00:00Z"), ..entry() };
        let first = on(&stage.fresh(), fleeting, 0);
        let first = answered(stage.client.put_hotlist_entry(first).await).entry.unwrap();
        for _ in 1..16 {
            let more = on(&stage.fresh(), entry(), 0);
            answered(stage.client.put_hotlist_entry(more).await);
        }
        let full = on(&stage.fresh(), entry(), 0);
        let outcome = stage.client.put_hotlist_entry(full.clone()).await;
        assert_refused(outcome, Code::FailedPrecondition, "HOTLIST_FULL");
        stage.clock.set("2026-11-22T08:00:00Z".parse().unwrap());
        // A refusal is no answer that is kept: the same request is decided afresh.
        answered(stage.client.put_hotlist_entry(full).await);
        let gone = off(&stage.fresh(), &first.id, 1);
        let outcome = stage.client.delete_hotlist_entry(gone).await;
        assert_refused(outcome, Code::NotFound, "ENTRY_NOT_FOUND");
        let more = on(&stage.fresh(), entry(), 0);
        let outcome = stage.client.put_hotlist_entry(more).await;
        assert_refused(outcome, Code::FailedPrecondition, "HOTLIST_FULL");
        stage.end().await;
    }
}

#[tokio::test]
async fn many_at_once_find_sixteen_places() {
    for mut stage in stages().await {
        let calls: Vec<_> = (0..40)
            .map(|_| {
                let (mut client, request) = (stage.client.clone(), on(&stage.fresh(), entry(), 0));
                tokio::spawn(async move { client.put_hotlist_entry(request).await })
            })
            .collect();
        let mut listed = 0;
        for call in calls {
            match call.await.unwrap() {
                Ok(_) => listed += 1,
                refusal => assert_refused(refusal, Code::FailedPrecondition, "HOTLIST_FULL"),
            }
        }
        assert_eq!(listed, 16);
        stage.end().await;
    }
}

#[tokio::test]
async fn every_field_at_fault_is_named_at_once() {
    let mut stage = stages().await.pop().unwrap();
    let empty = v1::PutHotlistEntryRequest::default();
    assert_eq!(fields(stage.client.put_hotlist_entry(empty).await), ["entry", "request_id"]);
    let broken = v1::HotlistEntry {
        id: "x".into(),
        iin: "1".into(),
        clients: vec!["bank-a".into()],
        visibility: HotlistVisibility::NamedClients.into(),
        expires_at: moment(NOW),
        reason: "x".repeat(257),
        ..v1::HotlistEntry::default()
    };
    let broken = on(&stage.fresh(), broken, 0);
    let want = [
        "expected_version",
        "entry.id",
        "entry.iin",
        "entry.clients",
        "entry.scope",
        "entry.visible_to",
        "entry.expires_at",
        "entry.reason",
    ];
    assert_eq!(fields(stage.client.put_hotlist_entry(broken).await), want);
    let named = |clients| v1::HotlistEntry { scope: HotlistScope::NamedClients.into(), clients, ..entry() };
    for (clients, want) in [
        (Vec::new(), vec!["entry.clients"]),
        (vec!["a".to_string(); 1_001], vec!["entry.clients"]),
        (vec!["a".to_string(), String::new(), "x".repeat(65)], vec!["entry.clients[1]", "entry.clients[2]"]),
    ] {
        let request = on(&stage.fresh(), named(clients), 0);
        assert_eq!(fields(stage.client.put_hotlist_entry(request).await), want);
    }
    let newer = on(&stage.fresh(), entry(), 1);
    assert_eq!(fields(stage.client.put_hotlist_entry(newer).await), ["expected_version"]);
    let empty = v1::DeleteHotlistEntryRequest::default();
    let want = ["id", "expected_version", "request_id"];
    assert_eq!(fields(stage.client.delete_hotlist_entry(empty).await), want);
    stage.end().await;
}
