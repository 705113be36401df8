//! The signed attributes of a CMS signer (RFC 5652, 5.3 and 11).

use std::fmt;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911::{
    ID_AA_SIGNING_CERTIFICATE_V_2, ID_CONTENT_TYPE, ID_DATA, ID_MESSAGE_DIGEST, ID_SIGNING_TIME,
};
use der::asn1::OctetStringRef;
use der::{Decode, Encode, Reader, Tag};
use jiff::Timestamp;

use super::{element, elements, finished, nested};
use crate::signature::algorithm::Digest;
use crate::signature::certificate::Certificate;
use crate::signature::fault::Fault;

const WHAT: Fault = Fault::Malformed("the signed attributes");
/// The most of them.
const MOST: usize = 32;

/// What is signed of a message.
#[derive(Clone)]
pub(super) struct Attributes {
    /// The SET as it is signed.
    pub(super) der: Vec<u8>,
    /// The content's digest.
    pub(super) digest: Vec<u8>,
    pub(super) signing_time: Option<Timestamp>,
    /// SHA-256 of the signer's certificate, where it is named.
    certificate: Option<Vec<u8>>,
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attributes({} bytes)", self.der.len())
    }
}

impl Attributes {
    /// Reads what is within the `[0]` of a signer.
    pub(super) fn read(content: &[u8]) -> Result<Self, Fault> {
        let mut reader = elements(content)?;
        let mut kinds: Vec<ObjectIdentifier> = Vec::new();
        let mut before: &[u8] = &[];
        let (mut digest, mut signing_time, mut certificate, mut content_type) = (None, None, None, None);
        while !reader.is_finished() {
            let der = reader.tlv_bytes().map_err(|_| WHAT)?;
            // What is signed is the SET in DER, whose elements are in the order of their bytes; the same
            // element twice is a kind twice.
            if der < before {
                return Err(Fault::Malformed("the signed attributes, which are not in DER"));
            }
            before = der;
            let mut attribute = elements(element(der, Tag::Sequence)?)?;
            let kind: ObjectIdentifier = attribute.decode().map_err(|_| WHAT)?;
            let values = nested(&mut attribute, Tag::Set)?;
            finished(&attribute)?;
            if kinds.contains(&kind) {
                return Err(Fault::Malformed("a signed attribute, which comes twice"));
            }
            kinds.push(kind);
            if kinds.len() > MOST {
                return Err(Fault::TooLarge("the signed attributes"));
            }
            match kind {
                // Each of these decodes the whole: two values are none.
                ID_CONTENT_TYPE => content_type = Some(ObjectIdentifier::from_der(values).map_err(|_| WHAT)?),
                ID_MESSAGE_DIGEST => {
                    digest = Some(OctetStringRef::from_der(values).map_err(|_| WHAT)?.as_bytes().to_vec());
                }
                ID_SIGNING_TIME => signing_time = Some(time(values)?),
                ID_AA_SIGNING_CERTIFICATE_V_2 => certificate = named(values)?,
                _ => {}
            }
        }
        if content_type != Some(ID_DATA) {
            return Err(Fault::Malformed("the signed attributes, whose content type is not the content's"));
        }
        let digest = digest.ok_or(Fault::Malformed("the signed attributes, which have no digest"))?;
        let length = u32::try_from(content.len()).map_err(|_| WHAT)?;
        let mut der = Vec::with_capacity(content.len() + 6);
        let header = der::Header::new(Tag::Set, length).map_err(|_| WHAT)?;
        header.encode_to_vec(&mut der).map_err(|_| WHAT)?;
        der.extend_from_slice(content);
        Ok(Attributes { der, digest, signing_time, certificate })
    }

    /// Whether the signer's certificate is this one, as far as the attributes name it.
    pub(super) fn names(&self, certificate: &Certificate) -> bool {
        self.certificate.as_ref().is_none_or(|sha256| sha256 == certificate.sha256())
    }
}

fn time(der: &[u8]) -> Result<Timestamp, Fault> {
    let time = x509_cert::time::Time::from_der(der).map_err(|_| WHAT)?;
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).map_err(|_| WHAT)?;
    Timestamp::from_second(seconds).map_err(|_| WHAT)
}

/// SHA-256 of the signer's certificate in a SigningCertificateV2 (RFC 5035, 3): of its first entry;
/// another digest there is passed over, since the certificate is bound by the signer's own name for it.
fn named(der: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    let mut reader = elements(element(der, Tag::Sequence)?)?;
    let mut entries = elements(nested(&mut reader, Tag::Sequence)?)?;
    let mut entry = elements(nested(&mut entries, Tag::Sequence)?)?;
    let mut digest = Ok(Digest::Sha256);
    if entry.peek_tag().ok() == Some(Tag::Sequence) {
        let identifier = spki::AlgorithmIdentifierRef::decode(&mut entry).map_err(|_| WHAT)?;
        digest = Digest::read(&identifier);
    }
    let hash = OctetStringRef::decode(&mut entry).map_err(|_| WHAT)?;
    Ok((digest == Ok(Digest::Sha256)).then(|| hash.as_bytes().to_vec()))
}
