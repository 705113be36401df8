//! The curve's field: integers modulo p = 2^512 - 569.
//!
//! 2^512 is 569 modulo p, so a product is brought back to eight words by two multiplications with a
//! small number. Elements are any representative below 2^512; only comparing makes them canonical.
//! Nothing here is constant-time: it handles public data alone.

/// 2^512 modulo p.
const FOLD: u64 = 569;
/// p, least word first.
const P: [u64; 8] = [u64::MAX - FOLD + 1, !0, !0, !0, !0, !0, !0, !0];

/// An element of the field.
#[derive(Clone, Copy, Debug)]
pub struct Field(pub(super) [u64; 8]);

// Named as they are in the formulas; operators would hide where a reduction costs something.
#[allow(clippy::should_implement_trait)]
impl Field {
    /// 0.
    pub const ZERO: Field = Field([0; 8]);
    /// 1.
    pub const ONE: Field = Field([1, 0, 0, 0, 0, 0, 0, 0]);

    /// Reads 64 bytes, least byte first; `None`: not below p.
    #[must_use]
    pub fn from_le_bytes(bytes: &[u8; 64]) -> Option<Self> {
        let words = words(bytes);
        (!is_below(&P, &words) && words != P).then_some(Field(words))
    }

    /// 64 bytes, least byte first.
    #[must_use]
    pub fn to_le_bytes(self) -> [u8; 64] {
        bytes(&self.canonical())
    }

    /// The one representative below p.
    fn canonical(self) -> [u64; 8] {
        if is_below(&self.0, &P) {
            return self.0;
        }
        // Below 2^512 < 2p: one subtraction is enough, and only the lowest word is not all ones.
        let mut words = [0; 8];
        words[0] = self.0[0].wrapping_sub(P[0]);
        words
    }

    /// Whether it is 0 modulo p.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == [0; 8] || self.0 == P
    }

    /// Whether both are the same modulo p.
    #[must_use]
    pub fn equals(self, other: Self) -> bool {
        self.sub(other).is_zero()
    }

    /// The sum.
    #[must_use]
    #[inline]
    pub fn add(self, other: Self) -> Self {
        let (words, carry) = add(&self.0, &other.0);
        folded(words, u64::from(carry))
    }

    /// The difference.
    #[must_use]
    #[inline]
    pub fn sub(self, other: Self) -> Self {
        let (mut words, mut borrow) = sub(&self.0, &other.0);
        // What was borrowed is 2^512, which is 569: take it away again, at most twice.
        while borrow {
            (words, borrow) = sub(&words, &[FOLD, 0, 0, 0, 0, 0, 0, 0]);
        }
        Field(words)
    }

    /// Twice it.
    #[must_use]
    #[inline]
    pub fn double(self) -> Self {
        self.add(self)
    }

    /// 0 less it.
    #[must_use]
    pub fn neg(self) -> Self {
        Field::ZERO.sub(self)
    }

    /// The product.
    #[must_use]
    #[inline]
    pub fn mul(self, other: Self) -> Self {
        reduced(&product(&self.0, &other.0))
    }

    /// The square, by fewer multiplications than a product.
    #[must_use]
    #[inline]
    pub fn square(self) -> Self {
        reduced(&square(&self.0))
    }

    /// The inverse; 0 has none and gives 0.
    ///
    /// Fermat: the power p - 2 = 2^512 - 571, whose bits are 502 ones and then 0111000101.
    #[must_use]
    pub fn inverse(self) -> Self {
        let squares = |mut x: Field, n: usize| {
            for _ in 0..n {
                x = x.square();
            }
            x
        };
        // `ones(n)` is the power 2^n - 1.
        let ones2 = squares(self, 1).mul(self);
        let ones3 = squares(ones2, 1).mul(self);
        let ones6 = squares(ones3, 3).mul(ones3);
        let ones7 = squares(ones6, 1).mul(self);
        let ones14 = squares(ones7, 7).mul(ones7);
        let ones15 = squares(ones14, 1).mul(self);
        let ones30 = squares(ones15, 15).mul(ones15);
        let ones31 = squares(ones30, 1).mul(self);
        let ones62 = squares(ones31, 31).mul(ones31);
        let ones124 = squares(ones62, 62).mul(ones62);
        let ones125 = squares(ones124, 1).mul(self);
        let ones250 = squares(ones125, 125).mul(ones125);
        let ones251 = squares(ones250, 1).mul(self);
        let ones502 = squares(ones251, 251).mul(ones251);
        // 0111, 0001, 01
        let x = squares(ones502, 4).mul(ones3);
        let x = squares(x, 4).mul(self);
        squares(x, 2).mul(self)
    }
}

/// Eight words from bytes, least first.
pub(super) fn words(bytes: &[u8; 64]) -> [u64; 8] {
    let mut words = [0; 8];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        for (i, byte) in bytes.iter().enumerate() {
            *word |= u64::from(*byte) << (8 * i);
        }
    }
    words
}

/// Bytes from eight words, least first.
pub(super) fn bytes(words: &[u64; 8]) -> [u8; 64] {
    let mut bytes = [0; 64];
    for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// Whether `a` is below `b`, as integers.
pub(super) fn is_below(a: &[u64; 8], b: &[u64; 8]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// The sum, and whether it left 512 bits.
#[inline]
pub(super) fn add(a: &[u64; 8], b: &[u64; 8]) -> ([u64; 8], bool) {
    let mut sum = [0; 8];
    let mut carry = false;
    for i in 0..8 {
        let (low, first) = a[i].overflowing_add(b[i]);
        let (low, second) = low.overflowing_add(u64::from(carry));
        sum[i] = low;
        carry = first | second;
    }
    (sum, carry)
}

/// The difference, and whether it fell below 0.
#[inline]
pub(super) fn sub(a: &[u64; 8], b: &[u64; 8]) -> ([u64; 8], bool) {
    let mut difference = [0; 8];
    let mut borrow = false;
    for i in 0..8 {
        let (low, first) = a[i].overflowing_sub(b[i]);
        let (low, second) = low.overflowing_sub(u64::from(borrow));
        difference[i] = low;
        borrow = first | second;
    }
    (difference, borrow)
}

/// `words + carry * 2^512`, brought below 2^512. `carry` is at most 570.
#[inline]
fn folded(words: [u64; 8], carry: u64) -> Field {
    let (mut words, more) = add(&words, &[carry * FOLD, 0, 0, 0, 0, 0, 0, 0]);
    if more {
        // It has just passed 2^512 by less than 2^19: there is room for 569.
        words[0] += FOLD;
    }
    Field(words)
}

/// A product of sixteen words modulo p.
#[inline]
fn reduced(product: &[u64; 16]) -> Field {
    let mut words = [0; 8];
    let mut carry = 0;
    for i in 0..8 {
        (words[i], carry) = multiply_add(product[8 + i], FOLD, product[i], carry);
    }
    folded(words, carry)
}

/// `a * b + c + d` as a low and a high word; it cannot overflow.
#[inline(always)]
pub(super) fn multiply_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let wide = u128::from(a) * u128::from(b) + u128::from(c) + u128::from(d);
    // The halves of a u128: nothing is lost.
    (wide as u64, (wide >> 64) as u64)
}

/// The product of two numbers of eight words.
#[inline]
pub(super) fn product(a: &[u64; 8], b: &[u64; 8]) -> [u64; 16] {
    let mut product = [0; 16];
    for i in 0..8 {
        let mut carry = 0;
        for j in 0..8 {
            (product[i + j], carry) = multiply_add(a[i], b[j], product[i + j], carry);
        }
        product[i + 8] = carry;
    }
    product
}

/// The square of a number of eight words: products of different words once, doubled, then the squares.
#[inline]
fn square(a: &[u64; 8]) -> [u64; 16] {
    let mut square = [0; 16];
    for i in 0..7 {
        let mut carry = 0;
        for j in i + 1..8 {
            (square[i + j], carry) = multiply_add(a[i], a[j], square[i + j], carry);
        }
        square[i + 8] = carry;
    }
    let mut top = 0;
    for word in &mut square {
        (*word, top) = (*word << 1 | top, *word >> 63);
    }
    let mut carry = false;
    for i in 0..8 {
        let (low, high) = multiply_add(a[i], a[i], 0, 0);
        let (word, first) = square[2 * i].overflowing_add(low);
        let (word, second) = word.overflowing_add(u64::from(carry));
        square[2 * i] = word;
        // A square's high word is below all ones, so the carry fits.
        let (word, third) = square[2 * i + 1].overflowing_add(high + u64::from(first | second));
        square[2 * i + 1] = word;
        carry = third;
    }
    square
}
