//! Messages as honest software makes them, and every way to make them otherwise.

use super::*;
use crate::pki::cms::{CONTENT_TYPE, MESSAGE_DIGEST, Shape, attribute, signed};
use crate::pki::signer::Signer;
use crate::pki::{Holder, Pki, der};

const CONTENT: &[u8] = b"to be signed";

fn opened(message: &[u8], content: Option<&[u8]>) -> Result<(), Fault> {
    Message::parse(message)?.envelope(content)?.verify()
}

fn holders() -> [Holder; 2] {
    [Pki::gost().gost_person(), Pki::rsa().rsa_person()]
}

#[test]
fn honest_messages_hold_in_every_form() {
    for holder in holders() {
        for attached in [false, true] {
            let message = signed(&holder, CONTENT, attached);
            assert_eq!(opened(&message, Some(CONTENT)), Ok(()));
            assert_eq!(opened(der::pem("CMS", &message).as_bytes(), Some(CONTENT)), Ok(()));
            assert_eq!(opened(der::base64(&message).as_bytes(), Some(CONTENT)), Ok(()));
            let alone = if attached { Ok(()) } else { Err(Fault::NoContent) };
            assert_eq!(opened(&message, None), alone);
            let other = if attached { Fault::OtherContent } else { Fault::Digest };
            assert_eq!(opened(&message, Some(b"something else")), Err(other));
        }
        let envelope = Message::parse(&signed(&holder, CONTENT, true)).unwrap().envelope(None).unwrap();
        assert_eq!(envelope.signing_time, "2026-07-24T00:00:00Z".parse().ok());
        assert_eq!(envelope.certificate.der(), holder.certificate);
    }
}

#[test]
fn a_signer_is_needed_and_no_second_one() {
    for holder in holders() {
        for (signers, fault) in [(0, Fault::NoSigner), (2, Fault::ManySigners)] {
            let shape = Shape { signers, ..Shape::new(&holder, CONTENT, true) };
            assert_eq!(opened(&shape.signed(&holder, CONTENT), None), Err(fault));
        }
    }
}

#[test]
fn the_signers_certificate_must_be_there_once() {
    let pki = Pki::gost();
    let holder = pki.gost_person();
    let mut other = pki.person();
    other.serial = vec![0x44; 20];
    let other = pki.issue(&other, Signer::gost("other"));
    let with = |certificates: &[&Holder]| {
        let certificates = certificates.iter().map(|holder| holder.certificate.clone()).collect();
        let shape = Shape { certificates, ..Shape::new(&holder, CONTENT, true) };
        opened(&shape.signed(&holder, CONTENT), None)
    };
    assert_eq!(with(&[]), Err(Fault::NoCertificate));
    assert_eq!(with(&[&other]), Err(Fault::NoCertificate));
    assert_eq!(with(&[&other, &holder]), Ok(()));
    assert_eq!(with(&[&holder, &pki.nca, &pki.root]), Ok(()));
    assert!(matches!(with(&[&holder, &holder]), Err(Fault::Malformed(_))));
    assert!(matches!(with(&[&other; 9]), Err(Fault::TooLarge(_))));
}

#[test]
fn attributes_are_needed_each_once_and_with_the_digest() {
    let holder = Pki::gost().gost_person();
    let honest = Shape::new(&holder, CONTENT, true);
    let with = |attributes: Option<Vec<Vec<u8>>>| {
        opened(&Shape { attributes, ..honest.clone() }.signed(&holder, CONTENT), None)
    };
    let all = honest.attributes.clone().unwrap();
    assert_eq!(with(Some(all.clone())), Ok(()));
    assert!(matches!(with(None), Err(Fault::Profile(_))));
    for i in 0..all.len() {
        let mut attributes = all.clone();
        attributes.push(all[i].clone());
        assert!(matches!(with(Some(attributes)), Err(Fault::Malformed(_))), "twice: {i}");
        let mut attributes = all.clone();
        attributes.remove(i);
        // The time alone can be left out.
        assert_eq!(with(Some(attributes)).is_ok(), i == 1, "without: {i}");
    }
    let digest = |content: &[u8]| der::octets(&holder.signer.digest(content));
    // A second digest under the same attribute, and a second attribute with another digest.
    let two_values = der::seq(&[der::oid(MESSAGE_DIGEST), der::set(&[digest(CONTENT), digest(b"x")])]);
    let other_kind = attribute(CONTENT_TYPE, der::oid("1.2.840.113549.1.7.2"));
    for attributes in [
        vec![all[0].clone(), two_values],
        vec![all[0].clone(), all[2].clone(), attribute(MESSAGE_DIGEST, digest(b"x"))],
        vec![other_kind, all[2].clone()],
        vec![],
    ] {
        assert!(matches!(with(Some(attributes)), Err(Fault::Malformed(_))));
    }
    assert_eq!(with(Some(vec![all[0].clone(), attribute(MESSAGE_DIGEST, digest(b"x"))])), Err(Fault::Digest));
}

#[test]
fn a_named_certificate_must_be_the_one() {
    const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.47";
    let holder = Pki::gost().gost_person();
    let naming = |certificate: &[u8]| {
        let mut shape = Shape::new(&holder, CONTENT, true);
        let value = der::seq(&[der::seq(&[der::seq(&[der::octets(&Digest::Sha256.of(certificate))])])]);
        shape.attributes.as_mut().unwrap().push(attribute(SIGNING_CERTIFICATE, value));
        opened(&shape.signed(&holder, CONTENT), None)
    };
    assert_eq!(naming(&holder.certificate), Ok(()));
    assert!(matches!(naming(b"another"), Err(Fault::Profile(_))));
}

#[test]
fn algorithms_outside_the_profile_are_refused_by_name() {
    const SHA1_RSA: &str = "1.2.840.113549.1.1.5";
    const PSS: &str = "1.2.840.113549.1.1.10";
    const RSA: &str = "1.2.840.113549.1.1.1";
    const SHA1: &str = "1.3.14.3.2.26";
    const SHA512: &str = "2.16.840.1.101.3.4.2.3";
    const SHA256_RSA: &str = "1.2.840.113549.1.1.11";
    const GOST_2004: &str = "1.2.398.3.10.1.1.1.2";
    let holder = Pki::rsa().rsa_person();
    let by = |algorithm: Option<Vec<u8>>, digest_algorithm: Option<Vec<u8>>| {
        let shape = Shape { algorithm, digest_algorithm, ..Shape::new(&holder, CONTENT, true) };
        opened(&shape.signed(&holder, CONTENT), None)
    };
    assert_eq!(by(Some(der::algorithm(RSA)), None), Ok(()));
    for (algorithm, name) in [
        (SHA1_RSA, "SHA-1 with RSA"),
        (PSS, "RSA-PSS"),
        (GOST_2004, "GOST 34.310-2004"),
        ("1.2.3.4", "unknown"),
    ] {
        assert_eq!(by(Some(der::algorithm(algorithm)), None), Err(Fault::Algorithm(name)));
    }
    assert_eq!(by(None, Some(der::algorithm(SHA1))), Err(Fault::Algorithm("SHA-1")));
    // The digest that is named is bound to the signature's.
    assert!(matches!(by(None, Some(der::algorithm(SHA512))), Err(Fault::Algorithm(_))));
    // RSA over SHA-512 is accepted, and this is not one.
    let rsa_512 = by(Some(der::algorithm(RSA)), Some(der::algorithm(SHA512)));
    assert_eq!(rsa_512, Err(Fault::Digest));
    let with_parameters = der::seq(&[der::oid(SHA256_RSA), der::seq(&[])]);
    assert!(matches!(by(Some(with_parameters), None), Err(Fault::Algorithm(_))));
    // A GOST signature by an RSA key, and the other way round.
    let gost = der::algorithm("1.2.398.3.10.1.1.2.3.2");
    assert!(matches!(by(Some(gost), None), Err(Fault::Algorithm(_))));
}

#[test]
fn a_signature_for_another_key_or_by_another_key_does_not_hold() {
    let pki = Pki::gost();
    let holder = pki.gost_person();
    // The same name and serial with another key: the certificate is swapped.
    let thief = pki.issue(&pki.person(), Signer::gost("thief"));
    let swapped = Holder { certificate: holder.certificate.clone(), ..thief.clone() };
    assert_eq!(opened(&signed(&swapped, CONTENT, true), None), Err(Fault::Signature));
    assert_eq!(opened(&signed(&thief, CONTENT, true), None), Ok(()));
    let rsa = Pki::rsa().rsa_person();
    let mut shape = Shape::new(&rsa, CONTENT, true);
    shape.certificates = vec![holder.certificate.clone()];
    let mixed = Holder { certificate: holder.certificate, ..rsa };
    assert!(matches!(opened(&shape.signed(&mixed, CONTENT), None), Err(Fault::Algorithm(_))));
}

/// BER that is not DER: lengths that are not the shortest, and such that have no end.
#[test]
fn only_der_is_accepted() {
    let holder = Pki::gost().gost_person();
    let message = signed(&holder, CONTENT, true);
    assert_eq!(message[1], 0x82);
    let longer = [&[0x30, 0x83, 0], &message[2..]].concat();
    assert!(matches!(opened(&longer, None), Err(Fault::Malformed(_))));
    let endless = [&[0x30, 0x80], &message[4..], &[0, 0]].concat();
    assert!(matches!(opened(&endless, None), Err(Fault::Malformed(_))));
    let more = [message.as_slice(), &[0]].concat();
    assert!(matches!(opened(&more, None), Err(Fault::Malformed(_))));
    let mut shape = Shape::new(&holder, CONTENT, true);
    shape.embedded = Some(vec![0; LONGEST]);
    assert!(matches!(opened(&shape.signed(&holder, CONTENT), None), Err(Fault::TooLarge(_))));
}

/// Every truncation, and one bit of every byte, of a message of either kind. What can change without
/// changing the answer is nothing that is signed and nothing that is read.
#[test]
fn no_byte_can_change_and_none_can_be_missing() {
    // GOST in a plain build is slow: a bit of every fifth byte.
    for (holder, (attached, step)) in holders().into_iter().zip([(true, 5), (false, 1)]) {
        let message = signed(&holder, CONTENT, attached);
        let (mut accepted, mut refused) = (vec![], 0);
        for i in 0..message.len() {
            assert!(opened(&message[..i], Some(CONTENT)).is_err(), "truncated at {i}");
        }
        for i in (0..message.len()).step_by(step) {
            let mut message = message.clone();
            message[i] ^= 1 << (i % 8);
            match opened(&message, Some(CONTENT)) {
                Ok(()) => accepted.push(i),
                Err(_) => refused += 1,
            }
        }
        // The certificate's own signature is the chain's to check, and its text is not read here: those
        // bytes alone.
        let certificate = holder.certificate.as_slice();
        let start = message.windows(certificate.len()).position(|window| window == certificate).unwrap();
        let within = start..start + certificate.len();
        let outside: Vec<_> = accepted.iter().filter(|i| !within.contains(i)).collect();
        assert!(outside.is_empty(), "accepted: {outside:?} of {}", message.len());
        assert!(refused > message.len() / step / 3);
    }
}
