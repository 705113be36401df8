//! The Online Certificate Status Protocol (RFC 6960): a question made, its answer judged from bytes.
//!
//! The protocol runs over plain HTTP, so an answer counts only for what is signed in it. An answer
//! that cannot be believed is a fault, and not the same as none: whoever got it must not go on as if
//! the responder had been silent.

mod responder;

use std::sync::Arc;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::ID_SHA_256;
use const_oid::db::rfc6960::{ID_PKIX_OCSP_BASIC, ID_PKIX_OCSP_NONCE};
use der::asn1::{Null, OctetString};
use der::{Decode, Encode};
use jiff::{SignedDuration, Timestamp};
use spki::AlgorithmIdentifierOwned;
use thiserror::Error;
use x509_cert::ext::{Extension, Extensions};
use x509_cert::serial_number::SerialNumber;
use x509_ocsp::{
    CertId, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse, OcspResponseStatus, Request,
    ResponseData, SingleResponse, TbsRequest,
};

use super::Fault;
use super::algorithm::Digest;
use super::certificate::Certificate;
use super::revocation::{Cause, Revoked, SKEW, Status};

/// The longest answer, in bytes.
pub const LONGEST: usize = 64 * 1024;
/// How long an answer counts that does not say how long, from when it was made.
pub const FRESH: SignedDuration = SignedDuration::from_mins(10);
/// How old what such an answer rests on may be: responders that read the authority's daily list.
pub const OLDEST: SignedDuration = SignedDuration::from_hours(36);

const ANSWER: Fault = Fault::Malformed("the OCSP answer");

/// Whether an answer must hold the question's nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonce {
    /// It must: an answer without it may be one that somebody kept.
    Required,
    /// It may be missing, for responders that never give it back. A wrong one is refused all the same.
    Optional,
}

/// Why there is no answer that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The responder says, unsigned, that it does not answer now. Anybody could say that for it: it is
    /// like silence.
    #[error("the OCSP responder does not answer: {0}")]
    Declined(&'static str),
    /// There is an answer, and it cannot be believed.
    #[error("the OCSP answer is not believed: {0}")]
    Untrusted(#[from] Fault),
}

/// An answer that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it says.
    pub status: Status,
    /// When what it rests on was known to be right.
    pub this_update: Timestamp,
    /// When the responder signed it.
    pub produced_at: Timestamp,
    /// When there is to be newer knowledge, where it says so.
    pub next_update: Option<Timestamp>,
}

impl Answer {
    /// From when on it no longer counts.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.next_update.unwrap_or_else(|| self.produced_at.saturating_add(FRESH).unwrap_or(Timestamp::MAX))
    }
}

/// One question: is this certificate revoked?
pub struct Question {
    issuer: Arc<Certificate>,
    id: CertId,
    nonce: [u8; 32],
    request: Vec<u8>,
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Question(..)")
    }
}

impl Question {
    /// Asks for a certificate that this authority issued, as the caller has checked. `nonce` is random
    /// and new for each question.
    ///
    /// # Errors
    /// The certificate's serial number cannot be written down.
    pub fn new(certificate: &Certificate, issuer: Arc<Certificate>, nonce: [u8; 32]) -> Result<Self, Fault> {
        const WHAT: Fault = Fault::Malformed("a serial number");
        let hash = |bytes: &[u8]| OctetString::new(Digest::Sha256.of(bytes)).map_err(|_| WHAT);
        let id = CertId {
            hash_algorithm: AlgorithmIdentifierOwned { oid: ID_SHA_256, parameters: Some(Null.into()) },
            issuer_name_hash: hash(issuer.subject().der())?,
            issuer_key_hash: hash(issuer.key_bits())?,
            serial_number: SerialNumber::new(certificate.serial()).map_err(|_| WHAT)?,
        };
        let value =
            OctetString::new(nonce.as_slice()).and_then(|nonce| nonce.to_der()).and_then(OctetString::new);
        let nonce_extension =
            Extension { extn_id: ID_PKIX_OCSP_NONCE, critical: false, extn_value: value.map_err(|_| WHAT)? };
        let request = OcspRequest {
            tbs_request: TbsRequest {
                request_list: vec![Request { req_cert: id.clone(), single_request_extensions: None }],
                request_extensions: Some(vec![nonce_extension]),
                ..TbsRequest::default()
            },
            optional_signature: None,
        };
        let request = request.to_der().map_err(|_| WHAT)?;
        Ok(Question { issuer, id, nonce, request })
    }

    /// The question in DER, to be sent as `application/ocsp-request`.
    #[must_use]
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Judges an answer at a moment.
    ///
    /// # Errors
    /// [`Error::Declined`]: there is none. [`Error::Untrusted`]: it is malformed, not signed by the
    /// authority or by whom the authority lets answer, about something else, too old or from the future,
    /// or it has another nonce or a critical extension that is not understood.
    pub fn judge(&self, answer: &[u8], nonce: Nonce, now: Timestamp) -> Result<Answer, Error> {
        let basic = body(answer)?;
        let signed = responder::Signed::read(&basic)?;
        let data = ResponseData::from_der(signed.tbs()).map_err(|_| ANSWER)?;
        signed.verify(&data.responder_id, &self.issuer, now)?;
        Ok(self.read(&data, nonce, now)?)
    }

    /// What a signed answer says.
    fn read(&self, data: &ResponseData, nonce: Nonce, now: Timestamp) -> Result<Answer, Fault> {
        self.check_nonce(data.response_extensions.as_ref(), nonce)?;
        let single = self.single(&data.responses)?;
        known(single.single_extensions.as_ref(), &[])?;
        let answer = Answer {
            status: status(single.cert_status)?,
            this_update: time(single.this_update)?,
            produced_at: time(data.produced_at)?,
            next_update: single.next_update.map(time).transpose()?,
        };
        check_time(&answer, now).map(|()| answer)
    }

    fn check_nonce(&self, extensions: Option<&Extensions>, nonce: Nonce) -> Result<(), Fault> {
        known(extensions, &[ID_PKIX_OCSP_NONCE])?;
        let mut found = extensions.into_iter().flatten().filter(|e| e.extn_id == ID_PKIX_OCSP_NONCE);
        let Some(extension) = found.next() else {
            return match nonce {
                Nonce::Required => Err(Fault::Profile("an OCSP answer without the question's nonce")),
                Nonce::Optional => Ok(()),
            };
        };
        let value = extension.extn_value.as_bytes();
        // Some give back the bytes alone, not as an OCTET STRING inside the extension (RFC 2560).
        let inner = OctetString::from_der(value).map(OctetString::into_bytes);
        if inner.as_deref() == Ok(&self.nonce) || value == self.nonce {
            Ok(())
        } else {
            Err(Fault::Profile("an OCSP answer to another question"))
        }
    }

    /// The one answer about this certificate; those about others are nothing to us.
    fn single<'b>(&self, responses: &'b [SingleResponse]) -> Result<&'b SingleResponse, Fault> {
        let ours = |id: &CertId| {
            id.hash_algorithm.oid == self.id.hash_algorithm.oid
                && id.issuer_name_hash == self.id.issuer_name_hash
                && id.issuer_key_hash == self.id.issuer_key_hash
                && id.serial_number == self.id.serial_number
        };
        let mut found = responses.iter().filter(|single| ours(&single.cert_id));
        let single = found.next().ok_or(Fault::Profile("an OCSP answer about another certificate"))?;
        if found.next().is_some() {
            return Err(Fault::Profile("an OCSP answer that says two things"));
        }
        Ok(single)
    }
}

/// The signed part of a successful answer.
fn body(answer: &[u8]) -> Result<Vec<u8>, Error> {
    if answer.len() > LONGEST {
        return Err(Fault::TooLarge("an OCSP answer has more than 64 KiB").into());
    }
    let answer = OcspResponse::from_der(answer).map_err(|_| ANSWER)?;
    match answer.response_status {
        OcspResponseStatus::Successful => {}
        OcspResponseStatus::MalformedRequest => {
            return Err(Error::Declined("it finds the question malformed"));
        }
        OcspResponseStatus::InternalError => return Err(Error::Declined("an error of its own")),
        OcspResponseStatus::TryLater => return Err(Error::Declined("it asks to try later")),
        OcspResponseStatus::SigRequired => return Err(Error::Declined("it asks for a signature")),
        OcspResponseStatus::Unauthorized => return Err(Error::Declined("it does not answer us")),
    }
    let bytes = answer.response_bytes.ok_or(ANSWER)?;
    if bytes.response_type != ID_PKIX_OCSP_BASIC {
        return Err(Fault::Profile("an OCSP answer of another kind").into());
    }
    Ok(bytes.response.into_bytes())
}

/// No critical extension but these, none twice.
fn known(extensions: Option<&Extensions>, understood: &[ObjectIdentifier]) -> Result<(), Fault> {
    let mut seen = Vec::new();
    for extension in extensions.into_iter().flatten() {
        if extension.critical && !understood.contains(&extension.extn_id) {
            return Err(Fault::Profile("an OCSP answer with a critical extension that is not understood"));
        }
        if seen.contains(&extension.extn_id) || seen.len() == 16 {
            return Err(ANSWER);
        }
        seen.push(extension.extn_id);
    }
    Ok(())
}

fn status(status: CertStatus) -> Result<Status, Fault> {
    Ok(match status {
        CertStatus::Good(_) => Status::Good,
        CertStatus::Unknown(_) => Status::Unknown,
        CertStatus::Revoked(info) => {
            let at = time(info.revocation_time)?;
            let cause = info.revocation_reason.unwrap_or(Cause::Unspecified);
            // How a number is answered that was never issued (RFC 6960, 2.2): on hold since 1970.
            if cause == Cause::CertificateHold && at == Timestamp::UNIX_EPOCH {
                Status::Unknown
            } else {
                Status::Revoked(Revoked { at, cause })
            }
        }
    })
}

fn check_time(answer: &Answer, now: Timestamp) -> Result<(), Fault> {
    const WHAT: &str = "the OCSP answer";
    let ahead = now.saturating_add(SKEW).unwrap_or(Timestamp::MAX);
    if answer.this_update > ahead || answer.produced_at > ahead {
        return Err(Fault::NotYetValid(WHAT));
    }
    let stale = answer.next_update.is_none() && now.duration_since(answer.this_update) > OLDEST;
    if stale || now >= answer.until() { Err(Fault::Expired(WHAT)) } else { Ok(()) }
}

fn time(time: OcspGeneralizedTime) -> Result<Timestamp, Fault> {
    let seconds = i64::try_from(time.0.to_unix_duration().as_secs()).map_err(|_| ANSWER)?;
    Timestamp::from_second(seconds).map_err(|_| ANSWER)
}

#[cfg(test)]
mod tests;
