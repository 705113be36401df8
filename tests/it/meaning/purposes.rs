//! What a purpose asks of a verification: claims, an age, by the rules of the day.

use iinspect::number::Iin;
use iinspect::pb::v1::{self, CheckKind as Kind, Outcome, Purpose, Reason, Verdict};
use iinspect::person::Person;
use iinspect::register::{NumberState, Register, memory};
use iinspect::rulebook;
use iinspect::verification::Completeness;
use jiff::civil::{Date, date};

use super::scene::*;

fn asked(iin: Iin, purpose: Purpose, claims: v1::Claims) -> v1::VerifyRequest {
    v1::VerifyRequest { purpose: purpose.into(), claims: Some(claims), ..request(&iin.to_text()) }
}

fn name_alone() -> v1::Claims {
    v1::Claims { name: Some(person_name("Тестова", "Айша", None)), ..v1::Claims::default() }
}

async fn born(scene: &Scene, last: char, birth_date: Option<Date>) -> (Iin, v1::Claims) {
    let iin = number(&format!("9021053001{last}"));
    scene.put(iin, NumberState::InForce, Person { birth_date, ..person() }).await;
    let claimed = birth_date.unwrap_or(date(1990, 1, 5));
    (iin, v1::Claims { birth_date: claimed.to_string(), ..true_claims() })
}

#[tokio::test]
async fn a_claim_that_the_purpose_needs_and_that_was_left_out_is_named() {
    let scene = Scene::new(Setting::default()).await;
    let book = rulebook::built_in();
    for purpose in rulebook::Purpose::ALL {
        let needs = &book.purpose(purpose, date(2026, 11, 22)).unwrap().says.claims;
        let purpose = Purpose::try_from(purpose as i32).unwrap_or_default();
        assert!(!needs.is_empty());
        let bare = scene.answer(asked(holder(), purpose, v1::Claims::default())).await;
        assert_verdict(&bare, Verdict::Inconclusive, &["CLAIM_REQUIRED", "ASSURANCE_TOO_LOW"]);
        assert_check(&bare, Kind::Purpose, Outcome::Unavailable, Reason::ClaimRequired);
        for (claim, kind) in
            [("Name", Kind::Name), ("BirthDate", Kind::BirthDate), ("Document", Kind::Document)]
        {
            let needed = needs.iter().any(|n| format!("{n:?}") == claim);
            let want = if needed {
                (Outcome::Unavailable, Reason::ClaimRequired)
            } else {
                (Outcome::Skipped, Reason::Unspecified)
            };
            assert_check(&bare, kind, want.0, want.1);
        }
        let whole = scene.answer(asked(holder(), purpose, true_claims())).await;
        assert_verdict(&whole, Verdict::Verified, &[]);
        assert_check(&whole, Kind::Purpose, Outcome::Pass, Reason::Unspecified);
    }
    let answer = scene.answer(asked(holder(), Purpose::Employment, name_alone())).await;
    assert_verdict(&answer, Verdict::Inconclusive, &["CLAIM_REQUIRED"]);
    assert_check(&answer, Kind::Name, Outcome::Pass, Reason::Unspecified);
    assert_check(&answer, Kind::Document, Outcome::Unavailable, Reason::ClaimRequired);
    for kind in [Kind::Document, Kind::Purpose] {
        assert!(answer.check(kind).legal_basis.contains("art. 28"), "the act is the purpose's own");
    }
    // A low rung does not do without what the purpose needs.
    let low = v1::VerifyRequest {
        required_assurance: v1::Assurance::None.into(),
        ..asked(holder(), Purpose::Tax, v1::Claims::default())
    };
    assert_verdict(&scene.answer(low).await, Verdict::Inconclusive, &["CLAIM_REQUIRED"]);
}

#[tokio::test]
async fn an_age_that_is_not_reached_fails_until_the_birthday() {
    let scene = Scene::new(Setting::default()).await;
    // Today is 22 November 2026.
    for (last, purpose, birth_date, reached) in [
        ('1', Purpose::Business, date(2008, 11, 23), false),
        ('2', Purpose::Business, date(2008, 11, 22), true),
        ('3', Purpose::Employment, date(2010, 11, 23), false),
        ('4', Purpose::Employment, date(2010, 11, 22), true),
        ('5', Purpose::BankAccount, date(2020, 1, 31), true),
    ] {
        let (iin, claims) = born(&scene, last, Some(birth_date)).await;
        let answer = scene.answer(asked(iin, purpose, claims)).await;
        if reached {
            assert_verdict(&answer, Verdict::Verified, &[]);
        } else {
            assert_verdict(&answer, Verdict::Rejected, &["AGE_NOT_REACHED"]);
            assert_check(&answer, Kind::Purpose, Outcome::Fail, Reason::AgeNotReached);
            assert!(!answer.check(Kind::Purpose).legal_basis.is_empty());
        }
    }
}

#[tokio::test]
async fn a_claimed_birth_date_can_fail_an_age_and_never_pass_it() {
    let scene = Scene::new(Setting::default()).await;
    let (iin, claims) = born(&scene, '6', None).await;
    let answer = scene.answer(asked(iin, Purpose::Business, claims.clone())).await;
    assert_verdict(&answer, Verdict::Inconclusive, &["NOTHING_TO_COMPARE", "ASSURANCE_TOO_LOW"]);
    assert_check(&answer, Kind::Purpose, Outcome::NotCompared, Reason::NothingToCompare);
    let young = v1::Claims { birth_date: "2012-01-31".into(), ..claims };
    let answer = scene.answer(asked(iin, Purpose::Business, young)).await;
    assert_verdict(&answer, Verdict::Rejected, &["AGE_NOT_REACHED"]);
}

#[tokio::test]
async fn after_a_failure_of_the_digits_or_of_a_complete_register_it_is_pointless() {
    let scene = Scene::new(Setting::default()).await;
    for iin in ["12345", &number("90210530002").to_text()] {
        let bare = v1::VerifyRequest { purpose: Purpose::Tax.into(), ..request(iin) };
        let answer = scene.answer(bare).await;
        for kind in [Kind::Purpose, Kind::Name] {
            assert_check(&answer, kind, Outcome::Skipped, Reason::Unspecified);
        }
        assert!(answer.verdict() == "REJECTED");
    }
}

#[tokio::test]
async fn over_a_partial_register_or_none_the_purpose_is_left_open() {
    let partial = Setting { completeness: Completeness::Partial, ..Setting::default() };
    let scene = Scene::new(partial).await;
    let absent = number("90210530002");
    let answer = scene.answer(asked(absent, Purpose::Business, true_claims())).await;
    assert_check(&answer, Kind::Purpose, Outcome::NotCompared, Reason::NothingToCompare);
    let store = memory::Store::new(1, 1000);
    store.close().unwrap();
    let scene = Scene::over(Register::Memory(store), Setting::default());
    let answer = scene.answer(asked(holder(), Purpose::Business, true_claims())).await;
    assert_check(&answer, Kind::Purpose, Outcome::Unavailable, Reason::RegisterUnavailable);
    assert!(answer.verdict() == "INCONCLUSIVE");
}

#[tokio::test]
async fn the_rules_are_those_of_the_day_asked_about_and_the_answer_names_their_version() {
    let scene = Scene::new(Setting::default()).await;
    // Recorded at the scene's now; the day before the 18th birthday can be asked about only then.
    let (iin, claims) = born(&scene, '7', Some(date(2008, 11, 22))).await;
    let today = asked(iin, Purpose::Business, claims);
    let answer = scene.answer(today.clone()).await;
    assert_verdict(&answer, Verdict::Verified, &[]);
    let version = answer.0.provenance.as_ref().unwrap().rulebook_version.clone();
    assert_eq!(version, &**rulebook::built_in().version());
    let past = v1::VerifyRequest {
        as_of: Some(prost_types::Timestamp { seconds: 1_000_000_000, nanos: 0 }),
        ..today
    };
    let answer = scene.answer(past).await;
    assert!(answer.verdict() == "REJECTED", "nothing was recorded in 2001");
    assert_eq!(answer.0.provenance.as_ref().unwrap().rulebook_version, version);
}

#[tokio::test]
async fn a_day_without_a_rule_is_left_open() {
    let partial = Setting { completeness: Completeness::Partial, ..Setting::default() };
    let scene = Scene::new(partial).await;
    let past = v1::VerifyRequest {
        as_of: Some(prost_types::Timestamp { seconds: 1_000_000_000, nanos: 0 }),
        ..asked(holder(), Purpose::Tax, true_claims())
    };
    let answer = scene.answer(past).await;
    assert_check(&answer, Kind::Purpose, Outcome::Unavailable, Reason::RuleUnknown);
    assert!(answer.reasons().contains(&"RULE_UNKNOWN"));
}
