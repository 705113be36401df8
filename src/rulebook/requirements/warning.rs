//! Warnings: penalties with their article, advice, what ends soon.

use jiff::civil::Date;

use super::{Case, Cited, Draft, depends_on};
use crate::rulebook::Warning;
use crate::rulebook::codes::{Need, Trigger};
use crate::rulebook::law::{Fit, Rule};

/// How near an end is told, in days.
const SOON: i32 = 30;

impl<'a> Case<'a> {
    pub(super) fn warnings(&self, draft: &Draft<'a>) -> Vec<Cited<'a>> {
        let mut warnings = Vec::new();
        for rule in self.book.warnings.iter().filter(|r| r.decides(self.profile, self.applicant.on)) {
            let open = match rule.when.fits(&self.facts) {
                Fit::No => continue,
                Fit::Yes => Vec::new(),
                Fit::Depends(fields) => fields,
            };
            if let Some(more) = self.triggered(rule, draft) {
                let more = if more.is_empty() { depends_on(&open) } else { more };
                warnings.push(Cited::new(&rule.basis, &more));
            }
        }
        warnings
    }

    /// What there is to add, when the warning is to be told.
    fn triggered(&self, rule: &Rule<Warning>, draft: &Draft<'a>) -> Option<String> {
        let first = draft.ways.iter().find(|way| way.refused.is_none());
        let on = self.applicant.on;
        match rule.says.trigger {
            Trigger::Always => Some(String::new()),
            Trigger::Fingerprints => (draft.prints.need != Need::NotRequired).then(String::new),
            Trigger::Translation => draft
                .papers
                .iter()
                .any(|p| p.code == "TRANSLATION" && p.need != Need::NotRequired)
                .then(String::new),
            Trigger::NeededBy => self.applicant.needed_by.map(|_| String::new()),
            Trigger::LatestPast => {
                let latest = draft.latest?.ok().filter(|latest| *latest < on)?;
                Some(format!("The latest safe day to submit was {latest}; the plan is for {on}."))
            }
            Trigger::CalendarEnds => draft.ends.map(|ends| format!("In full: {ends}.")),
            Trigger::EndsSoon => {
                let last = first?.cited.basis?.valid.to?;
                (days(on, last)? <= SOON).then(|| format!("The last day is {last}."))
            }
            Trigger::NoChannel => first.is_none().then(String::new),
            Trigger::StayEnds => {
                let (due, until) = (first?.due?.latest, self.applicant.stay_until?);
                (until < due).then(|| format!("The stay ends on {until}; the number is due by {due}."))
            }
        }
    }
}

fn days(from: Date, to: Date) -> Option<i32> {
    from.until(to).ok().map(|span| span.get_days())
}
