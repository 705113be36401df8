//! Names in the shared tier: whoever reads them learns of no number, and cannot try numbers out.

use hmac::Mac as _;
use zeroize::Zeroizing;

use crate::keys;
use crate::mac::{Mac, keyed, take_parts};
use crate::register::Subject;

/// The version of names and values. Another one has other names, so that nodes of two versions share a
/// tier and never read each other's values.
pub(super) const SCHEMA: u8 = 1;

/// What every name begins with: what an access list of the tier is written for.
pub(super) const PREFIX: &[u8; 9] = b"iinspect:";

/// Bytes of a name.
const LENGTH: usize = PREFIX.len() + 32;

/// Where a subject's fact is kept. Bytes and no text: in a text of digits and letters twelve digits in a
/// row would come up by chance, and look like a number.
pub(super) type Name = [u8; LENGTH];

/// Makes names under one key: the prefix, then an HMAC-SHA-256.
#[derive(Clone)]
pub(super) struct Names(Mac);

impl Names {
    pub(super) fn new(key: &Zeroizing<[u8; keys::BYTES]>) -> Self {
        Names(keyed(key))
    }

    /// Where a subject's fact is kept.
    pub(super) fn of(&self, subject: Subject) -> Name {
        self.name(&[b"fact", &[SCHEMA], &subject.0])
    }

    /// The channel on which nodes tell each other to look at the feed.
    pub(super) fn channel(&self) -> Name {
        self.name(&[b"look", &[SCHEMA]])
    }

    /// A name that holds nothing, to ask for when only the asking matters.
    pub(super) fn probe(&self) -> Name {
        self.name(&[b"probe", &[SCHEMA]])
    }

    fn name(&self, parts: &[&[u8]]) -> Name {
        let mut mac = self.0.clone();
        take_parts(&mut mac, parts.iter().copied());
        let mut name = [0; LENGTH];
        name[..PREFIX.len()].copy_from_slice(PREFIX);
        name[PREFIX.len()..].copy_from_slice(&mac.finalize().into_bytes());
        name
    }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit};
    use sha2::Sha256;

    use super::*;

    /// Nodes of two builds must come to the same names.
    #[test]
    fn a_name_is_the_hmac_of_its_parts() {
        let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        mac.update(b"\0\0\0\0\0\0\0\x04fact\0\0\0\0\0\0\0\x01\x01\0\0\0\0\0\0\0\x10aaaaaaaaaaaaaaaa");
        let name = Names::new(&Zeroizing::new([7; 32])).of(Subject([b'a'; 16]));
        assert_eq!(name[..9], *b"iinspect:");
        assert_eq!(name[9..], mac.finalize().into_bytes()[..]);
    }

    #[test]
    fn names_of_other_keys_and_subjects_differ() {
        let names = |key| Names::new(&Zeroizing::new([key; 32]));
        let (a, b) = (Subject([1; 16]), Subject([2; 16]));
        let all = [
            names(1).of(a),
            names(1).of(b),
            names(2).of(a),
            names(1).channel(),
            names(2).channel(),
            names(1).probe(),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
