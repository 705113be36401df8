//! A company's number, which does have a structure.

use std::fmt;

use jiff::civil::Date;

use super::control::Control;
use super::digits::{self, Digits};
use super::structure::Shape;
pub use super::structure::{Entity, Unit};
use super::{Error, Finding};
use crate::reason::Reason;

/// A business identification number (BIN): 12 digits whose control digit holds, with a month of
/// registration, a kind of entity (digit five, 4-6) and a kind of unit (digit six, 0-4).
///
/// Unlike the IIN's, this structure is in force (Order of the Minister of Justice of 27 June 2023
/// No 423). Months 13-99 pass as well: those are the project's own test numbers. An individual
/// entrepreneur has no BIN and uses the IIN.
///
/// There is no `Display`, and `Debug` shows the last two digits only, as for an
/// [`Iin`](super::Iin): callers put the one where the other belongs.
///
/// ```
/// use iinspect::number::Bin;
///
/// let bin = Bin::parse("940140000385")?;
/// assert_eq!(bin.to_text(), "940140000385");
/// assert_eq!(format!("{bin:?}"), "Bin(**********85)");
/// # Ok::<(), iinspect::number::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bin(u64);

impl Bin {
    /// Reads exactly twelve ASCII digits; nothing is trimmed or normalised.
    ///
    /// # Errors
    ///
    /// Those of [`Iin::parse`](super::Iin::parse), and of the structure, together with each other
    /// and with a control digit's: [`Reason::BinMonthImpossible`] for month 00,
    /// [`Reason::BinUnitUnassigned`] for a sixth digit 5-9, [`Reason::FifthDigitReserved`] for a
    /// fifth digit 7-9. A fifth digit 0-3 is a person's: nothing is wrong with the number, only
    /// with asking for a BIN, and that is [`Reason::LooksLikeIin`].
    ///
    /// ```
    /// use iinspect::{number::Bin, reason::Reason};
    ///
    /// assert!(Bin::parse("961141000023").is_ok());
    /// let error = Bin::parse("940047000388").unwrap_err();
    /// assert_eq!(
    ///     error.reasons(),
    ///     [Reason::ControlMismatch, Reason::BinMonthImpossible, Reason::BinUnitUnassigned],
    /// );
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
    /// use iinspect::number::Bin;
    ///
    /// assert_eq!(Bin::from_u64(11_140_001_666), Bin::parse("011140001666"));
    /// ```
    pub fn from_u64(number: u64) -> Result<Self, Error> {
        Digits::from_u64(number).and_then(|digits| Self::of(&digits))
    }

    fn of(digits: &Digits) -> Result<Self, Error> {
        let rule = digits.fault(digits.control());
        if rule == Some(Reason::AllZero) {
            return Err(Reason::AllZero.into()); // what else zeros lack is beside the point
        }
        let month = (digits.month() == 0).then_some(Reason::BinMonthImpossible);
        let shape = match Shape::of(digits) {
            Shape::Company(..) => None,
            Shape::Person => Some(Reason::LooksLikeIin),
            Shape::UnitUnassigned => Some(Reason::BinUnitUnassigned),
            Shape::Reserved => Some(Reason::FifthDigitReserved),
        };
        let faults = [rule, month, shape];
        Error::of(faults.into_iter().flatten()).map_or(Ok(Self(digits.pack())), Err)
    }

    /// The number as an integer, 1 to 10^12 - 1.
    ///
    /// ```
    /// use iinspect::number::Bin;
    ///
    /// assert_eq!(Bin::parse("011140001666")?.as_u64(), 11_140_001_666);
    /// # Ok::<(), iinspect::number::Error>(())
    /// ```
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// All twelve digits as text.
    ///
    /// ```
    /// use iinspect::number::Bin;
    ///
    /// assert_eq!(Bin::from_u64(11_140_001_666)?.to_text(), "011140001666");
    /// # Ok::<(), iinspect::number::Error>(())
    /// ```
    #[must_use]
    pub fn to_text(self) -> String {
        digits::text(self.0)
    }

    /// The twelve digits, each 0-9.
    ///
    /// ```
    /// use iinspect::number::Bin;
    ///
    /// assert_eq!(Bin::parse("940140000385")?.digits(), [9, 4, 0, 1, 4, 0, 0, 0, 0, 3, 8, 5]);
    /// # Ok::<(), iinspect::number::Error>(())
    /// ```
    #[must_use]
    pub fn digits(self) -> [u8; 12] {
        Digits::unpack(self.0).0
    }

    /// Is it one of this project's test numbers, which no company holds: a month 13-99?
    ///
    /// ```
    /// use iinspect::number::Bin;
    ///
    /// assert!(Bin::parse("859940000012")?.is_test());
    /// assert!(!Bin::parse("940140000385")?.is_test());
    /// # Ok::<(), iinspect::number::Error>(())
    /// ```
    #[must_use]
    pub fn is_test(self) -> bool {
        Digits::unpack(self.0).is_test()
    }
}

impl fmt::Debug for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        digits::redact(f, "Bin", self.0)
    }
}

/// The month in which an entity was registered, or registered anew.
///
/// It shows as `YYYY-MM`.
///
/// ```
/// use iinspect::number::bin::Registered;
///
/// assert_eq!(Registered { year: 1994, month: 1 }.to_string(), "1994-01");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Registered {
    /// The full year. The number has two digits of it: the century is a guess.
    pub year: i16,
    /// 1-12.
    pub month: i8,
}

impl fmt::Display for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// What the digits of a BIN say, by Order of the Minister of Justice of 27 June 2023 No 423.
///
/// `Debug` leaves out what would tell the number.
///
/// ```
/// use iinspect::number::{Details, inspect};
/// use jiff::civil::date;
///
/// let Some(Details::Bin(details)) = inspect("940140000385", date(2026, 1, 1)).details else {
///     panic!("digits five and six are a company's");
/// };
/// assert_eq!(details.registered.map(|month| month.to_string()).as_deref(), Some("1994-01"));
/// assert_eq!(details.serial, 38);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Details {
    /// Digits one to four, in the latest century that does not put the year after today's; none
    /// when there is no such month.
    pub registered: Option<Registered>,
    /// By digit five.
    pub entity: Entity,
    /// By digit six.
    pub unit: Unit,
    /// Digits seven to eleven, 0-99999.
    pub serial: u32,
    /// What the algorithm yields for the first eleven digits, whatever the twelfth is.
    pub control: Control,
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Details")
            .field("entity", &self.entity)
            .field("unit", &self.unit)
            .finish_non_exhaustive()
    }
}

/// Reads what else a BIN says and reports what is wrong or odd about it.
pub(super) fn read(
    digits: &Digits,
    entity: Entity,
    unit: Unit,
    control: Control,
    today: Date,
    findings: &mut Vec<Finding>,
) -> Details {
    let [_, _, _, _, _, _, serial @ .., _] = &digits.0;
    let month = digits.month();
    match month {
        // An error, unlike in an IIN: the order on BINs does prescribe the month.
        0 => findings.push(Reason::BinMonthImpossible.into()),
        13.. => findings.push(Reason::TestNumber.into()),
        _ => {}
    }
    let registered =
        (1..=12).contains(&month).then(|| Registered { year: year(digits.year(), today), month });
    Details {
        registered,
        entity,
        unit,
        serial: serial.iter().fold(0, |serial, &digit| serial * 10 + u32::from(digit)),
        control,
    }
}

/// The latest year with these last two digits that is not after today's: a company is older than
/// today, and some BINs carry registrations from the 1900s.
fn year(two_digits: i8, today: Date) -> i16 {
    today.year() - (today.year() - i16::from(two_digits)).rem_euclid(100)
}
