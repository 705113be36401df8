//! Integers modulo q, the number of the curve's points.
//!
//! q = 2^512 - c with c below 2^256: what is above 512 bits is multiplied by c and added below, until
//! nothing is above. Not constant-time, like [`Field`](super::field::Field).

use super::field::{add, bytes, is_below, multiply_add, product, sub, words};

/// q, least word first (RFC 7836, id-tc26-gost-3410-12-512-paramSetA).
pub(super) const Q: [u64; 8] = [
    0xcacd_b141_1f10_b275,
    0x9b4b_38ab_fad2_b85d,
    0x6ff2_2b8d_4e05_6060,
    0x27e6_9532_f48d_8911,
    !0,
    !0,
    !0,
    !0,
];
/// c = 2^512 - q.
const C: [u64; 4] =
    [0x3532_4ebe_e0ef_4d8b, 0x64b4_c754_052d_47a2, 0x900d_d472_b1fa_9f9f, 0xd819_6acd_0b72_76ee];

/// An integer below q.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar(pub(super) [u64; 8]);

// Named as they are in the formulas; operators would hide where a reduction costs something.
#[allow(clippy::should_implement_trait)]
impl Scalar {
    /// 1.
    pub const ONE: Scalar = Scalar([1, 0, 0, 0, 0, 0, 0, 0]);

    /// Reads 64 bytes, least byte first; `None`: not below q.
    #[must_use]
    pub fn from_le_bytes(bytes: &[u8; 64]) -> Option<Self> {
        let words = words(bytes);
        is_below(&words, &Q).then_some(Scalar(words))
    }

    /// Reads 64 bytes, least byte first, modulo q.
    #[must_use]
    pub fn reduce_le_bytes(bytes: &[u8; 64]) -> Self {
        Self::reduced(words(bytes))
    }

    /// 64 bytes, least byte first.
    #[must_use]
    pub fn to_le_bytes(self) -> [u8; 64] {
        bytes(&self.0)
    }

    fn reduced(words: [u64; 8]) -> Self {
        // 2^512 < 2q: one subtraction is enough.
        if is_below(&words, &Q) { Scalar(words) } else { Scalar(sub(&words, &Q).0) }
    }

    /// Whether it is 0.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == [0; 8]
    }

    /// The sum.
    #[must_use]
    pub fn add(self, other: Self) -> Self {
        let (sum, carry) = add(&self.0, &other.0);
        // With a carry the sum is below 2q < 2^513, and the subtraction borrows it back.
        if carry { Scalar(sub(&sum, &Q).0) } else { Self::reduced(sum) }
    }

    /// 0 less it.
    #[must_use]
    pub fn neg(self) -> Self {
        if self.is_zero() { self } else { Scalar(sub(&Q, &self.0).0) }
    }

    /// The product.
    #[must_use]
    pub fn mul(self, other: Self) -> Self {
        let mut wide = product(&self.0, &other.0);
        // Each round takes 256 bits off what is above 512: 512 bits, 257, 2, none.
        while wide[8..] != [0; 8] {
            let high = wide;
            wide[8..].fill(0);
            for (i, &above) in high[8..].iter().enumerate().filter(|(_, above)| **above != 0) {
                let mut carry = 0;
                for (j, &c) in C.iter().enumerate() {
                    (wide[i + j], carry) = multiply_add(above, c, wide[i + j], carry);
                }
                for word in &mut wide[i + 4..] {
                    let (sum, over) = word.overflowing_add(carry);
                    *word = sum;
                    carry = u64::from(over);
                    if carry == 0 {
                        break;
                    }
                }
            }
        }
        let mut low = [0; 8];
        low.copy_from_slice(&wide[..8]);
        Self::reduced(low)
    }

    /// The inverse by the binary extended Euclidean algorithm; `None`: 0 has none.
    #[must_use]
    pub fn inverse(self) -> Option<Self> {
        if self.is_zero() {
            return None;
        }
        // u = x * self and v = y * self modulo q, all along; q is prime, so one of them gets to 1.
        let (mut u, mut v) = (self.0, Q);
        let (mut x, mut y) = (Scalar::ONE, Scalar([0; 8]));
        while u != Scalar::ONE.0 && v != Scalar::ONE.0 {
            while u[0] & 1 == 0 {
                u = half(&u, false);
                x = x.half();
            }
            while v[0] & 1 == 0 {
                v = half(&v, false);
                y = y.half();
            }
            if is_below(&u, &v) {
                v = sub(&v, &u).0;
                y = y.add(x.neg());
            } else {
                u = sub(&u, &v).0;
                x = x.add(y.neg());
            }
        }
        Some(if u == Scalar::ONE.0 { x } else { y })
    }

    /// Half of it modulo q.
    fn half(self) -> Self {
        if self.0[0] & 1 == 0 {
            return Scalar(half(&self.0, false));
        }
        let (sum, carry) = add(&self.0, &Q);
        Scalar(half(&sum, carry))
    }
}

/// Half of `words + top * 2^512`, rounded down.
fn half(words: &[u64; 8], top: bool) -> [u64; 8] {
    let mut half = [0; 8];
    let mut above = u64::from(top);
    for i in (0..8).rev() {
        half[i] = words[i] >> 1 | above << 63;
        above = words[i] & 1;
    }
    half
}

/// `r + q` as an integer; `None`: it does not fit into 512 bits.
pub(super) fn plus_q(r: &[u8; 64]) -> Option<[u8; 64]> {
    let (sum, carry) = add(&words(r), &Q);
    (!carry).then(|| bytes(&sum))
}
