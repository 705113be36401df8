//! Several at once: one of two wins, and no number is given twice.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_writers_on_one_version_one_wins() {
    for mut stage in stages().await {
        let at = stage.submit(form("T1")).await;
        let mut at = stage.record_all(at).await;
        for _ in 0..10 {
            let mut tasks = JoinSet::new();
            for _ in 0..4 {
                let request = v1::RecordDelayRequest {
                    application_id: at.id(),
                    cause: v1::DelayCause::Holiday.into(),
                    working_days: 1,
                    expected_version: at.version,
                    request_id: stage.fresh(),
                    ..v1::RecordDelayRequest::default()
                };
                let mut client = stage.client.clone();
                tasks.spawn(async move { client.record_delay(request).await });
            }
            let mut won = Vec::new();
            while let Some(outcome) = tasks.join_next().await {
                match outcome.unwrap() {
                    Ok(answer) => won.push(answer.into_inner()),
                    Err(status) => assert_refused::<()>(Err(status), Code::Aborted, "VERSION_MISMATCH"),
                }
            }
            assert_eq!(won.len(), 1);
            at = At { application: won[0].application.clone().unwrap(), version: won[0].version };
        }
        assert_eq!(at.application.delays.len(), 10, "no delay is lost and none is doubled");
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completing_and_withdrawing_at_once_ends_it_once() {
    for mut stage in stages().await {
        for n in 0..8 {
            let at = stage.submit(form(&format!("T{n}"))).await;
            let at = stage.record_all(at).await;
            let forming = formation(&at, "", &stage.fresh());
            let leaving = v1::WithdrawApplicationRequest {
                application_id: at.id(),
                expected_version: at.version,
                request_id: stage.fresh(),
                ..v1::WithdrawApplicationRequest::default()
            };
            let (mut one, mut other) = (stage.client.clone(), stage.client.clone());
            let (formed, left) = tokio::join!(one.form_iin(forming), other.withdraw_application(leaving));
            assert!(formed.is_ok() != left.is_ok(), "one of the two");
            let now = stage.get(&at.id()).await;
            assert_eq!(now.version, at.version + 1);
            assert_eq!(now.iin.is_empty(), left.is_ok(), "a number is formed or it is withdrawn");
        }
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_formed_at_once_are_all_different() {
    for mut stage in stages().await {
        let mut tasks = JoinSet::new();
        for n in 0..30 {
            let at = stage.submit(form(&format!("T{n}"))).await;
            let at = stage.record_all(at).await;
            let request = formation(&at, "", &stage.fresh());
            let mut client = stage.client.clone();
            tasks.spawn(async move { answered(client.form_iin(request).await).iin });
        }
        let numbers: BTreeSet<String> = tasks.join_all().await.into_iter().collect();
        assert_eq!(numbers.len(), 30);
        stage.end().await;
    }
}
