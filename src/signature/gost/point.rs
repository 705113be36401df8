//! The points of the curve id-tc26-gost-3410-12-512-paramSetA (RFC 7836, A.2): y² = x³ - 3x + b.
//!
//! Jacobian coordinates: (x/z², y/z³), and z = 0 is the point at infinity. Doubling is dbl-2001-b
//! of the Explicit-Formulas Database, for a = -3. Addition tells equal and opposite points apart, so it
//! is right for every pair. The number of points is a prime: no point but infinity has a small order.

use std::sync::LazyLock;

use super::field::Field;
use super::scalar::Scalar;

/// b of the curve.
const B: Field = Field([
    0x5031_9078_5a71_c760,
    0x862e_f9d4_ebee_4761,
    0x4cb4_5740_10da_90dd,
    0xee3c_b090_f30d_2761,
    0x79bd_081c_fd0b_6265,
    0x34b8_2574_761c_b0e8,
    0xc1bd_0b2b_6667_f1da,
    0xe8c2_505d_edfc_86dd,
]);
/// The base point.
const GENERATOR: Affine = Affine {
    x: Field([3, 0, 0, 0, 0, 0, 0, 0]),
    y: Field([
        0x89a5_89cb_5215_f2a4,
        0x8028_fe5f_c235_f5b8,
        0x3d75_e6a5_0e3a_41e9,
        0xdf16_26be_4fd0_36e9,
        0x7780_64fd_cbef_a921,
        0xce5e_1c93_acf1_abc1,
        0xa61b_8816_e254_50e6,
        0x7503_cfe8_7a83_6ae3,
    ]),
};
/// Bits of a window over the base point, whose odd multiples are computed once per process.
const BASE_WINDOW: u32 = 8;
/// Bits of a window over a key, whose odd multiples are computed once per key.
const KEY_WINDOW: u32 = 5;
const BASE_MULTIPLES: usize = 1 << (BASE_WINDOW - 2);
const KEY_MULTIPLES: usize = 1 << (KEY_WINDOW - 2);

static BASE: LazyLock<Vec<Affine>> = LazyLock::new(|| affine(&odd_multiples::<BASE_MULTIPLES>(&GENERATOR)));

/// A point that is not at infinity.
#[derive(Clone, Copy, Debug)]
pub struct Affine {
    /// x.
    pub x: Field,
    /// y.
    pub y: Field,
}

impl Affine {
    /// The point of two coordinates; `None`: it is not on the curve.
    #[must_use]
    pub fn new(x: Field, y: Field) -> Option<Self> {
        let three_x = x.double().add(x);
        y.square().equals(x.square().mul(x).sub(three_x).add(B)).then_some(Affine { x, y })
    }

    /// The base point.
    #[must_use]
    pub fn generator() -> Self {
        GENERATOR
    }
}

/// A point, which may be at infinity.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    x: Field,
    y: Field,
    z: Field,
}

impl From<Affine> for Point {
    fn from(point: Affine) -> Self {
        Point { x: point.x, y: point.y, z: Field::ONE }
    }
}

/// A point with the powers of its z that each addition needs.
#[derive(Clone, Copy, Debug)]
struct Prepared {
    point: Point,
    z2: Field,
    z3: Field,
}

impl Prepared {
    fn new(point: Point) -> Self {
        let z2 = point.z.square();
        Prepared { point, z2, z3: z2.mul(point.z) }
    }
}

impl Point {
    /// The point at infinity: the group's zero.
    pub const INFINITY: Point = Point { x: Field::ONE, y: Field::ONE, z: Field::ZERO };

    /// Whether it is at infinity.
    #[must_use]
    pub fn is_infinity(&self) -> bool {
        self.z.is_zero()
    }

    /// Its coordinates; `None`: it is at infinity.
    #[must_use]
    pub fn affine(&self) -> Option<Affine> {
        if self.is_infinity() {
            return None;
        }
        let inverse = self.z.inverse();
        let square = inverse.square();
        Some(Affine { x: self.x.mul(square), y: self.y.mul(square).mul(inverse) })
    }

    /// Whether its x is `x`, found without an inversion; false at infinity.
    #[must_use]
    pub fn has_x(&self, x: Field) -> bool {
        !self.is_infinity() && x.mul(self.z.square()).equals(self.x)
    }

    /// Twice it.
    #[must_use]
    pub fn double(&self) -> Self {
        let delta = self.z.square();
        let gamma = self.y.square();
        let beta = self.x.mul(gamma);
        let alpha = self.x.sub(delta).mul(self.x.add(delta));
        let alpha = alpha.double().add(alpha);
        let beta4 = beta.double().double();
        let x = alpha.square().sub(beta4.double());
        let z = self.y.add(self.z).square().sub(gamma).sub(delta);
        let y = alpha.mul(beta4.sub(x)).sub(gamma.square().double().double().double());
        Point { x, y, z }
    }

    /// The sum.
    #[must_use]
    pub fn add(&self, other: &Point) -> Self {
        self.add_prepared(&Prepared::new(*other), false)
    }

    /// The sum with `other`, or with its opposite.
    fn add_prepared(&self, other: &Prepared, negated: bool) -> Self {
        let Prepared { point: Point { x, y, z }, z2, z3 } = *other;
        let y = if negated { y.neg() } else { y };
        if z.is_zero() {
            return *self;
        }
        if self.is_infinity() {
            return Point { x, y, z };
        }
        let own2 = self.z.square();
        let (u1, u2) = (self.x.mul(z2), x.mul(own2));
        let (s1, s2) = (self.y.mul(z3), y.mul(own2.mul(self.z)));
        self.sum(u1, s1, u2.sub(u1), s2.sub(s1), |h| self.z.mul(z).mul(h))
    }

    /// The sum with a point whose z is 1, or with its opposite.
    fn add_affine(&self, other: &Affine, negated: bool) -> Self {
        let y = if negated { other.y.neg() } else { other.y };
        if self.is_infinity() {
            return Affine { x: other.x, y }.into();
        }
        let z2 = self.z.square();
        let (u2, s2) = (other.x.mul(z2), y.mul(z2.mul(self.z)));
        self.sum(self.x, self.y, u2.sub(self.x), s2.sub(self.y), |h| self.z.mul(h))
    }

    /// The end of an addition: `u`, `s` are this point's x and y over the common z; `h`, `r` what
    /// the other's are more.
    #[inline]
    fn sum(&self, u: Field, s: Field, h: Field, r: Field, z: impl FnOnce(Field) -> Field) -> Self {
        if h.is_zero() {
            return if r.is_zero() { self.double() } else { Point::INFINITY };
        }
        let h2 = h.square();
        let h3 = h2.mul(h);
        let v = u.mul(h2);
        let x = r.square().sub(h3).sub(v.double());
        Point { x, y: r.mul(v.sub(x)).sub(s.mul(h3)), z: z(h) }
    }

    /// `k` times the base point.
    #[must_use]
    pub fn multiply_base(k: Scalar) -> Self {
        multiply(&[], k, Scalar([0; 8]))
    }
}

/// A point made ready to be multiplied many times.
#[derive(Clone, Debug)]
pub struct Multiples([Prepared; KEY_MULTIPLES]);

impl Multiples {
    /// The odd multiples of a point that one window can ask for.
    #[must_use]
    pub fn new(point: &Affine) -> Self {
        Multiples(odd_multiples(point).map(Prepared::new))
    }

    /// `base` times the base point plus `own` times this one, with the doublings shared.
    #[must_use]
    pub fn multiply_add(&self, base: Scalar, own: Scalar) -> Point {
        multiply(&self.0, base, own)
    }
}

fn multiply(multiples: &[Prepared], base: Scalar, own: Scalar) -> Point {
    let (base, own) = (digits(base, BASE_WINDOW), digits(own, KEY_WINDOW));
    let mut sum = Point::INFINITY;
    for (base, own) in base.iter().zip(&own).rev() {
        sum = sum.double();
        if *own != 0 {
            sum = sum.add_prepared(&multiples[usize::from(own.unsigned_abs() / 2)], *own < 0);
        }
        if *base != 0 {
            sum = sum.add_affine(&BASE[usize::from(base.unsigned_abs() / 2)], *base < 0);
        }
    }
    sum
}

/// 1, 3, 5 and so on times a point.
fn odd_multiples<const N: usize>(point: &Affine) -> [Point; N] {
    let mut multiples = [Point::from(*point); N];
    let twice = Prepared::new(multiples[0].double());
    for i in 1..N {
        multiples[i] = multiples[i - 1].add_prepared(&twice, false);
    }
    multiples
}

/// The coordinates of points that are not at infinity, with one inversion for all.
fn affine(points: &[Point]) -> Vec<Affine> {
    let mut products = Vec::with_capacity(points.len());
    let mut product = Field::ONE;
    for point in points {
        products.push(product);
        product = product.mul(point.z);
    }
    let mut inverse = product.inverse();
    let mut affine = Vec::with_capacity(points.len());
    for (point, before) in points.iter().zip(products).rev() {
        let z = inverse.mul(before);
        inverse = inverse.mul(point.z);
        let z2 = z.square();
        affine.push(Affine { x: point.x.mul(z2), y: point.y.mul(z2).mul(z) });
    }
    affine.reverse();
    affine
}

/// The non-adjacent form: digits that are 0 or odd, below half a window in size, the lowest first; of
/// any `window` digits in a row at most one is not 0.
fn digits(k: Scalar, window: u32) -> [i8; 513] {
    let mut digits = [0; 513];
    let bits = |from: usize| {
        let (word, shift) = (from / 64, from % 64);
        let low = k.0.get(word).map_or(0, |w| w >> shift);
        let high = if shift == 0 { 0 } else { k.0.get(word + 1).map_or(0, |w| w << (64 - shift)) };
        (low | high) & ((1 << window) - 1)
    };
    let (mut i, mut carry) = (0, 0);
    while i < digits.len() {
        let value = bits(i) + carry;
        if value & 1 == 0 {
            // With a carry an odd bit was counted up: the carry goes on.
            i += 1;
            continue;
        }
        // At most 2^window - 1, since an even value was passed over: i16 holds it, and i8 the digit.
        let value = i16::try_from(value).unwrap_or_default();
        let half = 1_i16 << (window - 1);
        let digit = if value >= half { value - 2 * half } else { value };
        carry = u64::from(digit < 0);
        digits[i] = i8::try_from(digit).unwrap_or_default();
        i += window as usize;
    }
    digits
}
