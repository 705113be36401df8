//! A request is carried out once, and on the version that was seen last.

use super::*;

#[tokio::test]
async fn a_repeated_request_gets_its_first_answer_whatever_happened_since() {
    for mut stage in stages().await {
        let submit = v1::SubmitApplicationRequest {
            form: Some(form("T1")),
            request_id: stage.fresh(),
            client_reference: "case 7".into(),
            ..v1::SubmitApplicationRequest::default()
        };
        let first = answered(stage.client.submit_application(submit.clone()).await);
        let at = At { application: first.application.clone().unwrap(), version: 1 };
        let id = stage.fresh();
        let statement = paper(&at, "STATEMENT", DocumentForm::Original, &id);
        let recorded = answered(stage.client.record_document(statement.clone()).await);
        let at = At { application: recorded.application.clone().unwrap(), version: 2 };
        let at = stage.record(&at, "PASSPORT", DocumentForm::Original).await;
        let forming = formation(&at, "", &stage.fresh());
        let formed = answered(stage.client.form_iin(forming.clone()).await);

        // The day after, with everything done.
        stage.clock.set("2026-11-23T06:00:00Z".parse().unwrap());
        assert!(answered(stage.client.submit_application(submit.clone()).await) == first);
        assert!(answered(stage.client.record_document(statement).await) == recorded);
        assert!(answered(stage.client.form_iin(forming).await) == formed);
        assert_eq!(stage.get(&at.id()).await.version, 4);
        assert_eq!(stage.get(&at.id()).await.client_reference, "case 7");
        // The same id for something else.
        let other = v1::SubmitApplicationRequest { form: Some(form("T2")), ..submit };
        let outcome = stage.client.submit_application(other).await;
        assert_refused(outcome, Code::AlreadyExists, "REQUEST_ID_USED");
        stage.end().await;
    }
}

#[tokio::test]
async fn every_mutation_names_the_version_it_saw() {
    for mut stage in stages().await {
        let at = stage.submit(form("T1")).await;
        let later = stage.delay(&at, 1).await;
        let stale = paper(&at, "STATEMENT", DocumentForm::Original, &stage.fresh());
        assert_refused(stage.client.record_document(stale).await, Code::Aborted, "VERSION_MISMATCH");
        assert_refused(stage.form(&at, "").await, Code::Aborted, "VERSION_MISMATCH");
        let ahead = At { version: later.version + 1, ..later };
        assert_refused(stage.form(&ahead, "").await, Code::Aborted, "VERSION_MISMATCH");
        let nowhere = At {
            application: v1::Application {
                id: Uuid::from_u128(99).to_string(),
                ..v1::Application::default()
            },
            version: 1,
        };
        assert_refused(stage.form(&nowhere, "").await, Code::NotFound, "APPLICATION_NOT_FOUND");
        stage.end().await;
    }
}
