//! Names compared part by part.

use std::cmp::Reverse;

use super::text::{Likeness, Text};
use super::{Level, Prepared};

/// How one part of a claim compares with the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartMatch {
    /// Both sides hold it.
    Compared(Level),
    /// One side holds nothing to compare.
    NotCompared,
    /// The claim says nothing of it.
    NotClaimed,
}

impl PartMatch {
    /// Whether it was compared and is worse than `enough`.
    #[must_use]
    pub fn differs(self, enough: Level) -> bool {
        matches!(self, PartMatch::Compared(level) if level > enough)
    }
}

/// How a claimed name compares with one spelling in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Surname.
    pub family: PartMatch,
    /// Given name.
    pub given: PartMatch,
    /// Patronymic.
    pub patronymic: PartMatch,
    /// How near the compared part is that is least near, 0 to 100; `None` when no part was compared.
    pub score: Option<u8>,
    /// The worse level of family and given name when each is compared with the other of the
    /// register, if both sides hold both.
    pub swapped: Option<Level>,
}

/// What a comparison of a name comes to. The order is from best to worst for choosing a spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// Family and given name agree, and no part differs.
    Agrees,
    /// No part differs, but family or given name could not be compared.
    NotCompared,
    /// A part differs.
    Differs,
}

impl Comparison {
    /// The three parts: family, given, patronymic.
    #[must_use]
    pub fn parts(&self) -> [PartMatch; 3] {
        [self.family, self.given, self.patronymic]
    }

    /// What the parts come to when a level of `enough` or better agrees. An uncompared patronymic
    /// does not matter, a different one does.
    #[must_use]
    pub fn agreement(&self, enough: Level) -> Agreement {
        if self.parts().iter().any(|part| part.differs(enough)) {
            Agreement::Differs
        } else if [self.family, self.given].iter().all(|part| matches!(part, PartMatch::Compared(_))) {
            Agreement::Agrees
        } else {
            Agreement::NotCompared
        }
    }

    /// Whether family and given name agree when they change places. The patronymic has to hold too.
    #[must_use]
    pub fn agrees_swapped(&self, enough: Level) -> bool {
        self.swapped.is_some_and(|level| level <= enough) && !self.patronymic.differs(enough)
    }

    /// The levels of the compared parts.
    pub fn levels(&self) -> impl Iterator<Item = Level> {
        self.parts().into_iter().filter_map(|part| match part {
            PartMatch::Compared(level) => Some(level),
            PartMatch::NotCompared | PartMatch::NotClaimed => None,
        })
    }

    fn scored(&mut self, score: u8) {
        self.score = Some(self.score.map_or(score, |known| known.min(score)));
    }
}

impl Prepared<'_> {
    /// Compares a claim with one spelling of the register.
    #[must_use]
    pub fn compare(&self, held: &Prepared<'_>) -> Comparison {
        let mut comparison = Comparison {
            family: PartMatch::NotClaimed,
            given: PartMatch::NotClaimed,
            patronymic: PartMatch::NotClaimed,
            score: None,
            swapped: None,
        };
        if let (Some(claimed), Some(single)) = (self.single(), held.single()) {
            // Who has one name has it whichever field a form puts it into.
            let (level, score) = claimed.compare(single);
            comparison.family = PartMatch::Compared(level);
            comparison.given = PartMatch::Compared(level);
            comparison.scored(score);
        } else {
            let family = required_part(&self.family, &held.family);
            let given = required_part(&self.given, &held.given);
            comparison.family =
                family.map_or(PartMatch::NotCompared, |(level, _)| PartMatch::Compared(level));
            comparison.given = given.map_or(PartMatch::NotCompared, |(level, _)| PartMatch::Compared(level));
            for (_, score) in family.into_iter().chain(given) {
                comparison.scored(score);
            }
        }
        if let Some(claimed) = &self.patronymic {
            // A missing patronymic is missing data (passports in Latin script print none), never a
            // difference.
            comparison.patronymic = PartMatch::NotCompared;
            if let Some(held) = &held.patronymic {
                let (level, score) = claimed.compare_patronymic(held);
                comparison.patronymic = PartMatch::Compared(level);
                comparison.scored(score);
            }
        }
        comparison
    }

    /// The best comparison with any of the spellings, `None` when there are none. `enough` is the
    /// level that agrees.
    ///
    /// What the best spelling lacks, another may hold: a part is uncompared only when no spelling
    /// holds it, so that a document without a patronymic hides none of the register's.
    ///
    /// ```
    /// use iinspect::person::{Name, matching::{Agreement, Level, Prepared}};
    /// let name = |patronymic: Option<&str>| Name {
    ///     family: "Тестов".into(), given: "Ян".into(), patronymic: patronymic.map(Into::into),
    /// };
    /// let held = [name(None), name(Some("Иванович"))];
    /// let held: Vec<_> = held.iter().map(Prepared::new).collect();
    /// let agreement = |claim: Name| {
    ///     let best = Prepared::new(&claim).best(&held, Level::Transliterated);
    ///     best.map(|c| c.agreement(Level::Transliterated))
    /// };
    /// assert_eq!(agreement(name(Some("IVANOVICH"))), Some(Agreement::Agrees));
    /// assert_eq!(agreement(name(Some("Петрович"))), Some(Agreement::Differs));
    /// assert_eq!(agreement(name(Some(""))), Some(Agreement::Differs));
    /// ```
    #[must_use]
    pub fn best(&self, spellings: &[Prepared<'_>], enough: Level) -> Option<Comparison> {
        let differing = |c: &Comparison| c.parts().iter().filter(|part| part.differs(enough)).count();
        let compared = spellings.iter().map(|held| self.compare(held));
        // Equally near: the one whose parts are nearer together.
        let steps = |c: &Comparison| c.levels().map(|level| level as usize).sum::<usize>();
        let rank = |c: &Comparison| (c.agreement(enough), differing(c), Reverse(c.score), steps(c));
        let mut best = compared.min_by_key(rank)?;
        let held = |part: fn(&Prepared<'_>) -> bool| spellings.iter().any(part);
        for (part, held) in [
            (&mut best.family, held(|n| !n.family.is_empty())),
            (&mut best.given, held(|n| !n.given.is_empty())),
        ] {
            if *part == PartMatch::NotCompared && held {
                *part = PartMatch::Compared(Level::NoMatch);
                best.score = Some(0);
            }
        }
        if let (Some(claimed), PartMatch::NotCompared) = (&self.patronymic, best.patronymic) {
            let held = spellings.iter().filter_map(|n| n.patronymic.as_ref());
            if let Some((level, score)) = held.map(|h| claimed.compare_patronymic(h)).min_by_key(nearest) {
                best.patronymic = PartMatch::Compared(level);
                best.scored(score);
            }
        }
        best.swapped = spellings.iter().filter_map(|held| self.swapped(held)).min();
        Some(best)
    }

    /// Family and given name each compared with the other; for people with both.
    fn swapped(&self, held: &Prepared<'_>) -> Option<Level> {
        let parts = [&self.family, &self.given, &held.family, &held.given];
        let whole = parts.iter().all(|part| !part.is_empty());
        whole.then(|| self.family.compare(&held.given).0.max(self.given.compare(&held.family).0))
    }

    /// The name of a person with one name.
    fn single(&self) -> Option<&Text<'_>> {
        match (self.family.is_empty(), self.given.is_empty()) {
            (true, false) => Some(&self.given),
            (false, true) => Some(&self.family),
            _ => None,
        }
    }
}

fn nearest(likeness: &Likeness) -> (Level, Reverse<u8>) {
    (likeness.0, Reverse(likeness.1))
}

/// Compares a part that both sides state: an empty one is a statement of having none, except that
/// a register which holds nothing cannot contradict a claim.
fn required_part(claim: &Text<'_>, held: &Text<'_>) -> Option<Likeness> {
    (!held.is_empty() || claim.is_empty()).then(|| claim.compare(held))
}
