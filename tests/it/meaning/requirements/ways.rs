//! Ways to apply: open or refused on a day, with the reason, the dates and both sides of a dispute.

use iinspect::pb::v1::{Category, Channel, GetRequirementsRequest, Location, Presence, Reason};

use super::{plan, way};

#[tokio::test]
async fn a_trusted_person_before_during_and_after_each_pilot() {
    for (channel, on, allowed, reason, rule) in [
        (Channel::Psc, "2023-12-31", true, Reason::Unspecified, "channel.psc.trusted-person.before-2024"),
        (Channel::Psc, "2024-01-01", false, Reason::InPersonRequired, "channel.psc.trusted-person"),
        (Channel::Psc, "2026-11-24", false, Reason::InPersonRequired, "channel.psc.trusted-person"),
        (Channel::Consulate, "2024-04-12", false, Reason::ChannelClosed, "channel.consulate.before-pilot"),
        (
            Channel::Consulate,
            "2024-04-13",
            false,
            Reason::InPersonRequired,
            "channel.consulate.trusted-person.pilot-2024",
        ),
        (
            Channel::Consulate,
            "2024-12-31",
            false,
            Reason::InPersonRequired,
            "channel.consulate.trusted-person.pilot-2024",
        ),
        (Channel::Consulate, "2025-01-01", false, Reason::ChannelClosed, "channel.consulate.suspended-2025"),
        (
            Channel::Consulate,
            "2025-04-18",
            false,
            Reason::InPersonRequired,
            "channel.consulate.trusted-person.pilot-2025",
        ),
        (
            Channel::Consulate,
            "2026-01-01",
            false,
            Reason::InPersonRequired,
            "channel.consulate.trusted-person.2026",
        ),
    ] {
        let plan = plan(way(channel, Presence::TrustedPerson, on)).await;
        let told = &plan.channels[0];
        assert_eq!(plan.channels.len(), 1);
        assert_eq!((told.allowed, told.rule_id.as_str()), (allowed, rule), "{on}");
        assert!(told.reason() == reason, "{on}");
        assert_eq!(plan.term.is_some(), allowed, "{on}");
    }
}

#[tokio::test]
async fn the_guides_lifted_ban_is_told_beside_the_rule_and_not_followed() {
    let during = plan(way(Channel::Consulate, Presence::TrustedPerson, "2024-06-03")).await;
    let told = &during.channels[0];
    assert!(told.disputed && !told.allowed);
    assert_eq!((told.valid_from.as_str(), told.valid_to.as_str()), ("2024-04-13", "2024-12-31"));
    let dispute = during.disputes.iter().find(|d| d.decided_by == told.rule_id).unwrap();
    assert_eq!(
        (dispute.rule_id.as_str(), dispute.source.as_str()),
        ("guide.trusted-person-lifted", "the guide")
    );
    assert!(dispute.disputed && dispute.statement.contains("96") && !dispute.note.is_empty());
    let after = plan(way(Channel::Consulate, Presence::TrustedPerson, "2025-01-01")).await;
    assert!(after.disputes.iter().all(|d| d.rule_id != "guide.trusted-person-lifted"));
}

#[tokio::test]
async fn consulates_serve_in_person_while_a_pilot_lasts_and_what_is_not_known_is_said() {
    for (on, allowed, reason) in [
        ("2024-04-12", false, Reason::ChannelClosed),
        ("2024-04-13", true, Reason::Unspecified),
        ("2024-12-31", true, Reason::Unspecified),
        ("2025-01-01", false, Reason::ChannelClosed),
        ("2025-04-17", false, Reason::ChannelClosed),
        ("2025-04-18", false, Reason::GroupNotServed),
        ("2025-12-31", false, Reason::GroupNotServed),
        ("2026-01-01", false, Reason::RuleUnknown),
    ] {
        let plan = plan(way(Channel::Consulate, Presence::InPerson, on)).await;
        let told = &plan.channels[0];
        assert!(told.allowed == allowed && told.reason() == reason, "{on}: {}", told.rule_id);
        assert!(!told.rule_id.is_empty());
    }
}

#[tokio::test]
async fn the_pilot_of_2025_is_for_its_ten_groups() {
    let asked = |category: Category| GetRequirementsRequest {
        categories: vec![category.into()],
        ..way(Channel::Consulate, Presence::InPerson, "2025-06-02")
    };
    for number in 1..=13 {
        let category = Category::try_from(number).unwrap_or_default();
        let plan = plan(asked(category)).await;
        let told = &plan.channels[0];
        assert_eq!(told.allowed, number <= 10, "{}", category.as_str_name());
        assert_eq!(told.categories, (1..=10).collect::<Vec<_>>());
    }
    // By age alone: 65 on the day; a child until the day before the 16th birthday.
    for (category, born, allowed) in [
        (None, "1960-06-02", true),
        (None, "1960-06-03", false),
        (Some(Category::ChildOfCitizen), "2009-06-03", true),
        (Some(Category::ChildOfCitizen), "2009-06-02", false),
    ] {
        let request = GetRequirementsRequest {
            categories: category.into_iter().map(i32::from).collect(),
            birth_date: born.into(),
            ..way(Channel::Consulate, Presence::InPerson, "2025-06-02")
        };
        assert_eq!(plan(request).await.channels[0].allowed, allowed, "{born}");
    }
}

#[tokio::test]
async fn the_portal_is_closed_since_the_end_of_february_2024_and_the_guide_disagrees() {
    let before = plan(way(Channel::Online, Presence::InPerson, "2024-02-28")).await;
    assert!(before.channels[0].allowed);
    let after = plan(way(Channel::Online, Presence::InPerson, "2024-02-29")).await;
    let told = &after.channels[0];
    assert!(!told.allowed && told.reason() == Reason::ChannelClosed && told.disputed);
    assert!(after.disputes.iter().any(|d| d.rule_id == "guide.online-platform"));
    assert!(super::warned(&after, "warning.no-channel"));
}

#[tokio::test]
async fn a_public_service_centre_is_for_foreigners_who_are_there_and_a_guardian_for_minors() {
    let at = |country: &str, citizenship: &str, born: &str, presence| GetRequirementsRequest {
        location: Some(Location { country: country.into(), place_of_registration: String::new() }),
        citizenship: citizenship.into(),
        birth_date: born.into(),
        ..way(Channel::Psc, presence, "2026-11-24")
    };
    for (request, allowed, reason) in [
        (at("KAZ", "UZB", "", Presence::InPerson), true, Reason::Unspecified),
        (at("UZB", "UZB", "", Presence::InPerson), false, Reason::NotInKazakhstan),
        (at("KAZ", "KAZ", "", Presence::InPerson), false, Reason::ForeignersOnly),
        (at("KAZ", "XXA", "2008-11-25", Presence::Guardian), true, Reason::Unspecified),
        (at("KAZ", "XXA", "2008-11-24", Presence::Guardian), false, Reason::AgeNotServed),
    ] {
        let plan = plan(request).await;
        let told = &plan.channels[0];
        assert!(told.allowed == allowed && told.reason() == reason, "{}", told.reason().as_str_name());
    }
}

#[tokio::test]
async fn what_the_request_leaves_open_is_answered_for_every_case() {
    let all = plan(GetRequirementsRequest { on_date: "2026-11-24".into(), ..Default::default() }).await;
    let pairs: Vec<_> = all.channels.iter().map(|w| (w.channel, w.presence)).collect();
    let want: Vec<_> = (1..=3).flat_map(|c| (1..=3).map(move |p| (c, p))).collect();
    assert_eq!(pairs, want);
    let consulates = GetRequirementsRequest { channel: Channel::Consulate.into(), ..Default::default() };
    assert_eq!(plan(consulates).await.channels.len(), 3);
}

#[tokio::test]
async fn a_way_that_closes_soon_is_warned_of() {
    let late = plan(way(Channel::Consulate, Presence::InPerson, "2024-12-02")).await;
    assert!(super::warned(&late, "warning.ends-soon"));
    let early = plan(way(Channel::Consulate, Presence::InPerson, "2024-11-29")).await;
    assert!(!super::warned(&early, "warning.ends-soon"));
}
