//! The deployment's keys: what every node of one deployment shares and nobody else has.
//!
//! Whatever a node hands out or leaves behind that another node must be able to check or to read
//! (entries of a shared cache, challenges) is under a key derived from these. Two can be live at once,
//! so that they can be changed without a pause: the first is used, the second is still understood.

mod source;

use std::fmt;

use hmac::Mac as _;
use zeroize::Zeroizing;

use crate::mac::keyed;

pub use source::Source;

/// Bytes of a key.
pub const BYTES: usize = 32;
/// The most keys that can be live at once.
pub const MAX: usize = 2;

/// The keys of a deployment, the one in use first. At least one.
#[derive(Clone)]
pub struct Keys {
    current: Zeroizing<[u8; BYTES]>,
    previous: Option<Zeroizing<[u8; BYTES]>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", if self.previous.is_some() { 2 } else { 1 })
    }
}

/// One key per live key of the deployment, for one use.
#[derive(Clone, PartialEq, Eq)]
pub struct Derived {
    /// To make things with.
    pub current: Zeroizing<[u8; BYTES]>,
    /// To understand things with that were made before the keys were changed.
    pub previous: Option<Zeroizing<[u8; BYTES]>>,
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derived(..)")
    }
}

impl Keys {
    /// One key alone.
    #[must_use]
    pub fn new(key: [u8; BYTES]) -> Self {
        Keys { current: Zeroizing::new(key), previous: None }
    }

    /// Reads a key file: one line a key, 64 hexadecimal digits, the one in use first; empty lines and
    /// lines that begin with `#` do not count.
    ///
    /// ```
    /// use iinspect::keys::Keys;
    /// let (new, old) = ("ab".repeat(32), "01".repeat(32));
    /// let keys = Keys::parse(&format!("# 2026-11\n{new}\n{old}\n"))?;
    /// assert_eq!(keys.derive("cache").previous, Some(Keys::parse(&old)?.derive("cache").current));
    /// assert!(Keys::parse("abc").unwrap_err().iter().any(|fault| fault.contains("line 1")));
    /// # Ok::<(), Vec<String>>(())
    /// ```
    ///
    /// # Errors
    /// Every fault, by its line, without anything of the text.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let mut keys = Vec::new();
        let mut faults = Vec::new();
        for (i, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match key(line) {
                Some(key) => keys.push(key),
                None => faults.push(format!("line {}: must be {} hexadecimal digits", i + 1, 2 * BYTES)),
            }
        }
        if keys.len() > MAX {
            faults.push(format!("holds {} keys, at most {MAX} can be live", keys.len()));
        }
        let mut keys = keys.into_iter();
        match (keys.next(), faults.is_empty()) {
            (Some(current), true) => Ok(Keys { current, previous: keys.next() }),
            (None, true) => Err(vec!["holds no key".into()]),
            (_, false) => Err(faults),
        }
    }

    /// What tells these keys from others and lets nobody guess at them: for logs.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let derived = self.derive("fingerprint");
        let keys = std::iter::once(&derived.current).chain(&derived.previous);
        keys.map(|key| hex::encode(&key[..4])).collect::<Vec<_>>().join("+")
    }

    /// The keys for one use, which is named by `label`: HKDF-SHA-256 (RFC 5869) without a salt. Who
    /// learns one learns nothing of the others.
    #[must_use]
    pub fn derive(&self, label: &str) -> Derived {
        Derived {
            current: hkdf(&self.current, label),
            previous: self.previous.as_ref().map(|key| hkdf(key, label)),
        }
    }
}

fn key(text: &str) -> Option<Zeroizing<[u8; BYTES]>> {
    let mut key = Zeroizing::new([0; BYTES]);
    hex::decode_to_slice(text, &mut *key).ok()?;
    Some(key)
}

/// Extract and the first block of expand: all that 32 bytes take.
fn hkdf(secret: &[u8; BYTES], label: &str) -> Zeroizing<[u8; BYTES]> {
    let extracted = Zeroizing::new(mac(&[0; BYTES], &[secret]));
    Zeroizing::new(mac(&extracted, &[b"iinspect/", label.as_bytes(), &[1]]))
}

fn mac(key: &[u8; BYTES], parts: &[&[u8]]) -> [u8; BYTES] {
    let mut mac = keyed(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is under a derived key must be read by the next version too. By
    /// `openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:0b..0b -kdfopt info:iinspect/cache HKDF`.
    #[test]
    fn derived_keys_are_hkdf() {
        let derived = Keys::new([0x0b; 32]).derive("cache");
        assert_eq!(
            hex::encode(&derived.current),
            "3c705b773b2493124ccce9f6d7154b6c5d585f4f71fdd638f020f17d63ea9347"
        );
    }

    #[test]
    fn every_fault_of_a_key_file_is_told_and_nothing_of_its_text() {
        let good = "0A".repeat(32);
        let faults = Keys::parse(&format!("# old\n\n{good}\nsecret\n{good}\n  {good}0\n{good}")).unwrap_err();
        let text = faults.join("\n");
        assert!(text.contains("line 4") && text.contains("line 6") && text.contains("3 keys"), "{text}");
        assert!(!text.contains("secret") && !text.contains(&good), "{text}");
        assert_eq!(Keys::parse("# none\n").unwrap_err(), ["holds no key"]);
    }

    #[test]
    fn labels_lead_apart() {
        let keys = Keys::new([7; 32]);
        assert_ne!(keys.derive("cache"), keys.derive("challenge"));
        assert_eq!(keys.derive("cache").previous, None);
    }
}
