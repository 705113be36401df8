//! The way of an application: what is owed, when it is due, the five steps, and how it ends.

use iinspect::pb::v1::{self, DocumentForm, Verdict};

use super::*;

#[tokio::test]
async fn from_the_first_submission_to_a_number_that_verifies() {
    for mut stage in stages().await {
        let at = stage.submit(form("T 100")).await;
        assert_eq!((at.state(), at.version, at.stage()), ("AWAITING_DOCUMENTS", 1, "PAPERS"));
        assert_eq!(at.owes(), ["STATEMENT", "PASSPORT"]);
        // Sunday 22 November 2026: one to three working days.
        assert_eq!(at.due(), ("2026-11-23", "2026-11-25", false));
        assert_eq!(at.steps(), ["DONE", "CURRENT", "NOT_NEEDED", "DONE", "PENDING"]);
        let early =
            told(stage.form(&at, "").await, Code::FailedPrecondition, "PAPERS_OUTSTANDING", "outstanding");
        assert_eq!(early, "STATEMENT,PASSPORT");

        let at = stage.record(&at, "STATEMENT", DocumentForm::Original).await;
        assert_eq!((at.state(), at.owes(), at.version), ("AWAITING_DOCUMENTS", vec!["PASSPORT"], 2));
        let at = stage.record(&at, "PASSPORT", DocumentForm::NotarisedCopy).await;
        assert_eq!((at.state(), at.stage()), ("IN_PROCESSING", "WAITING"));
        assert_eq!(at.steps(), ["DONE", "DONE", "NOT_NEEDED", "DONE", "CURRENT"]);

        let formed = stage.form(&at, "").await.unwrap();
        assert_eq!((formed.version, formed.person_version), (4, 1));
        assert!(iinspect::number::Iin::parse(&formed.iin).unwrap().is_test());
        let done = At { application: formed.application.unwrap(), version: 4 };
        assert_eq!((done.state(), done.steps().last()), ("COMPLETED", Some(&"DONE")));
        assert!(done.application.due.is_none());
        let history: Vec<_> = done.application.history.iter().map(|h| word(h.state())).collect();
        assert_eq!(history, ["RECEIVED", "AWAITING_DOCUMENTS", "IN_PROCESSING", "COMPLETED"]);

        let claims = v1::Claims {
            name: Some(person_name("TESTOV", "Timur", None)),
            birth_date: "1991-02-03".into(),
            sex: v1::Sex::Male.into(),
            citizenship: "UZB".into(),
            document: Some(v1::Document { number: "t100".into(), ..v1::Document::default() }),
        };
        let verify = v1::VerifyRequest {
            iin: formed.iin.clone(),
            claims: Some(claims),
            purpose: v1::Purpose::BankAccount.into(),
            ..v1::VerifyRequest::default()
        };
        let verified = answered(stage.verification.verify(verify).await);
        assert!(verified.verdict() == Verdict::Verified, "{:?}", verified.reasons);

        let got = stage.get(&done.id()).await;
        assert_eq!((got.iin, got.submitted_on.as_str(), got.version), (formed.iin.clone(), "2026-11-22", 4));
        assert!(got.form == Some(form("T 100")), "as it was stated");
        let papers: Vec<_> = got.documents.iter().map(|d| d.document_code.as_str()).collect();
        assert_eq!(papers, ["PASSPORT", "STATEMENT"]);
        // By its applicant's document it is found, and leads to the number.
        let key = v1::issue_status_request::Key::Document(v1::Document {
            valid_until: String::new(),
            ..document("t100")
        });
        let request = v1::IssueStatusRequest {
            key: Some(key),
            birth_date: "1991-02-03".into(),
            ..v1::IssueStatusRequest::default()
        };
        let status = answered(stage.verification.issue_status(request).await);
        assert!(status.number.unwrap().state() == v1::NumberState::InForce);
        assert!(status.application.unwrap() == done.application);
        stage.end().await;
    }
}

#[tokio::test]
async fn a_paper_that_does_not_do_stays_owed_and_says_why() {
    for mut stage in stages().await {
        let at = stage.submit(form("T1")).await;
        let at = stage.record(&at, "STATEMENT", DocumentForm::Original).await;
        let at = stage.record(&at, "PASSPORT", DocumentForm::Copy).await;
        assert_eq!((at.state(), at.owes()), ("AWAITING_DOCUMENTS", vec!["PASSPORT"]));
        assert!(at.application.outstanding[0].note.contains("ORIGINAL or NOTARISED_COPY"));
        let mut expired = paper(&at, "PASSPORT", DocumentForm::Original, &stage.fresh());
        expired.document = Some(v1::Document { valid_until: "2026-11-21".into(), ..document("T1") });
        let answer = answered(stage.client.record_document(expired).await);
        let recorded = answer.document.unwrap();
        assert!(recorded.signature_outcome() == v1::Outcome::Skipped);
        let at = At { application: answer.application.unwrap(), version: answer.version };
        assert!(at.application.outstanding[0].note.contains("valid on 2026-11-22"), "{:?}", at.owes());
        let at = stage.record(&at, "PASSPORT", DocumentForm::Original).await;
        assert_eq!(at.state(), "IN_PROCESSING");
        let unknown = paper(&at, "TAX_RETURN", DocumentForm::Original, &stage.fresh());
        assert_eq!(fields(stage.client.record_document(unknown).await), ["document_code"]);
        stage.end().await;
    }
}

#[tokio::test]
async fn delays_move_the_window_and_what_is_late_is_said() {
    for mut stage in stages().await {
        let at = stage.submit(form("T1")).await;
        let at = stage.delay(&at, 2).await;
        assert_eq!(at.due(), ("2026-11-25", "2026-11-27", false));
        let due = at.application.due.as_ref().unwrap();
        assert_eq!((due.working_days_min, due.working_days_max), (3, 5));
        assert!(!due.calendar_version.is_empty());
        assert_eq!(at.state(), "AWAITING_DOCUMENTS", "a delay leaves the state alone");
        // The latest day itself is in time; Almaty's midnight ends it.
        stage.clock.set("2026-11-27T18:59:59Z".parse().unwrap());
        assert!(!stage.status(&at.id()).await.application.unwrap().due.unwrap().overdue);
        stage.clock.set("2026-11-27T19:00:00Z".parse().unwrap());
        assert!(stage.status(&at.id()).await.application.unwrap().due.unwrap().overdue);
        let at = stage.delay(&at, 1).await;
        assert_eq!(at.due(), ("2026-11-26", "2026-11-30", false));
        assert_eq!(at.application.delays.iter().map(|d| d.working_days).collect::<Vec<_>>(), [2, 1]);
        stage.end().await;
    }
}

#[tokio::test]
async fn a_way_that_is_closed_is_refused_with_its_rule() {
    for mut stage in stages().await {
        let representative = v1::Representative {
            name: Some(person_name("Testova", "Dana", None)),
            document: None,
            authority: "No 7 of 1 November 2026".into(),
        };
        let by_proxy = v1::ApplicationForm {
            presence: v1::Presence::TrustedPerson.into(),
            representative: Some(representative),
            ..form("T1")
        };
        let ask = |form: v1::ApplicationForm, on: &str, id: String| v1::SubmitApplicationRequest {
            form: Some(form),
            submitted_on: on.into(),
            request_id: id,
            ..v1::SubmitApplicationRequest::default()
        };
        let id = stage.fresh();
        let refused = stage.client.submit_application(ask(by_proxy, "", id)).await;
        let rule = told(refused, Code::FailedPrecondition, "IN_PERSON_REQUIRED", "rule_id");
        assert!(rule.starts_with("channel.psc"), "{rule}");
        // The pilot of the consulates: open in 2024, not on New Year's Day of 2025.
        let consulate = v1::ApplicationForm { channel: v1::Channel::Consulate.into(), ..form("T1") };
        let id = stage.fresh();
        let open = stage.client.submit_application(ask(consulate.clone(), "2024-12-31", id)).await;
        let open = answered(open).application.unwrap();
        assert_eq!(open.due.unwrap().latest, "2025-01-05", "a Sunday that was worked");
        let id = stage.fresh();
        let closed = stage.client.submit_application(ask(consulate, "2025-01-01", id)).await;
        let rule = told(closed, Code::FailedPrecondition, "CHANNEL_CLOSED", "rule_id");
        assert!(rule.starts_with("channel.consulate"), "{rule}");
        stage.end().await;
    }
}

#[tokio::test]
async fn fingerprints_wait_for_the_number_and_not_the_other_way_round() {
    let permit = || v1::ApplicationForm {
        ground: v1::Ground::ResidencePermit.into(),
        visa_or_permit: v1::VisaOrPermit::TemporaryResidence.into(),
        ..form("T1")
    };
    let prints = |at: &At, id: String| v1::RecordFingerprintsRequest {
        application_id: at.id(),
        taken_on: "2026-11-22".into(),
        place: "Migration service of Almaty".into(),
        reference: "D-1".into(),
        expected_version: at.version,
        request_id: id,
        ..v1::RecordFingerprintsRequest::default()
    };
    for mut stage in stages().await {
        let at = stage.submit(permit()).await;
        let at = stage.record_all(at).await;
        assert_eq!((at.state(), at.steps()[2]), ("IN_PROCESSING", "PENDING"));
        let formed = stage.form(&at, "").await.unwrap();
        let at = At { application: formed.application.unwrap(), version: formed.version };
        let id = stage.fresh();
        let taken = answered(stage.client.record_fingerprints(prints(&at, id)).await);
        assert_eq!(taken.fingerprints.unwrap().reference, "D-1");
        let at = At { application: taken.application.unwrap(), version: taken.version };
        assert_eq!((at.state(), at.steps()[2]), ("COMPLETED", "DONE"));
        stage.end().await;
    }
    let guide = [("IINSPECT_ISSUANCE__AUTHORITY", "test"), ("IINSPECT_RULEBOOK__PROFILE", "guide")];
    for mut stage in stages_with(&guide).await {
        let at = stage.submit(permit()).await;
        let at = stage.record_all(at).await;
        assert_eq!((at.state(), at.stage()), ("AWAITING_FINGERPRINTS", "FINGERPRINTS"));
        let allowed = told(stage.form(&at, "").await, Code::FailedPrecondition, "STATE_FORBIDS", "allowed");
        assert!(allowed.contains("RecordFingerprints") && !allowed.contains("FormIin"), "{allowed}");
        let id = stage.fresh();
        let taken = answered(stage.client.record_fingerprints(prints(&at, id)).await);
        let at = At { application: taken.application.unwrap(), version: taken.version };
        assert_eq!(at.state(), "IN_PROCESSING");
        assert_eq!(word(stage.form(&at, "").await.unwrap().application.unwrap().state()), "COMPLETED");
        stage.end().await;
    }
}

#[tokio::test]
async fn who_watches_is_told_of_each_step_and_of_midnight() {
    for mut stage in stages().await {
        let at = stage.submit(form("T1")).await;
        let key = Some(v1::watch_issue_status_request::Key::ApplicationId(at.id()));
        let request = v1::WatchIssueStatusRequest { key, ..v1::WatchIssueStatusRequest::default() };
        let mut watch = answered(stage.verification.watch_issue_status(request.clone()).await);
        let first = watch.message().await.unwrap().unwrap();
        assert!(first.snapshot);
        // A second before the day after the latest one begins, the last paper comes in.
        let at = stage.record(&at, "STATEMENT", DocumentForm::Original).await;
        let told = watch.message().await.unwrap().unwrap().status.unwrap().application.unwrap();
        assert_eq!(told.outstanding.len(), 1);
        stage.clock.set("2026-11-25T18:59:59Z".parse().unwrap());
        stage.record(&at, "PASSPORT", DocumentForm::Original).await;
        let update = watch.message().await.unwrap().unwrap();
        let told = update.status.unwrap().application.unwrap();
        assert_eq!((word(told.state()), told.due.unwrap().overdue), ("IN_PROCESSING", false));
        // Nobody writes anything: the day itself makes it overdue.
        stage.clock.set("2026-11-25T19:00:00Z".parse().unwrap());
        let told = watch.message().await.unwrap().unwrap().status.unwrap().application.unwrap();
        assert!(told.due.unwrap().overdue);
        // After a reconnect the place is kept: a state may be told twice, and none is missed.
        drop(watch);
        let resumed = v1::WatchIssueStatusRequest { resume_token: first.resume_token, ..request };
        let mut watch = answered(stage.verification.watch_issue_status(resumed).await);
        let again = watch.message().await.unwrap().unwrap();
        assert!(!again.snapshot);
        assert_eq!(word(again.status.unwrap().application.unwrap().state()), "IN_PROCESSING");
        drop(watch);
        stage.end().await;
    }
}
