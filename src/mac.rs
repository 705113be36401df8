//! HMAC-SHA-256 as everything here uses it: under a key of 32 bytes, over parts that cannot run into
//! each other.

use hmac::{Hmac, KeyInit, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// A MAC that is begun: what every one under a key starts with is worked out once.
pub(crate) type Mac = Hmac<Sha256>;

/// Begins a MAC under a key.
pub(crate) fn keyed(key: &[u8; 32]) -> Mac {
    // HMAC fills a key up to its block with zeros: a whole block is the one length that its constructor
    // cannot refuse.
    let mut block = Zeroizing::new([0; 64]);
    block[..key.len()].copy_from_slice(key);
    Hmac::new((&*block).into())
}

/// Takes parts in, each with its length before it, so that no two lists of parts are one text.
pub(crate) fn take_parts<'a>(mac: &mut Mac, parts: impl IntoIterator<Item = &'a [u8]>) {
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
}
