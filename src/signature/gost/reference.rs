//! The algorithm as RFC 7091 writes it, over any curve and another's arithmetic: what ours is compared
//! with.

use num_bigint::BigUint;

/// Hexadecimal digits, the highest first.
pub(super) fn number(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}

/// 64 bytes, least first.
pub(super) fn bytes(number: &BigUint) -> [u8; 64] {
    let mut bytes = number.to_bytes_le();
    bytes.resize(64, 0);
    bytes.try_into().unwrap()
}

/// A curve y² = x³ + ax + b modulo p with a point of order q.
pub(super) struct Curve {
    pub(super) p: BigUint,
    pub(super) a: BigUint,
    pub(super) b: BigUint,
    pub(super) q: BigUint,
    pub(super) x: BigUint,
    pub(super) y: BigUint,
}

/// `None`: infinity.
pub(super) type Point = Option<(BigUint, BigUint)>;

impl Curve {
    fn minus(&self, a: &BigUint, b: &BigUint) -> BigUint {
        (a + &self.p - b % &self.p) % &self.p
    }

    fn divided(&self, top: &BigUint, bottom: &BigUint) -> BigUint {
        top * (bottom % &self.p).modinv(&self.p).unwrap() % &self.p
    }

    pub(super) fn base(&self) -> Point {
        Some((self.x.clone(), self.y.clone()))
    }

    pub(super) fn holds(&self, (x, y): &(BigUint, BigUint)) -> bool {
        (y * y) % &self.p == (x * x * x + &self.a * x + &self.b) % &self.p
    }

    pub(super) fn sum(&self, first: &Point, second: &Point) -> Point {
        let (Some((x1, y1)), Some((x2, y2))) = (first, second) else {
            return first.clone().or(second.clone());
        };
        let slope = if x1 != x2 {
            self.divided(&self.minus(y2, y1), &self.minus(x2, x1))
        } else if y1 == y2 {
            self.divided(&(x1 * x1 * 3_u8 + &self.a), &(y1 * 2_u8))
        } else {
            return None;
        };
        let x = self.minus(&self.minus(&(&slope * &slope), x1), x2) % &self.p;
        let y = self.minus(&(&slope * self.minus(x1, &x)), y1);
        Some((x, y))
    }

    pub(super) fn multiple(&self, k: &BigUint, point: &Point) -> Point {
        (0..k.bits()).rev().fold(None, |sum, i| {
            let sum = self.sum(&sum, &sum);
            if k.bit(i) { self.sum(&sum, point) } else { sum }
        })
    }

    /// RFC 7091, 6.2: e is the digest as a number.
    pub(super) fn verifies(&self, key: &Point, e: &BigUint, r: &BigUint, s: &BigUint) -> bool {
        let q = &self.q;
        let zero = BigUint::ZERO;
        if *r == zero || r >= q || *s == zero || s >= q {
            return false;
        }
        let e = e % q;
        let v = if e == zero { BigUint::from(1_u8) } else { e }.modinv(q).unwrap();
        let (z1, z2) = (s * &v % q, (q - r) * &v % q);
        let sum = self.sum(&self.multiple(&z1, &self.base()), &self.multiple(&z2, key));
        sum.is_some_and(|(x, _)| x % q == *r)
    }
}
