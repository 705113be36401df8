//! What the digits of a person's number used to say.

use std::fmt;

use jiff::civil::Date;

use super::Finding;
use super::control::Control;
use super::digits::Digits;
use crate::reason::Reason;

/// A person's sex, as the seventh digit used to tell it and as registers record it.
///
/// ```
/// use iinspect::number::{Details, Sex, inspect};
/// use jiff::civil::date;
///
/// let Some(Details::Iin(details)) = inspect("500101100000", date(2026, 1, 1)).details else {
///     panic!("the fifth digit is a person's");
/// };
/// assert_eq!(details.sex, Some(Sex::Male));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// Seventh digit 1, 3 or 5.
    Male,
    /// Seventh digit 2, 4 or 6.
    Female,
}

/// What the digits of a person's number suggest. Hints, never identity data.
///
/// They follow the structure of Government Resolution of 22 May 2007 No 406 as it was until
/// Resolution of 26 August 2013 No 853. Nearly all numbers still follow it, and none has to: a
/// number stays when the data in its digits change or prove wrong.
///
/// `Debug` leaves out what would tell the person.
///
/// ```
/// use iinspect::number::{Details, inspect};
/// use jiff::civil::date;
///
/// let Some(Details::Iin(details)) = inspect("500228200008", date(2026, 1, 1)).details else {
///     panic!("the fifth digit is a person's");
/// };
/// assert_eq!(details.birth_date, Some(date(1850, 2, 28)));
/// assert_eq!(details.serial, 0);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Details {
    /// Digits one to six in the century of digit seven; none when that is no calendar date, and in
    /// test numbers. It may be in the future, with a finding.
    pub birth_date: Option<Date>,
    /// The first year of the century of birth: 1800, 1900 or 2000 by digit seven.
    pub century: Option<u16>,
    /// By digit seven, 1-6.
    pub sex: Option<Sex>,
    /// Digits eight to eleven, 0-9999.
    pub serial: u16,
    /// What the algorithm yields for the first eleven digits, whatever the twelfth is.
    pub control: Control,
    /// Digits seven and eight are 05, as seen on numbers of foreigners. No rule says so.
    pub foreigner_series: bool,
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Details").field("foreigner_series", &self.foreigner_series).finish_non_exhaustive()
    }
}

/// Reads the hints and reports what is odd about them.
pub(super) fn read(digits: &Digits, control: Control, today: Date, findings: &mut Vec<Finding>) -> Details {
    let [.., seventh, eighth, ninth, tenth, eleventh, _] = digits.0;
    let (century, sex) = match seventh {
        1 => (Some(1800), Some(Sex::Male)),
        2 => (Some(1800), Some(Sex::Female)),
        3 => (Some(1900), Some(Sex::Male)),
        4 => (Some(1900), Some(Sex::Female)),
        5 => (Some(2000), Some(Sex::Male)),
        6 => (Some(2000), Some(Sex::Female)),
        _ => (None, None),
    };
    match seventh {
        0 => findings.push(Reason::SeventhDigitZero.into()),
        7.. => findings.push(Reason::SeventhDigitUnassigned.into()),
        _ => {}
    }
    let birth_date = if digits.is_test() {
        // Test numbers stand for people of any age, so nothing is said about their date.
        findings.push(Reason::TestNumber.into());
        None
    } else {
        birth_date(digits, century, today, findings)
    };
    Details {
        birth_date,
        century: century.map(i16::unsigned_abs),
        sex,
        serial: [eighth, ninth, tenth, eleventh]
            .iter()
            .fold(0, |serial, &digit| serial * 10 + u16::from(digit)),
        control,
        foreigner_series: (seventh, eighth) == (0, 5),
    }
}

fn birth_date(
    digits: &Digits,
    century: Option<i16>,
    today: Date,
    findings: &mut Vec<Finding>,
) -> Option<Date> {
    let in_century =
        |century: i16| Date::new(century + i16::from(digits.year()), digits.month(), digits.day()).ok();
    let Some(century) = century else {
        // The latest first: 29 February 00 is a date in 2000 and in neither other century.
        if [2000, 1900, 1800].into_iter().all(|century| in_century(century).is_none()) {
            findings.push(Reason::DateImpossible.into());
        }
        return None;
    };
    let Some(date) = in_century(century) else {
        findings.push(Reason::DateImpossible.into());
        return None;
    };
    if date > today {
        findings.push(Reason::DateInFuture.into());
    }
    // Nobody born before 1890 lived to be given a number: the first were printed in 1997.
    if date.year() < 1890 {
        findings.push(Reason::DateBefore1890.into());
    }
    Some(date)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::number::inspect;
    use crate::number::tests::{TODAY, complete, iin, reasons, reasons_on, spoil};
    use crate::reason::Reason::*;

    #[test]
    fn test_numbers_get_no_other_date_finding() {
        assert_eq!(reasons("009900000008"), [SeventhDigitZero, TestNumber]);
        assert_eq!(reasons("009900030008"), [SeventhDigitZero, TestNumber]);
        for (seventh, century, sex) in
            [(1, 1800, Sex::Male), (2, 1800, Sex::Female), (4, 1900, Sex::Female), (5, 2000, Sex::Male)]
        {
            let text = complete(&format!("851339{seventh}0001"));
            let details = iin(&text);
            assert_eq!(reasons(&text), [TestNumber]);
            assert_eq!((details.birth_date, details.century, details.sex), (None, Some(century), Some(sex)));
        }
    }

    #[test]
    fn the_seventh_digit_tells_century_and_sex() {
        let expected = [
            (1, date(1885, 7, 9), 1800, Sex::Male),
            (2, date(1885, 7, 9), 1800, Sex::Female),
            (3, date(1985, 7, 9), 1900, Sex::Male),
            (4, date(1985, 7, 9), 1900, Sex::Female),
            (5, date(2085, 7, 9), 2000, Sex::Male),
            (6, date(2085, 7, 9), 2000, Sex::Female),
        ];
        for (seventh, birth_date, century, sex) in expected {
            let details = iin(&spoil(&format!("850709{seventh}1234")));
            assert_eq!(details.birth_date, Some(birth_date));
            assert_eq!((details.century, details.sex), (Some(century), Some(sex)));
            assert_eq!((details.serial, details.foreigner_series), (1234, false));
        }
    }

    #[test]
    fn the_seventh_digit_may_tell_nothing() {
        for (seventh, reason) in [
            (0, SeventhDigitZero),
            (7, SeventhDigitUnassigned),
            (8, SeventhDigitUnassigned),
            (9, SeventhDigitUnassigned),
        ] {
            let text = spoil(&format!("850709{seventh}1234"));
            let details = iin(&text);
            assert_eq!(reasons(&text), [ControlMismatch, reason]);
            assert_eq!((details.birth_date, details.century, details.sex), (None, None, None));
            assert_eq!(reasons(&complete(&format!("850230{seventh}1234"))), [DateImpossible, reason]);
        }
    }

    #[test]
    fn the_foreigner_series_is_digits_seven_and_eight() {
        for (series, expected) in [("05", true), ("04", false), ("55", false), ("50", false)] {
            assert_eq!(iin(&complete(&format!("859900{series}001"))).foreigner_series, expected, "{series}");
        }
    }

    #[test]
    fn dates_that_no_calendar_has_are_impossible() {
        for prefix in ["500001", "500100", "500132", "500139", "500431", "500230", "510229", "500000"] {
            let text = complete(&format!("{prefix}30001"));
            assert_eq!(reasons(&text), [DateImpossible], "{prefix}");
            assert_eq!(iin(&text).birth_date, None);
            assert!(inspect(&text, TODAY).valid, "a hint, not a rule in force");
        }
    }

    #[test]
    fn leap_days_depend_on_the_century() {
        // (digits one and two, digit seven, is there a 29 February?)
        for (year, seventh, exists) in [
            ("48", 1, true),
            ("48", 3, true),
            ("47", 3, false),
            ("00", 1, false), // 1800
            ("00", 3, false), // 1900
            ("00", 5, true),  // 2000
            ("04", 5, true),
            ("00", 0, true), // the century is unknown, and 2000 had one
            ("00", 9, true),
            ("04", 0, true),
            ("01", 0, false),
            ("47", 8, false),
        ] {
            let found = reasons(&spoil(&format!("{year}0229{seventh}0001")));
            assert_eq!(!found.contains(&DateImpossible), exists, "{year} {seventh}");
        }
        assert_eq!(iin(&spoil("00022950001")).birth_date, Some(date(2000, 2, 29)));
        assert_eq!(iin("480229100000").birth_date, Some(date(1848, 2, 29)));
    }

    #[test]
    fn a_birth_date_after_today_is_in_the_future() {
        let text = complete("79041610001"); // 16 April 1879
        assert_eq!(reasons_on(&text, date(1879, 4, 15)), [DateInFuture, DateBefore1890]);
        assert_eq!(reasons_on(&text, date(1879, 4, 16)), [DateBefore1890]);
        let text = "990101500006"; // 1 January 2099
        assert_eq!(reasons(text), [DateInFuture]);
        assert!(inspect(text, TODAY).valid);
    }

    #[test]
    fn births_before_1890_are_odd() {
        for (prefix, odd) in [("891231", true), ("900101", false), ("000101", true), ("991231", false)] {
            let found = reasons(&spoil(&format!("{prefix}10001")));
            assert_eq!(found.contains(&DateBefore1890), odd, "{prefix}");
        }
    }
}
