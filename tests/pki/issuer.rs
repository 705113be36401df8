//! One authority alone, for what it signs besides the certificates of persons: lists of revoked
//! certificates, certificates of responders.

use jiff::Timestamp;

use super::der::{self, explicit, extension, int, oid, seq, tlv};
use super::signer::Signer;
use super::{BASIC, EXTENDED_USAGE, KEY_USAGE, authority};

const KEY_ID: &str = "2.5.29.14";
const ISSUER_KEY_ID: &str = "2.5.29.35";
pub(crate) const NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";

/// Bits of the key usage, as the first byte of its BIT STRING.
pub(crate) const SIGN: u8 = 0xc0;
pub(crate) const CA: u8 = 0x06;
pub(crate) const CERTIFICATES_ONLY: u8 = 0x04;

/// The moment that these tests are at, within the validity of everything that is made here.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(super::NOW).unwrap()
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(super::NOW + seconds).unwrap()
}

pub(crate) fn time(at: Timestamp) -> Vec<u8> {
    der::time(&at.strftime("%Y%m%d%H%M%SZ").to_string())
}

pub(crate) fn generalized(at: Timestamp) -> Vec<u8> {
    tlv(0x18, at.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
}

/// What a certificate says.
#[derive(Clone)]
pub(crate) struct Spec {
    pub(crate) serial: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Spec {
    /// Of somebody with this name: what matters here is the serial number.
    pub(crate) fn new(serial: u8, common_name: &str) -> Self {
        let mut bytes = vec![0x6c; 20];
        bytes[19] = serial;
        Spec {
            serial: bytes,
            subject: authority(common_name),
            not_before: later(-86400 * 30),
            not_after: later(86400 * 300),
            extensions: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    pub(crate) fn usage(self, bits: u8) -> Self {
        self.with(extension(KEY_USAGE, true, &tlv(3, &[bits.trailing_zeros() as u8, bits])))
    }

    pub(crate) fn extended(self, id: &str) -> Self {
        self.with(extension(EXTENDED_USAGE, false, &seq(&[oid(id)])))
    }
}

/// Who issues: a key and its certificate.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) signer: Signer,
    pub(crate) name: Vec<u8>,
    pub(crate) certificate: Vec<u8>,
}

impl Issuer {
    /// One that signed its own certificate.
    pub(crate) fn new(signer: Signer, common_name: &str) -> Self {
        Self::with_usage(signer, common_name, CA)
    }

    pub(crate) fn with_usage(signer: Signer, common_name: &str, usage: u8) -> Self {
        let name = authority(common_name);
        let spec = Spec::new(1, common_name)
            .usage(usage)
            .with(extension(BASIC, true, &seq(&[tlv(1, &[0xff])])))
            .with(extension(KEY_ID, false, &tlv(4, &id(&signer))));
        let certificate = certificate(&spec, &signer, &name, &signer);
        Issuer { signer, name, certificate }
    }

    /// A certificate for a key, with the identifier of this authority's.
    pub(crate) fn issue(&self, spec: &Spec, signer: &Signer) -> Vec<u8> {
        certificate(&spec.clone().with(self.key_id()), signer, &self.name, &self.signer)
    }

    /// The extension that names this authority's key.
    pub(crate) fn key_id(&self) -> Vec<u8> {
        extension(ISSUER_KEY_ID, false, &seq(&[tlv(0x80, &id(&self.signer))]))
    }
}

/// An identifier of a key.
fn id(signer: &Signer) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &signer.spki()).as_ref()[..20].to_vec()
}

fn certificate(spec: &Spec, of: &Signer, issuer: &[u8], by: &Signer) -> Vec<u8> {
    signed(
        seq(&[
            explicit(0, &int(&[2])),
            int(&spec.serial),
            by.algorithm(),
            issuer.to_vec(),
            seq(&[time(spec.not_before), time(spec.not_after)]),
            spec.subject.clone(),
            of.spki(),
            explicit(3, &seq(&spec.extensions)),
        ]),
        by,
    )
}

/// What is signed, the algorithm and the signature, as certificates and lists have them.
pub(crate) fn signed(body: Vec<u8>, by: &Signer) -> Vec<u8> {
    let signature = der::bits(&by.sign(&body));
    seq(&[body, by.algorithm(), signature])
}
