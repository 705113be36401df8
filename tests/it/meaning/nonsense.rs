//! Requests that make no sense: every bad field at once; and fields set too early, by name.

use iinspect::pb::v1::verification_service_server::VerificationService;
use iinspect::pb::v1::{self, Claims, VerifyRequest};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use super::scene::*;

fn fields(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().domain, "iinspect");
    details.bad_request().unwrap().field_violations.iter().map(|v| v.field.clone()).collect()
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let scene = Scene::new(Setting::default()).await;
    let claims = Claims {
        name: Some(v1::PersonName::default()),
        birth_date: "1990-02-29".into(),
        sex: 7,
        citizenship: "KZ".into(),
        document: Some(v1::Document { r#type: "paßport".into(), ..v1::Document::default() }),
    };
    let asked = VerifyRequest {
        iin: "1".repeat(65),
        claims: Some(claims),
        purpose: 99,
        required_assurance: -1,
        request_id: "not a uuid".into(),
        client_reference: "x".repeat(65),
        max_age: Some(prost_types::Duration { seconds: -1, nanos: 0 }),
        as_of: Some(prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 }),
        ..VerifyRequest::default()
    };
    let Err(status) = scene.verify(asked).await else { panic!("answered") };
    let mut named = fields(&status);
    named.sort();
    assert_eq!(
        named,
        [
            "as_of",
            "claims.birth_date",
            "claims.citizenship",
            "claims.document.number",
            "claims.document.type",
            "claims.name",
            "claims.sex",
            "client_reference",
            "iin",
            "max_age",
            "purpose",
            "request_id",
            "required_assurance",
        ]
    );
    assert!(
        !status.message().contains("1111") && !status.message().contains("1990"),
        "values are not repeated"
    );
}

#[tokio::test]
async fn an_empty_request_is_nonsense_and_64_characters_are_not() {
    let scene = Scene::new(Setting::default()).await;
    let Err(status) = scene.verify(VerifyRequest::default()).await else { panic!("answered") };
    assert_eq!(fields(&status), ["iin"]);
    assert_eq!(scene.answer(request(&"ә".repeat(64))).await.verdict(), "REJECTED");
    let Err(status) = scene.service.decode(Request::new(v1::DecodeRequest::default())).await else {
        panic!()
    };
    assert_eq!(fields(&status), ["number"]);
    let Err(status) = scene.service.issue_status(Request::new(v1::IssueStatusRequest::default())).await
    else {
        panic!()
    };
    assert_eq!(fields(&status), ["key"]);
}

#[tokio::test]
async fn fields_set_too_early_are_refused_by_name_and_never_ignored() {
    let scene = Scene::new(Setting::default()).await;
    let asked = VerifyRequest {
        consent: Some(v1::Consent::default()),
        on_behalf_of: "shop".into(),
        end_user: "clerk".into(),
        ..request(&holder().to_text())
    };
    let Err(status) = scene.verify(asked).await else { panic!("answered") };
    assert_eq!(status.code(), Code::Unimplemented);
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("NOT_IMPLEMENTED", "iinspect"));
    assert_eq!(info.metadata["fields"], "consent,on_behalf_of,end_user");
}

/// No authority is trusted in this scene.
#[tokio::test]
async fn signatures_are_refused_by_name_where_nobody_is_trusted() {
    let scene = Scene::new(Setting::default()).await;
    let asked = Request::new(v1::CreateChallengeRequest { iin: holder().to_text() });
    let Err(refused) = scene.service.create_challenge(asked).await else { panic!("answered") };
    let evidence = v1::SignatureEvidence {
        challenge_id: "1".into(),
        content: vec![],
        evidence: Some(v1::signature_evidence::Evidence::Cms(vec![0x30])),
    };
    // Whatever the number: a signature is never passed over.
    for number in [holder().to_text(), "1".into()] {
        let asked = VerifyRequest { signature: Some(evidence.clone()), ..request(&number) };
        let Err(status) = scene.verify(asked).await else { panic!("answered") };
        for status in [&status, &refused] {
            assert_eq!(status.code(), Code::FailedPrecondition);
            let reason = status.get_error_details().error_info().unwrap().reason.clone();
            assert_eq!(reason, "SIGNATURES_NOT_SERVED");
        }
    }
    let Err(status) =
        scene.service.create_challenge(Request::new(v1::CreateChallengeRequest::default())).await
    else {
        panic!("answered")
    };
    assert_eq!(fields(&status), ["iin"]);
}
