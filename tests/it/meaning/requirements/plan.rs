//! Whether a number is needed, papers, fingerprints, steps, term, cost, the latest day, warnings.

use iinspect::pb::v1::issuance_service_server::IssuanceService;
use iinspect::pb::v1::{
    Category, Channel, CostKind, GetRequirementsRequest, Ground, Need, Presence, Purpose, Script, Stage,
    Stay, StayKind, StepState, VisaOrPermit,
};
use iinspect::rulebook::{self, Profile};
use tonic::Request;

use super::{paper, plan, service, warned, way};

fn by_oneself(on_date: &str) -> GetRequirementsRequest {
    way(Channel::Psc, Presence::InPerson, on_date)
}

#[tokio::test]
async fn eleven_purposes_with_what_comes_before_and_an_age() {
    let all = plan(by_oneself("2026-11-24")).await;
    let iin = all.iin_required.as_ref().unwrap();
    assert!(iin.need() == Need::Required && iin.rule_id == "iin.foreigners");
    assert_eq!(iin.purposes.iter().map(|p| p.purpose).collect::<Vec<_>>(), (1..=11).collect::<Vec<_>>());
    for purpose in &iin.purposes {
        let open =
            (purpose.rule_id.is_empty(), purpose.legal_basis.is_empty(), purpose.valid_from.is_empty());
        assert_eq!(open, (false, false, false), "{}", purpose.rule_id);
    }
    let of = |purpose: Purpose| iin.purposes.iter().find(|p| p.purpose() == purpose).unwrap();
    assert_eq!(of(Purpose::BankCard).after, [i32::from(Purpose::BankAccount)]);
    assert_eq!((of(Purpose::Business).minimum_age, of(Purpose::Employment).minimum_age), (18, 16));
    assert_eq!(of(Purpose::Study).minimum_age, 0);

    let asked = GetRequirementsRequest {
        purposes: vec![Purpose::Tax.into(), Purpose::Employment.into(), Purpose::Tax.into()],
        birth_date: "2012-02-29".into(),
        ..by_oneself("2025-12-31")
    };
    let some = plan(asked).await.iin_required.unwrap();
    let told: Vec<_> = some.purposes.iter().map(|p| p.rule_id.as_str()).collect();
    assert_eq!(told, ["purpose.tax.code-2017", "purpose.employment"], "each once, by the rules of the day");
    assert!(some.purposes[1].note.contains("2028-02-29"), "{}", some.purposes[1].note);
}

#[tokio::test]
async fn a_citizen_has_a_number_from_the_first_document_on() {
    let asked = GetRequirementsRequest { citizenship: "KAZ".into(), ..by_oneself("2026-11-24") };
    let iin = plan(asked).await.iin_required.unwrap();
    assert!(iin.need() == Need::Required && iin.rule_id == "iin.citizens" && !iin.note.is_empty());
}

#[tokio::test]
async fn papers_for_this_applicant() {
    let plain = plan(by_oneself("2026-11-24")).await;
    let passport = paper(&plain, "PASSPORT").unwrap();
    assert!(passport.need() == Need::Required && passport.valid_on == "2026-11-24");
    assert!(paper(&plain, "STATEMENT").unwrap().need() == Need::Required);
    assert!(paper(&plain, "POWER_OF_ATTORNEY").is_none());

    let refugee = GetRequirementsRequest { citizenship: "XXB".into(), ..by_oneself("2026-11-24") };
    let refugee = plan(refugee).await;
    assert!(paper(&refugee, "PASSPORT").is_none());
    assert!(paper(&refugee, "REFUGEE_CERTIFICATE").unwrap().need() == Need::Required);

    let sent = plan(way(Channel::Psc, Presence::TrustedPerson, "2023-06-01")).await;
    assert!(paper(&sent, "POWER_OF_ATTORNEY").unwrap().need() == Need::Required);

    let open = plan(GetRequirementsRequest::default()).await;
    let told = paper(&open, "POWER_OF_ATTORNEY").unwrap();
    assert!(told.need() == Need::Depends && told.note.contains("presence"), "{}", told.note);

    for (ground, code) in [
        (Ground::ResidencePermit, "GROUND_RESIDENCE_PERMIT"),
        (Ground::Business, "GROUND_BUSINESS"),
        (Ground::BankAccount, "GROUND_BANK_ACCOUNT"),
        (Ground::RealEstate, "GROUND_REAL_ESTATE"),
        (Ground::Other, "GROUND_OTHER"),
    ] {
        let asked = GetRequirementsRequest { ground: ground.into(), ..by_oneself("2026-11-24") };
        let plan = plan(asked).await;
        let of_grounds: Vec<_> =
            plan.documents.iter().filter(|d| d.document_code.starts_with("GROUND_")).collect();
        assert_eq!(of_grounds.len(), 1);
        assert!(of_grounds[0].document_code == code && of_grounds[0].disputed);
    }
}

#[tokio::test]
async fn a_translation_is_needed_of_scripts_that_are_neither_and_the_guide_says_the_reverse() {
    for (name, place, need) in [
        (Script::Latin, Script::Latin, Need::NotRequired),
        (Script::Cyrillic, Script::Latin, Need::NotRequired),
        (Script::Other, Script::Latin, Need::Required),
        (Script::Latin, Script::Other, Need::Required),
        (Script::Latin, Script::Unspecified, Need::Depends),
    ] {
        let asked = GetRequirementsRequest {
            passport_script: name.into(),
            birthplace_script: place.into(),
            ..by_oneself("2026-11-24")
        };
        let plan = plan(asked).await;
        let told = paper(&plan, "TRANSLATION").unwrap();
        assert!(told.need() == need && told.disputed, "{} {}", name.as_str_name(), place.as_str_name());
        let dispute = plan.disputes.iter().find(|d| d.rule_id == "guide.translation").unwrap();
        assert_eq!(dispute.decided_by, told.rule_id);
        assert_eq!(warned(&plan, "warning.translator"), need != Need::NotRequired);
    }
}

#[tokio::test]
async fn fingerprints_by_the_16th_birthday_and_the_paper_applied_for() {
    let asked = |born: &str, visa: VisaOrPermit, on: &str| GetRequirementsRequest {
        citizenship: "UZB".into(),
        birth_date: born.into(),
        visa_or_permit: visa.into(),
        ..by_oneself(on)
    };
    for (born, visa, on, need, due_from) in [
        ("2010-11-25", VisaOrPermit::PermanentResidence, "2026-11-24", Need::NotRequired, "2026-11-25"),
        ("2010-11-25", VisaOrPermit::PermanentResidence, "2026-11-25", Need::Required, "2026-11-25"),
        ("2010-11-25", VisaOrPermit::PermanentResidence, "2026-11-26", Need::Required, "2026-11-25"),
        ("1990-01-31", VisaOrPermit::Visa, "2026-11-24", Need::Required, "2024-01-01"),
        ("1990-01-31", VisaOrPermit::TemporaryResidence, "2024-01-01", Need::Required, "2024-01-01"),
        ("1990-01-31", VisaOrPermit::TemporaryResidence, "2023-12-31", Need::NotRequired, "2024-01-01"),
        ("1990-01-31", VisaOrPermit::None, "2026-11-24", Need::NotRequired, ""),
        ("1990-01-31", VisaOrPermit::Unspecified, "2026-11-24", Need::Depends, ""),
    ] {
        let plan = plan(asked(born, visa, on)).await;
        let told = plan.fingerprints.as_ref().unwrap();
        assert!(told.need() == need, "{born} {} {on}", visa.as_str_name());
        assert_eq!(told.due_from, due_from, "{born} {} {on}", visa.as_str_name());
        assert!(!told.blocks_iin, "the rule in force needs the number first");
        assert_eq!(
            told.blocks() == visa,
            need == Need::Required || visa == VisaOrPermit::None || need == Need::Depends
        );
        assert_eq!(told.place.is_empty(), need == Need::NotRequired);
        let step = plan.steps.iter().find(|s| s.stage() == Stage::Fingerprints).unwrap();
        assert_eq!(step.state() == StepState::NotNeeded, need == Need::NotRequired);
        assert_eq!(warned(&plan, "warning.fingerprints-refused"), need != Need::NotRequired);
    }
    let penalty = plan(asked("1990-01-31", VisaOrPermit::Visa, "2026-11-24")).await;
    let told = penalty.warnings.iter().find(|w| w.rule_id == "warning.fingerprints-refused").unwrap();
    assert!(told.message.contains("443-1") && told.legal_basis.contains("443-1"));
}

#[tokio::test]
async fn the_guides_profile_asks_for_fingerprints_before_the_number() {
    let asked = GetRequirementsRequest {
        citizenship: "UZB".into(),
        birth_date: "1990-01-31".into(),
        visa_or_permit: VisaOrPermit::TemporaryResidence.into(),
        ..by_oneself("2026-11-24")
    };
    let guide = service(Profile::Guide).get_requirements(Request::new(asked.clone())).await;
    let guide = guide.unwrap_or_else(|s| panic!("{s:?}")).into_inner();
    let told = guide.fingerprints.as_ref().unwrap();
    assert!(told.blocks_iin && told.disputed && told.rule_id == "fingerprint.guide");
    assert!(guide.disputes.iter().any(|d| d.rule_id == "fingerprint.permits"), "the rule in force is told");
    let in_force = plan(asked).await;
    assert!(in_force.disputes.iter().any(|d| d.rule_id == "fingerprint.guide"), "and the other way round");
}

#[tokio::test]
async fn five_steps_in_order() {
    for asked in [GetRequirementsRequest::default(), by_oneself("2024-06-03"), by_oneself("2030-01-01")] {
        let plan = plan(asked).await;
        assert_eq!(plan.steps.iter().map(|s| s.stage).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert!(plan.steps.iter().all(|s| !s.action.is_empty() && !s.rule_id.is_empty()));
    }
}

#[tokio::test]
async fn the_term_is_counted_in_working_days_from_the_day_of_submission() {
    for (channel, presence, on, earliest, latest) in [
        (Channel::Psc, Presence::InPerson, "2025-12-31", "2026-01-05", "2026-01-08"),
        (Channel::Psc, Presence::InPerson, "2024-12-31", "2025-01-05", "2025-01-08"),
        (Channel::Psc, Presence::InPerson, "2024-05-03", "2024-05-04", "2024-05-10"),
        (Channel::Consulate, Presence::InPerson, "2024-06-14", "2024-06-17", "2024-06-17"),
    ] {
        let plan = plan(way(channel, presence, on)).await;
        let due = plan.term.as_ref().unwrap();
        assert_eq!((due.earliest.as_str(), due.latest.as_str()), (earliest, latest), "{on}");
        assert_eq!(due.calendar_version, rulebook::built_in().calendar().version());
        assert!(!due.overdue);
        assert!(plan.channels[0].term.as_ref() == Some(due));
        assert_eq!(plan.term_rules.len(), 1);
        assert_eq!(plan.term_rules[0].working_days_max, due.working_days_max);
    }
    let agent = plan(way(Channel::Psc, Presence::TrustedPerson, "2023-12-29")).await;
    let days = agent.term_rules.iter().map(|t| (t.working_days_min, t.working_days_max)).collect::<Vec<_>>();
    assert_eq!(days, [(5, 7)]);
    // The calendar begins on 1 January 2024: 29 December 2023 would need days before it.
    assert!(agent.term.is_none() && warned(&agent, "warning.calendar-ends"));
    let child = GetRequirementsRequest {
        categories: vec![Category::ChildWithoutDocuments.into()],
        ..by_oneself("2026-11-24")
    };
    assert_eq!(plan(child).await.term.unwrap().latest, "2026-11-26");
}

#[tokio::test]
async fn needed_by_gives_the_latest_safe_day_and_what_is_too_late_is_warned_of() {
    let asked =
        |on: &str, needed_by: &str| GetRequirementsRequest { needed_by: needed_by.into(), ..by_oneself(on) };
    for (on, needed_by, latest, late) in [
        ("2025-12-01", "2026-01-08", "2025-12-31", false),
        ("2025-12-31", "2026-01-08", "2025-12-31", false),
        ("2026-01-05", "2026-01-08", "2025-12-31", true),
        // A Saturday: what is there on Friday is there on Saturday.
        ("2026-11-02", "2026-11-28", "2026-11-24", false),
    ] {
        let plan = plan(asked(on, needed_by)).await;
        assert_eq!(plan.latest_submission, latest, "{on} {needed_by}");
        assert_eq!(warned(&plan, "warning.latest-past"), late, "{on} {needed_by}");
        assert!(warned(&plan, "warning.prepare-ahead"));
    }
    let closed = GetRequirementsRequest {
        needed_by: "2026-12-01".into(),
        ..way(Channel::Online, Presence::InPerson, "2026-11-24")
    };
    let closed = plan(closed).await;
    assert!(closed.latest_submission.is_empty() && closed.term.is_none() && closed.cost.is_none());
}

#[tokio::test]
async fn beyond_the_calendar_no_date_is_told() {
    for (on, needed_by) in [("2027-12-31", ""), ("2031-05-05", ""), ("2026-11-24", "2028-01-10")] {
        let asked = GetRequirementsRequest { needed_by: needed_by.into(), ..by_oneself(on) };
        let plan = plan(asked).await;
        assert!(plan.latest_submission.is_empty());
        assert_eq!(plan.term.is_some(), on == "2026-11-24");
        let told = plan.warnings.iter().find(|w| w.rule_id == "warning.calendar-ends").unwrap();
        assert!(told.note.contains("2027-12-31"), "{}", told.note);
        assert_eq!(plan.term_rules.len(), 1, "how long it takes is known all the same");
    }
}

#[tokio::test]
async fn cost_has_a_currency_a_kind_and_a_date() {
    let own = plan(by_oneself("2026-11-24")).await.cost.unwrap();
    assert!(own.kind() == CostKind::Free && own.payable_in.is_empty() && own.disputed);
    let amount = own.amount.unwrap();
    assert_eq!((amount.currency.as_str(), amount.units, amount.nanos), ("KZT", 0, 0));
    assert!(!own.observed_on.is_empty());
    let agent = plan(way(Channel::Psc, Presence::TrustedPerson, "2023-06-01")).await.cost.unwrap();
    assert!(agent.kind() == CostKind::MarketAverage);
    let amount = agent.amount.unwrap();
    assert_eq!((amount.currency.as_str(), amount.units), ("RUB", 75_800));
    assert_eq!(agent.payable_in, ["KZT", "EUR", "USD", "RUB"]);
    assert!(!agent.observed_on.is_empty());
}

#[tokio::test]
async fn warnings_name_articles_and_advice() {
    let agent = GetRequirementsRequest {
        citizenship: "UZB".into(),
        expedited: true,
        ..way(Channel::Psc, Presence::TrustedPerson, "2026-11-24")
    };
    let agent = plan(agent).await;
    for rule in ["warning.intermediary", "warning.remote", "warning.expedited", "warning.migration-law"] {
        assert!(warned(&agent, rule), "{rule}");
    }
    assert!(!warned(&plan(by_oneself("2026-11-24")).await, "warning.intermediary"));
    let stay =
        Stay { kind: StayKind::Temporary.into(), since: "2026-11-01".into(), until: "2026-11-25".into() };
    let asked = GetRequirementsRequest { stay: Some(stay), ..by_oneself("2026-11-24") };
    assert!(warned(&plan(asked).await, "warning.stay-ends"));
}

#[tokio::test]
async fn every_entry_cites_a_rule_of_the_rulebook_and_the_answer_its_version() {
    let book = rulebook::built_in();
    let known: Vec<&str> = book.bases().map(|(_, b)| b.id.as_str()).collect();
    for on in ["2023-06-01", "2024-06-03", "2025-02-03", "2025-06-02", "2026-11-24"] {
        let plan = plan(GetRequirementsRequest { on_date: on.into(), ..Default::default() }).await;
        assert_eq!(plan.rulebook_version, &**book.version());
        let iin = plan.iin_required.as_ref().unwrap();
        let mut cited: Vec<&str> = vec![&iin.rule_id, &plan.fingerprints.as_ref().unwrap().rule_id];
        cited.extend(iin.purposes.iter().map(|e| e.rule_id.as_str()));
        cited.extend(plan.channels.iter().map(|e| e.rule_id.as_str()));
        cited.extend(plan.steps.iter().map(|e| e.rule_id.as_str()));
        cited.extend(plan.documents.iter().map(|e| e.rule_id.as_str()));
        cited.extend(plan.warnings.iter().map(|e| e.rule_id.as_str()));
        cited.extend(plan.term_rules.iter().map(|e| e.rule_id.as_str()));
        cited.extend(plan.disputes.iter().map(|e| e.rule_id.as_str()));
        cited.extend(plan.cost.iter().map(|e| e.rule_id.as_str()));
        for rule in cited {
            assert!(known.contains(&rule), "{on}: {rule:?}");
        }
        // Whatever is disputed has its other side beside it.
        for way in plan.channels.iter().filter(|w| w.disputed) {
            assert!(plan.disputes.iter().any(|d| d.decided_by == way.rule_id), "{on}: {}", way.rule_id);
        }
    }
}
