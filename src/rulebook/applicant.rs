//! Somebody who asks what a number needs; what is left out is not known.

use std::fmt;

use jiff::civil::Date;

use super::Rulebook;
use super::codes::{Category, Channel, Ground, Presence, Script, StayKind, VisaOrPermit};
use super::law::{Facts, age};
use super::purpose::Purpose;
use crate::person::Country;

/// The applicant, and the day whose rules apply.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Applicant {
    /// What the number is asked for on.
    pub ground: Option<Ground>,
    /// Where the application is to be made.
    pub channel: Option<Channel>,
    /// Who comes with it.
    pub presence: Option<Presence>,
    /// Where the applicant is.
    pub country: Option<Country>,
    /// The place of registration in Kazakhstan; may be empty.
    pub place_of_registration: String,
    /// The stay in Kazakhstan.
    pub stay: Option<StayKind>,
    /// Its first day.
    pub stay_since: Option<Date>,
    /// Its last day.
    pub stay_until: Option<Date>,
    /// Citizenship.
    pub citizenship: Option<Country>,
    /// Birth date.
    pub birth_date: Option<Date>,
    /// The script of the name in the passport.
    pub passport_script: Option<Script>,
    /// The script of the place of birth there.
    pub birthplace_script: Option<Script>,
    /// Every group that the applicant says to belong to.
    pub categories: Vec<Category>,
    /// What is applied for as well.
    pub visa_or_permit: Option<VisaOrPermit>,
    /// What the number is for; empty: everything.
    pub purposes: Vec<Purpose>,
    /// An expedited procedure is wished.
    pub expedited: bool,
    /// The day of submission.
    pub on: Date,
    /// The day the number is needed by.
    pub needed_by: Option<Date>,
}

/// Personal data: it does not show.
impl fmt::Debug for Applicant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Applicant(..)")
    }
}

impl Applicant {
    /// The age on the day of submission, when the birth date is known.
    #[must_use]
    pub fn age(&self) -> Option<i16> {
        self.birth_date.map(|born| age(born, self.on))
    }

    /// Whether the person is a foreigner or stateless, when that is known: by citizenship, else by
    /// applying for what only foreigners apply for.
    #[must_use]
    pub fn is_foreigner(&self) -> Option<bool> {
        let applies = self.visa_or_permit.is_some_and(|visa| visa != VisaOrPermit::None);
        let by_citizenship = self.citizenship.as_ref().map(|country| country.as_str() != "KAZ");
        by_citizenship.or(applies.then_some(true))
    }

    /// Whether the person is in Kazakhstan on the day: by where they say to be, else by their stay.
    #[must_use]
    pub fn in_kazakhstan(&self) -> Option<bool> {
        if let Some(country) = &self.country {
            return Some(country.as_str() == "KAZ");
        }
        let stays = self.stay? != StayKind::Abroad;
        let begun = self.stay_since.is_none_or(|since| since <= self.on);
        let ended = self.stay_until.is_some_and(|until| until < self.on);
        Some(stays && begun && !ended)
    }

    /// The groups the person belongs to by the rules of the day: those stated, without those whose
    /// age does not fit, and those that age or citizenship alone prove.
    #[must_use]
    pub fn groups(&self, book: &Rulebook) -> Vec<Category> {
        let mut groups = self.categories.clone();
        // ICAO 9303: a refugee by the convention of 1951, another refugee.
        if self.citizenship.as_ref().is_some_and(|c| matches!(c.as_str(), "XXB" | "XXC")) {
            groups.push(Category::Refugee);
        }
        if let Some(age) = self.age() {
            for rule in book.groups.iter().filter(|r| r.basis.valid.contains(self.on)) {
                let says = &rule.says;
                let old_enough = says.minimum_age.map(|minimum| age >= i16::from(minimum));
                let too_old = says.under_age.is_some_and(|under| age >= i16::from(under));
                if too_old || old_enough == Some(false) {
                    groups.retain(|group| *group != says.category);
                } else if old_enough == Some(true) {
                    groups.push(says.category);
                }
            }
        }
        groups
    }

    /// What conditions are asked about, with the channel and the presence that the request fixes.
    #[must_use]
    pub fn facts(&self, book: &Rulebook) -> Facts {
        Facts {
            ground: self.ground,
            channel: self.channel,
            presence: self.presence,
            categories: self.groups(book),
            stay: self.stay,
            visa: self.visa_or_permit,
            passport_script: self.passport_script,
            birthplace_script: self.birthplace_script,
            in_kazakhstan: self.in_kazakhstan(),
            foreigner: self.is_foreigner(),
            expedited: self.expedited,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::rulebook;

    #[test]
    fn age_alone_proves_65_and_disproves_a_child() {
        let book = rulebook::built_in();
        let groups = |born, stated: &[Category]| {
            let on = date(2025, 6, 1);
            Applicant { birth_date: born, categories: stated.to_vec(), on, ..Applicant::default() }
                .groups(&book)
        };
        assert_eq!(groups(Some(date(1960, 6, 1)), &[]), [Category::Aged65]);
        assert_eq!(groups(Some(date(1960, 6, 2)), &[Category::Aged65]), []);
        assert_eq!(groups(Some(date(2009, 6, 2)), &[Category::ChildOfCitizen]), [Category::ChildOfCitizen]);
        assert_eq!(groups(Some(date(2009, 6, 1)), &[Category::ChildOfCitizen]), []);
        assert_eq!(groups(None, &[Category::Aged65]), [Category::Aged65], "not known to be younger");
    }

    #[test]
    fn who_applies_for_a_permit_is_a_foreigner() {
        let applies = |visa| Applicant { visa_or_permit: Some(visa), ..Applicant::default() };
        assert_eq!(applies(VisaOrPermit::Visa).is_foreigner(), Some(true));
        assert_eq!(applies(VisaOrPermit::None).is_foreigner(), None);
        let citizen = Applicant { citizenship: "KAZ".parse().ok(), ..applies(VisaOrPermit::Visa) };
        assert_eq!(citizen.is_foreigner(), Some(false), "citizenship decides");
    }

    #[test]
    fn a_stay_counts_while_it_lasts() {
        let stay = |since, until| Applicant {
            stay: Some(StayKind::Temporary),
            stay_since: since,
            stay_until: until,
            on: date(2026, 5, 1),
            ..Applicant::default()
        };
        assert_eq!(stay(None, None).in_kazakhstan(), Some(true));
        assert_eq!(stay(Some(date(2026, 5, 2)), None).in_kazakhstan(), Some(false));
        assert_eq!(stay(None, Some(date(2026, 4, 30))).in_kazakhstan(), Some(false));
        let abroad = Applicant { country: "UZB".parse().ok(), ..stay(None, None) };
        assert_eq!(abroad.in_kazakhstan(), Some(false), "where they say to be decides");
    }
}
