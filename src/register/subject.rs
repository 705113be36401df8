//! Keyed hashes of what facts are about: the feed and everything that follows it know only these.

use std::fmt;

use hmac::Mac as _;
use jiff::civil::Date;
use uuid::Uuid;

use super::ApplicationKey;
use crate::mac;
use crate::number::Iin;
use crate::person::Document;

/// The first 16 bytes of an HMAC-SHA-256 under the register's own key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(pub [u8; 16]);

impl Subject {
    /// Which of `shards` shards it belongs to.
    #[must_use]
    pub fn shard(&self, shards: u16) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]]) % shards.max(1)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({:02x}{:02x}..)", self.0[0], self.0[1])
    }
}

/// The register's key: made when the register is created, kept in it, never shown. What every hash
/// begins with is worked out once.
#[derive(Clone)]
pub struct Key {
    bytes: [u8; 32],
    begun: mac::Mac,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// A key from its stored bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Key { bytes, begun: mac::keyed(&bytes) }
    }

    /// A number as a subject.
    ///
    /// ```
    /// use iinspect::{number::Iin, register::subject::Key};
    /// let iin = Iin::parse("009900000008").expect("a test number");
    /// let (a, b) = (Key::new([1; 32]), Key::new([2; 32]));
    /// assert_eq!(a.number(iin), a.number(iin));
    /// assert_ne!(a.number(iin), b.number(iin));
    /// ```
    #[must_use]
    pub fn number(&self, iin: Iin) -> Subject {
        self.hash(b"number", &[&iin.digits().map(|digit| b'0' + digit)])
    }

    /// An application's id as a subject.
    #[must_use]
    pub fn application(&self, id: Uuid) -> Subject {
        self.hash(b"application", &[id.as_bytes()])
    }

    /// An applicant's document and birth date as a subject.
    #[must_use]
    pub fn applicant(&self, document: &Document, birth_date: Date) -> Subject {
        let country = document.country.as_ref().map_or("", |c| c.as_str());
        self.hash(
            b"applicant",
            &[
                document.kind.as_bytes(),
                document.key().as_bytes(),
                country.as_bytes(),
                birth_date.to_string().as_bytes(),
            ],
        )
    }

    /// What a key of an application is looked for under.
    pub(crate) fn of(&self, key: &ApplicationKey) -> Subject {
        match key {
            ApplicationKey::Id(id) => self.application(*id),
            ApplicationKey::Number(iin) => self.number(*iin),
            ApplicationKey::Applicant(document, born) => self.applicant(document, *born),
        }
    }

    /// A digest of a request, by which the same one is told from another. Under the key: what is
    /// kept of a request must not be a way to guess at the number in it.
    ///
    /// ```
    /// use iinspect::register::subject::Key;
    /// let key = Key::new([1; 32]);
    /// assert_eq!(key.digest(&[b"ab", b"c"]), key.digest(&[b"ab", b"c"]));
    /// assert_ne!(key.digest(&[b"ab", b"c"]), key.digest(&[b"a", b"bc"]));
    /// ```
    #[must_use]
    pub fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.full(b"request", parts)
    }

    /// What stands for the key of a deployment that has none of its own: all nodes over a register come
    /// to the same one.
    pub(crate) fn deployment(&self) -> [u8; 32] {
        self.full(b"deployment", &[])
    }

    fn hash(&self, domain: &[u8], parts: &[&[u8]]) -> Subject {
        let full = self.full(domain, parts);
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        Subject(short)
    }

    fn full(&self, domain: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.begun.clone();
        mac::take_parts(&mut mac, std::iter::once(domain).chain(parts.iter().copied()));
        mac.finalize().into_bytes().into()
    }
}

/// Under what a write of an application is told: its id, and every number and applicant that it
/// can be or could until now be found by. The old ones too, or whoever remembers the old number's
/// applications would never hear that one has left.
pub(super) fn of_application(
    id: Subject,
    numbers: [Option<Subject>; 2],
    applicants: [Option<Subject>; 2],
) -> Vec<Subject> {
    let mut told = vec![id];
    for subject in numbers.into_iter().chain(applicants).flatten() {
        if !told.contains(&subject) {
            told.push(subject);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit};
    use sha2::Sha256;

    use super::*;

    /// Stored subjects must be found again for as long as a register lives.
    #[test]
    fn a_subject_is_the_hmac_of_its_parts() {
        let iin = Iin::parse("009900000008").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&[9; 32]).unwrap();
        mac.update(b"\0\0\0\0\0\0\0\x06number\0\0\0\0\0\0\0\x0c009900000008");
        assert_eq!(Key::new([9; 32]).number(iin).0, mac.finalize().into_bytes()[..16]);
    }
}
