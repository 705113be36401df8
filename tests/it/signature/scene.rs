//! A server of the built binary that judges signatures, a register with one person, and that person's key.

use std::fs;
use std::path::Path;

use iinspect::pb::v1::signature_evidence::Evidence;
use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{CreateChallengeRequest, SignatureEvidence, VerifyRequest};
use iinspect::signature::certificate::Certificate;
use iinspect::trust::store::{FILE, Role, entry};
use tempfile::TempDir;
use tonic::transport::Channel;

use super::child::{Server, code, iinspect, run, stderr};
use super::pki::signer::Signer;
use super::pki::{self, Holder, Pki, cms};

/// The server and who signs.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) holder: Holder,
    _folder: TempDir,
}

/// Makes an operator trust both authorities, without the command line.
pub(crate) fn trust(pki: &Pki, folder: &Path) {
    let told = [(&pki.root, Role::Root), (&pki.nca, Role::Intermediate)].map(|(authority, role)| {
        entry(&Certificate::parse(&authority.certificate).unwrap(), role, "made for a test")
    });
    fs::create_dir_all(folder.join("trust")).unwrap();
    fs::write(folder.join("trust").join(FILE), told.concat()).unwrap();
}

impl Scene {
    /// Starts a server that trusts what `trust` in the folder says. `more`: lines of its configuration.
    pub(crate) fn start(pki: &Pki, signer: Signer, folder: TempDir, more: &str) -> Self {
        let at = folder.path();
        // The server's clock is the real one: a certificate that is valid now, whenever that is.
        let mut template = pki.person();
        (template.not_before, template.not_after) = ("20230101000000Z", "20450101000000Z");
        let holder = pki.issue(&template, signer);
        let config = at.join("iinspect.toml");
        let text = format!(
            "[trust]\nfolder = \"{}\"\n[register]\ncompleteness = \"partial\"\n{more}",
            at.join("trust").display()
        );
        fs::write(&config, text).unwrap();
        let register = format!("sqlite:{}", at.join("register.db").display());
        let file = at.join("persons.csv");
        fs::write(&file, format!("iin,state\n{},IN_FORCE\n", pki::IIN)).unwrap();
        let import = run(iinspect().args(["register", "import", "--register", &register]).arg(&file));
        assert_eq!(code(&import), 0, "{}", stderr(&import));
        let server = Server::start(&["--config", config.to_str().unwrap(), "--register", &register]);
        Scene { server, holder, _folder: folder }
    }

    /// A question with a signature over a challenge made for it.
    pub(crate) async fn signed(&self, client: &mut VerificationServiceClient<Channel>) -> VerifyRequest {
        signed(&self.holder, client).await
    }
}

/// A question with a signature over a challenge made for it.
pub(crate) async fn signed(
    holder: &Holder,
    client: &mut VerificationServiceClient<Channel>,
) -> VerifyRequest {
    let asked = CreateChallengeRequest { iin: pki::IIN.into() };
    let challenge = client.create_challenge(asked).await.unwrap().into_inner();
    assert!(challenge.to_sign.len() == 32 && challenge.xml.contains(&challenge.challenge_id));
    let signature = SignatureEvidence {
        evidence: Some(Evidence::Cms(cms::signed(holder, &challenge.to_sign, true))),
        challenge_id: challenge.challenge_id,
        content: vec![],
    };
    VerifyRequest { signature: Some(signature), ..plain() }
}

/// The same question without a signature.
pub(crate) fn plain() -> VerifyRequest {
    VerifyRequest { iin: pki::IIN.into(), ..VerifyRequest::default() }
}
