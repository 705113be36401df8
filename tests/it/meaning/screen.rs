//! Screen: the decision of Verify, two bytes a number.

use std::time::Duration;

use iinspect::pb::v1::verification_service_server::VerificationService;
use iinspect::pb::v1::{self, Assurance, Reason, ScreenDepth, ScreenRequest, Verdict};
use iinspect::person::Person;
use iinspect::register::hotlist::Clients;
use iinspect::register::{NumberState, Register, memory, sqlite};
use iinspect::verification::Completeness;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use super::scene::*;

async fn screen(scene: &Scene, request: ScreenRequest) -> Result<v1::ScreenResponse, Status> {
    scene.service.screen(Request::new(request)).await.map(tonic::Response::into_inner)
}

async fn answer(scene: &Scene, request: ScreenRequest) -> v1::ScreenResponse {
    match screen(scene, request).await {
        Ok(answer) => answer,
        Err(status) => panic!("refused: {status:?}"),
    }
}

async fn refused(scene: &Scene, request: ScreenRequest) -> Status {
    match screen(scene, request).await {
        Ok(_) => panic!("answered"),
        Err(status) => status,
    }
}

fn texts<T: Into<String>>(all: impl IntoIterator<Item = T>, depth: ScreenDepth) -> ScreenRequest {
    let number_strings = all.into_iter().map(Into::into).collect();
    ScreenRequest { number_strings, depth: depth.into(), ..ScreenRequest::default() }
}

fn integers(iins: Vec<u64>, depth: ScreenDepth) -> ScreenRequest {
    ScreenRequest { iins, depth: depth.into(), ..ScreenRequest::default() }
}

fn read(answer: &v1::ScreenResponse) -> Vec<(&'static str, &'static str)> {
    let verdict = |v: &u8| Verdict::try_from(i32::from(*v)).ok().unwrap().as_str_name();
    let reason = |r: &u8| Reason::try_from(i32::from(*r)).ok().unwrap().as_str_name();
    assert_eq!(answer.verdicts.len(), answer.reasons.len());
    answer.verdicts.iter().map(verdict).zip(answer.reasons.iter().map(reason)).collect()
}

/// What Verify says of the same number, as a row of Screen.
async fn verified(scene: &Scene, text: &str, rung: Assurance) -> (&'static str, &'static str) {
    let asked = v1::VerifyRequest { required_assurance: rung.into(), ..request(text) };
    let answer = scene.answer(asked).await.0;
    let warned = answer.checks.iter().find(|c| c.outcome() == v1::Outcome::Warn).map(v1::Check::reason);
    let reason = answer.reasons().next().or(warned).unwrap_or(Reason::Unspecified);
    (answer.verdict().as_str_name(), reason.as_str_name())
}

/// Numbers of every kind that the register and the digits tell apart.
async fn portfolio(scene: &Scene) -> Vec<String> {
    for (i, state) in [NumberState::Excluded, NumberState::Superseded, NumberState::ConditionallyExcluded]
        .into_iter()
        .enumerate()
    {
        scene.put(number(&format!("9021053001{i}")), state, Person::default()).await;
    }
    let (seen, hidden) = (number("90210530020"), number("90210530021"));
    for listed in [seen, hidden] {
        scene.put(listed, NumberState::InForce, person()).await;
    }
    scene.list(seen, Clients::All, None).await;
    scene.list(hidden, Clients::Only(["bank-a".to_string()].into()), None).await;
    let mut all: Vec<String> = (0..3).map(|i| number(&format!("9021053001{i}")).to_text()).collect();
    all.extend([holder(), seen, hidden, number("90210530002")].map(iinspect::number::Iin::to_text));
    let wrong = format!("{}{}", &holder().to_text()[..11], (holder().as_u64() + 1) % 10);
    all.push(wrong);
    all.push(number("00990000000").to_text()[1..].to_string());
    for text in [
        "",
        "12345",
        "90210530001x",
        "٩٠٢١٠٥٣٠٠٠١٢",
        "000000000000",
        "500101100120",
        "500101100000",
        "961141000023",
        "940140000385",
        "123456789013",
        "009900000008",
    ] {
        all.push(text.into());
    }
    all
}

#[tokio::test]
async fn every_number_gets_the_decision_of_verify() {
    for completeness in [Completeness::Complete, Completeness::Partial] {
        for strict in [false, true] {
            let scene = Scene::new(Setting { completeness, strict, ..Setting::default() }).await;
            let all = portfolio(&scene).await;
            let got = read(&answer(&scene, texts(all.clone(), ScreenDepth::Register)).await);
            for (text, got) in all.iter().zip(&got).filter(|(text, _)| !text.is_empty()) {
                assert_eq!(*got, verified(&scene, text, Assurance::Register).await, "{text} {strict}");
            }
            let told: std::collections::BTreeSet<_> = got.iter().map(|(_, reason)| *reason).collect();
            assert!(strict || told.len() >= 13, "the portfolio has become uniform: {told:?}");
        }
    }
}

/// Any twelve digits, as text and as an integer.
#[test]
fn random_numbers_get_the_decision_of_verify_too() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scene = runtime.block_on(Scene::new(Setting::default()));
    let column = proptest::collection::vec(0..1_000_000_000_000u64, 1..40);
    let mut runner = TestRunner::new(ProptestConfig { cases: 50, ..ProptestConfig::default() });
    let held = runner.run(&column, |column| {
        runtime.block_on(async {
            let all: Vec<String> = column.iter().map(|n| format!("{n:012}")).collect();
            let by_text = answer(&scene, texts(all.clone(), ScreenDepth::Register)).await;
            let by_integer = answer(&scene, integers(column, ScreenDepth::Register)).await;
            assert!(by_text.verdicts == by_integer.verdicts && by_text.reasons == by_integer.reasons);
            for (text, got) in all.iter().zip(read(&by_text)) {
                assert_eq!(got, verified(&scene, text, Assurance::Register).await, "{text}");
            }
        });
        Ok(())
    });
    held.unwrap();
}

#[tokio::test]
async fn depth_structure_asks_the_digits_alone() {
    let store = memory::Store::new(1, 1000);
    store.close().unwrap();
    let scene = Scene::over(Register::Memory(store), Setting::default());
    let odd = number("90210530001").to_text();
    for depth in [ScreenDepth::Unspecified, ScreenDepth::Structure] {
        let got = answer(&scene, texts([odd.as_str(), "500101100000", "500101100001", "1"], depth)).await;
        assert_eq!(
            read(&got),
            [
                ("VERDICT_VERIFIED", "REASON_TEST_NUMBER"),
                ("VERDICT_VERIFIED", "REASON_DATE_BEFORE_1890"),
                ("VERDICT_REJECTED", "REASON_CONTROL_MISMATCH"),
                ("VERDICT_REJECTED", "REASON_MALFORMED_LENGTH"),
            ]
        );
        let from = got.provenance.unwrap();
        assert!(from.fact_time.is_none() && from.source() == v1::Source::Unspecified);
    }
}

#[tokio::test]
async fn integers_have_their_zeros_and_from_ten_to_the_twelfth_no_length() {
    let scene = Scene::new(Setting::default()).await;
    let all = vec![9_900_000_008, 0, 999_999_999_999, 1_000_000_000_000, u64::MAX];
    let got = answer(&scene, integers(all, ScreenDepth::Structure)).await;
    let reasons: Vec<_> = read(&got).into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(
        reasons,
        [
            "REASON_SEVENTH_DIGIT_ZERO",
            "REASON_ALL_ZERO",
            "REASON_CONTROL_MISMATCH",
            "REASON_MALFORMED_LENGTH",
            "REASON_MALFORMED_LENGTH"
        ]
    );
}

#[tokio::test]
async fn counts_and_provenance() {
    let scene = Scene::new(Setting::default()).await;
    let mut all = vec![holder().to_text(); 3];
    all.extend(["1".into(), "2".into(), number("90210530002").to_text()]);
    let got = answer(&scene, texts(all, ScreenDepth::Register)).await;
    let counts: Vec<_> = got.counts.iter().map(|c| (c.reason().as_str_name(), c.count)).collect();
    assert_eq!(
        counts,
        [("REASON_MALFORMED_LENGTH", 2), ("REASON_TEST_NUMBER", 3), ("REASON_NOT_IN_REGISTER", 1)]
    );
    let from = got.provenance.unwrap();
    assert!(from.source() == v1::Source::Register && from.fact_time.is_some());
    assert!(from.register.unwrap().snapshot_time.is_some());
    let none = answer(&scene, texts(["1"], ScreenDepth::Register)).await.provenance.unwrap();
    assert!(none.fact_time.is_none(), "malformed numbers never reach the register");
}

#[tokio::test]
async fn a_register_that_cannot_be_asked_leaves_the_numbers_it_was_to_be_asked_about_open() {
    let store = memory::Store::new(1, 1000);
    store.close().unwrap();
    let scene = Scene::over(Register::Memory(store), Setting::default());
    let mut all = vec!["1".to_string()];
    all.extend((0..2_500).map(|i| format!("9021{i:07}")).filter_map(|eleven| {
        let digits: Vec<u8> = eleven.bytes().map(|b| b - b'0').collect();
        let digit = iinspect::number::control(&digits.try_into().unwrap()).digit()?;
        Some(format!("{eleven}{digit}"))
    }));
    let got = read(&answer(&scene, texts(all, ScreenDepth::Register)).await);
    assert_eq!(got[0], ("VERDICT_REJECTED", "REASON_MALFORMED_LENGTH"));
    assert!(got.len() > 2_000, "more than two chunks");
    assert!(got[1..].iter().all(|row| *row == ("VERDICT_INCONCLUSIVE", "REASON_REGISTER_UNAVAILABLE")));
}

#[tokio::test]
async fn a_column_longer_than_a_chunk_keeps_its_order_over_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite::Store::open(folder.path().join("register.db"), &sqlite::Options::default()).unwrap();
    let scene = Scene::over(Register::Sqlite(store.clone()), Setting::default());
    scene.put(holder(), NumberState::InForce, person()).await;
    let (held, absent) = (holder().as_u64(), number("90210530002").as_u64());
    let all: Vec<u64> = (0..3_500).map(|i| if i % 7 == 0 { held } else { absent }).collect();
    let got = read(&answer(&scene, integers(all, ScreenDepth::Register)).await);
    for (i, (verdict, _)) in got.iter().enumerate() {
        assert_eq!(*verdict, if i % 7 == 0 { "VERDICT_VERIFIED" } else { "VERDICT_REJECTED" }, "{i}");
    }
    store.close().unwrap();
}

#[tokio::test]
async fn columns_that_make_no_sense_are_refused_field_by_field() {
    let scene = Scene::new(Setting::default()).await;
    let both = ScreenRequest { iins: vec![1], ..texts(["1"], ScreenDepth::Structure) };
    let long = texts((0..40).map(|i| "1".repeat(64 + i % 2)), ScreenDepth::Structure);
    let odd = ScreenRequest {
        depth: 9,
        purpose: 99,
        request_id: "x".into(),
        ..integers(vec![1], ScreenDepth::Structure)
    };
    let named: Vec<String> = (0..20).map(|i| format!("number_strings[{}]", i * 2 + 1)).collect();
    for (request, want) in [
        (ScreenRequest::default(), vec!["iins".to_string()]),
        (both, vec!["iins".to_string()]),
        (integers(vec![1; 100_001], ScreenDepth::Structure), vec!["iins".to_string()]),
        (texts(vec!["1"; 100_001], ScreenDepth::Structure), vec!["number_strings".to_string()]),
        (long, named),
        (odd, ["depth", "purpose", "request_id"].map(String::from).to_vec()),
    ] {
        let status = refused(&scene, request).await;
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        let got: Vec<_> =
            details.bad_request().unwrap().field_violations.iter().map(|v| v.field.clone()).collect();
        assert_eq!(got, want);
    }
    answer(&scene, integers(vec![1; 100_000], ScreenDepth::Structure)).await;
}

#[tokio::test]
async fn fields_that_are_not_served_are_refused_by_name() {
    let scene = Scene::new(Setting::default()).await;
    let asked = ScreenRequest {
        consent: Some(v1::Consent::default()),
        on_behalf_of: "bank-b".into(),
        end_user: "teller".into(),
        ..integers(vec![1], ScreenDepth::Structure)
    };
    let status = refused(&scene, asked).await;
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(
        status.get_error_details().error_info().unwrap().metadata["fields"],
        "consent,on_behalf_of,end_user"
    );
}

#[tokio::test]
async fn a_call_that_is_late_is_told_so() {
    let scene = Scene::new(Setting::default()).await;
    let mut late = Request::new(integers(vec![holder().as_u64(); 5_000], ScreenDepth::Register));
    late.extensions_mut()
        .insert(iinspect::grpc::edge::Deadline(tokio::time::Instant::now() - Duration::from_millis(1)));
    let status = scene.service.screen(late).await.map(|_| ()).unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
}
