//! The holes that other verifiers have, each tried.

use super::*;
use crate::pki::cms::{self, Shape};
use crate::pki::signer::Signer;
use crate::pki::{self, Holder, NOW, Pki, Template};
use crate::signature::cms::Message;

const CONTENT: &[u8] = b"a challenge of thirty-two bytes.";

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn store(pki: &Pki) -> Store {
    let parsed = |holder: &Holder| Certificate::parse(&holder.certificate).unwrap();
    Store::new(vec![parsed(&pki.root)], vec![parsed(&pki.nca)]).unwrap()
}

fn judged(pki: &Pki, message: &[u8], purpose: Use, now: Timestamp) -> Judgement {
    let opened = Message::parse(message).and_then(|message| message.envelope(Some(CONTENT)));
    judge(opened, &store(pki), purpose, now)
}

fn of(holder: &Holder, pki: &Pki, purpose: Use) -> Vec<(Step, Fault)> {
    judged(pki, &cms::signed(holder, CONTENT, true), purpose, now()).faults().to_vec()
}

fn steps(faults: &[(Step, Fault)]) -> Vec<Step> {
    faults.iter().map(|(step, _)| *step).collect()
}

#[test]
fn an_honest_signature_has_no_fault_and_tells_what_to_ask() {
    for (pki, holder) in [(Pki::gost(), Pki::gost().gost_person()), (Pki::rsa(), Pki::rsa().rsa_person())] {
        for (purpose, attached) in [(Use::Presence, true), (Use::Document, false)] {
            let judgement = judged(&pki, &cms::signed(&holder, CONTENT, attached), purpose, now());
            assert_eq!(judgement.faults(), []);
            let (leaf, issuer) = judgement.to_ask().unwrap();
            assert_eq!((leaf.der(), issuer.der()), (&*holder.certificate, &*pki.nca.certificate));
            assert_eq!(judgement.subject().unwrap().iin.as_deref(), Some(pki::IIN));
            let judged: Vec<_> = Step::ALL.into_iter().filter(|step| judgement.judged(*step)).collect();
            assert_eq!(judged.len(), 7);
        }
    }
}

#[test]
fn nobody_signed_and_no_certificate_are_faults_and_not_skipped() {
    let pki = Pki::gost();
    let holder = pki.gost_person();
    let honest = Shape::new(&holder, CONTENT, true);
    for (shape, fault) in [
        (Shape { signers: 0, ..honest.clone() }, Fault::NoSigner),
        (Shape { certificates: vec![], ..honest.clone() }, Fault::NoCertificate),
    ] {
        let judgement = judged(&pki, &shape.signed(&holder, CONTENT), Use::Presence, now());
        assert_eq!(judgement.faults(), [(Step::Format, fault)]);
        assert!(judgement.to_ask().is_none() && !judgement.judged(Step::Signature));
    }
    let mut embedded = honest;
    embedded.embedded = Some(b"another challenge".to_vec());
    let judgement = judged(&pki, &embedded.signed(&holder, CONTENT), Use::Presence, now());
    assert_eq!(judgement.faults(), [(Step::Content, Fault::OtherContent)]);
    assert!(judgement.judged(Step::Format) && !judgement.judged(Step::Chain));
}

#[test]
fn a_certificate_of_another_authority_is_refused() {
    let pki = Pki::gost();
    let other = Pki::new(Signer::gost("other root"), Signer::gost("other nca"));
    assert_eq!(of(&other.gost_person(), &pki, Use::Presence), [(Step::Chain, Fault::Untrusted)]);
    // One that the holder issued with their own key and the authority's name.
    let holder = pki.gost_person();
    let own =
        Holder { certificate: pki.person().signed(&holder.signer.spki(), &holder.signer), ..holder.clone() };
    assert_eq!(of(&own, &pki, Use::Presence), [(Step::Chain, Fault::Untrusted)]);
    // And one under the certificate of another holder, who is no authority.
    let mut template = pki.person();
    template.issuer = holder.name.clone();
    let under = Holder { certificate: template.signed(&Signer::gost("x").spki(), &holder.signer), ..holder };
    let under = Holder { signer: Signer::gost("x"), ..under };
    assert_eq!(of(&under, &pki, Use::Presence), [(Step::Chain, Fault::Untrusted)]);
}

#[test]
fn validity_is_by_the_moment_given() {
    let pki = Pki::gost();
    let message = cms::signed(&pki.gost_person(), CONTENT, true);
    let at = |moment: &str| steps(judged(&pki, &message, Use::Presence, moment.parse().unwrap()).faults());
    assert_eq!(at("2026-05-07T23:59:59Z"), [Step::Validity]);
    assert_eq!(at("2026-05-08T00:00:00Z"), []);
    assert_eq!(at("2027-05-08T00:00:00.9Z"), []);
    assert_eq!(at("2027-05-08T00:00:01Z"), [Step::Validity]);
    // The authority's too.
    assert_eq!(at("2046-01-01T00:00:00Z"), [Step::Validity, Step::Validity]);
}

#[test]
fn keys_for_something_else_are_refused() {
    let pki = Pki::gost();
    let with = |change: &dyn Fn(&mut Template), purpose| {
        let mut template = pki.person();
        change(&mut template);
        of(&pki.issue(&template, Signer::gost("person")), &pki, purpose)
    };
    let usage = |bits: &'static [u8]| move |t: &mut Template| t.extensions[0] = pki::usage(bits);
    let extended =
        |oids: &'static [&'static str]| move |t: &mut Template| t.extensions[1] = pki::extended(oids);
    let refused = |faults: Vec<(Step, Fault)>| steps(&faults) == [Step::Usage];
    assert!(refused(with(&usage(&[2, 4]), Use::Presence)));
    assert!(refused(with(&usage(&[1]), Use::Presence)));
    assert!(refused(with(&usage(&[0]), Use::Document)));
    assert!(refused(with(
        &|t| {
            t.extensions.remove(0);
        },
        Use::Presence
    )));
    assert!(refused(with(&extended(&[pki::OCSP_SIGNING]), Use::Presence)));
    assert!(refused(with(
        &|t| {
            t.extensions.remove(1);
        },
        Use::Presence
    )));
    assert!(refused(with(
        &|t| {
            t.extensions.remove(2);
        },
        Use::Presence
    )));
    assert!(refused(with(&|t| t.extensions[2] = pki::policies(&["1.2.398.3.3.21"]), Use::Presence)));
    assert!(refused(with(&|t| t.extensions.push(pki::basic(true, None)), Use::Presence)));
    let unknown = pki::der::extension("1.2.3.4", true, &[5, 0]);
    assert!(refused(with(&|t| t.extensions.push(unknown.clone()), Use::Presence)));
    // An older key for authentication proves presence and signs no document.
    let authentication = |t: &mut Template| {
        t.extensions[0] = pki::usage(&[0, 2]);
        t.extensions[1] = pki::extended(&[pki::CLIENT_AUTH, pki::PERSON]);
        t.extensions[2] = pki::policies(&["1.2.398.3.3.2.4"]);
    };
    assert_eq!(with(&authentication, Use::Presence), []);
    assert!(refused(with(&authentication, Use::Document)));
}

#[test]
fn information_systems_and_companies_are_judged_like_persons() {
    let pki = Pki::gost();
    for template in [pki.system(), pki.company(pki::HEAD), pki.company(pki::EMPLOYEE)] {
        assert_eq!(of(&pki.issue(&template, Signer::gost("x")), &pki, Use::Presence), []);
    }
}

#[test]
fn every_fault_is_told_and_not_only_the_first() {
    let pki = Pki::gost();
    let other = Pki::new(Signer::gost("other root"), Signer::gost("other nca"));
    let mut template = other.person();
    template.not_after = "20260601000000Z";
    template.extensions[0] = pki::usage(&[2]);
    template.subject = pki::der::name(&[(pki::SERIAL_NUMBER, pki::der::printable("IIN1"))]);
    let holder = other.issue(&template, Signer::gost("person"));
    let thief = Holder { signer: Signer::gost("thief"), ..holder };
    let faults = of(&thief, &pki, Use::Presence);
    assert_eq!(steps(&faults), [Step::Signature, Step::Chain, Step::Validity, Step::Usage, Step::Identity]);
}

/// A hundred honest messages are accepted; ten forgeries of each are refused.
#[test]
fn a_thousand_forgeries_are_refused() {
    let pki = Pki::rsa();
    let (holder, store) = (pki.rsa_person(), store(&pki));
    let (mut accepted, mut refused) = (0, 0);
    for i in 0..100_u8 {
        let content = [i; 32];
        let message = cms::signed(&holder, &content, i % 2 == 0);
        let faults = |message: &[u8], content: &[u8]| {
            let opened = Message::parse(message).and_then(|message| message.envelope(Some(content)));
            judge(opened, &store, Use::Presence, now()).faults().len()
        };
        accepted += usize::from(faults(&message, &content) == 0);
        refused += usize::from(faults(&message, &[i ^ 0x80; 32]) > 0);
        // From the end backwards: the signature and the signed attributes.
        for at in (1..=9).map(|n| message.len() - n * 37 - usize::from(i % 37)) {
            let mut message = message.clone();
            message[at] ^= 1 << (i % 8);
            refused += usize::from(faults(&message, &content) > 0);
        }
    }
    assert_eq!((accepted, refused), (100, 1000));
}
