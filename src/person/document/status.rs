//! Whether a document still counts, as the state's register of persons tells it (ГБД ФЛ, dictionary
//! DocumentInvalidity).
//!
//! Codes seen in answers of that register: 00 valid, 07 unfit, 08 lost, 10 expired, 17 replaced by a new
//! one, 18 a change in the record of a death. The dictionary as a whole is not published: another code
//! is kept as it is, and means that the document does not count.

use std::fmt;
use std::str::FromStr;

/// A code of two digits.
///
/// ```
/// use iinspect::person::document::status::{Meaning, Status};
/// let lost: Status = "08".parse()?;
/// assert_eq!((lost.meaning(), lost.as_str()), (Meaning::Lost, "08"));
/// assert_eq!("99".parse::<Status>()?.meaning(), Meaning::NotValid);
/// assert!("8".parse::<Status>().is_err());
/// # Ok::<(), iinspect::person::document::status::BadStatus>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Status([u8; 2]);

/// What a code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It counts.
    Valid,
    /// Its time is over.
    Expired,
    /// It was lost: whoever shows it may not be its holder.
    Lost,
    /// A new one has taken its place.
    Replaced,
    /// It does not count for another reason.
    NotValid,
}

impl Status {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Two ASCII digits: reading made sure.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// What it says.
    #[must_use]
    pub fn meaning(self) -> Meaning {
        match &self.0 {
            b"00" => Meaning::Valid,
            b"08" => Meaning::Lost,
            b"10" => Meaning::Expired,
            b"17" => Meaning::Replaced,
            _ => Meaning::NotValid,
        }
    }
}

/// The text is no code of two digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a code of two digits, such as 00 (valid) or 08 (lost)")]
pub struct BadStatus;

impl FromStr for Status {
    type Err = BadStatus;

    fn from_str(text: &str) -> Result<Self, BadStatus> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_digit() && b.is_ascii_digit() => Ok(Status([*a, *b])),
            _ => Err(BadStatus),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Status(..)")
    }
}
