//! Ways to apply: each channel with each presence, open or refused, with its term and its cost.

use super::{Case, Cited, Way};
use crate::reason::Reason;
use crate::rulebook::calendar::Ends;
use crate::rulebook::codes::{Category, Channel, Presence, Profile};
use crate::rulebook::law::{Basis, Facts, Fit};
use crate::rulebook::{Applicant, Opening, Rulebook};

/// Why a way to apply is not open to an applicant on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal<'a> {
    /// Why.
    pub reason: Reason,
    /// The rule that says so; `None` when the rulebook has none.
    pub basis: Option<&'a Basis>,
}

impl<'a> Case<'a> {
    /// The ways that the request leaves open, and where the calendar ended, if it did.
    pub(super) fn ways(&self) -> (Vec<Way<'a>>, Option<Ends>) {
        let (mut ways, mut ends) = (Vec::new(), None);
        let asked = self.applicant;
        for channel in Channel::ALL.iter().filter(|c| asked.channel.is_none_or(|asked| asked == **c)) {
            for presence in Presence::ALL.iter().filter(|p| asked.presence.is_none_or(|asked| asked == **p)) {
                ways.push(self.way(*channel, *presence, &mut ends));
            }
        }
        (ways, ends)
    }

    fn way(&self, channel: Channel, presence: Presence, ends: &mut Option<Ends>) -> Way<'a> {
        let facts = Facts { channel: Some(channel), presence: Some(presence), ..self.facts.clone() };
        let mut rules = self.book.channels.iter();
        let rule = rules.find(|r| {
            let about = r.says.channel == channel && r.says.presences.contains(&presence);
            about && r.decides(self.profile, self.applicant.on) && r.when.fits(&facts) != Fit::No
        });
        let Some(rule) = rule else {
            let refused = Some(Reason::RuleUnknown);
            let cited = Cited::nothing("The rulebook has no rule of that day.");
            return Way { channel, presence, refused, groups: &[], due: None, term: None, cost: None, cited };
        };
        let refused = refusal(self.applicant, &facts, &rule.says);
        let term = if refused.is_none() { self.sure(&self.book.terms, &facts) } else { None };
        let cost = if refused.is_none() { self.sure(&self.book.costs, &facts) } else { None };
        let due = term.and_then(|r| {
            let due = self.book.calendar.due(self.applicant.on, r.says.min, r.says.max);
            due.map_err(|e| *ends = Some(e)).ok()
        });
        let more = match rule.says.under_age {
            Some(age) if self.applicant.birth_date.is_none() => {
                format!("For those under {age}; depends on: birth_date.")
            }
            _ => String::new(),
        };
        let cited = Cited::new(&rule.basis, &more);
        Way { channel, presence, refused, groups: &rule.says.groups, due, term, cost, cited }
    }
}

/// Why an opening is none for this applicant. What is not known refuses nobody.
fn refusal(applicant: &Applicant, facts: &Facts, says: &Opening) -> Option<Reason> {
    let member = |c: &Category| facts.categories.contains(c);
    if let Some(reason) = says.refused {
        Some(reason)
    } else if says.foreigners_only && facts.foreigner == Some(false) {
        Some(Reason::ForeignersOnly)
    } else if says.in_kazakhstan && facts.in_kazakhstan == Some(false) {
        Some(Reason::NotInKazakhstan)
    } else if says.under_age.zip(applicant.age()).is_some_and(|(under, age)| age >= i16::from(under)) {
        Some(Reason::AgeNotServed)
    } else if !says.groups.is_empty() && !says.groups.iter().any(member) {
        Some(Reason::GroupNotServed)
    } else {
        None
    }
}

/// Whether an application can be made this way by this applicant on the day: for those who take
/// applications in.
///
/// ```
/// use iinspect::reason::Reason;
/// use iinspect::rulebook::codes::{Channel, Presence};
/// use iinspect::rulebook::{self, Applicant, Profile, requirements};
/// let book = rulebook::built_in();
/// let asked = Applicant { on: jiff::civil::date(2026, 11, 24), ..Applicant::default() };
/// let way = (Channel::Psc, Presence::TrustedPerson);
/// let refused = requirements::admits(&book, Profile::InForce, &asked, way).unwrap_err();
/// assert_eq!(refused.reason, Reason::InPersonRequired);
/// ```
///
/// # Errors
/// Why not, and by which rule.
pub fn admits<'a>(
    book: &'a Rulebook,
    profile: Profile,
    applicant: &'a Applicant,
    (channel, presence): (Channel, Presence),
) -> Result<Way<'a>, Refusal<'a>> {
    let case = Case { book, profile, applicant, facts: applicant.facts(book) };
    let way = case.way(channel, presence, &mut None);
    match way.refused {
        None => Ok(way),
        Some(reason) => Err(Refusal { reason, basis: way.cited.basis }),
    }
}
