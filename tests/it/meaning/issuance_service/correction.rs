//! What is sent back, refused or withdrawn; and corrections of data under a number.

use iinspect::pb::v1::{self, DocumentForm, RefusalReason};

use super::*;

async fn send_back(stage: &mut Stage, at: &At, papers: &[(&str, &str)]) -> At {
    let owed =
        papers.iter().map(|(code, note)| v1::Outstanding { document: (*code).into(), note: (*note).into() });
    let request = v1::RequestCorrectionRequest {
        application_id: at.id(),
        reason: RefusalReason::DataMismatch.into(),
        mend: "write the name as in the passport".into(),
        outstanding: owed.collect(),
        expected_version: at.version,
        request_id: stage.fresh(),
        ..v1::RequestCorrectionRequest::default()
    };
    let told = answered(stage.client.request_correction(request).await);
    At { application: told.application.unwrap(), version: told.version }
}

async fn refuse(stage: &mut Stage, at: &At) -> Result<At, Status> {
    let request = v1::RefuseApplicationRequest {
        application_id: at.id(),
        reason: RefusalReason::SuspectedBadFaith.into(),
        mend: "come with the original".into(),
        expected_version: at.version,
        request_id: stage.fresh(),
        ..v1::RefuseApplicationRequest::default()
    };
    let told = stage.client.refuse_application(request).await?.into_inner();
    Ok(At { application: told.application.unwrap(), version: told.version })
}

#[tokio::test]
async fn what_was_sent_back_comes_again_with_id_and_history() {
    for mut stage in stages().await {
        let first = stage.submit(form("T1")).await;
        let at = stage.record_all(first.clone()).await;
        let at = send_back(&mut stage, &at, &[("STATEMENT", "with the name mended")]).await;
        assert_eq!(
            (at.state(), at.stage(), at.owes()),
            ("CORRECTION_REQUESTED", "PAPERS", vec!["STATEMENT"])
        );
        let refusal = at.application.refusal.as_ref().unwrap();
        assert_eq!(refusal.mend, "write the name as in the passport");
        assert_eq!(at.application.outstanding[0].note, "with the name mended");
        assert!(at.application.due.is_none(), "the office is not what it waits for");

        stage.clock.set("2026-11-24T07:00:00Z".parse().unwrap());
        let mended = v1::ApplicationForm {
            applicant: Some(v1::Applicant {
                names: vec![person_name("Testov", "Temur", None)],
                ..form("T1").applicant.unwrap()
            }),
            ..form("T1")
        };
        let again = stage.submit_anew(&at, mended).await;
        assert_eq!((again.id(), again.state()), (first.id(), "AWAITING_DOCUMENTS"));
        assert_eq!(again.owes(), ["STATEMENT"], "the passport was handed in before");
        assert_eq!(again.due().1, "2026-11-27", "counted anew");
        let at = stage.record(&again, "STATEMENT", DocumentForm::Original).await;
        assert_eq!((at.state(), at.application.refusal.is_none()), ("IN_PROCESSING", true));
        let history: Vec<_> = at.application.history.iter().map(|h| word(h.state())).collect();
        let want = [
            "RECEIVED",
            "AWAITING_DOCUMENTS",
            "IN_PROCESSING",
            "CORRECTION_REQUESTED",
            "RECEIVED",
            "AWAITING_DOCUMENTS",
            "IN_PROCESSING",
        ];
        assert_eq!(history, want);
        let formed = stage.form(&at, "").await.unwrap();
        let person = stage.person(&formed.iin).await.unwrap().person.unwrap();
        assert_eq!(person.names[0].given, "Temur", "the newest submission counts");
        stage.end().await;
    }
}

#[tokio::test]
async fn a_refused_one_can_be_submitted_anew_and_a_withdrawn_one_cannot() {
    for mut stage in stages().await {
        let at = stage.submit(form("T1")).await;
        let at = stage.record_all(at).await;
        let at = refuse(&mut stage, &at).await.unwrap();
        assert_eq!((at.state(), at.stage()), ("REFUSED", "SUBMISSION"));
        let refusal = at.application.refusal.as_ref().unwrap();
        assert!(
            refusal.reason() == RefusalReason::SuspectedBadFaith && refusal.mend == "come with the original"
        );
        let again = refuse(&mut stage, &at).await;
        assert_eq!(told(again, Code::FailedPrecondition, "STATE_FORBIDS", "allowed"), "SubmitApplication");
        let at = stage.submit_anew(&at, form("T1")).await;
        assert_eq!((at.state(), at.owes().len()), ("RECEIVED", 0), "nothing is owed: not looked at yet");
        let request = v1::WithdrawApplicationRequest {
            application_id: at.id(),
            expected_version: at.version,
            request_id: stage.fresh(),
            ..v1::WithdrawApplicationRequest::default()
        };
        let gone = answered(stage.client.withdraw_application(request).await);
        let gone = At { application: gone.application.unwrap(), version: gone.version };
        assert_eq!(gone.state(), "WITHDRAWN");
        assert!(!gone.steps().contains(&"CURRENT"));
        let end = refuse(&mut stage, &gone).await;
        assert_eq!(told(end, Code::FailedPrecondition, "STATE_FORBIDS", "allowed"), "");
        stage.end().await;
    }
}

fn correction(iin: &str, given: &str) -> v1::ApplicationForm {
    let mut form = v1::ApplicationForm {
        kind: v1::ApplicationKind::Correction.into(),
        ground: 0,
        iin: iin.into(),
        ..form("T9")
    };
    form.applicant.as_mut().unwrap().names = vec![person_name("Testov", given, None)];
    form
}

#[tokio::test]
async fn a_correction_changes_the_record_or_replaces_the_number() {
    for mut stage in stages().await {
        let at = stage.submit(form("T1")).await;
        let at = stage.record_all(at).await;
        let first = stage.form(&at, "").await.unwrap().iin;

        let at = stage.submit(correction(&first, "Temir")).await;
        let at = stage.record_all(at).await;
        let status = stage.status(&at.id()).await;
        assert!(status.number.unwrap().state() == v1::NumberState::InForce, "the number's own state");
        let done = stage.form(&at, "").await.unwrap();
        assert_eq!((done.iin.as_str(), done.person_version), (first.as_str(), 2));
        let person = stage.person(&first).await.unwrap().person.unwrap();
        assert_eq!(person.names[0].given, "Temir");
        let shown: Vec<_> = person.documents.iter().map(|d| d.document.clone().unwrap().number).collect();
        assert_eq!(shown, ["T9", "T1"], "what is shown comes first, what was there stays");

        // A control digit that did not fit, or an adoption: another number of the same person.
        let other = super::super::scene::number("91220300042").to_text();
        let at = stage.submit(correction(&first, "Temir")).await;
        let at = stage.record_all(at).await;
        let done = stage.form(&at, &other).await.unwrap();
        assert_eq!((done.iin.as_str(), done.person_version), (other.as_str(), 1));
        let old = stage.person(&first).await.unwrap().person.unwrap();
        assert!(old.state() == v1::NumberState::Superseded && old.superseded_by == other);
        assert!(stage.person(&other).await.unwrap().person.unwrap().state() == v1::NumberState::InForce);
        // A replaced number has nothing to correct any more.
        let request = v1::SubmitApplicationRequest {
            form: Some(correction(&first, "X")),
            request_id: stage.fresh(),
            ..v1::SubmitApplicationRequest::default()
        };
        let refused = stage.client.submit_application(request).await;
        let state = told(refused, Code::FailedPrecondition, "STATE_FORBIDS", "number_state");
        assert_eq!(state, "SUPERSEDED");
        stage.end().await;
    }
}

#[tokio::test]
async fn what_an_application_is_about_cannot_change() {
    for mut stage in stages().await {
        let at = stage.submit(form("T1")).await;
        let at = stage.record_all(at).await;
        let iin = stage.form(&at, "").await.unwrap().iin;
        let at = stage.submit(correction(&iin, "A")).await;
        let at = refuse(&mut stage, &at).await.unwrap();
        let request = v1::SubmitApplicationRequest {
            form: Some(form("T9")),
            application_id: at.id(),
            expected_version: at.version,
            request_id: stage.fresh(),
            ..v1::SubmitApplicationRequest::default()
        };
        assert_eq!(fields(stage.client.submit_application(request).await), ["form.iin"]);
        stage.end().await;
    }
}
