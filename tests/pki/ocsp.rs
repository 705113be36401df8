//! Answers of an OCSP responder.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use iinspect::signature::algorithm::Digest;
use iinspect::signature::certificate::Certificate;
use jiff::Timestamp;

use super::OCSP_SIGNING;
use super::der::{bits, extension, int, oid, seq, tlv};
use super::issuer::{Issuer, NO_CHECK, SIGN, Spec, generalized, later};
use super::signer::Signer;

const NONCE: &str = "1.3.6.1.5.5.7.48.1.2";

/// A responder: a key, and the certificate that an authority gave it.
pub(crate) struct Responder {
    pub(crate) signer: Signer,
    pub(crate) certificate: Vec<u8>,
}

impl Responder {
    pub(crate) fn spec() -> Spec {
        Spec::new(9, "OCSP").usage(SIGN).extended(OCSP_SIGNING).with(extension(NO_CHECK, false, &tlv(5, &[])))
    }

    pub(crate) fn new(authority: &Issuer, signer: Signer) -> Self {
        Self::with(authority, signer, &Self::spec())
    }

    pub(crate) fn with(authority: &Issuer, signer: Signer, spec: &Spec) -> Self {
        let certificate = authority.issue(spec, &signer);
        Responder { signer, certificate }
    }
}

/// What an answer says.
#[derive(Clone)]
pub(crate) struct Says {
    pub(crate) serial: Vec<u8>,
    pub(crate) status: Vec<u8>,
    pub(crate) produced_at: Timestamp,
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Option<Timestamp>,
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) extensions: Vec<Vec<u8>>,
}

pub(crate) fn good() -> Vec<u8> {
    tlv(0x80, &[])
}

pub(crate) fn unknown() -> Vec<u8> {
    tlv(0x82, &[])
}

pub(crate) fn revoked(at: Timestamp, cause: u8) -> Vec<u8> {
    tlv(0xa1, &[generalized(at), tlv(0xa0, &tlv(10, &[cause]))].concat())
}

impl Says {
    pub(crate) fn new(serial: &[u8], status: Vec<u8>, nonce: &[u8]) -> Self {
        Says {
            serial: serial.to_vec(),
            status,
            produced_at: later(-10),
            this_update: later(-10),
            next_update: None,
            nonce: Some(nonce.to_vec()),
            extensions: Vec::new(),
        }
    }

    /// The answer to a question that was sent.
    pub(crate) fn to(request: &[u8], status: Vec<u8>) -> Self {
        let (serial, nonce) = asked(request);
        Self::new(&serial, status, &nonce)
    }

    fn single(&self, authority: &Issuer) -> Vec<u8> {
        let issuer = Certificate::parse(&authority.certificate).unwrap();
        let hash = |bytes: &[u8]| tlv(4, &Digest::Sha256.of(bytes));
        let id = seq(&[
            seq(&[oid("2.16.840.1.101.3.4.2.1"), tlv(5, &[])]),
            hash(&authority.name),
            hash(issuer.key_bits()),
            int(&self.serial),
        ]);
        let next = self.next_update.map(|at| tlv(0xa0, &generalized(at))).unwrap_or_default();
        seq(&[id, self.status.clone(), generalized(self.this_update), next])
    }

    /// Signed by a key, `certificate` with it where there is one; the responder is named by the hash of
    /// its key.
    pub(crate) fn signed(&self, authority: &Issuer, by: &Signer, certificates: &[&[u8]]) -> Vec<u8> {
        let named = Certificate::parse(certificates.first().unwrap_or(&&authority.certificate[..])).unwrap();
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, named.key_bits());
        let mut extensions = self.extensions.clone();
        extensions.extend(self.nonce.as_ref().map(|nonce| extension(NONCE, false, &tlv(4, nonce))));
        let extensions = if extensions.is_empty() { Vec::new() } else { tlv(0xa1, &seq(&extensions)) };
        let tbs = seq(&[
            tlv(0xa2, &tlv(4, hash.as_ref())),
            generalized(self.produced_at),
            seq(&[self.single(authority)]),
            extensions,
        ]);
        let signature = bits(&by.sign(&tbs));
        let with =
            if certificates.is_empty() { Vec::new() } else { tlv(0xa0, &tlv(0x30, &certificates.concat())) };
        successful(&seq(&[tbs, by.algorithm(), signature, with]))
    }

    /// Signed by a responder of the authority.
    pub(crate) fn by(&self, authority: &Issuer, responder: &Responder) -> Vec<u8> {
        self.signed(authority, &responder.signer, &[&responder.certificate])
    }
}

fn successful(basic: &[u8]) -> Vec<u8> {
    let bytes = seq(&[oid("1.3.6.1.5.5.7.48.1.1"), tlv(4, basic)]);
    seq(&[tlv(10, &[0]), tlv(0xa0, &bytes)])
}

/// An answer that is none: 3 is "try later".
pub(crate) fn declined(status: u8) -> Vec<u8> {
    seq(&[tlv(10, &[status])])
}

/// The serial number and the nonce of a question.
pub(crate) fn asked(request: &[u8]) -> (Vec<u8>, Vec<u8>) {
    use x509_cert::der::Decode;
    let request = x509_ocsp::OcspRequest::from_der(request).unwrap();
    let nonce = request.nonce().unwrap().0.into_bytes();
    (request.tbs_request.request_list[0].req_cert.serial_number.as_bytes().to_vec(), nonce)
}
