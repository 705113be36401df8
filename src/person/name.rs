//! Names: one spelling, how a text is folded, and what a patronymic is made of.

mod fold;
pub mod patronymic;

use std::fmt;

pub use fold::fold;
pub(super) use fold::fold_plain;

use super::matching::{Comparison, Prepared};

/// The longest part of a name, in Unicode scalars.
pub const MAX_PART: usize = 128;

/// One spelling of a person's name.
///
/// ```
/// use iinspect::person::Name;
/// let n = Name { family: "Тестова".into(), given: "Әсел".into(), patronymic: None };
/// assert_eq!(format!("{n:?}"), "Name(..)");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// Surname; empty for people who have none.
    pub family: String,
    /// Given name; empty for people who have none.
    pub given: String,
    /// Patronymic. `None`: not known. `Some("")`: known to have none.
    pub patronymic: Option<String>,
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name(..)")
    }
}

impl Name {
    /// Whether it says nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.family.trim().is_empty() && self.given.trim().is_empty()
    }

    /// Compares a claim with one spelling of the register. For many spellings, or one that is
    /// compared often, see [`Prepared`].
    ///
    /// ```
    /// use iinspect::person::{Name, matching::{Agreement, Level}};
    /// let held = Name { family: "ТЕСТОВ".into(), given: "Ерлан".into(), patronymic: None };
    /// let claim = Name { family: "Testov".into(), given: " ерлан ".into(), patronymic: Some("Қазыбекұлы".into()) };
    /// assert_eq!(claim.compare(&held).agreement(Level::Transliterated), Agreement::Agrees);
    /// assert_eq!(claim.compare(&held).agreement(Level::Folded), Agreement::Differs);
    /// ```
    #[must_use]
    pub fn compare(&self, held: &Name) -> Comparison {
        Prepared::new(self).compare(&Prepared::new(held))
    }
}
