//! People: names, documents, birth dates, citizenship, and how claims about them compare.
//!
//! Everything is optional, as it is in the state's own register: people with one name, without a
//! patronymic or without a document are lawful data (`docs/PRIVACY.md` says what is kept of them).
//! `Debug` of every type here redacts.

pub mod birth;
pub mod country;
pub mod document;
pub mod matching;
pub mod name;
pub mod script;

use std::fmt;

use jiff::civil::Date;

use crate::number::Sex;

pub use country::Country;
pub use document::Document;
pub use name::Name;

/// What a register holds about the holder of a number.
///
/// ```
/// use iinspect::person::Person;
/// let nobody = Person::default();
/// assert!(nobody.names.is_empty());
/// assert_eq!(format!("{nobody:?}"), "Person(..)");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Spellings of the name, the main one first.
    pub names: Vec<Name>,
    /// Birth date as registered; it need not agree with the number's digits.
    pub birth_date: Option<Date>,
    /// Sex as registered.
    pub sex: Option<Sex>,
    /// Citizenship as registered.
    pub citizenship: Option<Country>,
    /// Documents, each with its own spelling of the name where it has one.
    pub documents: Vec<Document>,
}

impl Person {
    /// Every spelling of the name: the person's own, then those of the documents.
    pub fn spellings(&self) -> impl Iterator<Item = &Name> {
        self.names.iter().chain(self.documents.iter().filter_map(|d| d.name.as_ref()))
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}
