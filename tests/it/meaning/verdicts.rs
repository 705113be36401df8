//! Verdicts, required checks, assurance, provenance.

use iinspect::pb::v1::{self, CheckKind as Kind, Outcome, Reason, Verdict};
use iinspect::person::Person;
use iinspect::register::{NumberState, Register, hotlist, memory};
use iinspect::verification::Completeness;

use super::scene::*;

const ALL: [Kind; 13] = [
    Kind::Format,
    Kind::ControlDigit,
    Kind::Structure,
    Kind::Consent,
    Kind::Register,
    Kind::Hotlist,
    Kind::Name,
    Kind::BirthDate,
    Kind::Sex,
    Kind::Citizenship,
    Kind::Document,
    Kind::Purpose,
    Kind::Signature,
];

#[tokio::test]
async fn every_answer_has_all_13_checks_in_order() {
    let scene = Scene::new(Setting::default()).await;
    for text in [holder().to_text(), "nonsense".into()] {
        let answer = scene.answer(request(&text)).await;
        let kinds: Vec<_> = answer.0.checks.iter().map(|c| c.kind as usize).collect();
        assert_eq!(kinds, (1..=ALL.len()).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn rejected_means_that_a_required_check_failed() {
    let scene = Scene::new(Setting::default()).await;
    let claims = v1::Claims { birth_date: "1990-01-06".into(), ..v1::Claims::default() };
    let answer = scene.answer(with_claims(&holder().to_text(), claims)).await;
    assert_verdict(&answer, Verdict::Rejected, &["MISMATCH"]);
    assert_check(&answer, Kind::BirthDate, Outcome::Fail, Reason::Mismatch);
}

#[tokio::test]
async fn format_control_digit_and_register_are_required_of_everyone() {
    let scene = Scene::new(Setting::default()).await;
    let wrong = format!("{}{}", &holder().to_text()[..11], (holder().as_u64() + 1) % 10);
    let absent = number("90210530002").to_text();
    for (text, kind, reason, told) in [
        ("12345", Kind::Format, Reason::MalformedLength, "MALFORMED_LENGTH"),
        ("90210530001x", Kind::Format, Reason::MalformedCharset, "MALFORMED_CHARSET"),
        ("٩٠٢١٠٥٣٠٠٠١٢", Kind::Format, Reason::MalformedCharset, "MALFORMED_CHARSET"),
        ("000000000000", Kind::Format, Reason::AllZero, "ALL_ZERO"),
        ("9900000008", Kind::Format, Reason::MalformedLength, "MALFORMED_LENGTH"),
        (&wrong, Kind::ControlDigit, Reason::ControlMismatch, "CONTROL_MISMATCH"),
        ("500101100120", Kind::ControlDigit, Reason::NeverIssued, "NEVER_ISSUED"),
        (&absent, Kind::Register, Reason::NotInRegister, "NOT_IN_REGISTER"),
    ] {
        let answer = scene.answer(request(text)).await;
        assert_check(&answer, kind, Outcome::Fail, reason);
        assert_verdict(&answer, Verdict::Rejected, &[told]);
    }
}

#[tokio::test]
async fn eleven_digits_that_pass_with_a_zero_in_front_are_told_as_such() {
    let scene = Scene::new(Setting::default()).await;
    let answer = scene.answer(request(&number("00990000000").to_text()[1..])).await;
    assert_check(&answer, Kind::Format, Outcome::Fail, Reason::LeadingZeroLost);
}

#[tokio::test]
async fn after_a_failure_of_the_digits_the_rest_is_pointless_and_the_register_is_not_asked() {
    let scene = Scene::new(Setting::default()).await;
    let mut broken = request("902105300011");
    broken.claims = Some(true_claims());
    let answer = scene.answer(broken).await;
    for kind in [Kind::Register, Kind::Hotlist, Kind::Name, Kind::BirthDate, Kind::Document] {
        assert_check(&answer, kind, Outcome::Skipped, Reason::Unspecified);
    }
    let from = answer.0.provenance.as_ref().unwrap();
    assert!(from.fact_time.is_none() && from.source() == v1::Source::Unspecified);
}

#[tokio::test]
async fn states_that_are_not_in_force_fail_the_register_check() {
    let scene = Scene::new(Setting::default()).await;
    for (i, state, reason, told) in [
        (3, NumberState::Excluded, Reason::Excluded, "EXCLUDED"),
        (4, NumberState::ConditionallyExcluded, Reason::ConditionallyExcluded, "CONDITIONALLY_EXCLUDED"),
        (5, NumberState::Superseded, Reason::Superseded, "SUPERSEDED"),
    ] {
        let iin = number(&format!("9021053000{i}"));
        scene.put(iin, state, person()).await;
        let answer = scene.answer(request(&iin.to_text())).await;
        assert_check(&answer, Kind::Register, Outcome::Fail, reason);
        assert_verdict(&answer, Verdict::Rejected, &[told]);
        assert_eq!(answer.assurance(), "STRUCTURE");
    }
}

#[tokio::test]
async fn absence_means_what_the_register_is_and_the_answer_says_which() {
    let absent = number("90210530002").to_text();
    for (completeness, verdict, outcome, reason, told, says) in [
        (
            Completeness::Complete,
            Verdict::Rejected,
            Outcome::Fail,
            Reason::NotInRegister,
            "NOT_IN_REGISTER",
            v1::Completeness::Complete,
        ),
        (
            Completeness::Partial,
            Verdict::Inconclusive,
            Outcome::NotCompared,
            Reason::RegisterPartial,
            "REGISTER_PARTIAL",
            v1::Completeness::Partial,
        ),
    ] {
        let scene = Scene::new(Setting { completeness, ..Setting::default() }).await;
        let answer = scene.answer(request(&absent)).await;
        assert_check(&answer, Kind::Register, outcome, reason);
        assert_eq!(answer.0.verdict, verdict as i32);
        assert_eq!(answer.reasons()[0], told);
        let from = answer.0.provenance.as_ref().unwrap();
        let register = from.register.as_ref().unwrap();
        assert_eq!((register.completeness, register.name.as_str()), (says as i32, "scene"));
        assert!(from.fact_time.is_some(), "absence is a fact, too");
    }
}

#[tokio::test]
async fn claims_about_an_absent_number_are_pointless_or_have_nothing_to_compare_with() {
    let absent = number("90210530002").to_text();
    for (completeness, outcome, reason) in [
        (Completeness::Complete, Outcome::Skipped, Reason::Unspecified),
        (Completeness::Partial, Outcome::NotCompared, Reason::NothingToCompare),
    ] {
        let scene = Scene::new(Setting { completeness, ..Setting::default() }).await;
        let answer = scene.answer(with_claims(&absent, true_claims())).await;
        for kind in [Kind::Name, Kind::BirthDate, Kind::Sex, Kind::Citizenship, Kind::Document] {
            assert_check(&answer, kind, outcome, reason);
        }
    }
}

#[tokio::test]
async fn a_register_that_cannot_be_asked_is_inconclusive_and_never_absence() {
    let store = memory::Store::new(1, 1000);
    store.close().unwrap();
    let scene = Scene::over(Register::Memory(store), Setting::default());
    let answer = scene.answer(with_claims(&holder().to_text(), true_claims())).await;
    assert_eq!(answer.verdict(), "INCONCLUSIVE");
    for kind in [Kind::Register, Kind::Hotlist, Kind::Name, Kind::BirthDate] {
        assert_check(&answer, kind, Outcome::Unavailable, Reason::RegisterUnavailable);
    }
    assert!(answer.0.provenance.as_ref().unwrap().fact_time.is_none());
    assert_eq!(answer.assurance(), "STRUCTURE");
}

#[tokio::test]
async fn the_hotlist_tells_those_who_may_see_it_and_leaves_the_others_to_a_person() {
    let scene = Scene::new(Setting::default()).await;
    let iin = holder().to_text();
    assert_check(&scene.answer(request(&iin)).await, Kind::Hotlist, Outcome::Pass, Reason::Unspecified);

    scene.list(holder(), hotlist::Clients::All, None).await;
    let answer = scene.answer(request(&iin)).await;
    assert_check(&answer, Kind::Hotlist, Outcome::Fail, Reason::Hotlisted);
    assert_verdict(&answer, Verdict::Rejected, &["HOTLISTED"]);

    scene.list(holder(), hotlist::Clients::Only(["bank".to_string()].into()), None).await;
    let answer = scene.answer(request(&iin)).await;
    assert_check(&answer, Kind::Hotlist, Outcome::Unavailable, Reason::ManualReview);
    assert_verdict(&answer, Verdict::Inconclusive, &["MANUAL_REVIEW"]);
    assert!(!answer.check(Kind::Hotlist).message.to_lowercase().contains("hotlist"));

    scene.list(holder(), hotlist::Clients::All, Some(NOW)).await;
    let answer = scene.answer(request(&iin)).await;
    assert_check(&answer, Kind::Hotlist, Outcome::Pass, Reason::Unspecified);
}

#[tokio::test]
async fn the_required_assurance_is_claims_for_a_named_purpose_and_register_without() {
    let scene = Scene::new(Setting::default()).await;
    let iin = holder().to_text();
    let answer = scene.answer(request(&iin)).await;
    assert_verdict(&answer, Verdict::Verified, &[]);
    assert_eq!((answer.assurance(), answer.evidence()), ("REGISTER", vec!["STRUCTURE", "REGISTER"]));

    for purpose in 1..=11 {
        let named = v1::VerifyRequest { purpose, ..request(&iin) };
        let answer = scene.answer(named.clone()).await;
        assert_verdict(&answer, Verdict::Inconclusive, &["CLAIM_REQUIRED", "ASSURANCE_TOO_LOW"]);
        let answer = scene.answer(v1::VerifyRequest { claims: Some(true_claims()), ..named }).await;
        assert_verdict(&answer, Verdict::Verified, &[]);
        assert_eq!(answer.assurance(), "CLAIMS");
    }
}

#[tokio::test]
async fn an_assurance_that_is_asked_for_wins_over_the_default() {
    let scene = Scene::new(Setting::default()).await;
    let iin = holder().to_text();
    let asked = |rung: v1::Assurance, purpose: v1::Purpose| v1::VerifyRequest {
        required_assurance: rung.into(),
        purpose: purpose.into(),
        ..request(&iin)
    };
    let low = asked(v1::Assurance::Register, v1::Purpose::Tax);
    let claims =
        v1::Claims { name: Some(person_name("Тестова", "Айша", None)), ..v1::Claims::default() };
    let low = scene.answer(v1::VerifyRequest { claims: Some(claims), ..low }).await;
    assert_verdict(&low, Verdict::Verified, &[]);
    assert!(low.0.required_assurance() == v1::Assurance::Register);
    let high = scene.answer(asked(v1::Assurance::Possession, v1::Purpose::Unspecified)).await;
    assert_verdict(&high, Verdict::Inconclusive, &["ASSURANCE_TOO_LOW"]);
    assert!(high.0.required_assurance() == v1::Assurance::Possession);
}

#[tokio::test]
async fn sex_and_citizenship_alone_do_not_identify() {
    let scene = Scene::new(Setting::default()).await;
    let claims =
        v1::Claims { sex: v1::Sex::Female.into(), citizenship: "KAZ".into(), ..v1::Claims::default() };
    let asked = v1::VerifyRequest {
        required_assurance: v1::Assurance::Claims.into(),
        ..with_claims(&holder().to_text(), claims)
    };
    let answer = scene.answer(asked).await;
    assert_verdict(&answer, Verdict::Inconclusive, &["ASSURANCE_TOO_LOW"]);
}

#[tokio::test]
async fn what_digits_suggest_is_a_warning_and_changes_no_verdict_unless_the_operator_is_strict() {
    let company = "940140000385";
    // Seventh digit 0 with a date: issued to foreigners; 9: no meaning; a birth before 1890.
    let cases = [
        (number("50010100001").to_text(), Reason::SeventhDigitZero),
        (number("50010190001").to_text(), Reason::SeventhDigitUnassigned),
        (number("50010110001").to_text(), Reason::DateBefore1890),
        (number("50023010001").to_text(), Reason::DateImpossible),
        (number("99010150001").to_text(), Reason::DateInFuture),
        (holder().to_text(), Reason::TestNumber),
        (company.to_string(), Reason::LooksLikeBin),
    ];
    for (text, reason) in cases {
        for strict in [false, true] {
            let scene = Scene::new(Setting { strict, ..Setting::default() }).await;
            let iin = iinspect::number::Iin::parse(&text).unwrap();
            scene.put(iin, NumberState::InForce, Person::default()).await;
            let answer = scene.answer(request(&text)).await;
            let (outcome, verdict) =
                if strict { (Outcome::Fail, Verdict::Rejected) } else { (Outcome::Warn, Verdict::Verified) };
            assert_check(&answer, Kind::Structure, outcome, reason);
            assert_eq!(answer.0.verdict, verdict as i32, "{} {strict}", reason.as_str_name());
        }
    }
}

#[tokio::test]
async fn a_birth_date_that_differs_from_the_digits_is_no_error() {
    let scene = Scene::new(Setting::default()).await;
    let iin = number("50010110001");
    let born = Person { birth_date: Some(jiff::civil::date(1990, 1, 5)), ..Person::default() };
    let sound = number("88010130001");
    scene.put(sound, NumberState::InForce, born.clone()).await;
    scene.put(iin, NumberState::InForce, born).await;
    let claims = v1::Claims { birth_date: "1990-01-05".into(), ..v1::Claims::default() };
    let answer = scene.answer(with_claims(&sound.to_text(), claims)).await;
    assert_check(&answer, Kind::BirthDate, Outcome::Pass, Reason::Unspecified);
    assert_check(&answer, Kind::Structure, Outcome::Warn, Reason::DigitsDifferFromClaim);
    assert_verdict(&answer, Verdict::Verified, &[]);
}

#[tokio::test]
async fn texts_are_filled_for_all_but_passed_and_skipped_checks_unless_asked_for() {
    let scene = Scene::new(Setting::default()).await;
    let absent = number("90210530002").to_text();
    for explain in [false, true] {
        let answer = scene.answer(v1::VerifyRequest { explain, ..request(&absent) }).await;
        for check in &answer.0.checks {
            let quiet = matches!(check.outcome(), Outcome::Pass | Outcome::Skipped);
            assert_eq!(check.message.is_empty(), quiet && !explain, "{}", check.kind().as_str_name());
            assert_eq!(check.legal_basis.is_empty(), quiet && !explain, "{}", check.kind().as_str_name());
        }
        assert!(answer.check(Kind::Register).legal_basis.contains("223-III"));
    }
}

#[tokio::test]
async fn an_answer_has_an_id_and_echoes_the_callers_references() {
    let scene = Scene::new(Setting::default()).await;
    let asked = v1::VerifyRequest {
        request_id: "018f2f64-5a1e-7cc0-8000-000000000001".into(),
        client_reference: "case 7".into(),
        max_age: Some(prost_types::Duration { seconds: 0, nanos: 0 }),
        ..request(&holder().to_text())
    };
    let (a, b) = (scene.answer(asked.clone()).await, scene.answer(asked).await);
    assert_eq!(
        (a.0.request_id.as_str(), a.0.client_reference.as_str()),
        ("018f2f64-5a1e-7cc0-8000-000000000001", "case 7")
    );
    assert_ne!(a.0.verification_id, b.0.verification_id, "a read is decided afresh");
    let id = uuid::Uuid::parse_str(&a.0.verification_id).unwrap();
    assert_eq!(id.get_version_num(), 7);
    let from = a.0.provenance.unwrap();
    assert!(from.source() == v1::Source::Register);
    assert_eq!(from.fact_time, from.checked_at);
}
