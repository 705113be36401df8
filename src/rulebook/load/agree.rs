//! What rules must agree in: ids, disputes, the days that are covered.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::makes_a_calendar;
use crate::rulebook::Rulebook;
use crate::rulebook::codes::{Channel, Code, Presence, Stage};
use crate::rulebook::fault::Fault;
use crate::rulebook::law::{Period, When};

/// Checks a rulebook whose rules are sound one by one.
pub(super) fn all(book: &Rulebook, span: (Date, Date), file: &str, faults: &mut Vec<Fault>) {
    let mut fault = |rule: &str, key: &str, allowed: String| {
        faults.push(Fault { file: file.into(), rule: rule.into(), key: key.into(), allowed });
    };
    if !makes_a_calendar(span) {
        fault("calendar", "last", "must not be before first, and within a hundred years of it".into());
    }
    let mut ids = BTreeSet::new();
    for (_, basis) in book.bases() {
        if !basis.id.is_empty() && !ids.insert(basis.id.as_str()) {
            fault(&basis.id, "id", "must not be used twice".into());
        }
    }
    let disputed: BTreeMap<&str, bool> = book.bases().map(|(_, b)| (b.id.as_str(), b.disputed)).collect();
    let mut contradicted = BTreeSet::new();
    for (section, basis) in book.bases() {
        if section == "statement" && basis.against.is_empty() {
            fault(&basis.id, "against", "must name the rules that it contradicts".into());
        }
        if !basis.against.is_empty() && !basis.disputed {
            fault(&basis.id, "disputed", "must be true beside against".into());
        }
        for id in &basis.against {
            match disputed.get(id.as_str()) {
                None => fault(&basis.id, "against", format!("names {id}, and there is no such rule")),
                Some(false) => fault(id, "disputed", format!("must be true: {} contradicts it", basis.id)),
                Some(true) => {}
            }
            contradicted.insert(id.as_str());
        }
    }
    for (_, basis) in book.bases() {
        if basis.disputed && basis.against.is_empty() && !contradicted.contains(basis.id.as_str()) {
            fault(&basis.id, "disputed", "must be false: no other rule contradicts it by against".into());
        }
    }
    for stage in Stage::ALL {
        if !book.steps.iter().any(|r| r.says.stage == *stage) {
            fault("step", "stage", format!("there is no step for {}", stage.name()));
        }
    }
    for channel in Channel::ALL {
        for presence in Presence::ALL {
            let about = book.channels.iter().filter(|r| {
                r.when == When::default()
                    && r.basis.profile.is_none()
                    && r.says.channel == *channel
                    && r.says.presences.contains(presence)
            });
            let periods: Vec<Period> = about.map(|r| r.basis.valid).collect();
            if let Some(day) = first_gap(&periods) {
                let way = format!("{} {}", channel.name(), presence.name());
                fault("channel", "valid_from", format!("no rule says whether {way} is open on {day}"));
            }
        }
    }
}

/// The first day that no period has.
fn first_gap(periods: &[Period]) -> Option<Date> {
    let mut day = Date::MIN;
    loop {
        let covering = periods.iter().filter(|p| p.contains(day));
        let until = covering.map(|p| p.to.unwrap_or(Date::MAX)).max();
        match until {
            None => return Some(day),
            Some(until) => {
                day = match until.tomorrow() {
                    Ok(next) => next,
                    Err(_) => return None,
                }
            }
        }
    }
}
