//! What makes no sense is named, field by field; what is not served yet is said.

use super::*;

#[tokio::test]
async fn every_field_at_fault_is_named_at_once() {
    for mut stage in stages().await {
        let empty = v1::SubmitApplicationRequest::default();
        assert_eq!(fields(stage.client.submit_application(empty).await), ["form", "request_id"]);
        let broken = v1::SubmitApplicationRequest {
            form: Some(v1::ApplicationForm {
                kind: 0,
                ground: 99,
                channel: 0,
                presence: v1::Presence::Guardian.into(),
                stay: Some(v1::Stay { kind: 0, since: "2026-02-01".into(), until: "2026-01-01".into() }),
                applicant: Some(v1::Applicant {
                    names: Vec::new(),
                    birth_date: "2026-11-23".into(),
                    citizenship: String::new(),
                    document: Some(v1::Document { number: "N\n1".into(), ..v1::Document::default() }),
                    ..v1::Applicant::default()
                }),
                ..form("T1")
            }),
            submitted_on: "2026-11-23".into(),
            expected_version: 3,
            request_id: "x".into(),
            ..v1::SubmitApplicationRequest::default()
        };
        let told = fields(stage.client.submit_application(broken).await);
        let want = [
            "form.kind",
            "form.ground",
            "form.channel",
            "form.stay.until",
            "form.applicant.names",
            "form.applicant.birth_date",
            "form.applicant.citizenship",
            "form.applicant.document.type",
            "form.applicant.document.issuing_country",
            "form.applicant.document.number",
            "form.representative",
            "submitted_on",
            "expected_version",
            "request_id",
        ];
        assert_eq!(told, want);
        // A formation is about no number, a correction about one.
        let ask = |form, request_id| v1::SubmitApplicationRequest {
            form: Some(form),
            request_id,
            ..v1::SubmitApplicationRequest::default()
        };
        let with = v1::ApplicationForm { iin: super::super::scene::holder().to_text(), ..form("T1") };
        let id = stage.fresh();
        assert_eq!(fields(stage.client.submit_application(ask(with, id)).await), ["form.iin"]);
        let without = v1::ApplicationForm { kind: v1::ApplicationKind::Correction.into(), ..form("T1") };
        let id = stage.fresh();
        assert_eq!(fields(stage.client.submit_application(ask(without, id)).await), ["form.iin"]);
        // Nobody's number cannot be corrected.
        let nobodys = v1::ApplicationForm {
            kind: v1::ApplicationKind::Correction.into(),
            iin: super::super::scene::holder().to_text(),
            ..form("T1")
        };
        let id = stage.fresh();
        let outcome = stage.client.submit_application(ask(nobodys, id)).await;
        assert_refused(outcome, Code::NotFound, "NUMBER_NOT_FOUND");
        // Convicts and children may have no document.
        let mut convict = form("T1");
        convict.applicant.as_mut().unwrap().document = None;
        let id = stage.fresh();
        let told = fields(stage.client.submit_application(ask(convict.clone(), id)).await);
        assert_eq!(told, ["form.applicant.document"]);
        convict.categories = vec![v1::Category::Convict.into()];
        assert_eq!(stage.submit(convict).await.state(), "AWAITING_DOCUMENTS");
        stage.end().await;
    }
}

#[tokio::test]
async fn the_bounds_of_every_other_request() {
    for mut stage in stages().await {
        let at = stage.submit(form("T1")).await;
        let mut broken = paper(&at, "passport", DocumentForm::Original, "x");
        broken.content_sha256 = vec![0; 31];
        broken.form = 99;
        broken.expected_version = 0;
        let told = fields(stage.client.record_document(broken).await);
        assert_eq!(told, ["expected_version", "document_code", "form", "content_sha256", "request_id"]);
        let mut signed = paper(&at, "PASSPORT", DocumentForm::Electronic, &stage.fresh());
        let challenge_id = "x".to_string();
        signed.signature = Some(v1::SignatureEvidence { challenge_id, ..v1::SignatureEvidence::default() });
        let told = fields(stage.client.record_document(signed).await);
        assert_eq!(told, ["signature.challenge_id", "signature.evidence"]);
        for working_days in [0, 251] {
            let request = v1::RecordDelayRequest {
                application_id: at.id(),
                cause: v1::DelayCause::Workload.into(),
                working_days,
                expected_version: at.version,
                request_id: stage.fresh(),
                ..v1::RecordDelayRequest::default()
            };
            assert_eq!(fields(stage.client.record_delay(request).await), ["working_days"]);
        }
        let prints = v1::RecordFingerprintsRequest {
            application_id: at.id(),
            taken_on: "2026-11-23".into(),
            place: "x".repeat(129),
            reference: "x".repeat(65),
            expected_version: at.version,
            request_id: stage.fresh(),
            ..v1::RecordFingerprintsRequest::default()
        };
        let told = fields(stage.client.record_fingerprints(prints).await);
        assert_eq!(told, ["taken_on", "place", "reference"]);
        let correction = v1::RequestCorrectionRequest {
            application_id: at.id(),
            mend: "x".repeat(1025),
            outstanding: vec![v1::Outstanding { document: "no code".into(), note: "x".repeat(257) }],
            expected_version: at.version,
            request_id: stage.fresh(),
            ..v1::RequestCorrectionRequest::default()
        };
        let told = fields(stage.client.request_correction(correction).await);
        assert_eq!(told, ["reason", "mend", "outstanding[0].document", "outstanding[0].note"]);
        let list = v1::ListApplicationsRequest {
            page_size: -1,
            page_token: "?".into(),
            state: 99,
            submitted_from: "2026-11-23".into(),
            submitted_to: "2026-11-22".into(),
            ..v1::ListApplicationsRequest::default()
        };
        let told = fields(stage.client.list_applications(list).await);
        assert_eq!(told, ["page_size", "state", "submitted_to", "page_token"]);
        stage.end().await;
    }
}
