//! ListChanges: everything once, in order, from where the caller was.

use iinspect::pb::v1::{self, NumberState as State};
use iinspect::register::{Register, memory};
use tonic::Code;

use super::*;

async fn page(stage: &mut Stage, size: i32, token: &str) -> v1::ListChangesResponse {
    let request = v1::ListChangesRequest { page_size: size, page_token: token.into() };
    answered(stage.client.list_changes(request).await)
}

fn kind(change: &v1::Change) -> &'static str {
    change.kind().as_str_name().trim_start_matches("CHANGE_KIND_")
}

#[tokio::test]
async fn each_kind_of_change_is_told_under_the_hash_of_its_number() {
    for mut stage in stages().await {
        stage.with_holder().await;
        let step = exclude(&stage.fresh(), State::Excluded, "", 1);
        answered(stage.client.exclude_person(step).await);
        let step = restore(&stage.fresh(), "", 2);
        answered(stage.client.restore_person(step).await);
        let start = page(&mut stage, 0, "").await;
        assert_eq!(start.changes.iter().map(kind).collect::<Vec<_>>(), ["PERSON", "EXCLUDED", "RESTORED"]);
        assert!(start.next_page_token.is_empty() && !start.resume_token.is_empty());
        let supersede = v1::SupersedeIinRequest {
            iin: iin(),
            superseded_by: other(),
            reason: "adoption".into(),
            expected_version: 3,
            request_id: stage.fresh(),
            ..v1::SupersedeIinRequest::default()
        };
        answered(stage.client.supersede_iin(supersede).await);
        let rest = page(&mut stage, 0, &start.resume_token).await;
        assert_eq!(rest.changes.iter().map(kind).collect::<Vec<_>>(), ["SUPERSEDED", "SUPERSEDED"]);
        let key = stage.register.key().unwrap().clone();
        let hash = |iin| key.number(iin).0.to_vec();
        let mut told: Vec<_> = rest.changes.iter().map(|c| c.number_hash.clone()).collect();
        let mut want = vec![hash(holder()), hash(number("90210530002"))];
        told.sort();
        want.sort();
        assert_eq!(told, want);
        assert!(start.changes.iter().all(|c| c.number_hash == hash(holder()) && c.at.is_some()));
        let seen: Vec<_> = start.changes.iter().map(|c| c.seq).collect();
        assert_eq!(seen, [1, 2, 3]);
        let none = page(&mut stage, 0, &rest.resume_token).await;
        assert!(none.changes.is_empty() && none.next_page_token.is_empty());
        assert_eq!(none.resume_token, rest.resume_token);
        stage.end().await;
    }
}

#[tokio::test]
async fn pages_of_any_size_lead_through_everything_once() {
    for mut stage in stages().await {
        for n in 0..23 {
            let person = v1::Person {
                iin: number(&format!("902105300{:02}", n + 10)).to_text(),
                ..v1::Person::default()
            };
            let put = put(&stage.fresh(), person, 0);
            answered(stage.client.put_person(put).await);
        }
        for size in [1, 7, 22, 23, 5_000] {
            let (mut token, mut seen) = (String::new(), Vec::new());
            loop {
                let page = page(&mut stage, size, &token).await;
                assert!(page.changes.len() <= usize::try_from(size).unwrap());
                seen.extend(page.changes.into_iter().map(|c| (c.shard, c.seq)));
                token = page.next_page_token;
                if token.is_empty() {
                    break;
                }
            }
            assert_eq!(seen.len(), 23, "{size}");
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 23, "each once");
        }
        stage.end().await;
    }
}

#[tokio::test]
async fn a_token_that_is_none_and_one_that_is_too_old() {
    let store = memory::Store::new(1, 2);
    let mut stage = Stage::over(Register::Memory(store), tempfile::tempdir().unwrap()).await;
    let start = page(&mut stage, 0, "").await.resume_token;
    stage.with_holder().await;
    for version in 1..4 {
        let put = put(&stage.fresh(), holder_record(), version);
        answered(stage.client.put_person(put).await);
    }
    let ask = |size, token: &str| v1::ListChangesRequest { page_size: size, page_token: token.into() };
    let old = stage.client.list_changes(ask(0, &start)).await;
    assert_refused(old, Code::OutOfRange, "TOKEN_TOO_OLD");
    // Without one: from the oldest kept.
    let kept = page(&mut stage, 0, "").await;
    assert_eq!(kept.changes.iter().map(|c| c.seq).collect::<Vec<_>>(), [3, 4]);
    for token in ["x", "1.2", "-1"] {
        assert_eq!(fields(stage.client.list_changes(ask(0, token)).await), ["page_token"], "{token}");
    }
    assert_eq!(fields(stage.client.list_changes(ask(-1, "")).await), ["page_size"]);
    stage.end().await;
}
