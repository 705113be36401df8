//! Twelve digits, before anything is known of what they mean.

use std::fmt;

use super::control::{Control, control};
use super::error::Error;
use crate::reason::Reason;

/// The first integer that needs a thirteenth digit.
const LIMIT: u64 = 1_000_000_000_000;

/// Twelve digits, each 0-9.
#[derive(Clone, Copy)]
pub(super) struct Digits(pub(super) [u8; 12]);

impl Digits {
    /// Reads exactly twelve ASCII digits, and normalises nothing: a number with a space or a
    /// full-width digit in it would be equal to another one here and differ everywhere else.
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        match <[u8; 12]>::try_from(text.as_bytes()) {
            Ok(bytes) if bytes.iter().all(u8::is_ascii_digit) => Ok(Self(bytes.map(|byte| byte - b'0'))),
            _ => Err(malformed(text)),
        }
    }

    /// The digits of an integer, with zeros in front.
    pub(super) fn from_u64(number: u64) -> Result<Self, Error> {
        if number < LIMIT { Ok(Self::unpack(number)) } else { Err(Reason::MalformedLength.into()) }
    }

    /// The last twelve digits of an integer.
    pub(super) fn unpack(mut number: u64) -> Self {
        let mut digits = [0; 12];
        for digit in digits.iter_mut().rev() {
            *digit = (number % 10) as u8;
            number /= 10;
        }
        Self(digits)
    }

    /// The integer, below 10^12.
    pub(super) fn pack(&self) -> u64 {
        self.0.iter().fold(0, |number, &digit| number * 10 + u64::from(digit))
    }

    /// What the algorithm yields for the first eleven.
    pub(super) fn control(&self) -> Control {
        let [prefix @ .., _] = &self.0;
        control(prefix)
    }

    /// What breaks the rule in force: zeros alone, or a control digit other than `control`.
    pub(super) fn fault(&self, control: Control) -> Option<Reason> {
        let [.., last] = self.0;
        match control.digit() {
            _ if self.0 == [0; 12] => Some(Reason::AllZero),
            None => Some(Reason::NeverIssued),
            Some(digit) if digit != last => Some(Reason::ControlMismatch),
            Some(_) => None,
        }
    }

    /// The last two digits of a year, 0-99.
    pub(super) fn year(&self) -> i8 {
        let [tens, ones, ..] = self.0;
        two(tens, ones)
    }

    /// Digits three and four, 0-99: a month if they are 1-12.
    pub(super) fn month(&self) -> i8 {
        let [_, _, tens, ones, ..] = self.0;
        two(tens, ones)
    }

    /// Digits five and six, 0-99: a day of the month in a person's number.
    pub(super) fn day(&self) -> i8 {
        let [_, _, _, _, tens, ones, ..] = self.0;
        two(tens, ones)
    }

    /// Is it one of the project's own test numbers, with a month 13-99 that no calendar has?
    pub(super) fn is_test(&self) -> bool {
        self.month() >= 13
    }
}

fn two(tens: u8, ones: u8) -> i8 {
    (tens * 10 + ones) as i8 // at most 99
}

/// Every fault of a text that is not twelve ASCII digits.
#[cold]
fn malformed(text: &str) -> Error {
    // Scalars, not bytes: that is the length a person counts and the contract limits.
    let length = text.chars().count();
    let charset = !text.chars().all(|c| c.is_ascii_digit());
    let zero_lost = length == 11 && !charset && passes_with_zero(text);
    let faults = [
        (zero_lost, Reason::LeadingZeroLost),
        (length != 12, Reason::MalformedLength),
        (charset, Reason::MalformedCharset),
    ];
    let found = faults.into_iter().filter_map(|(found, fault)| found.then_some(fault));
    // There is a fault, or the text would have been read; saying so twice beats a panic.
    Error::of(found).unwrap_or(Error::from(Reason::MalformedLength))
}

/// Is `text`, which is eleven digits, the number that a spreadsheet leaves of a valid one?
fn passes_with_zero(text: &str) -> bool {
    text.parse().is_ok_and(|number| {
        let digits = Digits::unpack(number);
        digits.fault(digits.control()).is_none()
    })
}

/// Twelve digits as text, zeros in front.
pub(super) fn text(number: u64) -> String {
    format!("{number:012}")
}

/// Shows the last two digits only: the first seven tell a person's birth date and sex.
pub(super) fn redact(f: &mut fmt::Formatter<'_>, name: &str, number: u64) -> fmt::Result {
    write!(f, "{name}(**********{:02})", number % 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn faults(text: &str) -> Vec<Reason> {
        Digits::read(text).err().map(|error| error.reasons().to_vec()).unwrap_or_default()
    }

    #[test]
    fn only_ascii_digits_are_digits() {
        for text in [
            "٠٠٩٩٠٠٠٠٠٠٠٨",           // Arabic-Indic
            "００９９００００００08", // full-width, two of ASCII
            "००९९०००००००८",           // Devanagari
            "𝟎𝟎𝟗𝟗𝟎𝟎𝟎𝟎𝟎𝟎𝟎𝟖",           // mathematical bold: outside the basic plane
            "00990000000O",           // a letter
            "00990000000-",           // a sign
            "+09900000008",           // an integer, for str::parse
            "00990000000\u{0}",       // a zero byte
            "0099000000\u{1f}8",      // a control character
        ] {
            assert_eq!(faults(text), [Reason::MalformedCharset], "{text:?}");
        }
    }

    #[test]
    fn nothing_is_trimmed_or_joined() {
        for text in [
            "009900000008\n",
            " 009900000008",
            "009900000008 ",
            "\u{feff}009900000008",
            "009 900 000 008",
            "0099000000\u{200b}08",
            "00990000000\u{308}8",
            "٠٠٩٩٠٠٠٠٠٠٠",
            "𝟎𝟎𝟗𝟗𝟎𝟎",
            "🇰🇿",
        ] {
            assert_eq!(faults(text), [Reason::MalformedLength, Reason::MalformedCharset], "{text:?}");
        }
    }

    #[test]
    fn other_lengths_are_refused_for_the_length_alone() {
        for length in (0..=70).filter(|length| *length != 12) {
            assert_eq!(faults(&"5".repeat(length)), [Reason::MalformedLength], "{length}");
        }
    }

    #[test]
    fn eleven_digits_may_have_lost_a_zero() {
        let lost = [Reason::LeadingZeroLost, Reason::MalformedLength];
        assert_eq!(faults("09900000008"), lost);
        assert_eq!(faults("11140001666"), lost, "a company");
        assert_eq!(faults("09900000009"), [Reason::MalformedLength], "another control digit");
        assert_eq!(faults("00813159890"), [Reason::MalformedLength], "never issued");
        assert_eq!(faults("00000000000"), [Reason::MalformedLength], "all zero");
        assert_eq!(faults("0990000000８"), [Reason::MalformedLength, Reason::MalformedCharset]);
    }

    #[test]
    fn integers_have_twelve_digits_at_most() {
        assert_eq!(Digits::from_u64(LIMIT - 1).map(|digits| digits.0), Ok([9; 12]));
        assert_eq!(Digits::from_u64(0).map(|digits| digits.0), Ok([0; 12]));
        for number in [LIMIT, u64::MAX] {
            assert_eq!(Digits::from_u64(number).err(), Some(Reason::MalformedLength.into()));
        }
    }

    proptest! {
        #[test]
        fn packing_loses_nothing(number in 0..LIMIT) {
            prop_assert_eq!(Digits::unpack(number).pack(), number);
            prop_assert_eq!(Digits::read(&text(number)).map(|digits| digits.pack()), Ok(number));
        }

        #[test]
        fn a_text_is_read_or_has_a_fault(text in ".{0,14}|[0-9]{10,13}") {
            let read = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
            prop_assert_eq!(Digits::read(&text).is_ok(), read);
        }
    }
}
