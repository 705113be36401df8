//! `as_of`: what was recorded by a moment and stood on that day; and states that change by themselves.

use iinspect::clock::civil_date;
use iinspect::context::{CallContext, Client};
use iinspect::pb::v1::verification_service_server::VerificationService;
use iinspect::pb::v1::{self, CheckKind, Outcome, Reason, Verdict};
use iinspect::register::{
    ApplicationKey, Changeset, Expect, Ledger, NumberState, Origin, Record, Register, Scheduled, Write,
    hotlist, memory,
};
use iinspect::verification::Verification;
use iinspect::verification::watch::{Update, Watches};
use jiff::civil::{Date, date};
use prost_types::Timestamp;
use tokio::time::{Duration, Instant};
use tonic::Request;
use uuid::Uuid;

use super::scene::{
    NOW, Scene, Setting, assert_check, assert_verdict, holder, person, request, true_claims, with_claims,
};

fn moment(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

fn as_of(at: &str) -> v1::VerifyRequest {
    let at = moment(at);
    let as_of = Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() };
    v1::VerifyRequest { as_of: Some(as_of), ..request(&holder().to_text()) }
}

fn record(state: NumberState, scheduled: Option<(NumberState, Date)>) -> Record {
    Record {
        state,
        since: None,
        state_reason: "as recorded".into(),
        superseded_by: None,
        scheduled: scheduled.map(|(state, on)| Scheduled { state, on, reason: "as decided".into() }),
        person: person(),
    }
}

async fn commit(register: &Register, at: &str, writes: Vec<Write>) {
    let changeset = Changeset::new(moment(at), Origin::of("test"), "", writes);
    register.commit(changeset, Instant::now() + Duration::from_secs(5)).await.unwrap();
}

/// In force since March, excluded in May, in force again since July, to be excluded from October.
async fn eventful() -> Scene {
    let register = Register::Memory(memory::Store::new(2, 1000));
    for (at, record) in [
        ("2026-03-02T04:00:00Z", record(NumberState::InForce, None)),
        ("2026-05-04T04:00:00Z", record(NumberState::Excluded, None)),
        ("2026-07-01T04:00:00Z", record(NumberState::InForce, None)),
        (
            "2026-09-01T04:00:00Z",
            record(NumberState::InForce, Some((NumberState::Excluded, date(2026, 10, 1)))),
        ),
    ] {
        commit(&register, at, vec![Write::record(holder(), record, Expect::Any)]).await;
    }
    Scene::over(register, Setting::default())
}

#[tokio::test]
async fn facts_recorded_by_then_and_valid_then_decide() {
    let scene = eventful().await;
    for (at, verdict, reasons) in [
        ("2026-03-02T03:59:59Z", Verdict::Rejected, ["NOT_IN_REGISTER"].as_slice()),
        ("2026-03-02T04:00:00Z", Verdict::Verified, &[]),
        ("2026-05-04T03:59:59Z", Verdict::Verified, &[]),
        ("2026-05-04T04:00:00Z", Verdict::Rejected, &["EXCLUDED"]),
        ("2026-06-30T00:00:00Z", Verdict::Rejected, &["EXCLUDED"]),
        ("2026-08-01T00:00:00Z", Verdict::Verified, &[]),
        // Decided on 1 September, in force from 1 October: a day begins at 19:00 UTC the evening before.
        ("2026-09-30T18:59:59Z", Verdict::Verified, &[]),
        ("2026-09-30T19:00:00Z", Verdict::Rejected, &["EXCLUDED"]),
        (NOW, Verdict::Rejected, &["EXCLUDED"]),
    ] {
        let answer = scene.answer(as_of(at)).await;
        assert_verdict(&answer, verdict, reasons);
        let from = answer.0.provenance.as_ref().unwrap();
        assert_eq!(from.as_of.as_ref().unwrap().seconds, moment(at).as_second());
        assert_eq!(from.checked_at.as_ref().unwrap().seconds, moment(NOW).as_second());
    }
}

#[tokio::test]
async fn a_scheduled_change_comes_into_force_by_itself() {
    let scene = eventful().await;
    let answer = scene.answer(request(&holder().to_text())).await;
    assert_verdict(&answer, Verdict::Rejected, &["EXCLUDED"]);
    assert_eq!(answer.0.provenance.as_ref().unwrap().as_of, None);
    let asked = v1::IssueStatusRequest {
        key: Some(v1::issue_status_request::Key::Iin(holder().to_text())),
        ..v1::IssueStatusRequest::default()
    };
    let status = scene.service.issue_status(Request::new(asked)).await.unwrap().into_inner();
    let number = status.number.unwrap();
    assert!(number.state() == v1::NumberState::Excluded);
    assert_eq!((number.since.as_str(), number.reason.as_str()), ("2026-10-01", "as decided"));
}

#[tokio::test]
async fn papers_are_judged_by_that_day() {
    let scene = eventful().await;
    // The passport of the scene is valid until 2026-11-21.
    let claims = v1::Claims {
        document: Some(v1::Document { number: "N1".into(), ..v1::Document::default() }),
        ..true_claims()
    };
    let then = v1::VerifyRequest { claims: Some(claims.clone()), ..as_of("2026-08-01T00:00:00Z") };
    assert_check(&scene.answer(then).await, CheckKind::Document, Outcome::Pass, Reason::Unspecified);
    let now = with_claims(&holder().to_text(), claims);
    assert_check(&scene.answer(now).await, CheckKind::Document, Outcome::Warn, Reason::DocumentExpired);
}

#[tokio::test]
async fn the_hotlist_is_that_of_now() {
    let scene = eventful().await;
    let entry = hotlist::Entry {
        id: Uuid::from_u128(1),
        scope: hotlist::Clients::All,
        visibility: hotlist::Clients::All,
        expires_at: None,
        note: String::new(),
    };
    commit(&scene.register, NOW, vec![Write::hotlist(holder(), entry)]).await;
    let answer = scene.answer(as_of("2026-08-01T00:00:00Z")).await;
    assert_verdict(&answer, Verdict::Rejected, &["HOTLISTED"]);
}

/// A watch hears nothing from the feed of a state that changes by itself: it looks when the day begins.
#[tokio::test(start_paused = true)]
async fn a_watch_wakes_when_the_day_begins() {
    let register = Register::Memory(memory::Store::new(2, 1000));
    let scheduled = record(NumberState::InForce, Some((NumberState::Excluded, date(2026, 10, 1))));
    commit(&register, "2026-09-01T04:00:00Z", vec![Write::record(holder(), scheduled, Expect::Any)]).await;
    let verification = Verification::new(register, Scene::rules(Setting::default()));
    let watches = Watches::new(&verification, 4, Duration::from_millis(500));
    let call = |at: &str| CallContext {
        now: moment(at),
        today: civil_date(moment(at)),
        deadline: Instant::now() + Duration::from_secs(5),
        client: Client::default(),
        request_id: String::new(),
    };
    let second_before = "2026-09-30T18:59:59Z";
    let key = ApplicationKey::Number(holder());
    let (mut watch, first) =
        verification.watch(&watches, &call(second_before), key, None).await.expect("a watch");
    let state = |update: Option<Update>| update.and_then(|u| u.status.number).and_then(|n| n.state);
    assert_eq!(state(first), Some(NumberState::InForce));
    // It reads once more, in case something changed while it began.
    watch.changed(moment(second_before)).await;
    assert_eq!(state(watch.read(&call(second_before)).await.unwrap()), None);

    let began = Instant::now();
    watch.changed(moment(second_before)).await;
    assert!(began.elapsed() <= Duration::from_secs(2), "{:?}", began.elapsed());
    let midnight = call("2026-09-30T19:00:00Z");
    assert_eq!(state(watch.read(&midnight).await.unwrap()), Some(NumberState::Excluded));
    // Nothing is left to wait for by the clock.
    let more = tokio::time::timeout(Duration::from_secs(600), watch.changed(midnight.now)).await;
    assert!(more.is_err());
}
