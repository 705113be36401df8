//! Birth dates that differ by a slip of the pen.

use jiff::civil::Date;

/// By what slip two dates differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    /// Day and month have changed places.
    DayAndMonth,
    /// One digit of the eight is another.
    OneDigit,
}

/// The slip that makes one date of the other; `None` when they are the same or further apart.
///
/// ```
/// use iinspect::person::birth::{Slip, slip};
/// use jiff::civil::date;
/// assert_eq!(slip(date(1990, 3, 12), date(1990, 12, 3)), Some(Slip::DayAndMonth));
/// assert_eq!(slip(date(1990, 3, 12), date(1991, 3, 12)), Some(Slip::OneDigit));
/// assert_eq!(slip(date(1990, 3, 12), date(1991, 3, 13)), None);
/// assert_eq!(slip(date(1990, 3, 12), date(1990, 3, 12)), None);
/// ```
#[must_use]
pub fn slip(a: Date, b: Date) -> Option<Slip> {
    let differing = digits(a).iter().zip(digits(b)).filter(|(a, b)| **a != *b).count();
    match differing {
        0 => None,
        1 => Some(Slip::OneDigit),
        _ if a.year() == b.year() && a.month() == b.day() && a.day() == b.month() => Some(Slip::DayAndMonth),
        _ => None,
    }
}

fn digits(date: Date) -> [i16; 8] {
    let (year, month, day) = (date.year(), i16::from(date.month()), i16::from(date.day()));
    [year / 1000, year / 100 % 10, year / 10 % 10, year % 10, month / 10, month % 10, day / 10, day % 10]
}
