//! Who signed an answer, and whether it was theirs to sign (RFC 6960, 4.2.2.2).

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use const_oid::db::rfc5280::ID_KP_OCSP_SIGNING;
use der::asn1::BitStringRef;
use der::{Decode, Header, Reader, SliceReader, Tag, TagNumber};
use jiff::Timestamp;
use x509_ocsp::ResponderId;

use super::ANSWER;
use crate::signature::Fault;
use crate::signature::certificate::Certificate;
use crate::signature::name::Name;

/// The most certificates that come with an answer.
const CERTIFICATES: usize = 4;

/// A `BasicOCSPResponse`, its parts as they came.
pub(super) struct Signed<'a> {
    tbs: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    certificates: Vec<&'a [u8]>,
}

impl<'a> Signed<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, Fault> {
        Self::parts(der).map_err(|_| ANSWER)
    }

    fn parts(der: &'a [u8]) -> der::Result<Self> {
        let sequence = |reader: &mut SliceReader<'a>, tag: Tag| {
            let header = Header::decode(reader)?;
            header.tag.assert_eq(tag)?;
            SliceReader::new(reader.read_slice(header.length)?)
        };
        let mut outer = SliceReader::new(der)?;
        let mut reader = sequence(&mut outer, Tag::Sequence)?;
        let tbs = reader.tlv_bytes()?;
        let algorithm = reader.tlv_bytes()?;
        let signature = BitStringRef::decode(&mut reader)?.as_bytes().unwrap_or_default();
        let mut certificates = Vec::new();
        if !reader.is_finished() {
            let tag = Tag::ContextSpecific { constructed: true, number: TagNumber::N0 };
            let mut explicit = sequence(&mut reader, tag)?;
            let mut all = sequence(&mut explicit, Tag::Sequence)?;
            explicit.finish(())?;
            while !all.is_finished() {
                certificates.push(all.tlv_bytes()?);
            }
        }
        reader.finish(())?;
        outer.finish(())?;
        Ok(Signed { tbs, algorithm, signature, certificates })
    }

    /// What is signed.
    pub(super) fn tbs(&self) -> &'a [u8] {
        self.tbs
    }

    /// Checks that the answer is signed by the authority itself, or by a responder to whom it gave a
    /// certificate for that.
    pub(super) fn verify(&self, id: &ResponderId, issuer: &Certificate, now: Timestamp) -> Result<(), Fault> {
        if self.certificates.len() > CERTIFICATES {
            return Err(Fault::TooLarge("an OCSP answer with more than 4 certificates"));
        }
        if is(id, issuer)? {
            return issuer.key().verify(self.algorithm, self.tbs, self.signature);
        }
        for der in &self.certificates {
            let responder = Certificate::parse(der)?;
            if is(id, &responder)? {
                may_answer(&responder, issuer, now)?;
                return responder.key().verify(self.algorithm, self.tbs, self.signature);
            }
        }
        Err(Fault::NoCertificate)
    }
}

/// Whether the answer names this certificate's holder as the one who signed.
fn is(id: &ResponderId, certificate: &Certificate) -> Result<bool, Fault> {
    Ok(match id {
        ResponderId::ByName(name) => Name::new(name)? == *certificate.subject(),
        // A name for a key, nothing that is relied on: the signature is checked with the key itself.
        ResponderId::ByKey(hash) => {
            digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate.key_bits()).as_ref() == hash.as_bytes()
        }
    })
}

fn may_answer(responder: &Certificate, issuer: &Certificate, now: Timestamp) -> Result<(), Fault> {
    let extensions = responder.extensions();
    if !responder.names_as_issuer(issuer) {
        return Err(Fault::Untrusted);
    }
    responder.verify_signature(issuer.key()).map_err(|_| Fault::Untrusted)?;
    responder.valid_at(now, "the certificate of the OCSP responder")?;
    let usage = extensions.usage.is_none_or(|usage| usage.digital_signature() || usage.non_repudiation());
    if !usage || !extensions.extended.contains(&ID_KP_OCSP_SIGNING) || responder.unknown_critical() {
        return Err(Fault::Usage("a certificate that is not for OCSP answers"));
    }
    if !extensions.no_check {
        return Err(Fault::Usage(
            "a responder's certificate whose own revocation would have to be asked for",
        ));
    }
    Ok(())
}
