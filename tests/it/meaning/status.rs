//! IssueStatus: the number's state and the application's are two; absent, unreachable and unknown
//! are three.

use iinspect::issuance::application::{Kind, Outstanding, RefusalReason};
use iinspect::issuance::{Application, Event, EventKind};
use iinspect::pb::v1::issue_status_request::Key;
use iinspect::pb::v1::verification_service_server::VerificationService;
use iinspect::pb::v1::{self, ApplicationState, IssueStatusRequest, NumberState as State};
use iinspect::person::{Document, Person};
use iinspect::register::{NumberState, Register, memory};
use jiff::Timestamp;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

use super::scene::*;

async fn ask(scene: &Scene, key: Key, birth_date: &str) -> Result<v1::IssueStatusResponse, Status> {
    let request = IssueStatusRequest { key: Some(key), birth_date: birth_date.into(), max_age: None };
    scene.service.issue_status(Request::new(request)).await.map(tonic::Response::into_inner)
}

async fn answer(scene: &Scene, key: Key, birth_date: &str) -> v1::IssueStatusResponse {
    match ask(scene, key, birth_date).await {
        Ok(answer) => answer,
        Err(status) => panic!("refused: {status:?}"),
    }
}

async fn refused(scene: &Scene, key: Key, birth_date: &str) -> Status {
    match ask(scene, key, birth_date).await {
        Ok(_) => panic!("answered"),
        Err(status) => status,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

pub(super) fn application(
    id: u128,
    iin: Option<iinspect::number::Iin>,
    submitted: i64,
    events: Vec<EventKind>,
) -> Application {
    let mut a = Application::new(Uuid::from_u128(id), Kind::Formation, iin, at(submitted));
    a.events.extend(events.into_iter().zip(1..).map(|(kind, s)| Event { at: at(submitted + s), kind }));
    a
}

pub(super) fn passport() -> Document {
    Document {
        kind: "FOREIGN_PASSPORT".into(),
        number: "T 777".into(),
        country: "UZB".parse().ok(),
        ..Document::default()
    }
}

fn passport_key(number: &str) -> Key {
    Key::Document(v1::Document {
        r#type: "FOREIGN_PASSPORT".into(),
        number: number.into(),
        issuing_country: "UZB".into(),
        valid_until: String::new(),
    })
}

#[tokio::test]
async fn a_number_and_its_state() {
    let scene = Scene::new(Setting::default()).await;
    let replaced = number("90210530005");
    scene.put(replaced, NumberState::Superseded, Person::default()).await;
    let got = answer(&scene, Key::Iin(replaced.to_text()), "").await.number.unwrap();
    assert!(got.state() == State::Superseded);
    assert_eq!((got.since.as_str(), got.superseded_by), ("2020-02-03", holder().to_text()));

    let absent = answer(&scene, Key::Iin(number("90210530002").to_text()), "").await;
    assert!(absent.number.unwrap().state() == State::NotInRegister, "absence is an answer");
    assert!(absent.application.is_none());
    assert!(absent.provenance.unwrap().fact_time.is_some());
}

#[tokio::test]
async fn an_application_by_id_number_and_document_newest_first() {
    let scene = Scene::new(Setting::default()).await;
    let refused_one =
        EventKind::Refused { reason: RefusalReason::Incomplete, mend: "add the passport".into() };
    let born = jiff::civil::date(1999, 1, 31);
    scene.apply(application(1, Some(holder()), 0, vec![refused_one]), Some((passport(), born))).await;
    let owed = EventKind::DocumentsRequested {
        outstanding: vec![Outstanding { document: "PASSPORT".into(), note: "the original".into() }],
    };
    scene.apply(application(2, Some(holder()), 100, vec![owed]), Some((passport(), born))).await;

    let by_number = answer(&scene, Key::Iin(holder().to_text()), "").await;
    let newest = by_number.application.unwrap();
    assert!(newest.state() == ApplicationState::AwaitingDocuments);
    assert_eq!(newest.outstanding[0].note, "the original");
    assert_eq!(newest.history.len(), 2);
    let older = &by_number.other_applications[0];
    assert_eq!(older.refusal.as_ref().unwrap().mend, "add the passport");
    assert!(by_number.number.unwrap().state() == State::InForce, "the number has a state of its own");

    let by_id = answer(&scene, Key::ApplicationId(Uuid::from_u128(1).to_string()), "").await;
    assert!(by_id.application.unwrap().state() == ApplicationState::Refused);
    // The document's number is compared without spaces and case.
    let by_document = answer(&scene, passport_key("t777"), "1999-01-31").await;
    assert_eq!(by_document.application.unwrap().id, Uuid::from_u128(2).to_string());
}

#[tokio::test]
async fn an_applicant_without_a_number_has_none() {
    let scene = Scene::new(Setting::default()).await;
    let born = jiff::civil::date(1999, 1, 31);
    scene.apply(application(3, None, 0, vec![]), Some((passport(), born))).await;
    let got = answer(&scene, passport_key("T777"), "1999-01-31").await;
    assert!(got.number.is_none());
    assert!(got.application.unwrap().state() == ApplicationState::Received);
}

#[tokio::test]
async fn unknown_applications_are_not_found_whatever_was_wrong() {
    let scene = Scene::new(Setting::default()).await;
    let born = jiff::civil::date(1999, 1, 31);
    scene.apply(application(3, None, 0, vec![]), Some((passport(), born))).await;
    for (key, birth_date) in [
        (Key::ApplicationId(Uuid::from_u128(9).to_string()), ""),
        (Key::ApplicationId("never given out".into()), ""),
        (passport_key("T777"), "1999-01-30"),
        (passport_key("T778"), "1999-01-31"),
    ] {
        let status = refused(&scene, key, birth_date).await;
        assert_eq!(status.code(), Code::NotFound);
        assert_eq!(status.get_error_details().error_info().unwrap().reason, "APPLICATION_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_key_that_makes_no_sense_is_refused_field_by_field() {
    let scene = Scene::new(Setting::default()).await;
    for (key, birth_date, want) in [
        (Key::Iin("123".into()), "", vec!["iin"]),
        (Key::Iin(holder().to_text()), "1999-01-31", vec!["birth_date"]),
        (Key::ApplicationId(String::new()), "", vec!["application_id"]),
        (passport_key("T777"), "", vec!["birth_date"]),
        (
            Key::Document(v1::Document { valid_until: "2030-01-01".into(), ..v1::Document::default() }),
            "1999-02-29",
            vec![
                "birth_date",
                "document.number",
                "document.type",
                "document.issuing_country",
                "document.valid_until",
            ],
        ),
    ] {
        let status = refused(&scene, key, birth_date).await;
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        let named: Vec<_> =
            details.bad_request().unwrap().field_violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(named, want);
    }
}

#[tokio::test]
async fn a_register_that_cannot_be_asked_is_unavailable_and_not_absence() {
    let store = memory::Store::new(1, 1000);
    store.close().unwrap();
    let scene = Scene::over(Register::Memory(store), Setting::default());
    let status = refused(&scene, Key::Iin(holder().to_text()), "").await;
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "REGISTER_UNAVAILABLE");
}
