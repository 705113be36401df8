//! A certificate (RFC 5280), parsed once.
//!
//! What is signed is kept as the very bytes that came: a re-encoding could differ. Critical
//! extensions that are not understood make it unusable ([`Certificate::unknown_critical`]); extensions
//! that come twice make it malformed.

mod extensions;

use std::fmt;

use der::{Decode, Encode, Header, Reader, SliceReader, Tag};
use jiff::Timestamp;
use x509_cert::certificate::Version;

use super::algorithm::{self, Digest, Key};
use super::fault::Fault;
use super::name::Name;

pub use extensions::{Basic, Extensions, Usage};

/// The longest certificate, in bytes. NCA's are below 2,000.
pub const LONGEST: usize = 16 * 1024;

/// A certificate.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: std::ops::Range<usize>,
    serial: Vec<u8>,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    spki: Vec<u8>,
    key: Key,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    extensions: Extensions,
    sha256: [u8; 32],
}

/// Names hold personal data: only what identifies the certificate itself is shown.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.fingerprint())
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl Certificate {
    /// Reads one in DER.
    ///
    /// # Errors
    /// It is longer than [`LONGEST`], not in DER, no X.509 certificate of version 3, an extension
    /// comes twice or is malformed, or its key is not accepted.
    pub fn parse(der: &[u8]) -> Result<Self, Fault> {
        const WHAT: Fault = Fault::Malformed("a certificate");
        if der.len() > LONGEST {
            return Err(Fault::TooLarge("a certificate"));
        }
        let parsed = x509_cert::Certificate::from_der(der).map_err(|_| WHAT)?;
        let tbs = signed_part(der).ok_or(WHAT)?;
        let body = parsed.tbs_certificate;
        if body.version != Version::V3 {
            return Err(Fault::Profile("a certificate that is not of version 3"));
        }
        if body.signature != parsed.signature_algorithm {
            return Err(Fault::Malformed("a certificate's algorithm, named twice and not the same"));
        }
        let spki = body.subject_public_key_info.to_der().map_err(|_| WHAT)?;
        let time = |time: &x509_cert::time::Time| {
            let seconds = i64::try_from(time.to_unix_duration().as_secs()).map_err(|_| WHAT)?;
            Timestamp::from_second(seconds).map_err(|_| WHAT)
        };
        let sha256 = Digest::Sha256.of(der).try_into().map_err(|_| WHAT)?;
        Ok(Certificate {
            tbs,
            serial: body.serial_number.as_bytes().to_vec(),
            issuer: Name::new(&body.issuer)?,
            subject: Name::new(&body.subject)?,
            not_before: time(&body.validity.not_before)?,
            not_after: time(&body.validity.not_after)?,
            key: Key::parse(&spki)?,
            spki,
            algorithm: algorithm::encoded(&parsed.signature_algorithm)?,
            signature: parsed.signature.as_bytes().ok_or(WHAT)?.to_vec(),
            extensions: Extensions::read(body.extensions.as_deref().unwrap_or_default())?,
            sha256,
            der: der.to_vec(),
        })
    }

    /// All of it, as it came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What its issuer signed, as it came.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        self.der.get(self.tbs.clone()).unwrap_or_default()
    }

    /// The octets of the serial number, as in DER.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Whose it is.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.subject
    }

    /// The first second it is valid in.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last second it is valid in.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The `SubjectPublicKeyInfo` in DER.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The key's bits as they are in the certificate, without the algorithm: what OCSP hashes.
    #[must_use]
    pub fn key_bits(&self) -> &[u8] {
        spki::SubjectPublicKeyInfoRef::from_der(&self.spki)
            .ok()
            .and_then(|spki| spki.subject_public_key.as_bytes())
            .unwrap_or_default()
    }

    /// Extensions.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// SHA-256 of all of it.
    #[must_use]
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// SHA-256 of all of it as 64 hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex::encode(self.sha256)
    }

    /// Whether the issuer's name is the subject's of another, which proves nothing yet.
    #[must_use]
    pub fn names_as_issuer(&self, issuer: &Certificate) -> bool {
        self.issuer == issuer.subject
    }

    /// Checks the signature on it by its issuer's key, and nothing else.
    ///
    /// # Errors
    /// The algorithm is not accepted or not the key's, or the signature does not hold.
    pub fn verify_signature(&self, issuer: &Key) -> Result<(), Fault> {
        issuer.verify(&self.algorithm, self.tbs(), &self.signature)
    }

    /// Whether the moment is within its validity.
    ///
    /// # Errors
    /// It is before or after; `what` says whose certificate it is.
    pub fn valid_at(&self, now: Timestamp, what: &'static str) -> Result<(), Fault> {
        // Both ends are valid whole seconds (RFC 5280, 4.1.2.5).
        if now.as_second() < self.not_before.as_second() {
            Err(Fault::NotYetValid(what))
        } else if now.as_second() > self.not_after.as_second() {
            Err(Fault::Expired(what))
        } else {
            Ok(())
        }
    }

    /// Whether it has a critical extension that is not understood, or one that limits others in ways
    /// that are not judged here: such a certificate is not used for anything.
    #[must_use]
    pub fn unknown_critical(&self) -> bool {
        self.extensions.unknown_critical
    }
}

/// Where the first element of a SEQUENCE is: what is signed in certificates, CRLs and OCSP answers.
pub(super) fn signed_part(der: &[u8]) -> Option<std::ops::Range<usize>> {
    let mut reader = SliceReader::new(der).ok()?;
    let outer = Header::decode(&mut reader).ok()?;
    if outer.tag != Tag::Sequence {
        return None;
    }
    let start = usize::try_from(reader.position()).ok()?;
    let inner = reader.tlv_bytes().ok()?;
    Some(start..start.checked_add(inner.len())?)
}
