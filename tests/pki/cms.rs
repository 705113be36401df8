//! CMS SignedData as Kalkan and NCALayer write it, and as they never would.

use super::Holder;
use super::der::{explicit, int, octets, oid, seq, set, time, tlv};

const DATA: &str = "1.2.840.113549.1.7.1";
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
pub(crate) const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
pub(crate) const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
pub(crate) const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";

/// How a message is made; [`Shape::new`] is what honest software makes.
#[derive(Clone)]
pub(crate) struct Shape {
    /// What goes into the message; `None`: detached.
    pub(crate) embedded: Option<Vec<u8>>,
    /// Certificates that go with it.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// How often the signer is repeated.
    pub(crate) signers: usize,
    /// Signed attributes; `None`: the content itself is signed.
    pub(crate) attributes: Option<Vec<Vec<u8>>>,
    /// The signature's algorithm, instead of the key's own.
    pub(crate) algorithm: Option<Vec<u8>>,
    /// The digest's algorithm, instead of the key's own.
    pub(crate) digest_algorithm: Option<Vec<u8>>,
}

/// An attribute of one value.
pub(crate) fn attribute(kind: &str, value: Vec<u8>) -> Vec<u8> {
    seq(&[oid(kind), set(&[value])])
}

impl Shape {
    pub(crate) fn new(holder: &Holder, content: &[u8], attached: bool) -> Self {
        let attributes = vec![
            attribute(CONTENT_TYPE, oid(DATA)),
            attribute(SIGNING_TIME, time("20260724000000Z")),
            attribute(MESSAGE_DIGEST, octets(&holder.signer.digest(content))),
        ];
        Shape {
            embedded: attached.then(|| content.to_vec()),
            certificates: vec![holder.certificate.clone()],
            signers: 1,
            attributes: Some(attributes),
            algorithm: None,
            digest_algorithm: None,
        }
    }

    /// The message, signed by the holder's key.
    pub(crate) fn signed(&self, holder: &Holder, content: &[u8]) -> Vec<u8> {
        let signer = &holder.signer;
        let attributes = self.attributes.as_ref().map(|attributes| set(attributes));
        let signature = signer.sign(attributes.as_deref().unwrap_or(content));
        let digest_algorithm = self.digest_algorithm.clone().unwrap_or_else(|| signer.digest_algorithm());
        let info = seq(&[
            int(&[1]),
            seq(&[issuer(&holder.certificate), int(&holder.serial)]),
            digest_algorithm.clone(),
            // [0] IMPLICIT: the same content under another tag.
            attributes.map(|set| [&[0xa0], &set[1..]].concat()).unwrap_or_default(),
            self.algorithm.clone().unwrap_or_else(|| signer.algorithm()),
            octets(&signature),
        ]);
        let content = self.embedded.as_ref().map(|content| explicit(0, &octets(content)));
        let certificates = match self.certificates.as_slice() {
            [] => vec![],
            certificates => tlv(0xa0, &certificates.concat()),
        };
        let signed = seq(&[
            int(&[1]),
            set(&[digest_algorithm]),
            seq(&[oid(DATA), content.unwrap_or_default()]),
            certificates,
            set(&vec![info; self.signers]),
        ]);
        seq(&[oid(SIGNED_DATA), explicit(0, &signed)])
    }
}

/// A holder's signature of a content, as honest software makes it.
pub(crate) fn signed(holder: &Holder, content: &[u8], attached: bool) -> Vec<u8> {
    Shape::new(holder, content, attached).signed(holder, content)
}

/// The issuer's name of a certificate.
fn issuer(certificate: &[u8]) -> Vec<u8> {
    let parsed = iinspect::signature::certificate::Certificate::parse(certificate).unwrap();
    parsed.issuer().der().to_vec()
}
