//! A rule: what it states, whom it is about, since when and on whose word; and what it decides.

use jiff::civil::Date;

use super::codes::{
    Category, Channel, Code, Confidence, Ground, Presence, Profile, Script, StayKind, VisaOrPermit,
};

/// The days on which a rule is in force; both ends count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day; `None`: not known.
    pub from: Option<Date>,
    /// The last day; `None`: no end is known.
    pub to: Option<Date>,
}

impl Period {
    /// Whether a day is in it.
    ///
    /// ```
    /// use iinspect::rulebook::law::Period;
    /// use jiff::civil::date;
    /// let pilot = Period { from: Some(date(2024, 4, 13)), to: Some(date(2024, 12, 31)) };
    /// assert!(pilot.contains(date(2024, 12, 31)) && !pilot.contains(date(2025, 1, 1)));
    /// ```
    #[must_use]
    pub fn contains(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// What every rule says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// Its id, for good: `channel.consulate.2025`.
    pub id: String,
    /// What it states, in English. Of a step, a paper or a warning this is what a person is told.
    pub statement: String,
    /// Whom or what it is about, in English.
    pub applies_to: String,
    /// When it is in force.
    pub valid: Period,
    /// The act it rests on, with its registration number; empty where there is none.
    pub legal_basis: String,
    /// Who says so.
    pub source: String,
    /// How well that is founded.
    pub confidence: Confidence,
    /// Sources contradict each other here.
    pub disputed: bool,
    /// For the applicant, in English; may be empty.
    pub note: String,
    /// The profile under which alone it decides; `None`: always.
    pub profile: Option<Profile>,
    /// The rules that it contradicts, by their ids.
    pub against: Vec<String>,
}

/// A rule: its basis, whom it applies to, and what it decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule<P> {
    /// What it says of itself.
    pub basis: Basis,
    /// Whom it applies to.
    pub when: When,
    /// What it decides.
    pub says: P,
}

impl<P> Rule<P> {
    /// Whether it decides on a day under a profile, whoever asks.
    #[must_use]
    pub fn decides(&self, profile: Profile, day: Date) -> bool {
        self.basis.profile.is_none_or(|own| own == profile) && self.basis.valid.contains(day)
    }
}

/// A condition: every part that is stated must hold; an empty list states nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// One of these grounds.
    pub grounds: Vec<Ground>,
    /// One of these channels.
    pub channels: Vec<Channel>,
    /// One of these presences.
    pub presences: Vec<Presence>,
    /// A member of one of these groups.
    pub categories: Vec<Category>,
    /// A member of none of these.
    pub except: Vec<Category>,
    /// On one of these terms in Kazakhstan.
    pub stays: Vec<StayKind>,
    /// One of these is applied for.
    pub visas: Vec<VisaOrPermit>,
    /// The name or the place of birth in the passport is in one of these.
    pub scripts: Vec<Script>,
    /// In Kazakhstan, or not.
    pub in_kazakhstan: Option<bool>,
    /// A foreigner or stateless, or a citizen.
    pub foreigner: Option<bool>,
    /// An expedited procedure is wished, or not.
    pub expedited: Option<bool>,
}

/// What is known of a case, as conditions ask for it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The ground.
    pub ground: Option<Ground>,
    /// The channel.
    pub channel: Option<Channel>,
    /// The presence.
    pub presence: Option<Presence>,
    /// Every group that the applicant belongs to.
    pub categories: Vec<Category>,
    /// The stay.
    pub stay: Option<StayKind>,
    /// What is applied for as well.
    pub visa: Option<VisaOrPermit>,
    /// The script of the name.
    pub passport_script: Option<Script>,
    /// The script of the place of birth.
    pub birthplace_script: Option<Script>,
    /// In Kazakhstan?
    pub in_kazakhstan: Option<bool>,
    /// A foreigner or stateless?
    pub foreigner: Option<bool>,
    /// Expedited?
    pub expedited: bool,
}

/// Whether a condition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// That depends on fields of the request which were left out.
    Depends(Vec<&'static str>),
}

impl When {
    /// Whether it holds of a case. A part that fails decides, whatever else is not known.
    #[must_use]
    pub fn fits(&self, facts: &Facts) -> Fit {
        let mut open = Vec::new();
        let parts = [
            one_of("ground", &self.grounds, facts.ground),
            one_of("channel", &self.channels, facts.channel),
            one_of("presence", &self.presences, facts.presence),
            one_of("stay.kind", &self.stays, facts.stay),
            one_of("visa_or_permit", &self.visas, facts.visa),
            equal("location.country", self.in_kazakhstan, facts.in_kazakhstan),
            equal("citizenship", self.foreigner, facts.foreigner),
            equal("expedited", self.expedited, Some(facts.expedited)),
            self.scripts(facts),
        ];
        for part in parts {
            match part {
                Fit::Yes => {}
                Fit::No => return Fit::No,
                Fit::Depends(fields) => open.extend(fields),
            }
        }
        let member = |list: &[Category]| list.iter().any(|c| facts.categories.contains(c));
        if (!self.categories.is_empty() && !member(&self.categories)) || member(&self.except) {
            return Fit::No;
        }
        if open.is_empty() { Fit::Yes } else { Fit::Depends(open) }
    }

    fn scripts(&self, facts: &Facts) -> Fit {
        let known =
            [("passport_script", facts.passport_script), ("birthplace_script", facts.birthplace_script)];
        if self.scripts.is_empty()
            || known.iter().any(|(_, script)| script.is_some_and(|s| self.scripts.contains(&s)))
        {
            return Fit::Yes;
        }
        let open: Vec<_> =
            known.iter().filter(|(_, script)| script.is_none()).map(|(field, _)| *field).collect();
        if open.is_empty() { Fit::No } else { Fit::Depends(open) }
    }
}

fn one_of<T: Code>(field: &'static str, list: &[T], known: Option<T>) -> Fit {
    match known {
        _ if list.is_empty() => Fit::Yes,
        None => Fit::Depends(vec![field]),
        Some(value) if list.contains(&value) => Fit::Yes,
        Some(_) => Fit::No,
    }
}

fn equal(field: &'static str, wanted: Option<bool>, known: Option<bool>) -> Fit {
    match (wanted, known) {
        (None, _) => Fit::Yes,
        (Some(_), None) => Fit::Depends(vec![field]),
        (Some(wanted), Some(known)) => {
            if wanted == known {
                Fit::Yes
            } else {
                Fit::No
            }
        }
    }
}

/// A person's age on a day, in whole years: it rises on the birthday, of 29 February on 1 March when
/// the year has none. Negative before birth.
///
/// ```
/// use iinspect::rulebook::law::age;
/// use jiff::civil::date;
/// assert_eq!(age(date(2008, 5, 20), date(2024, 5, 19)), 15);
/// assert_eq!(age(date(2008, 5, 20), date(2024, 5, 20)), 16);
/// assert_eq!(age(date(2008, 2, 29), date(2026, 2, 28)), 17);
/// ```
#[must_use]
pub fn age(born: Date, on: Date) -> i16 {
    let had_birthday = (on.month(), on.day()) >= (born.month(), born.day());
    on.year() - born.year() - i16::from(!had_birthday)
}

/// The day on which a person reaches an age; `None` beyond the calendar of all dates.
///
/// ```
/// use iinspect::rulebook::law::reaches;
/// use jiff::civil::date;
/// assert_eq!(reaches(date(2008, 2, 29), 18), Some(date(2026, 3, 1)));
/// ```
#[must_use]
pub fn reaches(born: Date, age: u8) -> Option<Date> {
    let year = born.year().checked_add(i16::from(age))?;
    Date::new(year, born.month(), born.day()).or_else(|_| Date::new(year, 3, 1)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_decides_before_what_is_not_known() {
        let when = When { channels: vec![Channel::Psc], visas: vec![VisaOrPermit::Visa], ..When::default() };
        let facts = |channel, visa| Facts { channel, visa, ..Facts::default() };
        assert_eq!(when.fits(&facts(Some(Channel::Psc), Some(VisaOrPermit::Visa))), Fit::Yes);
        assert_eq!(when.fits(&facts(Some(Channel::Online), None)), Fit::No);
        assert_eq!(when.fits(&facts(None, None)), Fit::Depends(vec!["channel", "visa_or_permit"]));
    }

    #[test]
    fn one_foreign_script_is_enough_and_one_unknown_leaves_it_open() {
        let when = When { scripts: vec![Script::Other], ..When::default() };
        let facts = |passport_script, birthplace_script| Facts {
            passport_script,
            birthplace_script,
            ..Facts::default()
        };
        assert_eq!(when.fits(&facts(Some(Script::Latin), Some(Script::Other))), Fit::Yes);
        assert_eq!(when.fits(&facts(None, Some(Script::Other))), Fit::Yes);
        assert_eq!(when.fits(&facts(Some(Script::Latin), Some(Script::Cyrillic))), Fit::No);
        assert_eq!(when.fits(&facts(Some(Script::Latin), None)), Fit::Depends(vec!["birthplace_script"]));
    }
}
