//! How strong the control digit is, counted exactly over all 10^11 prefixes.
//!
//! Both passes are sums modulo 11, so a prefix matters only by its two remainders: 121 classes,
//! counted digit by digit, instead of 10^11 prefixes one by one. The weights are written down again
//! here, so that a slip in `control.rs` shows.

use std::ops::Range;

use proptest::prelude::*;

use super::control::control;

const WEIGHTS: [(usize, usize); 11] =
    [(1, 3), (2, 4), (3, 5), (4, 6), (5, 7), (6, 8), (7, 9), (8, 10), (9, 11), (10, 1), (11, 2)];

const PREFIXES: u64 = 100_000_000_000;

/// Remainders of the first and the second pass.
type Class = (usize, usize);

/// The class after `digit` was put at position `at` (from 0).
fn put((first, second): Class, at: usize, digit: usize) -> Class {
    let (w1, w2) = WEIGHTS[at];
    ((first + w1 * digit) % 11, (second + w2 * digit) % 11)
}

/// The control digit of a class.
fn digit(class: Class) -> Option<usize> {
    match class {
        (10, 10) => None,
        (10, second) => Some(second),
        (first, _) => Some(first),
    }
}

/// How many ways there are to fill every position but `skipped`, by class.
fn classes(skipped: Range<usize>) -> Vec<(Class, u64)> {
    let mut counts = vec![((0, 0), 1)];
    for at in (0..11).filter(|at| !skipped.contains(at)) {
        let mut next = [[0_u64; 11]; 11];
        for &(class, count) in &counts {
            for digit in 0..10 {
                let (first, second) = put(class, at, digit);
                next[first][second] += count;
            }
        }
        counts = (0..121).map(|i| ((i / 11, i % 11), next[i / 11][i % 11])).collect();
    }
    counts
}

/// Ordered pairs of different digits.
fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..100).map(|i| (i / 10, i % 10)).filter(|(a, b)| a != b)
}

/// All issuable numbers.
fn issuable() -> u64 {
    classes(0..0).into_iter().filter(|(class, _)| digit(*class).is_some()).map(|(_, count)| count).sum()
}

/// Of all mistakes that put digit b for a at position `at`: how many pass, and how many there are.
fn substitutions(at: usize) -> (u64, u64) {
    let (mut slipped, mut all) = (0, 0);
    for (class, count) in classes(at..at + 1) {
        for (a, b) in pairs() {
            let right = digit(put(class, at, a));
            if right.is_some() {
                all += count;
                slipped += if digit(put(class, at, b)) == right { count } else { 0 };
            }
        }
    }
    (slipped, all)
}

/// The same for swaps of the digits a and b at `at` and after it.
fn swaps(at: usize) -> (u64, u64) {
    let (mut slipped, mut all) = (0, 0);
    for (class, count) in classes(at..at + 2) {
        for (a, b) in pairs() {
            let right = digit(put(put(class, at, a), at + 1, b));
            if right.is_some() {
                all += count;
                slipped += if digit(put(put(class, at, b), at + 1, a)) == right { count } else { 0 };
            }
        }
    }
    (slipped, all)
}

#[test]
fn one_prefix_in_eleven_needs_the_second_pass_and_one_in_121_is_never_issued() {
    let count = |wanted: fn(Class) -> bool| -> u64 {
        classes(0..0).into_iter().filter(|(class, _)| wanted(*class)).map(|(_, count)| count).sum()
    };
    assert_eq!(count(|_| true), PREFIXES);
    let second_pass = count(|(first, _)| first == 10);
    let never_issued = count(|class| class == (10, 10));
    assert_eq!(second_pass, 9_090_909_090);
    assert_eq!(never_issued, 826_446_280);
    // As near to the ideal shares as whole numbers come.
    assert_eq!(second_pass, PREFIXES / 11);
    assert!(never_issued.abs_diff(PREFIXES / 121) <= 1);
    assert_eq!(issuable(), PREFIXES - never_issued);
}

#[test]
fn a_wrong_digit_in_positions_one_to_ten_slips_once_in_sixty() {
    for at in 0..10 {
        let (slipped, all) = substitutions(at);
        assert_eq!(all, issuable() * 9);
        assert_eq!(slipped * 60, all, "digit {}", at + 1);
    }
}

#[test]
fn a_wrong_eleventh_digit_slips_eleven_times_in_twelve() {
    let (slipped, all) = substitutions(10);
    assert_eq!(all, issuable() * 9);
    assert_eq!(slipped * 12, all * 11);
}

#[test]
fn a_swap_of_neighbours_in_the_prefix_slips_once_in_sixty_nearly() {
    for at in 0..10 {
        let (slipped, all) = swaps(at);
        // Two digits out of ten are not quite spread over eleven remainders.
        assert!((slipped * 60).abs_diff(all) < 2_000, "digits {} and {}", at + 1, at + 2);
    }
}

#[test]
fn a_swap_of_the_last_two_digits_never_slips() {
    for (class, _) in classes(10..11) {
        for (eleventh, twelfth) in pairs() {
            if digit(put(class, 10, eleventh)) == Some(twelfth) {
                assert_ne!(digit(put(class, 10, twelfth)), Some(eleventh));
            }
        }
    }
}

// A wrong twelfth digit is always caught: eleven digits have one control digit at most.
proptest! {
    #[test]
    fn what_is_counted_here_is_what_is_computed_there(prefix in prop::array::uniform11(0_u8..10)) {
        let class = (0..11).fold((0, 0), |class, at| put(class, at, usize::from(prefix[at])));
        let computed = control(&prefix);
        prop_assert_eq!(computed.digit().map(usize::from), digit(class));
        prop_assert_eq!(computed.pass(), digit(class).map(|_| if class.0 == 10 { 2 } else { 1 }));
    }
}
