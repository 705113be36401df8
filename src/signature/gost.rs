//! GOST 34.10-2015 with 512 bits: the signature algorithm of every citizen's key.
//!
//! The same as GOST R 34.10-2012 (RFC 7091) on the curve id-tc26-gost-3410-12-512-paramSetA
//! (RFC 7836), with Streebog-512 (RFC 6986) and identifiers of Kazakhstan. Keys and signatures are
//! written least byte first: a key is x then y, a signature r then s, which is the byte reversal of
//! the Russian form (RFC 9215). Only verification is here, on public data: nothing is constant-time.

pub mod field;
pub mod point;
#[cfg(test)]
mod reference;
pub mod scalar;
#[cfg(test)]
mod tests;

use streebog::{Digest, Streebog512};

use field::Field;
use point::{Affine, Multiples};
use scalar::Scalar;

/// Bytes of a public key.
pub const KEY_BYTES: usize = 128;
/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 128;

/// A public key, on the curve and not at infinity, ready to verify many signatures.
#[derive(Clone)]
pub struct Key {
    point: Affine,
    multiples: Box<Multiples>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("gost::Key(..)")
    }
}

impl Key {
    /// Reads x and y; `None`: not 128 bytes, a coordinate is not below p, or no point of the curve.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; KEY_BYTES] = bytes.try_into().ok()?;
        let (x, y) = halves(bytes);
        let point = Affine::new(Field::from_le_bytes(x)?, Field::from_le_bytes(y)?)?;
        Some(Key { point, multiples: Box::new(Multiples::new(&point)) })
    }

    /// x and y, as in a certificate.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; KEY_BYTES] {
        joined(&self.point.x.to_le_bytes(), &self.point.y.to_le_bytes())
    }

    /// Whether the signature of the message is by this key.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify_digest(&digest(message), signature)
    }

    /// Whether the signature of the message that has this digest is by this key (RFC 7091, 6.2).
    #[must_use]
    pub fn verify_digest(&self, digest: &[u8; 64], signature: &[u8]) -> bool {
        self.check(digest, signature).is_some()
    }

    fn check(&self, digest: &[u8; 64], signature: &[u8]) -> Option<()> {
        let signature: &[u8; SIGNATURE_BYTES] = signature.try_into().ok()?;
        let (r, s) = halves(signature);
        let (r, s) = (Scalar::from_le_bytes(r)?, Scalar::from_le_bytes(s)?);
        if r.is_zero() || s.is_zero() {
            return None;
        }
        let v = hash_to_scalar(digest).inverse()?;
        let sum = self.multiples.multiply_add(s.mul(v), r.mul(v).neg());
        let r = r.to_le_bytes();
        // The point's x modulo q must be r: x is r, or r + q while that is still below p.
        let is_r = Field::from_le_bytes(&r).is_some_and(|x| sum.has_x(x));
        (is_r || scalar::plus_q(&r).and_then(|x| Field::from_le_bytes(&x)).is_some_and(|x| sum.has_x(x)))
            .then_some(())
    }
}

/// Streebog-512 of a message.
#[must_use]
pub fn digest(message: &[u8]) -> [u8; 64] {
    Streebog512::digest(message).into()
}

/// The digest as the number e that the signature equations use: modulo q, and 1 where that is 0.
#[must_use]
pub fn hash_to_scalar(digest: &[u8; 64]) -> Scalar {
    let e = Scalar::reduce_le_bytes(digest);
    if e.is_zero() { Scalar::ONE } else { e }
}

fn halves(bytes: &[u8; 128]) -> (&[u8; 64], &[u8; 64]) {
    let (halves, _) = bytes.as_chunks();
    (&halves[0], &halves[1])
}

fn joined(low: &[u8; 64], high: &[u8; 64]) -> [u8; 128] {
    let mut bytes = [0; 128];
    bytes[..64].copy_from_slice(low);
    bytes[64..].copy_from_slice(high);
    bytes
}
