//! Plans by the built-in rulebook.

use jiff::civil::date;

use super::*;
use crate::rulebook;
use crate::rulebook::codes::Script;

fn on(year: i16, month: i8, day: i8) -> Applicant {
    Applicant { on: date(year, month, day), ..Applicant::default() }
}

fn need_of(applicant: &Applicant, profile: Profile) -> (Need, Option<Date>, bool) {
    let book = rulebook::built_in();
    let plan = plan(&book, profile, applicant);
    (plan.prints.need, plan.prints.due_from, plan.prints.blocks_iin)
}

#[test]
fn the_16th_birthday_decides_about_fingerprints() {
    let born = |day| Applicant {
        birth_date: Some(day),
        citizenship: "UZB".parse().ok(),
        visa_or_permit: Some(VisaOrPermit::PermanentResidence),
        ..on(2026, 5, 20)
    };
    let birthday = date(2026, 5, 20);
    assert_eq!(
        need_of(&born(date(2010, 5, 21)), Profile::InForce),
        (Need::NotRequired, Some(date(2026, 5, 21)), false)
    );
    assert_eq!(need_of(&born(date(2010, 5, 20)), Profile::InForce), (Need::Required, Some(birthday), false));
    assert_eq!(
        need_of(&born(date(2010, 5, 19)), Profile::InForce),
        (Need::Required, Some(date(2026, 5, 19)), false)
    );
    // Older ones: since the law's first day; not before it.
    let elder = born(date(1980, 1, 1));
    assert_eq!(need_of(&elder, Profile::InForce).1, Some(date(2024, 1, 1)));
    let before = Applicant { on: date(2023, 12, 31), ..elder };
    assert_eq!(need_of(&before, Profile::InForce), (Need::NotRequired, Some(date(2024, 1, 1)), false));
}

#[test]
fn who_owes_fingerprints() {
    let grown = Applicant { birth_date: Some(date(1990, 1, 1)), ..on(2026, 5, 20) };
    let with = |citizenship: &str, visa| Applicant {
        citizenship: citizenship.parse().ok(),
        visa_or_permit: visa,
        ..grown.clone()
    };
    for (citizenship, visa, need) in [
        ("UZB", Some(VisaOrPermit::None), Need::NotRequired),
        ("UZB", Some(VisaOrPermit::Visa), Need::Required),
        ("UZB", Some(VisaOrPermit::TemporaryResidence), Need::Required),
        ("XXA", Some(VisaOrPermit::StatelessCertificate), Need::Required),
        ("XXB", Some(VisaOrPermit::RefugeeCertificate), Need::Required),
        ("KAZ", None, Need::NotRequired),
        ("UZB", None, Need::Depends),
    ] {
        assert_eq!(need_of(&with(citizenship, visa), Profile::InForce).0, need, "{citizenship} {visa:?}");
    }
    assert_eq!(need_of(&with("KAZ", None), Profile::InForce).1, None);
    let nobody = Applicant { citizenship: None, ..with("UZB", Some(VisaOrPermit::Visa)) };
    assert_eq!(need_of(&nobody, Profile::InForce).0, Need::Required, "only foreigners apply for a visa");
    let unknown = Applicant { visa_or_permit: Some(VisaOrPermit::Visa), ..on(2026, 5, 20) };
    assert_eq!(need_of(&unknown, Profile::InForce).0, Need::Depends, "the birth date is not known");
}

#[test]
fn the_guides_profile_alone_puts_fingerprints_before_the_number() {
    let book = rulebook::built_in();
    let asked = Applicant {
        birth_date: Some(date(1990, 1, 1)),
        citizenship: "UZB".parse().ok(),
        visa_or_permit: Some(VisaOrPermit::TemporaryResidence),
        ..on(2026, 5, 20)
    };
    let told = |profile| {
        let plan = plan(&book, profile, &asked);
        let disputes: Vec<_> =
            plan.disputes.iter().map(|d| (d.basis.id.clone(), d.decided_by.id.clone())).collect();
        (plan.prints.cited.basis.unwrap().id.clone(), plan.prints.blocks_iin, disputes)
    };
    let (rule, blocks, disputes) = told(Profile::InForce);
    assert_eq!((rule.as_str(), blocks), ("fingerprint.permits", false));
    assert!(disputes.contains(&("fingerprint.guide".into(), "fingerprint.permits".into())), "{disputes:?}");
    let (rule, blocks, disputes) = told(Profile::Guide);
    assert_eq!((rule.as_str(), blocks), ("fingerprint.guide", true));
    assert!(disputes.contains(&("fingerprint.permits".into(), "fingerprint.guide".into())), "{disputes:?}");
    assert!(
        disputes.contains(&("step.fingerprints".into(), "step.fingerprints.guide".into())),
        "{disputes:?}"
    );
}

#[test]
fn a_translation_is_for_scripts_that_are_neither() {
    let book = rulebook::built_in();
    let need = |passport_script, birthplace_script| {
        let asked = Applicant { passport_script, birthplace_script, ..on(2026, 5, 20) };
        let plan = plan(&book, Profile::InForce, &asked);
        let need = plan.papers.iter().find(|p| p.code == "TRANSLATION").unwrap().need;
        assert!(plan.disputes.iter().any(|d| d.basis.id == "guide.translation"));
        need
    };
    assert_eq!(need(Some(Script::Latin), Some(Script::Cyrillic)), Need::NotRequired);
    assert_eq!(need(Some(Script::Latin), Some(Script::Other)), Need::Required);
    assert_eq!(need(Some(Script::Other), None), Need::Required);
    assert_eq!(need(Some(Script::Latin), None), Need::Depends);
}

/// Whatever is asked, a plan is whole and keeps what the contract says of it.
#[test]
fn plans_of_many_applicants_are_whole() {
    let book = rulebook::built_in();
    let mut day = date(2023, 6, 1);
    let mut seen = 0;
    while day < date(2028, 3, 1) {
        for profile in [Profile::InForce, Profile::Guide] {
            for citizenship in ["UZB", "KAZ", "XXB"] {
                let asked = Applicant {
                    citizenship: citizenship.parse().ok(),
                    birth_date: Some(date(2009, 1, 31)),
                    needed_by: day.checked_add(jiff::Span::new().days(20)).ok(),
                    ..Applicant { on: day, ..Applicant::default() }
                };
                let plan = plan(&book, profile, &asked);
                assert_eq!(plan.ways.len(), 9);
                assert_eq!(plan.steps.iter().map(|s| s.stage).collect::<Vec<_>>(), Stage::ALL);
                for way in &plan.ways {
                    let basis = way.cited.basis.unwrap();
                    assert!(basis.valid.contains(day), "{} {day}", basis.id);
                    let open = way.refused.is_none();
                    assert!(open || (way.due.is_none() && way.cost.is_none()));
                    assert!(!open || (way.term.is_some() && way.cost.is_some()), "{day} {basis:?}");
                }
                for dispute in &plan.disputes {
                    assert!(dispute.basis.disputed && dispute.decided_by.disputed);
                }
                seen += 1;
            }
        }
        day = day.checked_add(jiff::Span::new().days(5)).unwrap();
    }
    assert!(seen > 2_000);
}
