//! How a claimed name compares with what a register holds: by what level, and how near.
//!
//! Two texts agree, from best to worst: as they are ([`Level::Exact`]); but for case, spaces, dashes
//! and apostrophes ([`Level::Folded`]); as lawful spellings of one name in Kazakh, Russian or Latin
//! ([`Level::Transliterated`]); nearly ([`Level::Fuzzy`]). Which level is enough is the policy's to
//! say, not this module's. `docs/MATCHING.md` has the reasons and the measured error rates.

mod align;
mod comparison;
mod text;

use std::borrow::Cow;

pub use comparison::{Agreement, Comparison, PartMatch};
use text::Text;
pub(super) use text::same;

use super::Name;

/// The score from which on a text that differs is near: one edit in five letters.
pub const NEAR: u8 = 80;

/// By what two texts agree. The order is from best to worst.
///
/// ```
/// use iinspect::person::matching::{Level, compare};
/// assert_eq!(compare("Тестов", "Тестов"), (Level::Exact, 100));
/// assert_eq!(compare("Тестов", " ТЕСТОВ"), (Level::Folded, 100));
/// assert_eq!(compare("Қожахмет", "KOZHAKHMET"), (Level::Transliterated, 100));
/// assert_eq!(compare("Тестов", "Тестова"), (Level::Fuzzy, 85));
/// assert_eq!(compare("Тестов", "Иванов").0, Level::NoMatch);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The same text after NFC.
    Exact,
    /// The same after case folding, with spaces, dashes and apostrophes not counted.
    Folded,
    /// Lawful spellings of one name: in Kazakh, Russian, or Latin by one of the tables of
    /// [`script`](super::script).
    Transliterated,
    /// Near: a score of [`NEAR`] or more.
    Fuzzy,
    /// Different.
    NoMatch,
}

/// By what two texts agree, and how near they are: 100 when they agree, else 100 less the share of
/// letters that would have to be edited.
#[must_use]
pub fn compare(a: &str, b: &str) -> (Level, u8) {
    Text::of(a).compare(&Text::of(b))
}

/// A name made ready to be compared, for one that is compared often.
///
/// ```
/// use iinspect::person::{Name, matching::{Agreement, Level, Prepared}};
/// let held = Name { family: "ӘЛІБЕКОВА".into(), given: "Гүлнар".into(), patronymic: None };
/// let claim = Name { family: "Alibekova".into(), given: "Gulnar".into(), patronymic: None };
/// let (held, claim) = (Prepared::new(&held), Prepared::new(&claim));
/// assert_eq!(claim.compare(&held).agreement(Level::Transliterated), Agreement::Agrees);
/// ```
pub struct Prepared<'a> {
    family: Text<'a>,
    given: Text<'a>,
    patronymic: Option<Text<'a>>,
}

impl<'a> Prepared<'a> {
    /// Makes a name ready; it borrows the texts.
    #[must_use]
    pub fn new(name: &'a Name) -> Self {
        let text = |text: &'a str| Text::of(Cow::Borrowed(text));
        Prepared {
            family: text(&name.family),
            given: text(&name.given),
            patronymic: name.patronymic.as_deref().map(text),
        }
    }

    /// Whether a part of it mixes Latin and Cyrillic letters that look alike.
    ///
    /// ```
    /// use iinspect::person::{Name, matching::Prepared};
    /// let name = |given: &str| Name { given: given.into(), ..Name::default() };
    /// assert!(Prepared::new(&name("Aйша")).is_mixed(), "a Latin A");
    /// assert!(!Prepared::new(&name("Айша")).is_mixed());
    /// ```
    #[must_use]
    pub fn is_mixed(&self) -> bool {
        [Some(&self.family), Some(&self.given), self.patronymic.as_ref()]
            .into_iter()
            .flatten()
            .any(Text::is_mixed)
    }
}

impl std::fmt::Debug for Prepared<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prepared(..)")
    }
}

#[cfg(test)]
mod tests;
