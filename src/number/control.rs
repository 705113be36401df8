//! The control digit: the twelfth, computed from the first eleven.

/// Digit `i` (from 1) weighs `i` in the first pass.
const FIRST: [u8; 11] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/// The second pass starts at weight 3 and goes round. It is the one row the order prints.
const SECOND: [u8; 11] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];

/// What the algorithm yields for eleven digits.
///
/// The rules ask for a control digit (Order of the Minister of Internal Affairs of 29 June 2023
/// No 521, paragraph 2) and are silent on what happens when both passes give 10; that such a number
/// is never issued is how everyone reads them. The BIN's order names no algorithm, but published
/// BINs all follow the same one.
///
/// ```
/// use iinspect::number::{Control, control};
///
/// assert_eq!(control(&[9, 4, 0, 1, 4, 0, 0, 0, 0, 3, 8]), Control::First(5));
/// assert_eq!(control(&[9, 6, 1, 1, 4, 1, 0, 0, 0, 0, 2]), Control::Second(3));
/// assert_eq!(control(&[8, 2, 1, 2, 1, 4, 2, 4, 0, 0, 9]), Control::NeverIssued);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Control {
    /// The first pass gave this digit, 0-9.
    First(u8),
    /// The first pass gave 10 and the second this digit, 0-9: one prefix in eleven.
    Second(u8),
    /// Both passes gave 10: no number with these eleven digits exists, one prefix in 121.
    NeverIssued,
}

impl Control {
    /// The control digit, 0-9; none where no number is issued.
    ///
    /// ```
    /// use iinspect::number::Control;
    ///
    /// assert_eq!(Control::Second(3).digit(), Some(3));
    /// assert_eq!(Control::NeverIssued.digit(), None);
    /// ```
    #[must_use]
    pub const fn digit(self) -> Option<u8> {
        match self {
            Self::First(digit) | Self::Second(digit) => Some(digit),
            Self::NeverIssued => None,
        }
    }

    /// The pass that gave the digit, 1 or 2; none where no number is issued.
    ///
    /// ```
    /// use iinspect::number::Control;
    ///
    /// assert_eq!(Control::First(5).pass(), Some(1));
    /// assert_eq!(Control::Second(3).pass(), Some(2));
    /// assert_eq!(Control::NeverIssued.pass(), None);
    /// ```
    #[must_use]
    pub const fn pass(self) -> Option<u8> {
        match self {
            Self::First(_) => Some(1),
            Self::Second(_) => Some(2),
            Self::NeverIssued => None,
        }
    }
}

/// Computes the control digit of a number's first eleven digits, each 0-9 (not ASCII), for IIN and
/// BIN alike.
///
/// A sum of digits times weights, modulo 11, is the control digit unless it is 10; then other
/// weights are tried once. Weight 11 of digit eleven vanishes in the first pass, so that eleven in
/// twelve mistakes in that digit slip through: a control digit that holds is no evidence that the
/// number is this person's. Mistakes elsewhere slip once in sixty.
///
/// ```
/// use iinspect::number::{Control, control};
///
/// // Zeros pass the algorithm; the number is refused by a rule of its own.
/// assert_eq!(control(&[0; 11]), Control::First(0));
/// ```
#[must_use]
pub fn control(prefix: &[u8; 11]) -> Control {
    match remainder(prefix, &FIRST) {
        10 => match remainder(prefix, &SECOND) {
            10 => Control::NeverIssued,
            digit => Control::Second(digit),
        },
        digit => Control::First(digit),
    }
}

fn remainder(prefix: &[u8; 11], weights: &[u8; 11]) -> u8 {
    let sum: u32 =
        prefix.iter().zip(weights).map(|(&digit, &weight)| u32::from(digit) * u32::from(weight)).sum();
    (sum % 11) as u8 // below 11
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(prefix: &str) -> Control {
        let digits: Vec<u8> = prefix.bytes().map(|byte| byte - b'0').collect();
        control(&digits.try_into().unwrap())
    }

    #[test]
    fn published_companies_pass() {
        assert_eq!(of("94014000038"), Control::First(5));
        assert_eq!(of("10014000000"), Control::First(3));
        assert_eq!(of("96114100002"), Control::Second(3));
        assert_eq!(of("01114000166"), Control::Second(6));
    }

    #[test]
    fn month_99_passes_too() {
        assert_eq!(of("00990000000"), Control::First(8));
        assert_eq!(of("00990003000"), Control::Second(8));
    }

    #[test]
    fn the_two_published_never_issued_prefixes_are_refused() {
        assert_eq!(of("82121424009"), Control::NeverIssued);
        assert_eq!(of("00081315989"), Control::NeverIssued);
    }

    #[test]
    fn values_that_are_no_digits_do_not_overflow() {
        assert!(control(&[u8::MAX; 11]).digit().is_none_or(|digit| digit <= 9));
    }
}
