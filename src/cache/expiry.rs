//! How long a fact may be remembered, and how old one may be told: pure.
//!
//! Two limits, for two fears. The staleness bound is how far behind the register an answer may be at
//! all, whatever its caller allows. The time to live is how long an entry is believed on the word of
//! the change feed: were that ever wrong, the mistake ends with it.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::{civil_date, day_begins};
use crate::register::{Fact, NumberState, Subject};

/// The greatest time to live that can be set.
pub const MAX_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// What a fact says, as far as it decides how long it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The number is in force: to go on saying so when it no longer is costs the most.
    InForce,
    /// It is excluded, conditionally excluded or superseded.
    OutOfForce,
    /// The register does not hold it.
    NotFound,
}

impl Outcome {
    /// What a fact says at a moment.
    ///
    /// ```
    /// use iinspect::cache::expiry::Outcome;
    /// use iinspect::register::Fact;
    /// assert_eq!(Outcome::of(&Fact::default(), jiff::Timestamp::UNIX_EPOCH), Outcome::NotFound);
    /// ```
    #[must_use]
    pub fn of(fact: &Fact, now: Timestamp) -> Self {
        match &fact.record {
            None => Outcome::NotFound,
            Some(record) => match record.value.on(civil_date(now)).state {
                NumberState::InForce => Outcome::InForce,
                NumberState::ConditionallyExcluded | NumberState::Excluded | NumberState::Superseded => {
                    Outcome::OutOfForce
                }
            },
        }
    }
}

/// The limits of one outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long an entry is kept after its read.
    pub ttl: Duration,
    /// How far behind the register it may be told, whatever the caller allows.
    pub stale: Duration,
}

/// The limits of every outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of numbers in force.
    pub in_force: Limits,
    /// Of numbers that were and are not.
    pub out_of_force: Limits,
    /// Of numbers that the register does not hold.
    pub not_found: Limits,
    /// How long a number is not asked for again after the register failed to answer.
    pub error: Duration,
}

impl Default for Lifetimes {
    /// The defaults of the configuration.
    fn default() -> Self {
        let limits = |ttl, stale| Limits { ttl: Duration::from_secs(ttl), stale: Duration::from_secs(stale) };
        Lifetimes {
            in_force: limits(600, 30),
            out_of_force: limits(600, 300),
            not_found: limits(60, 30),
            error: Duration::from_millis(250),
        }
    }
}

impl Lifetimes {
    /// The limits of one outcome.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> Limits {
        match outcome {
            Outcome::InForce => self.in_force,
            Outcome::OutOfForce => self.out_of_force,
            Outcome::NotFound => self.not_found,
        }
    }

    /// How long a fact read at `now` is kept: its outcome's time to live, less up to a tenth, so that
    /// what was read together does not end together; and never past the next change that the fact
    /// itself foretells.
    #[must_use]
    pub fn ttl(&self, subject: Subject, fact: &Fact, now: Timestamp) -> Duration {
        let ttl = jittered(self.of(Outcome::of(fact, now)).ttl, subject);
        match next_change(fact, now) {
            None => ttl,
            Some(at) => ttl.min(Duration::try_from(at.duration_since(now)).unwrap_or_default()),
        }
    }

    /// The longest that anything can live.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.in_force.ttl.max(self.out_of_force.ttl).max(self.not_found.ttl)
    }
}

/// Less up to a tenth. A subject is a keyed hash, so that its bytes are as good as thrown dice, and the
/// same for every node: what differs between nodes is when they read.
fn jittered(ttl: Duration, subject: Subject) -> Duration {
    let roll = u32::from(u16::from_be_bytes([subject.0[14], subject.0[15]]));
    ttl.saturating_sub(ttl / 10 * roll / u32::from(u16::MAX))
}

/// The next moment after `now` at which the fact itself says that something changes: a scheduled change
/// of state comes into force, a hotlist entry ends.
#[must_use]
pub fn next_change(fact: &Fact, now: Timestamp) -> Option<Timestamp> {
    let scheduled = fact.record.as_ref().and_then(|record| record.value.scheduled.as_ref());
    let scheduled = scheduled.and_then(|next| day_begins(next.on));
    let ends = fact.hotlist.iter().filter_map(|entry| entry.expires_at);
    scheduled.into_iter().chain(ends).filter(|at| *at > now).min()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::register::hotlist::{Clients, Entry};
    use crate::register::{Record, Scheduled, Versioned};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn fact(state: NumberState, scheduled: Option<(&str, NumberState)>) -> Fact {
        let scheduled =
            scheduled.map(|(on, state)| Scheduled { state, on: on.parse().unwrap(), reason: String::new() });
        let (since, state_reason, superseded_by) = (None, String::new(), None);
        let record =
            Record { state, since, state_reason, superseded_by, scheduled, person: Default::default() };
        let record = Versioned { value: record, version: 1, recorded_at: Timestamp::UNIX_EPOCH };
        Fact { record: Some(record), hotlist: Vec::new() }
    }

    fn listed(mut fact: Fact, until: &str) -> Fact {
        let (scope, visibility) = (Clients::All, Clients::All);
        let expires_at = Some(at(until));
        let note = String::new();
        fact.hotlist.push(Entry { id: Uuid::nil(), scope, visibility, expires_at, note });
        fact
    }

    const EARLY: Subject = Subject([0; 16]);
    const LATE: Subject = Subject([255; 16]);

    #[test]
    fn every_state_has_its_limits_and_a_scheduled_one_from_its_day_on() {
        let limits = Lifetimes::default();
        let now = at("2026-11-22T12:00:00Z");
        let of = |fact: &Fact| limits.of(Outcome::of(fact, now));
        assert_eq!(of(&fact(NumberState::InForce, None)), limits.in_force);
        for state in [NumberState::Excluded, NumberState::ConditionallyExcluded, NumberState::Superseded] {
            assert_eq!(of(&fact(state, None)), limits.out_of_force);
        }
        assert_eq!(of(&Fact::default()), limits.not_found);
        let begun = fact(NumberState::InForce, Some(("2026-11-22", NumberState::Excluded)));
        assert_eq!(of(&begun), limits.out_of_force);
    }

    #[test]
    fn jitter_takes_away_up_to_a_tenth_and_adds_nothing() {
        let limits = Lifetimes::default();
        let now = at("2026-11-22T12:00:00Z");
        let fact = fact(NumberState::InForce, None);
        assert_eq!(limits.ttl(EARLY, &fact, now), Duration::from_secs(600));
        assert_eq!(limits.ttl(LATE, &fact, now), Duration::from_secs(540));
        // The greatest that can be set, and the least.
        for ttl in [MAX_TTL, Duration::ZERO, Duration::from_nanos(1)] {
            assert!(jittered(ttl, LATE) <= ttl && jittered(ttl, LATE) >= ttl / 10 * 9);
        }
    }

    #[test]
    fn nothing_outlives_the_change_it_foretells() {
        let limits = Lifetimes::default();
        // 0 hours of 23 November in Almaty is 19:00 in Greenwich.
        let scheduled = fact(NumberState::InForce, Some(("2026-11-23", NumberState::Excluded)));
        let ttl = |fact: &Fact, now: &str| limits.ttl(EARLY, fact, at(now));
        assert_eq!(ttl(&scheduled, "2026-11-22T18:59:50Z"), Duration::from_secs(10));
        assert_eq!(ttl(&scheduled, "2026-11-22T19:00:00Z"), Duration::from_secs(600));
        let listed = listed(scheduled, "2026-11-22T18:59:45Z");
        assert_eq!(ttl(&listed, "2026-11-22T18:59:40Z"), Duration::from_secs(5));
        assert_eq!(ttl(&listed, "2026-11-22T18:59:45Z"), Duration::from_secs(15));
    }
}
