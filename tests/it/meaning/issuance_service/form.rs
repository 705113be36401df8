//! Numbers: given by the state, formed here, or refused.

use super::*;
use crate::meaning::scene::number;

async fn ready(stage: &mut Stage, passport: &str) -> At {
    let at = stage.submit(super::form(passport)).await;
    stage.record_all(at).await
}

#[tokio::test]
async fn a_number_that_the_state_gave_is_nobody_elses() {
    for mut stage in stages().await {
        let at = ready(&mut stage, "T1").await;
        let given = number("91220300001").to_text();
        let formed = stage.form(&at, &given).await.unwrap();
        assert_eq!(formed.iin, given);
        let at = ready(&mut stage, "T2").await;
        assert_refused(stage.form(&at, &given).await, Code::AlreadyExists, "NUMBER_HELD");
        let still = stage.get(&at.id()).await;
        assert_eq!((word(still.application.unwrap().state()), still.version), ("IN_PROCESSING", at.version));
        // The same person again, by birth date and document: the record goes on.
        let at = ready(&mut stage, "t 1").await;
        let formed = stage.form(&at, &given).await.unwrap();
        assert_eq!(formed.person_version, 2);
        stage.end().await;
    }
}

#[tokio::test]
async fn a_server_with_test_numbers_takes_no_others() {
    for mut stage in stages().await {
        let at = ready(&mut stage, "T1").await;
        // No person's: the day is the 31st of a month that has 30.
        let real = number("91043100001").to_text();
        assert_eq!(fields(stage.form(&at, &real).await), ["iin"]);
        stage.end().await;
    }
}

#[tokio::test]
async fn who_may_form_none_must_be_given_one() {
    for mut stage in stages_with(&[]).await {
        let at = ready(&mut stage, "T1").await;
        assert_refused(stage.form(&at, "").await, Code::FailedPrecondition, "NO_ALLOCATION");
        let given = number("91220300001").to_text();
        assert_eq!(stage.form(&at, &given).await.unwrap().iin, given);
        stage.end().await;
    }
}

#[tokio::test]
async fn the_authority_forms_numbers_of_the_birth_date() {
    for mut stage in stages_with(&[("IINSPECT_ISSUANCE__AUTHORITY", "real")]).await {
        let at = ready(&mut stage, "T1").await;
        assert!(stage.form(&at, "").await.unwrap().iin.starts_with("910203"));
        stage.end().await;
    }
}
