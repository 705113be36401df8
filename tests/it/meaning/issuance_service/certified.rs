//! Papers that an electronic signature certifies: recorded with what came of it, and settled by it or not.

use std::fs;
use std::path::Path;

use iinspect::pb::v1::signature_evidence::Evidence;
use iinspect::pb::v1::{self, DocumentForm, Outcome, Reason};
use iinspect::signature::certificate::Certificate;
use iinspect::trust::store::{Role, entry};
use sha2::{Digest, Sha256};

use super::*;
use crate::signature::pki::signer::Signer;
use crate::signature::pki::{self, Holder, Pki, cms};

const PAPER: &[u8] = b"%PDF-1.7 an application for a number";

/// Stages whose servers trust an authority and know of revocation what `mode` asks.
async fn trusting(pki: &Pki, folder: &Path, mode: &str) -> Vec<Stage> {
    let parsed = |holder: &Holder| Certificate::parse(&holder.certificate).unwrap();
    let text = entry(&parsed(&pki.root), Role::Root, "a test")
        + &entry(&parsed(&pki.nca), Role::Intermediate, "a test");
    fs::write(folder.join("trust.toml"), text).unwrap();
    stages_with(&[
        ("IINSPECT_ISSUANCE__AUTHORITY", "test"),
        ("IINSPECT_TRUST__FOLDER", folder.to_str().unwrap()),
        ("IINSPECT_REVOCATION__MODE", mode),
    ])
    .await
}

fn evidence(message: Vec<u8>, content: &[u8]) -> Option<v1::SignatureEvidence> {
    Some(v1::SignatureEvidence {
        evidence: Some(Evidence::Cms(message)),
        challenge_id: String::new(),
        content: content.to_vec(),
    })
}

impl Stage {
    /// Records an electronic statement that is certified.
    async fn certified(
        &mut self,
        at: &At,
        signature: Option<v1::SignatureEvidence>,
        sha256: &[u8],
    ) -> (At, v1::RecordedDocument) {
        let mut request = paper(at, "STATEMENT", DocumentForm::Electronic, &self.fresh());
        (request.signature, request.content_sha256) = (signature, sha256.to_vec());
        let first = answered(self.client.record_document(request.clone()).await);
        // Once, however often it is sent: the signature is not judged again either.
        let again = answered(self.client.record_document(request).await);
        assert!(first == again);
        let at = At { application: first.application.unwrap(), version: first.version };
        (at, first.document.unwrap())
    }
}

#[tokio::test]
async fn a_paper_is_recorded_with_what_its_signature_is_worth() {
    let (pki, folder) = (Pki::gost(), tempfile::tempdir().unwrap());
    let holder = pki.gost_person();
    let sha256: [u8; 32] = Sha256::digest(PAPER).into();
    let other: [u8; 32] = Sha256::digest(b"another paper").into();
    for mut stage in trusting(&pki, folder.path(), "none").await {
        let mut at = stage.submit(form("T1")).await;
        let attached = || cms::signed(&holder, PAPER, true);
        let detached = || cms::signed(&holder, PAPER, false);
        let mut logs_in = pki.person();
        logs_in.extensions[0] = pki::usage(&[0, 2]);
        logs_in.extensions[1] = pki::extended(&[pki::CLIENT_AUTH, pki::PERSON]);
        let logs_in = pki.issue(&logs_in, Signer::gost("person"));
        let stranger = Pki::new(Signer::gost("other root"), Signer::gost("other nca")).gost_person();
        let differs = Reason::SignedContentDiffers;
        for (what, signature, told, reason) in [
            ("nothing was signed with it", evidence(detached(), b""), &[][..], differs),
            ("another paper", evidence(detached(), b"another paper"), &[], differs),
            ("another than it carries", evidence(attached(), b"another paper"), &[], differs),
            ("another by its hash", evidence(attached(), b""), &other, differs),
            ("another by its hash, detached", evidence(detached(), PAPER), &other, differs),
            (
                "a key for logging in",
                evidence(cms::signed(&logs_in, PAPER, true), b""),
                &[],
                Reason::SignerUsage,
            ),
            (
                "nobody knows",
                evidence(cms::signed(&stranger, PAPER, true), b""),
                &[],
                Reason::SignerUntrusted,
            ),
            ("no message", evidence(b"no message".to_vec(), PAPER), &[], Reason::SignatureMalformed),
        ] {
            let (now, recorded) = stage.certified(&at, signature, told).await;
            assert!(recorded.signature_outcome() == Outcome::Fail, "{what}");
            assert_eq!(recorded.signature_reason().as_str_name(), reason.as_str_name(), "{what}");
            assert_eq!(now.owes(), ["STATEMENT", "PASSPORT"], "{what}");
            assert!(now.application.outstanding[0].note.contains("does not hold"), "{what}");
            at = now;
        }
        for (signature, told) in [
            (evidence(attached(), b""), &[][..]),
            (evidence(attached(), PAPER), &sha256),
            (evidence(detached(), PAPER), &[]),
        ] {
            let (now, recorded) = stage.certified(&at, signature, told).await;
            assert!(recorded.signature_outcome() == Outcome::Pass);
            assert!(recorded.signature_reason() == Reason::Unspecified);
            assert_eq!(recorded.content_sha256, sha256, "what is certified, whether it was told or not");
            assert_eq!(now.owes(), ["PASSPORT"]);
            at = now;
        }
        // It is kept with the paper.
        let kept = stage.get(&at.id()).await.documents;
        assert!(kept.len() == 1 && kept[0].signature_outcome() == Outcome::Pass);
        stage.end().await;
    }
}

#[tokio::test]
async fn what_must_be_known_of_revocation_and_is_not_leaves_the_paper_owed() {
    let (pki, folder) = (Pki::gost(), tempfile::tempdir().unwrap());
    let signature = || evidence(cms::signed(&pki.gost_person(), PAPER, true), b"");
    for (mode, outcome, owed) in [
        ("required", Outcome::Unavailable, vec!["STATEMENT", "PASSPORT"]),
        ("best_effort", Outcome::Warn, vec!["PASSPORT"]),
    ] {
        for mut stage in trusting(&pki, folder.path(), mode).await {
            let at = stage.submit(form("T1")).await;
            let (at, recorded) = stage.certified(&at, signature(), &[]).await;
            assert!(recorded.signature_outcome() == outcome, "{mode}");
            assert!(recorded.signature_reason() == Reason::RevocationUnknown, "{mode}");
            assert_eq!(at.owes(), owed, "{mode}");
            stage.end().await;
        }
    }
}

#[tokio::test]
async fn a_signature_is_refused_where_nobody_is_trusted() {
    for mut stage in stages().await {
        let at = stage.submit(form("T1")).await;
        let mut request = paper(&at, "STATEMENT", DocumentForm::Electronic, &stage.fresh());
        request.signature = evidence(vec![1], b"");
        assert_refused(
            stage.client.record_document(request).await,
            Code::FailedPrecondition,
            "SIGNATURES_NOT_SERVED",
        );
        stage.end().await;
    }
}
