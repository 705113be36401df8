//! What is said of a certificate's revocation, by whichever way it was asked.

use std::cmp::Ordering;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
pub use x509_cert::ext::pkix::CrlReason as Cause;

/// How far the clocks of those who sign may be ahead of ours.
pub const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// A certificate's serial number: a positive number of at most 20 bytes (RFC 5280, 4.1.2.2), filled up
/// with zeros in front, so that serials are compared and sorted as bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Serial([u8; 20]);

/// As bytes are compared, by words: hundreds of thousands are sorted, and few begin alike.
impl Ord for Serial {
    fn cmp(&self, other: &Self) -> Ordering {
        self.words().cmp(&other.words())
    }
}

impl PartialOrd for Serial {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serial {
    /// From the bytes of a DER INTEGER; `None`: negative, or longer than serial numbers are.
    ///
    /// ```
    /// use iinspect::signature::revocation::Serial;
    /// assert_eq!(Serial::new(&[0, 0x80]), Serial::new(&[0, 0, 0x80]));
    /// assert_eq!(Serial::new(&[0x80]), None);
    /// assert_eq!(Serial::new(&[1; 21]), None);
    /// ```
    #[must_use]
    pub fn new(integer: &[u8]) -> Option<Self> {
        if integer.first().is_none_or(|first| first & 0x80 != 0) {
            return None;
        }
        let zeros = integer.iter().take_while(|byte| **byte == 0).count();
        let digits = integer.get(zeros..)?;
        let mut serial = [0; 20];
        serial.get_mut(20_usize.checked_sub(digits.len())?..)?.copy_from_slice(digits);
        Some(Serial(serial))
    }

    /// The same number, most significant first.
    fn words(&self) -> (u64, u64, u32) {
        let [a, b, c, d, e, f, g, h, rest @ ..] = self.0;
        let [i, j, k, l, m, n, o, p, q, r, s, t] = rest;
        (
            u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            u64::from_be_bytes([i, j, k, l, m, n, o, p]),
            u32::from_be_bytes([q, r, s, t]),
        )
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

/// A serial number leads to a person for whoever can ask the authority.
impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Serial(..)")
    }
}

/// A certificate that was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Since when.
    pub at: Timestamp,
    /// Why, as far as it is said.
    pub cause: Cause,
}

/// What an answer says of one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is not revoked.
    Good,
    /// It is revoked.
    Revoked(Revoked),
    /// Who was asked does not know such a certificate.
    Unknown,
}
