//! Names: by what level a claim agrees, what the policy makes of it, and what is told.

use iinspect::pb::v1::{CheckKind as Kind, Claims, Document, MatchLevel, Outcome, Part, Reason, Verdict};
use iinspect::person::matching::Level;
use iinspect::verification::claims::Policy;

use super::scene::*;

fn claimed(family: &str, given: &str, patronymic: Option<&str>) -> Claims {
    Claims { name: Some(person_name(family, given, patronymic)), ..Claims::default() }
}

fn born(date: &str) -> Claims {
    Claims { birth_date: date.into(), ..Claims::default() }
}

async fn ask(claims: Policy, asked: Claims) -> Answer {
    let scene = Scene::new(Setting { claims, ..Setting::default() }).await;
    scene.answer(with_claims(&holder().to_text(), asked)).await
}

fn levels(answer: &Answer) -> Vec<(Part, MatchLevel, Outcome)> {
    answer.check(Kind::Name).parts.iter().map(|p| (p.part(), p.level(), p.outcome())).collect()
}

#[tokio::test]
async fn each_part_tells_the_level_by_which_it_agrees() {
    let rows = [
        ("Тестова", "Айша", MatchLevel::Exact, MatchLevel::Exact),
        ("ТЕСТОВА", "Айша", MatchLevel::Folded, MatchLevel::Exact),
        ("Тестова", "AYSHA", MatchLevel::Exact, MatchLevel::Transliterated),
        ("TESTOVA", "Aişa", MatchLevel::Folded, MatchLevel::Transliterated),
    ];
    for (family, given, of_family, of_given) in rows {
        let answer = ask(Policy::default(), claimed(family, given, None)).await;
        assert_check(&answer, Kind::Name, Outcome::Pass, Reason::Unspecified);
        let told = levels(&answer);
        assert!(told[0] == (Part::FamilyName, of_family, Outcome::Pass), "{family}");
        assert!(told[1] == (Part::GivenName, of_given, Outcome::Pass), "{given}");
        assert!(told[2] == (Part::Patronymic, MatchLevel::Unspecified, Outcome::Skipped));
        assert_eq!(answer.check(Kind::Name).score, None, "not granted");
    }
}

#[tokio::test]
async fn the_policy_says_from_which_level_on_a_name_agrees() {
    let folded = Policy { name_level: Level::Folded, ..Policy::default() };
    let answer = ask(folded, claimed("ТЕСТОВА", "AYSHA", None)).await;
    assert_check(&answer, Kind::Name, Outcome::Fail, Reason::Mismatch);
    assert!(levels(&answer)[0] == (Part::FamilyName, MatchLevel::Folded, Outcome::Pass));
    assert!(levels(&answer)[1] == (Part::GivenName, MatchLevel::Transliterated, Outcome::Fail));

    let fuzzy = Policy { name_level: Level::Fuzzy, ..Policy::default() };
    let answer = ask(fuzzy, claimed("Тестов", "Айша", None)).await;
    assert_check(&answer, Kind::Name, Outcome::Warn, Reason::NameNear);
    assert!(levels(&answer)[0] == (Part::FamilyName, MatchLevel::Fuzzy, Outcome::Warn));
    assert_verdict(&answer, Verdict::Verified, &[]);
}

#[tokio::test]
async fn a_near_name_fails_and_is_told_from_others_only_where_that_is_granted() {
    let near = || claimed("Тестов", "Айша", None);
    let answer = ask(Policy::default(), near()).await;
    assert_check(&answer, Kind::Name, Outcome::Fail, Reason::Mismatch);
    assert!(levels(&answer)[0] == (Part::FamilyName, MatchLevel::NoMatch, Outcome::Fail));

    let granted = Policy { tell_nearness: true, ..Policy::default() };
    let answer = ask(granted, near()).await;
    assert_verdict(&answer, Verdict::Rejected, &["NAME_NEAR"]);
    assert!(levels(&answer)[0] == (Part::FamilyName, MatchLevel::Fuzzy, Outcome::Fail));
    assert_eq!(answer.check(Kind::Name).score, None, "the score is another grant");
    let answer = ask(granted, claimed("Чужая", "Айша", None)).await;
    assert_check(&answer, Kind::Name, Outcome::Fail, Reason::Mismatch);

    let scored = Policy { tell_score: true, ..Policy::default() };
    assert_eq!(ask(scored, near()).await.check(Kind::Name).score, Some(85));
    assert_eq!(ask(scored, claimed("testova", "aisha", None)).await.check(Kind::Name).score, Some(100));
}

#[tokio::test]
async fn family_and_given_name_in_each_others_place_fail_unless_the_policy_takes_them() {
    let swapped = || claimed("Айша", "Тестова", None);
    let answer = ask(Policy::default(), swapped()).await;
    assert_check(&answer, Kind::Name, Outcome::Fail, Reason::Mismatch);
    let told = Policy { tell_nearness: true, ..Policy::default() };
    assert_verdict(&ask(told, swapped()).await, Verdict::Rejected, &["NAMES_SWAPPED"]);
    let taken = Policy { swapped_names: true, ..Policy::default() };
    let answer = ask(taken, swapped()).await;
    assert_check(&answer, Kind::Name, Outcome::Warn, Reason::NamesSwapped);
    assert_verdict(&answer, Verdict::Verified, &[]);
    let answer = ask(taken, claimed("Айша", "Тестова", Some("Ермекқызы"))).await;
    assert_check(&answer, Kind::Name, Outcome::Fail, Reason::Mismatch);
}

#[tokio::test]
async fn letters_of_another_script_that_look_alike_are_a_warning() {
    let answer = ask(Policy::default(), claimed("Тeстова", "Aйша", None)).await;
    assert_check(&answer, Kind::Name, Outcome::Warn, Reason::LookAlikes);
    assert_verdict(&answer, Verdict::Verified, &[]);
    assert!(levels(&answer)[0] == (Part::FamilyName, MatchLevel::Transliterated, Outcome::Pass));
}

#[tokio::test]
async fn a_patronymic_is_compared_by_the_fathers_name_and_whose_child() {
    for (patronymic, outcome) in [
        ("Нуровна", Outcome::Pass),
        ("NURKYZY", Outcome::Pass),
        ("Нурұлы", Outcome::Fail),
        ("Ермековна", Outcome::Fail),
    ] {
        let answer = ask(Policy::default(), claimed("Тестова", "Айша", Some(patronymic))).await;
        assert!(levels(&answer)[2].2 == outcome, "{patronymic}");
        assert!(answer.check(Kind::Name).outcome() == outcome, "{patronymic}");
    }
}

#[tokio::test]
async fn a_birth_date_that_is_near_fails_and_is_told_only_where_that_is_granted() {
    let granted = Policy { tell_nearness: true, ..Policy::default() };
    for (date, reason) in [
        ("1990-05-01", Reason::DayAndMonthSwapped),
        ("1991-01-05", Reason::DateDigitOff),
        ("1990-01-06", Reason::DateDigitOff),
        ("1991-05-01", Reason::Mismatch),
    ] {
        let answer = ask(Policy::default(), born(date)).await;
        assert_check(&answer, Kind::BirthDate, Outcome::Fail, Reason::Mismatch);
        let answer = ask(granted, born(date)).await;
        assert_check(&answer, Kind::BirthDate, Outcome::Fail, reason);
        assert!(answer.verdict() == "REJECTED");
    }
    assert_check(
        &ask(granted, born("1990-01-05")).await,
        Kind::BirthDate,
        Outcome::Pass,
        Reason::Unspecified,
    );
}

#[tokio::test]
async fn a_documents_number_with_look_alikes_is_a_warning() {
    for number in ["О12345678", "o12 345 678", "0I2345678"] {
        let document = Some(Document { number: number.into(), ..Document::default() });
        let answer = ask(Policy::default(), Claims { document, ..Claims::default() }).await;
        assert_check(&answer, Kind::Document, Outcome::Warn, Reason::LookAlikes);
        let told = &answer.check(Kind::Document).parts[1];
        assert!(told.level() == MatchLevel::Transliterated && told.outcome() == Outcome::Warn);
    }
}
