//! Fingerprints: whether, from which day, where, and what waits for them.

use jiff::civil::Date;

use super::{Candidate, Case, Cited, PrintsNeed, agreed, depends_on};
use crate::rulebook::Prints;
use crate::rulebook::codes::{Need, VisaOrPermit};
use crate::rulebook::law::{Fit, Rule, reaches};

impl<'a> Case<'a> {
    pub(super) fn prints(&self) -> PrintsNeed<'a> {
        let found = self.candidates(&self.book.fingerprints, &self.facts);
        // Where it is open which rule decides, the one that would ask for them is told.
        let told = found.iter().find(|(r, _)| r.says.need == Need::Required).or(found.first());
        let Some((rule, _)) = told else {
            let cited = Cited::nothing("The rulebook has no rule of that day.");
            let place = String::new();
            return PrintsNeed {
                need: Need::Depends,
                due_from: None,
                place,
                blocks: None,
                blocks_iin: false,
                cited,
            };
        };
        let by_age: Vec<_> = found.iter().map(|candidate| self.by_age(candidate)).collect();
        let (need, open) = match agreed(by_age.iter().map(|(need, open)| (*need, open.as_slice()))) {
            Ok(need) => (need, Vec::new()),
            Err(open) => (Need::Depends, open),
        };
        let due_from = self.due_from();
        let too_young = need == Need::NotRequired
            && rule.says.need == Need::Required
            && due_from.is_some_and(|day| day > self.applicant.on);
        let more = match due_from.filter(|_| too_young) {
            Some(day) => format!("Not before {day}, by age."),
            None => depends_on(&open),
        };
        let due = need != Need::NotRequired;
        let blocks = self.applicant.visa_or_permit.filter(|visa| *visa != VisaOrPermit::None && due);
        PrintsNeed {
            need,
            due_from,
            place: if due { self.place(rule) } else { String::new() },
            blocks: if due { blocks } else { Some(VisaOrPermit::None) },
            blocks_iin: due && rule.says.blocks_iin,
            cited: Cited::new(&rule.basis, &more),
        }
    }

    /// What a rule asks of somebody of this age, and what that depends on.
    fn by_age(&self, (rule, open): &Candidate<'a, Prints>) -> (Need, Vec<&'static str>) {
        let mut open = open.clone();
        let need = match (rule.says.need, rule.says.minimum_age, self.applicant.age()) {
            (Need::Required, Some(minimum), Some(age)) if age < i16::from(minimum) => Need::NotRequired,
            (Need::Required, Some(_), None) => {
                open.push("birth_date");
                Need::Depends
            }
            (need, _, _) => need,
        };
        (need, open)
    }

    /// The first day that any rule, of whatever day, surely asks this person for them.
    fn due_from(&self) -> Option<Date> {
        let about = self.book.fingerprints.iter().filter(|r| {
            r.basis.profile.is_none_or(|own| own == self.profile)
                && r.says.need == Need::Required
                && r.when.fits(&self.facts) == Fit::Yes
        });
        let first = |rule: &Rule<Prints>| {
            let from = rule.basis.valid.from?;
            match rule.says.minimum_age {
                None => Some(from),
                Some(age) => reaches(self.applicant.birth_date?, age).map(|birthday| birthday.max(from)),
            }
        };
        // Somebody whom a rule exempts for good never owes them.
        if self.facts.foreigner == Some(false) { None } else { about.filter_map(first).min() }
    }

    fn place(&self, rule: &Rule<Prints>) -> String {
        let registered = self.applicant.place_of_registration.trim();
        let here = self.facts.in_kazakhstan != Some(false) && !registered.is_empty();
        let more = if here { format!(" ({registered})") } else { String::new() };
        format!("{}{more}", rule.says.place)
    }
}
