//! From `trust add` over CreateChallenge to a verdict, by the built binary.

use std::fs;
use std::path::Path;

use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{Outcome, Reason, SignatureEvidence, SignerKind, Verdict};

use super::pki::der::pem;
use super::pki::signer::Signer;
use super::pki::{self, Pki, cms};
use super::scene::Scene;
use crate::process::child::{code, iinspect, run, stderr, stdout};

/// A folder with what the operator trusts, added as a person would.
fn trusting(pki: &Pki, folder: &Path) {
    let add = |name: &str, der: &[u8], more: &[&str]| {
        let file = folder.join(name);
        fs::write(&file, pem("CERTIFICATE", der)).unwrap();
        run(iinspect().args(["trust", "add"]).arg(&file).arg("--trust").arg(folder.join("trust")).args(more))
    };
    // Nobody vouches for it yet.
    let early = add("nca.pem", &pki.nca.certificate, &[]);
    assert_eq!(code(&early), 64, "{}", stderr(&early));
    let unnamed = add("root.pem", &pki.root.certificate, &[]);
    assert_eq!(code(&unnamed), 64);
    let fingerprint = stderr(&unnamed).split_whitespace().last().unwrap().to_owned();
    let wrong = add("root.pem", &pki.root.certificate, &["--sha256", &"0".repeat(64)]);
    assert_eq!(code(&wrong), 64);
    assert!(!folder.join("trust").exists());
    let root = add("root.pem", &pki.root.certificate, &["--sha256", &fingerprint, "--source", "a test"]);
    assert_eq!(code(&root), 0, "{}", stderr(&root));
    assert_eq!(code(&add("nca.pem", &pki.nca.certificate, &[])), 0);
    assert_eq!(code(&add("nca.pem", &pki.nca.certificate, &[])), 64);
    let check = |at: &str| {
        code(&run(iinspect().args(["trust", "check", "--at", at, "--trust"]).arg(folder.join("trust"))))
    };
    assert_eq!((check("2026-07-24T00:00:00Z"), check("2046-01-01T00:00:00Z")), (0, 1));
    let list = stdout(&run(iinspect().args(["trust", "list", "--trust"]).arg(folder.join("trust"))));
    assert!(list.contains("a test") && list.contains(&fingerprint), "{list}");
}

#[test]
fn a_file_is_judged_offline() {
    let (pki, folder) = (Pki::rsa(), tempfile::tempdir().unwrap());
    let folder = folder.path();
    trusting(&pki, folder);
    fs::write(folder.join("paper"), "a paper").unwrap();
    fs::write(folder.join("other"), "another paper").unwrap();
    let message = cms::signed(&pki.rsa_person(), b"a paper", false);
    fs::write(folder.join("paper.p7s"), &message).unwrap();
    let judge = |content: &str, at: &str| {
        let mut command = iinspect();
        command.args(["signature", "verify"]).arg(folder.join("paper.p7s"));
        command.arg("--content").arg(folder.join(content)).args(["--at", at, "--output", "json"]);
        let output = run(command.arg("--trust").arg(folder.join("trust")));
        let answer: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        let failed: Vec<String> = answer["steps"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|step| step["outcome"] == "FAIL")
            .map(|step| step["step"].as_str().unwrap().to_owned())
            .collect();
        (code(&output), failed, answer["signer"]["iin"].as_str().map(str::to_owned))
    };
    let now = "2026-07-24T00:00:00Z";
    assert_eq!(judge("paper", now), (0, vec![], Some(pki::IIN.into())));
    assert_eq!(judge("other", now), (1, vec!["CONTENT".into()], None));
    assert_eq!(judge("paper", "2028-01-01T00:00:00Z").1, ["VALIDITY"]);
}

#[test]
fn a_signed_challenge_proves_possession_once() {
    let (pki, folder) = (Pki::rsa(), tempfile::tempdir().unwrap());
    trusting(&pki, folder.path());
    let scene = Scene::start(&pki, Signer::rsa(2), folder, "[revocation]\nmode = \"none\"\n");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut client = VerificationServiceClient::new(scene.server.channel().await);
        let request = scene.signed(&mut client).await;
        let answer = client.verify(request.clone()).await.unwrap().into_inner();
        let check = answer.checks.last().unwrap();
        assert!(answer.verdict() == Verdict::Verified && check.outcome() == Outcome::Pass);
        assert!(answer.signer.is_some_and(|signer| signer.kind() == SignerKind::Person));
        let again = client.verify(request.clone()).await.unwrap().into_inner();
        assert!(again.verdict() == Verdict::Rejected);
        assert!(again.reasons().collect::<Vec<_>>() == [Reason::ChallengeUsed]);
        // What makes no sense is told at once.
        let mut nonsense = request;
        nonsense.signature = Some(SignatureEvidence { content: vec![1], ..SignatureEvidence::default() });
        let refused = client.verify(nonsense).await.err().expect("it makes no sense");
        for field in ["signature.challenge_id", "signature.content", "signature.evidence"] {
            assert!(refused.message().contains(field), "{}", refused.message());
        }
    });
    // Nothing of the person is in the log.
    assert!(!scene.server.log().contains(pki::IIN));
}
