//! The algorithm as RFC 7091 writes it, slow and over any curve: what the quick one is compared with.
//!
//! Numbers are 512 bits; multiplication is doubling and adding, so there is nothing in common with the
//! quick arithmetic but the addition of words.

use super::field::{add, is_below, sub};

pub(super) type Number = [u64; 8];

/// A curve y² = x³ + ax + b modulo p with a point of order q.
pub(super) struct Curve {
    pub(super) p: Number,
    pub(super) a: Number,
    pub(super) b: Number,
    pub(super) q: Number,
    pub(super) x: Number,
    pub(super) y: Number,
}

/// `None`: infinity.
pub(super) type Point = Option<(Number, Number)>;

/// Hexadecimal digits, the highest first.
pub(super) fn number(hex: &str) -> Number {
    let digits: Vec<u64> =
        hex.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).unwrap().into()).collect();
    let mut number = [0; 8];
    for (i, digit) in digits.iter().rev().enumerate() {
        number[i / 16] |= digit << (4 * (i % 16));
    }
    number
}

fn plus(a: &Number, b: &Number, m: &Number) -> Number {
    let (sum, carry) = add(a, b);
    if carry || !is_below(&sum, m) { sub(&sum, m).0 } else { sum }
}

fn minus(a: &Number, b: &Number, m: &Number) -> Number {
    let (difference, borrow) = sub(a, b);
    if borrow { add(&difference, m).0 } else { difference }
}

fn bit(n: &Number, i: usize) -> bool {
    n[i / 64] >> (i % 64) & 1 == 1
}

pub(super) fn times(a: &Number, b: &Number, m: &Number) -> Number {
    (0..512).rev().fold([0; 8], |sum, i| {
        let sum = plus(&sum, &sum, m);
        if bit(b, i) { plus(&sum, a, m) } else { sum }
    })
}

/// By Euclid's algorithm, as it is done by hand but for the quotients: shifted subtractions.
pub(super) fn inverse(a: &Number, m: &Number) -> Number {
    let bits = |n: &Number| (0..512).rev().find(|i| bit(n, *i)).unwrap_or(0);
    // u = x * a and v = y * a modulo m, all along.
    let (mut u, mut x) = (times(a, &number("1"), m), number("1"));
    let (mut v, mut y) = (*m, [0; 8]);
    while u != number("1") {
        if is_below(&u, &v) {
            (u, x, v, y) = (v, y, u, x);
        }
        let mut shift = bits(&u) - bits(&v);
        if is_below(&u, &shifted(&v, shift)) {
            shift -= 1;
        }
        u = sub(&u, &shifted(&v, shift)).0;
        let twice = |y: Number, _: usize| plus(&y, &y, m);
        x = minus(&x, &(0..shift).fold(y, twice), m);
    }
    x
}

fn shifted(n: &Number, by: usize) -> Number {
    (0..by).fold(*n, |n, _| add(&n, &n).0)
}

impl Curve {
    pub(super) fn holds(&self, (x, y): &(Number, Number)) -> bool {
        let p = &self.p;
        let cube = times(&times(x, x, p), x, p);
        times(y, y, p) == plus(&plus(&cube, &times(&self.a, x, p), p), &self.b, p)
    }

    pub(super) fn sum(&self, first: &Point, second: &Point) -> Point {
        let p = &self.p;
        let (Some((x1, y1)), Some((x2, y2))) = (first, second) else {
            return first.or(*second);
        };
        let slope = if x1 != x2 {
            times(&minus(y2, y1, p), &inverse(&minus(x2, x1, p), p), p)
        } else if y1 == y2 {
            let square = times(x1, x1, p);
            let top = plus(&plus(&plus(&square, &square, p), &square, p), &self.a, p);
            times(&top, &inverse(&plus(y1, y1, p), p), p)
        } else {
            return None;
        };
        let x = minus(&minus(&times(&slope, &slope, p), x1, p), x2, p);
        Some((x, minus(&times(&slope, &minus(x1, &x, p), p), y1, p)))
    }

    pub(super) fn multiple(&self, k: &Number, point: &Point) -> Point {
        (0..512).rev().fold(None, |sum, i| {
            let sum = self.sum(&sum, &sum);
            if bit(k, i) { self.sum(&sum, point) } else { sum }
        })
    }

    /// RFC 7091, 6.2: e is the digest as a number.
    pub(super) fn verifies(&self, key: &Point, e: &Number, r: &Number, s: &Number) -> bool {
        let q = &self.q;
        let v = inverse(&times(e, &number("1"), q), q);
        let z1 = times(s, &v, q);
        let z2 = minus(&[0; 8], &times(r, &v, q), q);
        let sum = self.sum(
            &self.multiple(&z1, &Some((self.x, self.y))),
            &self.multiple(&z2, key),
        );
        sum.is_some_and(|(x, _)| times(&x, &number("1"), q) == *r)
    }
}
