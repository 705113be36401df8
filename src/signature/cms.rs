//! CMS SignedData (RFC 5652) in the profile that Kalkan and NCALayer write.
//!
//! DER alone, one signer, its certificate with the message, signed attributes. The signed attributes are
//! checked as the bytes that came. A time stamp among the unsigned attributes is not judged.

mod attributes;
#[cfg(test)]
mod tests;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911::{ID_DATA, ID_SIGNED_DATA};
use der::asn1::{IntRef, OctetStringRef};
use der::{Decode, Header, Reader, SliceReader, Tag, TagNumber};
use spki::AlgorithmIdentifierRef;

use super::algorithm::{Digest, Scheme};
use super::certificate::Certificate;
use super::envelope::Envelope;
use super::fault::Fault;
use attributes::Attributes;

/// The longest message, in bytes, what it carries included.
pub const LONGEST: usize = 4 * 1024 * 1024;
/// Labels of PEM that hold such a message.
pub const LABELS: [&str; 3] = ["CMS", "PKCS7", "PKCS #7 SIGNED DATA"];
/// The most certificates of one message.
const MOST_CERTIFICATES: usize = 8;

const WHAT: Fault = Fault::Malformed("the CMS message");

/// A message with one signer.
#[derive(Clone, Debug)]
pub struct Message {
    embedded: Option<Vec<u8>>,
    certificate: Certificate,
    scheme: Scheme,
    attributes: Attributes,
    signature: Vec<u8>,
}

impl Message {
    /// Reads a message: DER, PEM or base64.
    ///
    /// # Errors
    /// Too large, not in DER, outside the profile, not exactly one signer, or the signer's certificate is
    /// missing or malformed.
    pub fn parse(input: &[u8]) -> Result<Self, Fault> {
        Self::from_der(&super::armor::decode(input, &LABELS, LONGEST)?)
    }

    fn from_der(der: &[u8]) -> Result<Self, Fault> {
        let mut signed = elements(element(der, Tag::Sequence)?)?;
        let kind: ObjectIdentifier = signed.decode().map_err(|_| WHAT)?;
        if kind != ID_SIGNED_DATA {
            return Err(Fault::Profile("a CMS message that is not SignedData"));
        }
        let mut signed = elements(context(&mut signed, 0)?.ok_or(WHAT)?)?;
        let mut signed = elements(nested(&mut signed, Tag::Sequence)?)?;

        let version = version(&mut signed)?;
        let digests = nested(&mut signed, Tag::Set)?;
        let content = nested(&mut signed, Tag::Sequence)?;
        let certificates = context(&mut signed, 0)?;
        let _revocation = context(&mut signed, 1)?;
        let signers = nested(&mut signed, Tag::Set)?;
        finished(&signed)?;

        let mut signers = elements(signers)?;
        if signers.is_finished() {
            return Err(Fault::NoSigner);
        }
        let signer = nested(&mut signers, Tag::Sequence)?;
        if !signers.is_finished() {
            return Err(Fault::ManySigners);
        }
        let signer = Signer::read(signer)?;
        // RFC 5652, 5.1: what else would call for another version is not in the profile.
        if version != signer.version {
            return Err(Fault::Malformed("the version of the CMS message"));
        }
        if !listed(digests, signer.digest)? {
            return Err(Fault::Malformed("the CMS message, which does not list the signer's digest"));
        }
        let certificate = signer.certificate(certificates.ok_or(Fault::NoCertificate)?)?;
        let identifier = |der| AlgorithmIdentifierRef::from_der(der).map_err(|_| WHAT);
        let scheme = Scheme::of_signer(&identifier(signer.digest)?, &identifier(signer.algorithm)?)?;
        let attributes = Attributes::read(signer.attributes.ok_or(Fault::Profile("no signed attributes"))?)?;
        if !attributes.names(&certificate) {
            return Err(Fault::Profile("a signature for another certificate than the one with it"));
        }
        Ok(Message {
            embedded: embedded(content)?,
            certificate,
            scheme,
            attributes,
            signature: signer.signature.to_vec(),
        })
    }

    /// What the message carries; `None`: it is detached.
    #[must_use]
    pub fn embedded(&self) -> Option<&[u8]> {
        self.embedded.as_deref()
    }

    /// The signature, once the content is proven to be what was signed. `content` is what should have
    /// been; `None`: whatever the message carries.
    ///
    /// # Errors
    /// There is no content, the message carries another than `content`, or its digest is not the signed
    /// one.
    pub fn envelope(self, content: Option<&[u8]>) -> Result<Envelope, Fault> {
        let signed = match (content, self.embedded.as_deref()) {
            (Some(content), Some(embedded)) if content != embedded => return Err(Fault::OtherContent),
            (Some(content), _) => content,
            (None, Some(embedded)) => embedded,
            (None, None) => return Err(Fault::NoContent),
        };
        if self.scheme.digest().of(signed) != self.attributes.digest {
            return Err(Fault::Digest);
        }
        Ok(Envelope {
            certificate: self.certificate,
            scheme: self.scheme,
            message: self.attributes.der,
            signature: self.signature,
            signing_time: self.attributes.signing_time,
        })
    }
}

/// The one signer, in pieces of DER.
struct Signer<'a> {
    version: u8,
    id: &'a [u8],
    digest: &'a [u8],
    /// The attributes' content without their own header.
    attributes: Option<&'a [u8]>,
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Signer<'a> {
    fn read(der: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = elements(der)?;
        let version = version(&mut reader)?;
        let id = reader.tlv_bytes().map_err(|_| WHAT)?;
        let digest = reader.tlv_bytes().map_err(|_| WHAT)?;
        let attributes = context(&mut reader, 0)?;
        let algorithm = reader.tlv_bytes().map_err(|_| WHAT)?;
        let signature = OctetStringRef::decode(&mut reader).map_err(|_| WHAT)?.as_bytes();
        let _unsigned = context(&mut reader, 1)?;
        finished(&reader)?;
        Ok(Signer { version, id, digest, attributes, algorithm, signature })
    }

    /// The certificate among those of the message that the signer names.
    fn certificate(&self, certificates: &[u8]) -> Result<Certificate, Fault> {
        let mut reader = elements(certificates)?;
        let mut found = None;
        let mut count = 0;
        while !reader.is_finished() {
            count += 1;
            if count > MOST_CERTIFICATES {
                return Err(Fault::TooLarge("the certificates of the CMS message"));
            }
            let der = reader.tlv_bytes().map_err(|_| WHAT)?;
            // Others may be of kinds that are not accepted: only the signer's must be.
            let certificate = Certificate::parse(der);
            if certificate.as_ref().is_ok_and(|certificate| !self.named(certificate)) {
                continue;
            }
            match (certificate, &found) {
                (Ok(_), Some(Ok(_))) => {
                    return Err(Fault::Malformed("the signer's certificate, which comes twice"));
                }
                (Err(_), Some(Ok(_))) => {}
                (certificate, _) => found = Some(certificate),
            }
        }
        // When none is the signer's, what is wrong with one of them is the likelier reason.
        found.unwrap_or(Err(Fault::NoCertificate))
    }

    fn named(&self, certificate: &Certificate) -> bool {
        if self.version == 3 {
            let key_id = &certificate.extensions().key_id;
            // [0] IMPLICIT: one byte of tag, one of length.
            return !key_id.is_empty() && self.id.first() == Some(&0x80) && self.id.get(2..) == Some(key_id);
        }
        let issuer_and_serial = || {
            let mut reader = elements(element(self.id, Tag::Sequence).ok()?).ok()?;
            let issuer = reader.tlv_bytes().ok()?;
            let serial = IntRef::decode(&mut reader).ok()?;
            finished(&reader).ok()?;
            Some(issuer == certificate.issuer().der() && serial.as_bytes() == certificate.serial())
        };
        issuer_and_serial() == Some(true)
    }
}

/// 1 or 3: the two versions of the profile.
fn version(reader: &mut SliceReader<'_>) -> Result<u8, Fault> {
    match u8::decode(reader) {
        Ok(version @ (1 | 3)) => Ok(version),
        _ => Err(Fault::Malformed("the version of the CMS message")),
    }
}

fn listed(digests: &[u8], digest: &[u8]) -> Result<bool, Fault> {
    let wanted = Digest::read(&AlgorithmIdentifierRef::from_der(digest).map_err(|_| WHAT)?)?;
    let mut reader = elements(digests)?;
    let mut listed = false;
    for _ in 0..MOST_CERTIFICATES {
        if reader.is_finished() {
            return Ok(listed);
        }
        let identifier = AlgorithmIdentifierRef::decode(&mut reader).map_err(|_| WHAT)?;
        listed |= Digest::read(&identifier) == Ok(wanted);
    }
    Err(Fault::TooLarge("the digests of the CMS message"))
}

/// The content that is in the message.
fn embedded(der: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    let mut reader = elements(der)?;
    let kind: ObjectIdentifier = reader.decode().map_err(|_| WHAT)?;
    if kind != ID_DATA {
        return Err(Fault::Profile("a CMS message over something else than data"));
    }
    let content = context(&mut reader, 0)?;
    finished(&reader)?;
    content.map(|der| Ok(OctetStringRef::from_der(der).map_err(|_| WHAT)?.as_bytes().to_vec())).transpose()
}

/// The content of the one element in `der`.
pub(super) fn element(der: &[u8], tag: Tag) -> Result<&[u8], Fault> {
    let mut reader = elements(der)?;
    let content = nested(&mut reader, tag)?;
    finished(&reader)?;
    Ok(content)
}

/// A reader over elements one after another, perhaps none.
pub(super) fn elements(der: &[u8]) -> Result<SliceReader<'_>, Fault> {
    SliceReader::new(der).map_err(|_| WHAT)
}

/// The content of the next element, which must have this tag.
pub(super) fn nested<'a>(reader: &mut SliceReader<'a>, tag: Tag) -> Result<&'a [u8], Fault> {
    let header = Header::decode(reader).map_err(|_| WHAT)?;
    if header.tag != tag {
        return Err(WHAT);
    }
    reader.read_slice(header.length).map_err(|_| WHAT)
}

/// The content of the next element if it is `[n]`, constructed.
fn context<'a>(reader: &mut SliceReader<'a>, n: u8) -> Result<Option<&'a [u8]>, Fault> {
    let tag = Tag::ContextSpecific { constructed: true, number: TagNumber::new(n) };
    match reader.peek_byte() {
        Some(byte) if byte == 0xa0 | n => nested(reader, tag).map(Some),
        _ => Ok(None),
    }
}

pub(super) fn finished(reader: &SliceReader<'_>) -> Result<(), Fault> {
    if reader.is_finished() { Ok(()) } else { Err(WHAT) }
}
