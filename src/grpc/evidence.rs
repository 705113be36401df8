//! Electronic signatures in requests.

use super::validate::Checker;
use crate::pb::v1::{self, signature_evidence::Evidence as Given};
use crate::registrar::application;
use crate::trust::judge::Evidence;
use crate::verification::challenge;
use crate::verification::possession;

/// The largest signed challenge, in bytes: 32 that were signed, certificates, time stamps, OCSP answers. Hundreds
/// may wait for a thread.
const LONGEST_CHALLENGE: usize = 256 * 1024;

/// A signature over a challenge: a document's proves nothing about who is there now.
pub(super) fn of_challenge(c: &mut Checker, m: &v1::SignatureEvidence) -> Option<possession::Signed> {
    if m.challenge_id.is_empty() {
        c.fault("signature.challenge_id", "must be the id of a challenge from CreateChallenge");
    }
    c.at_most("signature.challenge_id", &m.challenge_id, challenge::LONGEST_ID);
    if !m.content.is_empty() {
        c.fault("signature.content", "must be empty here: what is signed is the challenge");
    }
    let evidence = message(c, m)?;
    let (Evidence::Cms(signed) | Evidence::Xml(signed)) = &evidence;
    if signed.len() > LONGEST_CHALLENGE {
        c.fault("signature.evidence", "must be at most 262144 bytes for a challenge");
    }
    Some(possession::Signed { evidence, challenge_id: m.challenge_id.clone() })
}

/// A signature that certifies a paper.
pub(super) fn of_paper(c: &mut Checker, m: &v1::SignatureEvidence) -> Option<application::Signed> {
    if !m.challenge_id.is_empty() {
        c.fault("signature.challenge_id", "must be empty here: what is signed is the paper");
    }
    let evidence = message(c, m)?;
    Some(application::Signed { evidence, content: m.content.clone() })
}

fn message(c: &mut Checker, m: &v1::SignatureEvidence) -> Option<Evidence> {
    match &m.evidence {
        Some(Given::Cms(bytes)) if !bytes.is_empty() => Some(Evidence::Cms(bytes.clone())),
        Some(Given::Xml(bytes)) if !bytes.is_empty() => Some(Evidence::Xml(bytes.clone())),
        _ => {
            c.fault("signature.evidence", "must be one of cms and xml, and not empty");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_challenge_has_a_bound() {
        let evidence = |len| v1::SignatureEvidence {
            evidence: Some(Given::Xml(vec![b' '; len])),
            challenge_id: "id".into(),
            content: Vec::new(),
        };
        for (len, is_taken) in [(LONGEST_CHALLENGE, true), (LONGEST_CHALLENGE + 1, false)] {
            let mut c = Checker::default();
            of_challenge(&mut c, &evidence(len));
            assert_eq!(c.finish().is_ok(), is_taken);
            let mut c = Checker::default();
            of_paper(&mut c, &v1::SignatureEvidence { challenge_id: String::new(), ..evidence(len) });
            assert!(c.finish().is_ok(), "a paper may be longer");
        }
    }
}
