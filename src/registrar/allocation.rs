//! Numbers that this register forms itself: which could be next. Pure.
//!
//! By the rule in force a number is 12 digits of which the last is a control digit. What is formed here
//! keeps to the structure that numbers of foreigners are seen with: the birth date, a seventh digit of
//! 0, four digits that count, and the control digit. Eleven digits that both passes refuse are left out.

use jiff::civil::Date;

use crate::number::{Iin, control};

/// Whether this register forms numbers, and which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Authority {
    /// None: every number is the state's.
    #[default]
    None,
    /// Test numbers alone, of months that no birth date has.
    Test,
    /// Numbers for living people.
    Real,
}

/// Numbers that count, of one birth date.
const SERIALS: u128 = 10_000;
/// How many times a test number's month can be moved by 20 and stay below 100.
const MOVES: u128 = 4;

/// Every number that could be formed for a birth date, from a place that the seed decides: two that are
/// formed at once seldom begin at the same one.
///
/// ```
/// use iinspect::registrar::allocation::{Authority, candidates};
/// let born = jiff::civil::date(1990, 1, 5);
/// let first = candidates(Authority::Test, born, 7).next().expect("one of 40,000");
/// assert!(first.is_test());
/// assert_eq!(candidates(Authority::None, born, 7).count(), 0);
/// ```
pub fn candidates(authority: Authority, birth_date: Date, seed: u128) -> impl Iterator<Item = Iin> + Send {
    let moves = match authority {
        Authority::None => 0,
        Authority::Test => MOVES,
        Authority::Real => 1,
    };
    let all = moves * SERIALS;
    (0..all).filter_map(move |n| {
        let place = (seed % all + n) % all;
        let moved = match authority {
            Authority::Test => 20 * (place / SERIALS + 1),
            _ => 0,
        };
        let month = u64::try_from(moved).ok()? + birth_date.month().unsigned_abs() as u64;
        let (year, day) = (birth_date.year().unsigned_abs() as u64, birth_date.day().unsigned_abs() as u64);
        number(year, month, day, 0, u64::try_from(place % SERIALS).ok()?)
    })
}

/// A number from its parts; `None` when both passes refuse the eleven digits, or a part is too long.
#[must_use]
pub fn number(year: u64, month: u64, day: u64, seventh: u64, serial: u64) -> Option<Iin> {
    let text = format!("{:02}{month:02}{day:02}{seventh}{serial:04}", year % 100);
    let mut prefix = [0_u8; 11];
    if text.len() != prefix.len() {
        return None;
    }
    for (digit, byte) in prefix.iter_mut().zip(text.bytes()) {
        *digit = byte - b'0';
    }
    Iin::parse(&format!("{text}{}", control(&prefix).digit()?)).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;

    #[test]
    fn every_candidate_is_a_number_once_and_of_its_kind() {
        let born = date(1999, 12, 31);
        for (authority, least) in [(Authority::Test, 39_000), (Authority::Real, 9_800)] {
            let all: Vec<_> = candidates(authority, born, u128::MAX).collect();
            let unique: BTreeSet<_> = all.iter().copied().collect();
            assert_eq!(unique.len(), all.len());
            // Both passes refuse one in 121 of them.
            assert!(all.len() >= least && all.len() < least + 1_000, "{}", all.len());
            assert!(all.iter().all(|iin| iin.is_test() == (authority == Authority::Test)));
            let others: BTreeSet<_> = candidates(authority, born, 5).collect();
            assert_eq!(others, unique, "the seed decides the order alone");
        }
    }

    #[test]
    fn a_real_number_tells_the_birth_date() {
        let all: Vec<_> = candidates(Authority::Real, date(2001, 2, 3), 0).take(3).collect();
        assert!(all.iter().all(|iin| iin.to_text().starts_with("0102030")));
    }
}
