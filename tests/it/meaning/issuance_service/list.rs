//! Lists, by pages and filters.

use super::*;

async fn pages(stage: &mut Stage, asked: v1::ListApplicationsRequest) -> Vec<v1::ApplicationSummary> {
    let (mut all, mut token) = (Vec::new(), String::new());
    for _ in 0..100 {
        let request = v1::ListApplicationsRequest { page_token: token, ..asked.clone() };
        let page = answered(stage.client.list_applications(request).await);
        assert!(asked.page_size == 0 || page.applications.len() <= asked.page_size as usize);
        all.extend(page.applications);
        token = page.next_page_token;
        if token.is_empty() {
            return all;
        }
    }
    panic!("a list without end");
}

#[tokio::test]
async fn pages_lead_through_all_of_them_the_latest_first() {
    for mut stage in stages().await {
        let mut ids = Vec::new();
        for n in 0..7 {
            stage.clock.set(format!("2026-11-22T07:00:{:02}Z", n / 2).parse().unwrap());
            ids.push(stage.submit(form(&format!("T{n}"))).await.id());
        }
        let every = pages(&mut stage, v1::ListApplicationsRequest::default()).await;
        let told: Vec<_> = every.iter().map(|a| a.id.clone()).collect();
        let seconds = |id: &String| ids.iter().position(|known| known == id).unwrap() / 2;
        assert!(told.windows(2).all(|two| seconds(&two[0]) >= seconds(&two[1])), "{told:?}");
        for page_size in [1, 2, 3, 7, 8] {
            let request = v1::ListApplicationsRequest { page_size, ..v1::ListApplicationsRequest::default() };
            assert!(pages(&mut stage, request).await == every, "by {page_size}");
        }
        let summary = &every[0];
        assert_eq!((summary.submitted_on.as_str(), summary.version), ("2026-11-22", 1));
        assert!(summary.channel() == v1::Channel::Psc && summary.due.is_some());
        stage.end().await;
    }
}

#[tokio::test]
async fn filters_that_are_set_must_all_hold() {
    for mut stage in stages().await {
        let early = stage.submit(form("T1")).await;
        stage.clock.set("2026-11-26T07:00:00Z".parse().unwrap());
        let late = stage.submit(form("T2")).await;
        let late = stage.record_all(late).await;
        let asked = |change: fn(&mut v1::ListApplicationsRequest)| {
            let mut request = v1::ListApplicationsRequest::default();
            change(&mut request);
            request
        };
        let (early, late) = (early.id(), late.id());
        let rows: [(v1::ListApplicationsRequest, Vec<&String>); 8] = [
            (asked(|_| ()), vec![&late, &early]),
            (asked(|r| r.set_state(State::InProcessing)), vec![&late]),
            (asked(|r| r.overdue = Some(true)), vec![&early]),
            (asked(|r| r.overdue = Some(false)), vec![&late]),
            (asked(|r| r.set_channel(v1::Channel::Consulate)), vec![]),
            (asked(|r| r.submitted_from = "2026-11-26".into()), vec![&late]),
            (asked(|r| r.submitted_to = "2026-11-25".into()), vec![&early]),
            (
                asked(|r| {
                    r.set_state(State::AwaitingDocuments);
                    r.submitted_from = "2026-11-26".into();
                }),
                vec![],
            ),
        ];
        for (i, (request, want)) in rows.into_iter().enumerate() {
            let told = pages(&mut stage, request).await;
            assert_eq!(told.iter().map(|a| &a.id).collect::<Vec<_>>(), want, "row {i}");
        }
        // A token leads through its own list alone.
        let one = v1::ListApplicationsRequest { page_size: 1, ..v1::ListApplicationsRequest::default() };
        let token = answered(stage.client.list_applications(one).await).next_page_token;
        let other = v1::ListApplicationsRequest {
            page_token: token,
            overdue: Some(true),
            ..v1::ListApplicationsRequest::default()
        };
        assert_eq!(fields(stage.client.list_applications(other).await), ["page_token"]);
        stage.end().await;
    }
}
