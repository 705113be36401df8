//! Identity documents (Law 223-III art. 9 p. 3 lists those that carry the number).

use std::fmt;

use jiff::civil::Date;

use super::{Country, Name};

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
