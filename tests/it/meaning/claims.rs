//! Claims: PASS, FAIL, NOT_COMPARED, SKIPPED, and what shows in the parts.

use iinspect::pb::v1::{
    self, CheckKind as Kind, Claims, Document, MatchLevel, Outcome, Part, Reason, Verdict,
};
use iinspect::person::Person;
use iinspect::register::NumberState;

use super::scene::*;

#[tokio::test]
async fn every_claim_that_agrees_passes() {
    let scene = Scene::new(Setting::default()).await;
    let answer = scene.answer(with_claims(&holder().to_text(), true_claims())).await;
    for kind in [Kind::Name, Kind::BirthDate, Kind::Sex, Kind::Citizenship, Kind::Document] {
        assert_check(&answer, kind, Outcome::Pass, Reason::Unspecified);
    }
    assert_eq!(answer.evidence(), ["STRUCTURE", "REGISTER", "CLAIMS"]);
}

#[tokio::test]
async fn a_claim_that_differs_fails_however_near() {
    let scene = Scene::new(Setting::default()).await;
    let rows: [(Kind, Claims); 8] = [
        (Kind::Name, Claims { name: Some(person_name("Тестов", "Айша", None)), ..Claims::default() }),
        (Kind::Name, Claims { name: Some(person_name("Айша", "Тестова", None)), ..Claims::default() }),
        (
            Kind::Name,
            Claims {
                name: Some(person_name("Тестова", "Айша", Some("Ермекқызы"))), ..Claims::default()
            },
        ),
        (Kind::BirthDate, Claims { birth_date: "1990-05-01".into(), ..Claims::default() }),
        (Kind::Sex, Claims { sex: v1::Sex::Male.into(), ..Claims::default() }),
        (Kind::Citizenship, Claims { citizenship: "RUS".into(), ..Claims::default() }),
        (Kind::Document, document("012345679", "", "", "")),
        (Kind::Document, document("012345678", "PASSPORT", "", "")),
    ];
    for (kind, claims) in rows {
        let answer = scene.answer(with_claims(&holder().to_text(), claims)).await;
        assert_check(&answer, kind, Outcome::Fail, Reason::Mismatch);
        assert_verdict(&answer, Verdict::Rejected, &["MISMATCH"]);
    }
}

fn document(number: &str, kind: &str, country: &str, valid_until: &str) -> Claims {
    let document = Document {
        number: number.into(),
        r#type: kind.into(),
        issuing_country: country.into(),
        valid_until: valid_until.into(),
    };
    Claims { document: Some(document), ..Claims::default() }
}

#[tokio::test]
async fn claims_not_given_are_skipped_and_not_required() {
    let scene = Scene::new(Setting::default()).await;
    let answer = scene.answer(request(&holder().to_text())).await;
    for kind in [
        Kind::Name,
        Kind::BirthDate,
        Kind::Sex,
        Kind::Citizenship,
        Kind::Document,
        Kind::Consent,
        Kind::Signature,
    ] {
        assert_check(&answer, kind, Outcome::Skipped, Reason::Unspecified);
    }
    assert_verdict(&answer, Verdict::Verified, &[]);
}

#[tokio::test]
async fn a_claim_with_nothing_to_compare_is_required_and_leaves_the_verdict_open() {
    let scene = Scene::new(Setting::default()).await;
    let bare = number("90210530006");
    scene.put(bare, NumberState::InForce, Person::default()).await;
    let answer = scene.answer(with_claims(&bare.to_text(), true_claims())).await;
    for kind in [Kind::Name, Kind::BirthDate, Kind::Sex, Kind::Citizenship, Kind::Document] {
        assert_check(&answer, kind, Outcome::NotCompared, Reason::NothingToCompare);
    }
    assert_eq!(answer.verdict(), "INCONCLUSIVE");
    assert_eq!(answer.assurance(), "REGISTER");
}

#[tokio::test]
async fn a_failure_weighs_more_than_what_could_not_be_compared() {
    let scene = Scene::new(Setting::default()).await;
    let iin = number("90210530007");
    let half = Person { birth_date: Some(jiff::civil::date(1991, 1, 1)), ..Person::default() };
    scene.put(iin, NumberState::InForce, half).await;
    let answer = scene.answer(with_claims(&iin.to_text(), true_claims())).await;
    assert_verdict(&answer, Verdict::Rejected, &["MISMATCH"]);
}

fn parts(answer: &Answer, kind: Kind) -> Vec<(Part, Outcome, MatchLevel)> {
    answer.check(kind).parts.iter().map(|p| (p.part(), p.outcome(), p.level())).collect()
}

#[tokio::test]
async fn a_patronymic_that_could_not_be_compared_shows_only_in_the_parts() {
    let scene = Scene::new(Setting::default()).await;
    let iin = number("90210530008");
    let unnamed = Person { names: vec![name("Testova", "Aisha", None)], ..Person::default() };
    scene.put(iin, NumberState::InForce, unnamed).await;
    let claims = Claims { name: Some(person_name("TESTOVA", "AISHA", Some("Nurkyzy"))), ..Claims::default() };
    let answer = scene.answer(with_claims(&iin.to_text(), claims)).await;
    assert_check(&answer, Kind::Name, Outcome::Pass, Reason::Unspecified);
    let told = parts(&answer, Kind::Name);
    assert!(told[0] == (Part::FamilyName, Outcome::Pass, MatchLevel::Folded));
    assert!(told[1] == (Part::GivenName, Outcome::Pass, MatchLevel::Folded));
    assert!(told[2] == (Part::Patronymic, Outcome::NotCompared, MatchLevel::Unspecified));
}

#[tokio::test]
async fn each_documents_own_spelling_of_the_name_counts() {
    let scene = Scene::new(Setting::default()).await;
    let iin = number("90210530009");
    let mut person = person();
    person.documents[0].name = Some(name("Testova-Smith", "Isha", None));
    scene.put(iin, NumberState::InForce, person).await;
    for (family, given, outcome, reason) in [
        ("Тестова", "Айша", Outcome::Pass, Reason::Unspecified),
        ("testova smith", "isha", Outcome::Pass, Reason::Unspecified),
        // The family name of the one and the given name of the other are nobody's.
        ("Тестова", "Isha", Outcome::Fail, Reason::Mismatch),
    ] {
        let claims = Claims { name: Some(person_name(family, given, None)), ..Claims::default() };
        let answer = scene.answer(with_claims(&iin.to_text(), claims)).await;
        assert_check(&answer, Kind::Name, outcome, reason);
    }
}

#[tokio::test]
async fn a_document_agrees_in_all_that_is_claimed() {
    let scene = Scene::new(Setting::default()).await;
    let iin = holder().to_text();
    let full = document("012-345".replace('-', " ").as_str(), "", "", "");
    let answer = scene.answer(with_claims(&iin, full)).await;
    assert_check(&answer, Kind::Document, Outcome::Fail, Reason::Mismatch);
    let full = document("012 345 678", "IDENTITY_CARD", "KAZ", "2030-06-30");
    let answer = scene.answer(with_claims(&iin, full)).await;
    assert_check(&answer, Kind::Document, Outcome::Pass, Reason::Unspecified);
    let wrong_day = document("012345678", "IDENTITY_CARD", "KAZ", "2030-07-01");
    let answer = scene.answer(with_claims(&iin, wrong_day)).await;
    assert_check(&answer, Kind::Document, Outcome::Fail, Reason::Mismatch);
    assert!(parts(&answer, Kind::Document).contains(&(
        Part::DocumentValidUntil,
        Outcome::Fail,
        MatchLevel::NoMatch
    )));
}

#[tokio::test]
async fn an_expired_document_that_agrees_is_a_warning() {
    let scene = Scene::new(Setting::default()).await;
    let answer = scene.answer(with_claims(&holder().to_text(), document("N1", "", "", ""))).await;
    assert_check(&answer, Kind::Document, Outcome::Warn, Reason::DocumentExpired);
    assert_verdict(&answer, Verdict::Verified, &[]);
    assert_eq!(answer.assurance(), "CLAIMS");
}

#[tokio::test]
async fn answers_never_echo_what_the_register_holds() {
    let scene = Scene::new(Setting::default()).await;
    let wrong = Claims {
        name: Some(person_name("Чужой", "Некто", None)),
        birth_date: "1980-02-02".into(),
        citizenship: "RUS".into(),
        ..Claims::default()
    };
    let asked = v1::VerifyRequest { explain: true, ..with_claims(&holder().to_text(), wrong) };
    let answer = scene.answer(asked).await;
    let mut bytes = Vec::new();
    prost::Message::encode(&answer.0, &mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    for held in ["Тестова", "Айша", "1990", "KAZ", "012345678", &holder().to_text()] {
        assert!(!text.contains(held), "{held}");
    }
}

#[tokio::test]
async fn a_document_that_no_longer_counts_proves_nothing_however_well_it_agrees() {
    for (status, outcome, reason) in [
        ("", Outcome::Pass, Reason::Unspecified),
        ("00", Outcome::Pass, Reason::Unspecified),
        ("10", Outcome::Warn, Reason::DocumentExpired),
        ("08", Outcome::Fail, Reason::DocumentLost),
        ("17", Outcome::Fail, Reason::DocumentReplaced),
        ("07", Outcome::Fail, Reason::DocumentNotValid),
        ("99", Outcome::Fail, Reason::DocumentNotValid),
    ] {
        let scene = Scene::new(Setting::default()).await;
        let mut held = person();
        held.documents[0].status = status.parse().ok();
        scene.put(holder(), NumberState::InForce, held).await;
        let claims = document("012345678", "IDENTITY_CARD", "KAZ", "2030-06-30");
        let answer = scene.answer(with_claims(&holder().to_text(), claims)).await;
        assert_check(&answer, Kind::Document, outcome, reason);
    }
}
