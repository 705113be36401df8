//! A person's number.

use std::fmt;

use super::Error;
use super::digits::{self, Digits};
pub use super::hint::{Details, Sex};

/// An individual identification number (IIN): 12 digits, not all zero, whose control digit holds.
///
/// That is the whole rule in force (Order of the Minister of Internal Affairs of 29 June 2023
/// No 521, paragraph 2). Birth date, century and sex were taken out of it in 2013, so numbers
/// without a date in them are numbers too: [`inspect`](super::inspect) tells what such digits
/// suggest, and nothing follows from it here.
///
/// There is no `Display`, and `Debug` shows the last two digits only, so that no log gets to know
/// a number by accident. It orders as its digits do.
///
/// ```
/// use iinspect::number::Iin;
///
/// let iin = Iin::parse("009900000008")?;
/// assert_eq!(iin.to_text(), "009900000008");
/// assert_eq!(format!("{iin:?}"), "Iin(**********08)");
/// # Ok::<(), iinspect::number::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iin(u64);

impl Iin {
    /// Reads exactly twelve ASCII digits; nothing is trimmed or normalised.
    ///
    /// # Errors
    ///
    /// `MalformedLength` and `MalformedCharset`, together if need be, with `LeadingZeroLost` before
    /// them when a zero in front would mend it; `AllZero`, `ControlMismatch` or `NeverIssued` alone.
    /// All are [`Reason`](crate::reason::Reason)s.
    ///
    /// ```
    /// use iinspect::{number::Iin, reason::Reason};
    ///
    /// assert!(Iin::parse("009900000008").is_ok());
    /// let error = Iin::parse("009900000009").unwrap_err();
    /// assert_eq!(error.reasons(), [Reason::ControlMismatch]);
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        Digits::read(text).and_then(|digits| Self::of(&digits))
    }

    /// Takes the number as an integer, its leading zeros left out.
    ///
    /// # Errors
    ///
    /// `MalformedLength` from 10^12 on, else as [`parse`](Self::parse).
    ///
    /// ```
    /// use iinspect::number::Iin;
    ///
    /// assert_eq!(Iin::from_u64(9_900_000_008), Iin::parse("009900000008"));
    /// assert!(Iin::from_u64(1_009_900_000_008).is_err());
    /// ```
    pub fn from_u64(number: u64) -> Result<Self, Error> {
        Digits::from_u64(number).and_then(|digits| Self::of(&digits))
    }

    fn of(digits: &Digits) -> Result<Self, Error> {
        match digits.fault(digits.control()) {
            None => Ok(Self(digits.pack())),
            Some(fault) => Err(fault.into()),
        }
    }

    /// The number as an integer, 1 to 10^12 - 1.
    ///
    /// ```
    /// use iinspect::number::Iin;
    ///
    /// assert_eq!(Iin::parse("009900000008")?.as_u64(), 9_900_000_008);
    /// # Ok::<(), iinspect::number::Error>(())
    /// ```
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// All twelve digits as text. It is personal data: for stores and answers, not for logs.
    ///
    /// ```
    /// use iinspect::number::Iin;
    ///
    /// assert_eq!(Iin::from_u64(9_900_000_008)?.to_text(), "009900000008");
    /// # Ok::<(), iinspect::number::Error>(())
    /// ```
    #[must_use]
    pub fn to_text(self) -> String {
        digits::text(self.0)
    }

    /// The twelve digits, each 0-9.
    ///
    /// ```
    /// use iinspect::number::Iin;
    ///
    /// assert_eq!(Iin::parse("009900000008")?.digits(), [0, 0, 9, 9, 0, 0, 0, 0, 0, 0, 0, 8]);
    /// # Ok::<(), iinspect::number::Error>(())
    /// ```
    #[must_use]
    pub fn digits(self) -> [u8; 12] {
        Digits::unpack(self.0).0
    }

    /// Is it one of this project's test numbers, which no person holds: digits three and four, once
    /// the month, are 13-99?
    ///
    /// ```
    /// use iinspect::number::Iin;
    ///
    /// assert!(Iin::parse("009900000008")?.is_test());
    /// assert!(!Iin::parse("500101100000")?.is_test());
    /// # Ok::<(), iinspect::number::Error>(())
    /// ```
    #[must_use]
    pub fn is_test(self) -> bool {
        Digits::unpack(self.0).is_test()
    }
}

impl fmt::Debug for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        digits::redact(f, "Iin", self.0)
    }
}
