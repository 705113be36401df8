//! Values of the shared tier, sealed: AES-256-GCM-SIV (RFC 8452), which forgives a nonce that comes up
//! twice, under a random nonce.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use crate::keys;

/// Bytes of the authentication tag.
const TAG: usize = 16;
/// Bytes that sealing adds: the key's id, the nonce, the tag.
pub(super) const OVERHEAD: usize = 1 + NONCE_LEN + TAG;

/// It cannot be sealed, or what is there is not what was sealed here. Says nothing more on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// Seals and opens under one key.
pub(super) struct Sealer {
    key: RandomizedNonceKey,
    id: u8,
}

impl Sealer {
    /// A sealer whose values carry `id`, by which they are told from those of another key.
    pub(super) fn new(key: &Zeroizing<[u8; keys::BYTES]>, id: u8) -> Result<Self, Broken> {
        let key = RandomizedNonceKey::new(&AES_256_GCM_SIV, &key[..]).map_err(|_| Broken)?;
        Ok(Sealer { key, id })
    }

    /// Puts `plain`, sealed and bound to `context`, behind what `into` holds: id, nonce, ciphertext, tag.
    pub(super) fn seal(&self, context: &[u8], plain: &[u8], into: &mut Vec<u8>) -> Result<(), Broken> {
        into.reserve(plain.len() + OVERHEAD);
        into.push(self.id);
        let nonce_at = into.len();
        into.extend_from_slice(&[0; NONCE_LEN]);
        let sealed_at = into.len();
        into.extend_from_slice(plain);
        let sealed = self.key.seal_in_place_separate_tag(Aad::from(context), &mut into[sealed_at..]);
        let (nonce, tag) = sealed.map_err(|_| Broken)?;
        into[nonce_at..sealed_at].copy_from_slice(nonce.as_ref());
        into.extend_from_slice(tag.as_ref());
        Ok(())
    }

    /// What was sealed under this key and bound to the same context. It takes the place of the
    /// ciphertext.
    pub(super) fn open<'a>(&self, context: &[u8], sealed: &'a mut [u8]) -> Result<&'a [u8], Broken> {
        let (id, rest) = sealed.split_first_mut().ok_or(Broken)?;
        let (nonce, rest) = rest.split_at_mut_checked(NONCE_LEN).ok_or(Broken)?;
        if *id != self.id || rest.len() < TAG {
            return Err(Broken);
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Broken)?;
        let plain = self.key.open_in_place(nonce, Aad::from(context), rest).map_err(|_| Broken)?;
        Ok(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(key: u8, id: u8) -> Sealer {
        Sealer::new(&Zeroizing::new([key; 32]), id).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_and_nothing_else_does() {
        let mut sealed = b"head".to_vec();
        sealer(1, 9).seal(b"context", b"a fact", &mut sealed).unwrap();
        let sealed = sealed.split_off(4);
        assert_eq!(sealed.len(), 6 + OVERHEAD);
        assert_eq!(sealer(1, 9).open(b"context", &mut sealed.clone()), Ok(&b"a fact"[..]));
        for (sealer, context) in
            [(sealer(2, 9), &b"context"[..]), (sealer(1, 8), b"context"), (sealer(1, 9), b"c")]
        {
            assert_eq!(sealer.open(context, &mut sealed.clone()), Err(Broken));
        }
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert_eq!(sealer(1, 9).open(b"context", &mut flipped), Err(Broken), "byte {at}");
            assert_eq!(sealer(1, 9).open(b"context", &mut sealed[..at].to_vec()), Err(Broken), "first {at}");
        }
    }

    #[test]
    fn the_same_twice_looks_different() {
        let seal = || {
            let mut sealed = Vec::new();
            sealer(1, 9).seal(b"", b"a fact", &mut sealed).unwrap();
            sealed
        };
        assert_ne!(seal(), seal());
    }

    /// RFC 8452, appendix C.2: the algorithm is the one that its name says, so that other programs
    /// with the key can open values.
    #[test]
    fn it_is_the_algorithm_of_the_rfc() {
        let mut key = [0; 32];
        key[0] = 1;
        let sealer = Sealer::new(&Zeroizing::new(key), 0).unwrap();
        let mut sealed = vec![0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let result = "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28";
        let byte = |at: usize| u8::from_str_radix(&result[at..at + 2], 16).unwrap();
        sealed.extend((0..result.len()).step_by(2).map(byte));
        assert_eq!(sealer.open(b"", &mut sealed), Ok(&[1, 0, 0, 0, 0, 0, 0, 0][..]));
    }
}
