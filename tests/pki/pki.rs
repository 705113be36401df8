//! A certification authority in the shape of NCA RK: a root, the authority under it, and holders with
//! roles, made by the tests themselves. The persons are synthetic: the month of their numbers is 34.
#![allow(dead_code)]

pub(crate) mod cms;
pub(crate) mod der;
pub(crate) mod engine;
pub(crate) mod issuer;
pub(crate) mod list;
pub(crate) mod ocsp;
pub(crate) mod signer;

use der::{explicit, extension, int, name, oid, printable, seq, time, tlv, utf8};
use signer::Signer;

/// Within the validity of everything that is made here: 2026-07-24.
pub(crate) const NOW: i64 = 1_784_900_000;
/// A number with a month that no date has, and the right control digit.
pub(crate) const IIN: &str = "903456300006";
pub(crate) const BIN: &str = "993456789012";

pub(crate) const COMMON_NAME: &str = "2.5.4.3";
pub(crate) const SURNAME: &str = "2.5.4.4";
pub(crate) const SERIAL_NUMBER: &str = "2.5.4.5";
pub(crate) const COUNTRY: &str = "2.5.4.6";
pub(crate) const ORGANISATION: &str = "2.5.4.10";
pub(crate) const UNIT: &str = "2.5.4.11";
pub(crate) const GIVEN_NAME: &str = "2.5.4.42";
pub(crate) const USER_ID: &str = "0.9.2342.19200300.100.1.1";

pub(crate) const KEY_USAGE: &str = "2.5.29.15";
pub(crate) const EXTENDED_USAGE: &str = "2.5.29.37";
pub(crate) const BASIC: &str = "2.5.29.19";
pub(crate) const POLICIES: &str = "2.5.29.32";

pub(crate) const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
pub(crate) const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
pub(crate) const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
pub(crate) const PERSON: &str = "1.2.398.3.3.4.1.1";
pub(crate) const LEGAL: &str = "1.2.398.3.3.4.1.2";
pub(crate) const HEAD: &str = "1.2.398.3.3.4.1.2.1";
pub(crate) const SIGNATORY: &str = "1.2.398.3.3.4.1.2.2";
pub(crate) const EMPLOYEE: &str = "1.2.398.3.3.4.1.2.5";
pub(crate) const SYSTEM: &str = "1.2.398.3.3.4.1.2.6";

/// Everything a certificate says but its key.
#[derive(Clone)]
pub(crate) struct Template {
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) not_before: &'static str,
    pub(crate) not_after: &'static str,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Template {
    /// The certificate of a key, signed.
    pub(crate) fn signed(&self, spki: &[u8], by: &Signer) -> Vec<u8> {
        let body = seq(&[
            explicit(0, &int(&[2])),
            int(&self.serial),
            by.algorithm(),
            self.issuer.clone(),
            seq(&[time(self.not_before), time(self.not_after)]),
            self.subject.clone(),
            spki.to_vec(),
            explicit(3, &seq(&self.extensions)),
        ]);
        seq(&[body.clone(), by.algorithm(), der::bits(&by.sign(&body))])
    }
}

/// Who can sign, and the certificate that says so.
#[derive(Clone)]
pub(crate) struct Holder {
    pub(crate) certificate: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) name: Vec<u8>,
    pub(crate) signer: Signer,
}

/// A root and the authority under it.
#[derive(Clone)]
pub(crate) struct Pki {
    pub(crate) root: Holder,
    pub(crate) nca: Holder,
}

/// Key usage: bits as RFC 5280 counts them, 0 the first.
pub(crate) fn usage(bits: &[u8]) -> Vec<u8> {
    let byte = bits.iter().fold(0_u8, |byte, bit| byte | 0x80 >> bit);
    extension(KEY_USAGE, true, &tlv(3, &[byte.trailing_zeros() as u8, byte]))
}

pub(crate) fn extended(oids: &[&str]) -> Vec<u8> {
    extension(EXTENDED_USAGE, false, &seq(&oids.iter().map(|dotted| oid(dotted)).collect::<Vec<_>>()))
}

pub(crate) fn basic(ca: bool, path_length: Option<u8>) -> Vec<u8> {
    let ca = if ca { tlv(1, &[0xff]) } else { vec![] };
    let length = path_length.map(|n| int(&[n])).unwrap_or_default();
    extension(BASIC, true, &seq(&[ca, length]))
}

pub(crate) fn policies(oids: &[&str]) -> Vec<u8> {
    let policies: Vec<_> = oids.iter().map(|dotted| seq(&[oid(dotted)])).collect();
    extension(POLICIES, false, &seq(&policies))
}

/// The name of an authority.
pub(crate) fn authority(common_name: &str) -> Vec<u8> {
    name(&[(COMMON_NAME, utf8(common_name)), (COUNTRY, printable("KZ"))])
}

/// What an authority's certificate says.
pub(crate) fn authority_template(serial: u8, issuer: &[u8], subject: &[u8]) -> Template {
    Template {
        serial: vec![serial; 20],
        issuer: issuer.to_vec(),
        subject: subject.to_vec(),
        not_before: "20220615000000Z",
        not_after: "20450907000000Z",
        extensions: vec![basic(true, None), usage(&[5, 6]), policies(&["1.2.398.3.3.2"])],
    }
}

impl Pki {
    /// With GOST keys, as NCA has issued them alone since 2024.
    pub(crate) fn gost() -> Self {
        Self::new(Signer::gost("root"), Signer::gost("nca"))
    }

    /// With RSA keys.
    pub(crate) fn rsa() -> Self {
        Self::new(Signer::rsa(0), Signer::rsa(1))
    }

    pub(crate) fn new(root: Signer, nca: Signer) -> Self {
        let root_name = authority("НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (TEST)");
        let nca_name = authority("ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (TEST)");
        let holder = |serial, issuer: &Vec<u8>, name: &Vec<u8>, signer: &Signer, by: &Signer| Holder {
            certificate: authority_template(serial, issuer, name).signed(&signer.spki(), by),
            serial: vec![serial; 20],
            name: name.clone(),
            signer: signer.clone(),
        };
        Pki {
            root: holder(0x11, &root_name, &root_name, &root, &root),
            nca: holder(0x22, &root_name, &nca_name, &nca, &root),
        }
    }

    /// What the certificate of a natural person says: 90-day-old, for a year.
    pub(crate) fn person(&self) -> Template {
        self.template(
            name(&[
                (COMMON_NAME, utf8("ТЕСТОВ ТЕСТ")),
                (SURNAME, utf8("ТЕСТОВ")),
                (SERIAL_NUMBER, printable(&format!("IIN{IIN}"))),
                (COUNTRY, printable("KZ")),
                (GIVEN_NAME, utf8("ТЕСТОВИЧ")),
            ]),
            &[EMAIL_PROTECTION, PERSON],
        )
    }

    /// What the certificate of somebody of a company says.
    pub(crate) fn company(&self, role: &str) -> Template {
        self.template(
            name(&[
                (COMMON_NAME, utf8("ТЕСТОВ ТЕСТ")),
                (SURNAME, utf8("ТЕСТОВ")),
                (SERIAL_NUMBER, printable(&format!("IIN{IIN}"))),
                (COUNTRY, printable("KZ")),
                (ORGANISATION, utf8("АО \"ТЕСТ\"")),
                (UNIT, utf8(&format!("BIN{BIN}"))),
                (GIVEN_NAME, utf8("ТЕСТОВИЧ")),
            ]),
            &[EMAIL_PROTECTION, LEGAL, role],
        )
    }

    /// What the certificate of a company's information system says: it has no IIN.
    pub(crate) fn system(&self) -> Template {
        self.template(
            name(&[
                (COMMON_NAME, utf8("ИС \"ТЕСТ\"")),
                (ORGANISATION, utf8("АО \"ТЕСТ\"")),
                (UNIT, utf8(&format!("BIN{BIN}"))),
                (USER_ID, utf8("1.2.398.999")),
                (COUNTRY, printable("KZ")),
            ]),
            &[LEGAL, SYSTEM],
        )
    }

    fn template(&self, subject: Vec<u8>, extended_usage: &[&str]) -> Template {
        Template {
            serial: vec![0x33; 20],
            issuer: self.nca.name.clone(),
            subject,
            not_before: "20260508000000Z",
            not_after: "20270508000000Z",
            extensions: vec![
                usage(&[0, 1, 4]),
                extended(extended_usage),
                policies(&["1.2.398.3.3.2"]),
                // NCA's own: where the key is kept.
                extension("1.2.398.3.3.5", false, &seq(&[oid("1.2.398.3.3.5.1.1")])),
            ],
        }
    }

    /// A holder by a template, issued by the authority.
    pub(crate) fn issue(&self, template: &Template, signer: Signer) -> Holder {
        Holder {
            certificate: template.signed(&signer.spki(), &self.nca.signer),
            serial: template.serial.clone(),
            name: template.subject.clone(),
            signer,
        }
    }

    /// A natural person with a GOST key.
    pub(crate) fn gost_person(&self) -> Holder {
        self.issue(&self.person(), Signer::gost("person"))
    }

    /// A natural person with an RSA key.
    pub(crate) fn rsa_person(&self) -> Holder {
        self.issue(&self.person(), Signer::rsa(2))
    }
}
