//! Verify with a signature over a challenge, over a register in memory and authorities of the test's own.

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::*;
use crate::clock::civil_date;
use crate::context::Client;
use crate::number::Iin;
use crate::person::Person;
use crate::pki::signer::Signer as Key;
use crate::pki::{self, Holder as Signing, Pki, cms};
use crate::register::{Changeset, Expect, Record, Register, Write, memory};
use crate::reload::Current;
use crate::signature::certificate::Certificate;
use crate::signature::ocsp::Nonce;
use crate::trust::Trusted;
use crate::trust::lists::Known;
use crate::trust::online::{Online, Settings};
use crate::trust::pool::Pool;
use crate::trust::revocation::{Mode, Responder, Revocation};
use crate::verification::answer::{Answer, Assurance, CheckKind, Outcome, PartKind, Verdict};
use crate::verification::verify::{Number, Request};
use crate::verification::{Completeness, Verification};

fn call() -> CallContext {
    let now = Timestamp::from_second(pki::NOW).unwrap();
    CallContext {
        now,
        today: civil_date(now),
        deadline: Instant::now() + Duration::from_secs(60),
        client: Client { id: Some("bank".into()), kind: None },
        request_id: "test".into(),
    }
}

fn iin() -> Iin {
    Iin::parse(pki::IIN).unwrap()
}

/// A node over a register that holds the number in force.
async fn node(pki: &Pki, mode: Mode, presence: Presence) -> Verification {
    let register = Register::Memory(memory::Store::new(1, 1000));
    let record = Record::in_force(Person::default());
    let write = Write::record(iin(), record, Expect::Any);
    let at = Timestamp::from_second(pki::NOW - 1000).unwrap();
    let set = Changeset::new(at, Origin::of("test"), "", vec![write]);
    register.commit(set, Instant::now() + Duration::from_secs(60)).await.unwrap();
    over(register, pki, mode, presence)
}

fn over(register: Register, pki: &Pki, mode: Mode, presence: Presence) -> Verification {
    let parsed = |holder: &Signing| Certificate::parse(&holder.certificate).unwrap();
    let trusted = Trusted::of_certificates(vec![parsed(&pki.root), parsed(&pki.nca)]).unwrap();
    let pool = Pool::start(1, 8).unwrap();
    let settings = Settings {
        time: Duration::from_secs(1),
        at_once: 1,
        kept: 10,
        reuse: SignedDuration::from_secs(1),
        pause: SignedDuration::from_secs(1),
        nonce: Nonce::Required,
    };
    let revocation = Revocation {
        responder: Responder::Nowhere,
        online: Arc::new(Online::new(settings, pool.clone())),
        lists: Known::default(),
    };
    let possession = Possession {
        judge: Judge { trusted: Current::fixed(Arc::new(trusted)), pool, revocation, mode },
        keys: keys::Source::File(Current::fixed(Arc::new(keys::Keys::new([7; 32])))),
        rules: Rules { ttl: Duration::from_secs(300), presence },
    };
    let rules = crate::verification::Rules {
        register_name: "test".into(),
        completeness: Completeness::Complete,
        strict_structure: false,
        claims: crate::verification::claims::Policy::default(),
        read_timeout: Duration::from_secs(60),
        max_age: Duration::ZERO,
    };
    Verification::new(register, rules).with_possession(Some(possession))
}

fn signed(challenge: &Challenge, holder: &Signing) -> Signed {
    let message = cms::signed(holder, &challenge.to_sign, true);
    Signed { evidence: Evidence::Cms(message), challenge_id: challenge.id.clone() }
}

async fn verify(node: &Verification, signature: Signed, required: Option<Assurance>) -> Answer {
    let request = Request {
        number: Number(pki::IIN.into()),
        required_assurance: required,
        signature: Some(signature),
        ..Request::default()
    };
    node.verify(&call(), &request).await.unwrap()
}

fn outcome(answer: &Answer) -> (Verdict, Outcome, Option<Reason>) {
    let check = answer.checks.iter().find(|check| check.kind == CheckKind::Signature).unwrap();
    (answer.verdict, check.outcome, check.reason)
}

#[tokio::test]
async fn a_persons_signature_proves_possession_once() {
    for (pki, holder) in [(Pki::gost(), Pki::gost().gost_person()), (Pki::rsa(), Pki::rsa().rsa_person())] {
        let node = node(&pki, Mode::None, Presence::Person).await;
        let challenge = node.create_challenge(&call(), iin()).unwrap();
        let answer = verify(&node, signed(&challenge, &holder), None).await;
        assert_eq!(outcome(&answer), (Verdict::Verified, Outcome::Pass, None));
        assert!(answer.evidence.contains(&Assurance::Possession));
        let signer = answer.signer.unwrap();
        assert_eq!((signer.kind, signer.roles.as_slice()), (Kind::Person, [Role::Person].as_slice()));
        // The same again, and another signature of the same challenge.
        for _ in 0..2 {
            let again = verify(&node, signed(&challenge, &holder), None).await;
            let used = (Verdict::Rejected, Outcome::Fail, Some(Reason::ChallengeUsed));
            assert_eq!(outcome(&again), used);
            assert!(again.signer.is_none() && !again.evidence.contains(&Assurance::Possession));
        }
    }
}

#[tokio::test]
async fn of_many_who_use_a_challenge_at_once_one_succeeds() {
    let pki = Pki::rsa();
    let node = node(&pki, Mode::None, Presence::Person).await;
    let challenge = node.create_challenge(&call(), iin()).unwrap();
    let signature = signed(&challenge, &pki.rsa_person());
    let tries = (0..8).map(|_| {
        let (node, signature) = (node.clone(), signature.clone());
        tokio::spawn(async move { verify(&node, signature, None).await.verdict })
    });
    let mut verdicts = vec![];
    for task in tries.collect::<Vec<_>>() {
        verdicts.push(task.await.unwrap());
    }
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == Verdict::Verified).count(), 1, "{verdicts:?}");
}

/// What is not decided does not use the challenge up: it can be answered again.
#[tokio::test]
async fn an_undecided_answer_leaves_the_challenge() {
    let pki = Pki::rsa();
    let holder = pki.rsa_person();
    let register = {
        let Verification { register, .. } = node(&pki, Mode::None, Presence::Person).await;
        register
    };
    let strict = over(register.clone(), &pki, Mode::Required, Presence::Person);
    let challenge = strict.create_challenge(&call(), iin()).unwrap();
    for _ in 0..2 {
        let answer = verify(&strict, signed(&challenge, &holder), None).await;
        let unknown = (Verdict::Inconclusive, Outcome::Unavailable, Some(Reason::RevocationUnknown));
        assert_eq!(outcome(&answer), unknown);
        assert!(!answer.evidence.contains(&Assurance::Possession));
    }
    let lenient = over(register, &pki, Mode::BestEffort, Presence::Person);
    let answer = verify(&lenient, signed(&challenge, &holder), None).await;
    assert_eq!(outcome(&answer), (Verdict::Verified, Outcome::Warn, Some(Reason::RevocationUnknown)),);
}

/// The register away in the moment of the decision: nothing is decided.
#[tokio::test]
async fn without_the_register_nothing_is_decided() {
    let pki = Pki::rsa();
    let node = node(&pki, Mode::None, Presence::Person).await;
    let challenge = node.create_challenge(&call(), iin()).unwrap();
    node.register.close().unwrap();
    let answer = verify(&node, signed(&challenge, &pki.rsa_person()), None).await;
    assert_eq!(answer.verdict, Verdict::Inconclusive);
    // The signature alone, with a register that answers reads no more than writes.
    let proof = node.prove(&call(), &Number(pki::IIN.into()), &signed(&challenge, &pki.rsa_person())).await;
    let then = node.spend(&call(), &proof.unwrap()).await.unwrap().unwrap();
    let check = then.check();
    assert_eq!((check.outcome, check.reason), (Outcome::Unavailable, Some(Reason::RegisterUnavailable)));
}

#[tokio::test]
async fn challenges_are_bound_and_signatures_are_of_them() {
    let pki = Pki::rsa();
    let holder = pki.rsa_person();
    let node = node(&pki, Mode::None, Presence::Person).await;
    let challenge = node.create_challenge(&call(), iin()).unwrap();
    let other = node.create_challenge(&call(), iin()).unwrap();
    let refused = |answer: &Answer, part: PartKind, reason: Reason| {
        assert_eq!(outcome(answer), (Verdict::Rejected, Outcome::Fail, Some(reason)));
        let check = answer.checks.last().unwrap();
        let part = check.parts.iter().find(|told| told.part == part).unwrap();
        assert_eq!((part.outcome, part.reason), (Outcome::Fail, Some(reason)));
        assert!(answer.signer.is_none());
    };
    let with_id = |id: &str, of: &Challenge| Signed { challenge_id: id.into(), ..signed(of, &holder) };
    let answer = verify(&node, with_id("made up", &challenge), None).await;
    refused(&answer, PartKind::Challenge, Reason::ChallengeInvalid);
    let answer = verify(&node, with_id(&other.id, &challenge), None).await;
    refused(&answer, PartKind::SignedContent, Reason::SignedContentDiffers);
    // That was decided, so the other challenge is used up now.
    let answer = verify(&node, with_id(&other.id, &other), None).await;
    refused(&answer, PartKind::Challenge, Reason::ChallengeUsed);
    let foreign = Holder { client: Some("another bank"), iin: iin() };
    let keys = keys::Keys::new([7; 32]).derive(KEYS);
    let foreign = challenge::create(&keys, [1; 16], foreign, call().now, Duration::from_secs(300));
    let answer = verify(&node, with_id(&foreign.id, &foreign), None).await;
    refused(&answer, PartKind::Challenge, Reason::ChallengeInvalid);
    let own = Holder { client: Some("bank"), iin: iin() };
    let past = call().now - SignedDuration::from_secs(600);
    let old = challenge::create(&keys, [1; 16], own, past, Duration::from_secs(300));
    let answer = verify(&node, with_id(&old.id, &old), None).await;
    refused(&answer, PartKind::Challenge, Reason::ChallengeExpired);
}

#[tokio::test]
async fn who_signed_decides_what_it_proves() {
    let pki = Pki::rsa();
    let issue = |template| pki.issue(&template, Key::rsa(2));
    let mut other = pki.person();
    other.subject = pki::der::name(&[(pki::SERIAL_NUMBER, pki::der::printable("IIN903456300016"))]);
    let strict = node(&pki, Mode::None, Presence::Person).await;
    let ask = async |node: &Verification, holder: &Signing| {
        let challenge = node.create_challenge(&call(), iin()).unwrap();
        verify(node, signed(&challenge, holder), None).await
    };
    let answer = ask(&strict, &issue(other)).await;
    assert_eq!(outcome(&answer), (Verdict::Rejected, Outcome::Fail, Some(Reason::SignerIsAnother)));
    let answer = ask(&strict, &issue(pki.system())).await;
    let nobody = (Verdict::Inconclusive, Outcome::NotCompared, Some(Reason::SignerWithoutIin));
    assert_eq!(outcome(&answer), nobody);
    // A head's key has the number, and others may keep it: a warning, and no presence.
    let head = issue(pki.company(pki::HEAD));
    let answer = ask(&strict, &head).await;
    assert_eq!(outcome(&answer), (Verdict::Verified, Outcome::Warn, Some(Reason::SignerNotPerson)));
    assert!(!answer.evidence.contains(&Assurance::Possession));
    assert_eq!(answer.signer.unwrap().kind, Kind::Head);
    let lenient = node(&pki, Mode::None, Presence::Holder).await;
    let answer = ask(&lenient, &head).await;
    assert_eq!(outcome(&answer), (Verdict::Verified, Outcome::Pass, None));
    assert!(answer.evidence.contains(&Assurance::Possession));
}

#[tokio::test]
async fn without_authorities_signatures_are_not_served() {
    let pki = Pki::rsa();
    let with = node(&pki, Mode::None, Presence::Person).await;
    let challenge = with.create_challenge(&call(), iin()).unwrap();
    let without = with.with_possession(None);
    let refused = without.create_challenge(&call(), iin()).unwrap_err();
    assert_eq!(refused.reason(), Reason::SignaturesNotServed);
    let request = Request {
        number: Number(pki::IIN.into()),
        signature: Some(signed(&challenge, &pki.rsa_person())),
        ..Request::default()
    };
    assert_eq!(without.verify(&call(), &request).await.unwrap_err().reason(), Reason::SignaturesNotServed);
}

#[test]
fn nothing_of_a_signature_is_shown() {
    let signed = Signed { evidence: Evidence::Cms(pki::IIN.into()), challenge_id: "secret".into() };
    let shown = format!("{signed:?}");
    assert!(!shown.contains(pki::IIN) && !shown.contains("secret") && !shown.contains("57"), "{shown}");
}
