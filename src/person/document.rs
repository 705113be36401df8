//! Identity documents (Law 223-III art. 9 p. 3 lists those that carry the number).

pub mod status;

use std::fmt;

use jiff::civil::Date;

use super::matching::{Level, same};
use super::script::latin_or_digit;
use super::{Country, Name};
pub use status::Status;

/// The longest document number, in Unicode scalars.
pub const MAX_NUMBER: usize = 64;
/// The longest code of a document's kind.
pub const MAX_KIND: usize = 32;

/// One identity document.
///
/// ```
/// use iinspect::person::Document;
/// let d = Document { kind: "PASSPORT".into(), number: "N 012 345".into(), ..Document::default() };
/// assert_eq!(d.key(), "N012345");
/// assert_eq!(format!("{d:?}"), "Document(..)");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Kind, as a code in capitals ([`is_kind`]); empty when not known.
    pub kind: String,
    /// Number with its series, as printed.
    pub number: String,
    /// Issuing country.
    pub country: Option<Country>,
    /// Last day of validity.
    pub valid_until: Option<Date>,
    /// Whether it still counts, as the state's register has it; `None`: not known.
    pub status: Option<Status>,
    /// The name as this document spells it.
    pub name: Option<Name>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document(..)")
    }
}

impl Document {
    /// The number as it is compared: without white space, in capitals.
    #[must_use]
    pub fn key(&self) -> String {
        self.number.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
    }

    /// By what its number agrees with another's. `Transliterated` is told of numbers that agree once
    /// characters that look alike are taken for each other; there is nothing between that and
    /// `NoMatch`, since a number that is nearly right is another document's.
    ///
    /// ```
    /// use iinspect::person::{Document, matching::Level};
    /// let number = |number: &str| Document { number: number.into(), ..Document::default() };
    /// let level = |a: &str, b: &str| number(a).compare_number(&number(b));
    /// assert_eq!(level("N 012 345", "N 012 345"), Level::Exact);
    /// assert_eq!(level("n012345", "N 012 345"), Level::Folded);
    /// assert_eq!(level("NО12345", "N012345"), Level::Transliterated, "a Cyrillic О");
    /// assert_eq!(level("N012346", "N012345"), Level::NoMatch);
    /// ```
    #[must_use]
    pub fn compare_number(&self, other: &Document) -> Level {
        let (a, b) = (self.key(), other.key());
        let alike = |key: &str| key.chars().map(latin_or_digit).collect::<String>();
        if same(&self.number, &other.number) {
            Level::Exact
        } else if same(&a, &b) {
            Level::Folded
        } else if same(&alike(&a), &alike(&b)) {
            Level::Transliterated
        } else {
            Level::NoMatch
        }
    }
}

/// Whether a text can be the code of a document's kind: 1 to 32 of `A-Z`, `0-9`, `_`.
///
/// ```
/// use iinspect::person::document::is_kind;
/// assert!(is_kind("IDENTITY_CARD"));
/// assert!(!is_kind("passport"));
/// ```
#[must_use]
pub fn is_kind(text: &str) -> bool {
    (1..=MAX_KIND).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}
