//! Answers of responders made here, good ones and those that an honest service must not believe.

use super::*;
use crate::pki::OCSP_SIGNING;
use crate::pki::der::{extension, tlv};
use crate::pki::issuer::{CA, Issuer, NO_CHECK, SIGN, Spec, later, now};
use crate::pki::ocsp::{self, Responder, Says, good, revoked, unknown};
use crate::pki::signer::Signer;

struct World {
    authority: Issuer,
    issuer: Arc<Certificate>,
    responder: Responder,
    certificate: Certificate,
}

impl World {
    fn new() -> Self {
        Self::with(Issuer::new(Signer::rsa(0), "CA"))
    }

    fn with(authority: Issuer) -> Self {
        let issuer = Arc::new(Certificate::parse(&authority.certificate).unwrap());
        let responder = Responder::new(&authority, Signer::rsa(1));
        let certificate = authority.issue(&Spec::new(7, "Citizen").usage(SIGN), &Signer::gost("person"));
        let certificate = Certificate::parse(&certificate).unwrap();
        World { authority, issuer, responder, certificate }
    }

    fn question(&self) -> Question {
        Question::new(&self.certificate, self.issuer.clone(), [7; 32]).unwrap()
    }

    fn says(&self, status: Vec<u8>) -> Says {
        Says::to(self.question().request(), status)
    }

    fn judge(&self, answer: &[u8]) -> Result<Answer, Error> {
        self.question().judge(answer, Nonce::Required, now())
    }

    fn judged(&self, says: &Says) -> Result<Answer, Error> {
        self.judge(&says.by(&self.authority, &self.responder))
    }
}

#[test]
fn a_question_says_whose_and_has_its_nonce() {
    let world = World::new();
    let (serial, nonce) = ocsp::asked(world.question().request());
    assert_eq!((serial.as_slice(), nonce), (world.certificate.serial(), vec![7; 32]));
}

#[test]
fn each_status_is_read() {
    let world = World::new();
    let status = |says: Vec<u8>| world.judged(&world.says(says)).unwrap().status;
    assert_eq!(status(good()), Status::Good);
    assert_eq!(status(unknown()), Status::Unknown);
    let at = later(-1000);
    assert_eq!(status(revoked(at, 1)), Status::Revoked(Revoked { at, cause: Cause::KeyCompromise }));
    assert_eq!(status(revoked(at, 6)), Status::Revoked(Revoked { at, cause: Cause::CertificateHold }));
    // How the authority answers for a number that it never gave out.
    assert_eq!(status(revoked(Timestamp::UNIX_EPOCH, 6)), Status::Unknown);
    assert!(matches!(status(revoked(Timestamp::UNIX_EPOCH, 1)), Status::Revoked(_)));
}

#[test]
fn the_authority_may_answer_itself_with_either_kind_of_key() {
    for key in [Signer::rsa(0), Signer::gost("ca")] {
        let world = World::with(Issuer::new(key, "CA"));
        let answer = world.says(good()).signed(&world.authority, &world.authority.signer, &[]);
        assert_eq!(world.judge(&answer).unwrap().status, Status::Good);
    }
}

#[test]
fn an_answer_by_nobody_who_may_is_not_believed() {
    let world = World::new();
    let says = world.says(good());
    let untrusted = |answer: &[u8]| match world.judge(answer) {
        Err(Error::Untrusted(fault)) => fault,
        other => panic!("{other:?}"),
    };
    // Another authority's responder; one that has this authority's name.
    let other = Issuer::new(Signer::rsa(2), "Other");
    assert_eq!(
        untrusted(&says.by(&world.authority, &Responder::new(&other, Signer::rsa(2)))),
        Fault::Untrusted
    );
    let impostor = Issuer::new(Signer::rsa(2), "CA");
    assert_eq!(
        untrusted(&says.by(&world.authority, &Responder::new(&impostor, Signer::rsa(2)))),
        Fault::Untrusted
    );
    // A responder's certificate with somebody else's signature, and no certificate.
    let forged = says.signed(&world.authority, &Signer::rsa(2), &[&world.responder.certificate]);
    assert_eq!(untrusted(&forged), Fault::Signature);
    assert_eq!(untrusted(&says.signed(&world.authority, &Signer::rsa(2), &[])), Fault::Signature);
    // Certificates of this authority for something else: a citizen's, one that is over, one whose
    // revocation would have to be known.
    let with =
        |spec: &Spec| says.by(&world.authority, &Responder::with(&world.authority, Signer::rsa(2), spec));
    let no_check = || extension(NO_CHECK, false, &tlv(5, &[]));
    let named = || Spec::new(8, "OCSP");
    assert!(matches!(untrusted(&with(&named().usage(SIGN).with(no_check()))), Fault::Usage(_)));
    assert!(matches!(untrusted(&with(&named().extended(OCSP_SIGNING))), Fault::Usage(_)));
    let lists_only = named().usage(CA).extended(OCSP_SIGNING).with(no_check());
    assert!(matches!(untrusted(&with(&lists_only)), Fault::Usage(_)));
    let critical = Responder::spec().with(extension("1.2.3.4", true, &[]));
    assert!(matches!(untrusted(&with(&critical)), Fault::Usage(_)));
    let over = Spec { not_after: later(-1), ..Responder::spec() };
    assert!(matches!(untrusted(&with(&over)), Fault::Expired(_)));
    // The responder named is not among five certificates.
    let five = vec![&world.responder.certificate[..]; 5];
    assert!(matches!(
        untrusted(&says.signed(&world.authority, &world.responder.signer, &five)),
        Fault::TooLarge(_)
    ));
}

#[test]
fn an_answer_to_another_question_is_not_believed() {
    let world = World::new();
    let says = world.says(good());
    let refused = |says: &Says| world.judged(says).unwrap_err();
    let profile = |error| matches!(error, Error::Untrusted(Fault::Profile(_)));
    assert!(profile(refused(&Says { nonce: Some(vec![8; 32]), ..says.clone() })), "replayed");
    assert!(profile(refused(&Says { serial: vec![1], ..says.clone() })), "another certificate");
    let silent = Says { nonce: None, ..says.clone() };
    assert!(profile(refused(&silent)));
    let answer = silent.by(&world.authority, &world.responder);
    assert!(world.question().judge(&answer, Nonce::Optional, now()).is_ok());
    let replayed = Says { nonce: Some(vec![8; 32]), ..says.clone() }.by(&world.authority, &world.responder);
    assert!(world.question().judge(&replayed, Nonce::Optional, now()).is_err());
    let critical = Says { extensions: vec![extension("1.2.3.4", true, &[])], ..says };
    assert!(profile(refused(&critical)));
    // The same serial number at another authority.
    let other = Issuer::new(Signer::rsa(2), "Other");
    let elsewhere =
        world.says(good()).signed(&other, &world.responder.signer, &[&world.responder.certificate]);
    assert!(profile(world.judge(&elsewhere).unwrap_err()));
}

#[test]
fn an_answer_counts_as_long_as_it_says_or_ten_minutes() {
    let world = World::new();
    let at = |says: &Says, now| {
        let answer = says.by(&world.authority, &world.responder);
        world.question().judge(&answer, Nonce::Required, now)
    };
    let says = world.says(good());
    assert_eq!(at(&says, now()).unwrap().until(), later(590));
    assert!(at(&says, later(589)).is_ok());
    assert_eq!(at(&says, later(590)), Err(Error::Untrusted(Fault::Expired("the OCSP answer"))));
    let told = Says { next_update: Some(later(3600)), ..says.clone() };
    assert!(at(&told, later(3599)).is_ok());
    assert!(at(&told, later(3600)).is_err());
    // From the future, and signed now over what was known long ago.
    assert!(at(&says, later(-310)).is_ok(), "clocks differ");
    assert_eq!(at(&says, later(-311)), Err(Error::Untrusted(Fault::NotYetValid("the OCSP answer"))));
    let old = Says { this_update: later(-36 * 3600 - 1), ..says };
    assert!(at(&old, now()).is_err());
    assert!(at(&Says { next_update: Some(later(60)), ..old }, now()).is_ok());
}

#[test]
fn a_responder_that_declines_has_not_answered() {
    let world = World::new();
    for status in [1, 2, 3, 5, 6] {
        assert!(matches!(world.judge(&ocsp::declined(status)), Err(Error::Declined(_))), "{status}");
    }
    for nothing in [&ocsp::declined(0)[..], &ocsp::declined(4), b"<html>", b""] {
        assert!(matches!(world.judge(nothing), Err(Error::Untrusted(Fault::Malformed(_)))));
    }
    assert!(matches!(world.judge(&vec![0x30; LONGEST + 1]), Err(Error::Untrusted(Fault::TooLarge(_)))));
}

/// Each bit of an answer by the authority itself is flipped, and a bit of each byte of one by a responder,
/// which has a certificate with it: none is accepted, and no part of either.
#[test]
fn no_bit_of_an_answer_can_be_another_and_no_part_is_one() {
    let world = World::new();
    let says = world.says(good());
    let own = says.signed(&world.authority, &world.authority.signer, &[]);
    let by_responder = says.by(&world.authority, &world.responder);
    for (answer, every) in [(&own, 1), (&by_responder, 9)] {
        assert!(world.judge(answer).is_ok());
        for bit in (0..answer.len() * 8).step_by(every) {
            let mut bytes = answer.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(world.judge(&bytes).is_err(), "bit {bit}");
        }
        for end in 0..answer.len() {
            assert!(world.judge(&answer[..end]).is_err(), "{end}");
        }
    }
}
