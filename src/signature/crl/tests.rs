//! Lists that an authority made here signed, and those that nobody may believe.

use std::sync::Arc;

use super::*;
use crate::pki::authority as authority_name;
use crate::pki::der::{extension, int, oid, seq, tlv};
use crate::pki::issuer::{CERTIFICATES_ONLY, Issuer, later, now, signed, time};
use crate::pki::list::List as Spec;
use crate::pki::signer::Signer;
use crate::signature::revocation::{Cause, Status};

fn world() -> (Issuer, Certificate) {
    let authority = Issuer::new(Signer::gost("ca"), "CA");
    let certificate = Certificate::parse(&authority.certificate).unwrap();
    (authority, certificate)
}

fn serial(bytes: &[u8]) -> Serial {
    Serial::new(bytes).unwrap()
}

#[test]
fn what_is_on_a_list_is_found_and_nothing_else() {
    let (authority, issuer) = world();
    let (first, longest) = ([1], [0x7f; 20]);
    let list = Spec::new(14).revoke(&longest, Some(1)).revoke(&first, None).revoke(&[0, 0x80], Some(6));
    let list = judge(&list.signed(&authority), &issuer).unwrap();
    assert_eq!((list.len(), list.number, list.base), (3, Some(serial(&[14])), None));
    let found = list.find(serial(&longest)).unwrap();
    assert_eq!((found.at, found.cause), (later(-7200), Cause::KeyCompromise));
    assert_eq!(list.find(serial(&first)).unwrap().cause, Cause::Unspecified);
    assert_eq!(list.find(serial(&[0, 0x80])).unwrap().cause, Cause::CertificateHold);
    for other in [&[0][..], &[2], &[0x7f], &[0x7f; 19], &[0, 0x81]] {
        assert_eq!(list.find(serial(other)), None);
    }
    let none = judge(&Spec::new(15).signed(&authority), &issuer).unwrap();
    assert!(none.is_empty());
    assert_eq!(none.find(serial(&first)), None);
}

#[test]
fn a_list_by_rsa_counts_as_well() {
    let authority = Issuer::new(Signer::rsa(0), "CA");
    let issuer = Certificate::parse(&authority.certificate).unwrap();
    assert_eq!(judge(&Spec::new(1).revoke(&[5], None).signed(&authority), &issuer).unwrap().len(), 1);
}

#[test]
fn a_list_is_in_force_from_its_update_to_the_nextension() {
    let (authority, issuer) = world();
    let list = judge(&Spec::new(1).signed(&authority), &issuer).unwrap();
    assert_eq!(list.check_time(now()), Ok(()));
    assert_eq!(list.check_time(later(86399)), Ok(()));
    assert!(matches!(list.check_time(later(86400)), Err(Fault::Expired(_))));
    assert_eq!(list.check_time(later(-3900)), Ok(()), "clocks differ");
    assert!(matches!(list.check_time(later(-3901)), Err(Fault::NotYetValid(_))));
}

#[test]
fn only_the_authority_itself_is_believed() {
    let (authority, issuer) = world();
    let list = Spec::new(1).revoke(&[5], None);
    assert!(judge(&list.signed(&authority), &issuer).is_ok());
    let refused = |bytes: &[u8]| judge(bytes, &issuer).unwrap_err();
    // The same name and another key, said or not said.
    let impostor = Issuer::new(Signer::gost("other"), "CA");
    assert!(matches!(refused(&list.signed(&impostor)), Fault::Profile(_)));
    let silent = Issuer { signer: Signer::gost("other"), ..Issuer::new(Signer::gost("ca"), "CA") };
    assert_eq!(refused(&signed(tbs_of(&list.signed(&authority)), &silent.signer)), Fault::Signature);
    assert!(matches!(refused(&[]), Fault::Malformed(_)));
    // Another name.
    let other = Issuer { name: authority_name("Other"), ..Issuer::new(Signer::gost("ca"), "CA") };
    assert!(matches!(refused(&list.signed(&other)), Fault::Profile(_)));
    // An authority that may issue certificates and no lists.
    let certificates = Issuer::with_usage(Signer::gost("ca"), "CA", CERTIFICATES_ONLY);
    let may_not = Certificate::parse(&certificates.certificate).unwrap();
    assert!(matches!(judge(&list.signed(&authority), &may_not), Err(Fault::Usage(_))));
}

/// What is signed of a list.
fn tbs_of(list: &[u8]) -> Vec<u8> {
    Unverified::read(list).unwrap().tbs.to_vec()
}

#[test]
fn what_limits_a_list_is_not_passed_over() {
    let (authority, issuer) = world();
    let fault = |list: Spec| judge(&list.signed(&authority), &issuer).unwrap_err();
    let with = |extension: Vec<u8>| Spec { extensions: vec![extension], ..Spec::new(1) };
    assert!(matches!(
        fault(with(extension("2.5.29.28", true, &seq(&[tlv(0x81, &[0xff])])))),
        Fault::Profile(_)
    ));
    assert!(matches!(fault(with(extension("1.2.3.4", true, &[]))), Fault::Profile(_)));
    assert!(judge(&with(extension("1.2.3.4", false, &[])).signed(&authority), &issuer).is_ok());
    assert!(matches!(fault(with(authority.key_id())), Fault::Malformed(_)), "twice");
    assert!(matches!(fault(Spec { next_update: None, ..Spec::new(1) }), Fault::Profile(_)));
    // An entry of another authority, an unknown one, and numbers that are none.
    let entry = |parts: &[Vec<u8>]| Spec { entries: vec![seq(parts)], ..Spec::new(1) };
    let (five, at) = (int(&[5]), time(now()));
    let critical = seq(&[extension("2.5.29.29", true, &[])]);
    assert!(matches!(fault(entry(&[five.clone(), at.clone(), critical])), Fault::Profile(_)));
    assert!(matches!(fault(entry(&[tlv(2, &[0x85]), at.clone()])), Fault::Malformed(_)));
    assert!(matches!(fault(entry(&[int(&[1; 21]), at.clone()])), Fault::Malformed(_)));
    assert!(matches!(fault(entry(std::slice::from_ref(&five))), Fault::Malformed(_)));
    assert!(matches!(fault(entry(&[five.clone(), at, five, oid("1.2.3")])), Fault::Malformed(_)));
}

#[test]
fn no_bit_of_a_list_can_be_another_and_no_part_is_one() {
    let authority = Issuer::new(Signer::rsa(0), "CA");
    let issuer = Certificate::parse(&authority.certificate).unwrap();
    let good = Spec::new(1).revoke(&[5], Some(1)).signed(&authority);
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(judge(&bytes, &issuer).is_err(), "bit {bit}");
    }
    for end in 0..good.len() {
        assert!(judge(&good[..end], &issuer).is_err(), "{end}");
    }
    assert!(judge(&[&good[..], &[0]].concat(), &issuer).is_err());
}

#[test]
fn changes_are_laid_over_the_list_they_belong_to() {
    let (authority, issuer) = world();
    let made = |spec: Spec| Arc::new(judge(&spec.signed(&authority), &issuer).unwrap());
    let whole = || made(Spec::new(14).revoke(&[1], Some(6)).revoke(&[2], None));
    let status = |lists: &Lists, number: u8| lists.status(serial(&[number]), now()).unwrap().0;
    let lists = Lists::new(whole()).unwrap();
    assert!(matches!(status(&lists, 1), Status::Revoked(_)));
    assert_eq!(status(&lists, 3), Status::Good);

    let changes = Spec::changes(15, 14).revoke(&[1], Some(8)).revoke(&[3], Some(1));
    let lists = lists.with(made(changes.clone())).unwrap();
    assert_eq!(status(&lists, 1), Status::Good, "taken off");
    assert!(matches!(status(&lists, 2), Status::Revoked(_)));
    assert!(matches!(status(&lists, 3), Status::Revoked(r) if r.cause == Cause::KeyCompromise));
    assert_eq!(status(&lists, 4), Status::Good);
    // Both: the one that revokes counts.
    let both = made(changes.clone().revoke(&[1], Some(1)));
    assert!(matches!(status(&Lists::new(whole()).unwrap().with(both).unwrap(), 1), Status::Revoked(_)));

    // Of a later list, from before the whole one (as the test authority's of 2025), of no list, whole.
    for other in [
        Spec::changes(16, 15),
        Spec::changes(10, 14),
        Spec { number: None, ..Spec::changes(15, 14) },
        Spec::new(15),
    ] {
        assert!(Lists::new(whole()).unwrap().with(made(other)).is_err());
    }
    assert!(Lists::new(made(changes.clone())).is_err());

    // Changes that are over are left out; a whole list that is over says nothing.
    let over = Spec { next_update: Some(now()), ..changes };
    let lists = Lists::new(whole()).unwrap().with(made(over)).unwrap();
    assert!(matches!(status(&lists, 1), Status::Revoked(_)));
    assert!(lists.status(serial(&[4]), later(86400)).is_err());
}
