//! Who is asked, and what stands when nobody answers.

use std::time::Duration;

use super::*;
use crate::pki::issuer::{CA, Issuer, SIGN, Spec, later, now};
use crate::pki::list::List;
use crate::pki::ocsp::{self, Says, good, revoked};
use crate::pki::signer::Signer;
use crate::trust::fetch::tests::{Asked, Reply, Server};
use crate::trust::lists;
use crate::trust::online::Settings;
use crate::trust::online::tests::settings;
use crate::trust::pool::Pool;

struct World {
    authority: Arc<Issuer>,
    issuer: Arc<Certificate>,
    certificate: Certificate,
    responder: Arc<ocsp::Responder>,
    lists: Known,
}

impl World {
    fn new() -> Self {
        let authority = Issuer::new(Signer::rsa(0), "CA");
        let issuer = Arc::new(Certificate::parse(&authority.certificate).unwrap());
        let spec = Spec::new(7, "Citizen").usage(SIGN);
        let certificate = Certificate::parse(&authority.issue(&spec, &Signer::gost("person"))).unwrap();
        let responder = ocsp::Responder::new(&authority, Signer::rsa(1)).into();
        World { authority: authority.into(), issuer, certificate, responder, lists: Known::default() }
    }

    fn listed(&self, list: List) {
        let list = list.signed(&self.authority);
        self.lists.put(lists::judge(&list, std::slice::from_ref(&self.issuer)).unwrap()).unwrap();
    }

    fn revoking(&self) -> List {
        List::new(14).revoke(self.certificate.serial(), Some(1))
    }

    /// A server that answers with this status.
    async fn says(&self, status: Vec<u8>) -> Server {
        let (authority, responder) = (self.authority.clone(), self.responder.clone());
        Server::start(move |asked: Asked| {
            let answer = Says::to(&asked.body, status.clone()).by(&authority, &responder);
            Reply::Ok("application/ocsp-response", answer)
        })
        .await
    }

    fn revocation(&self, responder: Responder) -> Revocation {
        let settings = Settings { time: Duration::from_secs(20), ..settings() };
        let online = Online::new(settings, Pool::start(1, 8).unwrap()).into();
        Revocation { responder, online, lists: self.lists.clone() }
    }

    async fn check(&self, revocation: &Revocation, mode: Mode) -> Finding {
        revocation.check(&self.certificate, &[&self.issuer], mode, now()).await
    }
}

fn source(finding: &Finding) -> (Option<Source>, bool) {
    match finding {
        Finding::Known { source, status, .. } => (Some(*source), *status == Status::Good),
        _ => (None, false),
    }
}

#[tokio::test]
async fn the_responder_is_asked_first_and_its_word_counts() {
    let world = World::new();
    world.listed(world.revoking());
    let server = world.says(good()).await;
    let revocation = world.revocation(Responder::At(server.url("/")));
    let found = world.check(&revocation, Mode::Required).await;
    assert_eq!(source(&found), (Some(Source::Ocsp), true));
    let server = world.says(revoked(later(-60), 1)).await;
    let revocation = world.revocation(Responder::At(server.url("/")));
    assert_eq!(source(&world.check(&revocation, Mode::BestEffort).await), (Some(Source::Ocsp), false));
    assert_eq!(world.check(&revocation, Mode::None).await, Finding::NotAsked);
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn only_silence_leads_to_the_lists() {
    let world = World::new();
    world.listed(List::new(14));
    // Not believed: somebody else's signature. The list says good, and is not asked.
    let (authority, certificate) = (world.authority.clone(), world.responder.certificate.clone());
    let forger = Signer::rsa(2);
    let server = Server::start(move |asked: Asked| {
        let answer = Says::to(&asked.body, good()).signed(&authority, &forger, &[&certificate]);
        Reply::Ok("application/ocsp-response", answer)
    })
    .await;
    let revocation = world.revocation(Responder::At(server.url("/")));
    for mode in [Mode::Required, Mode::BestEffort] {
        assert_eq!(world.check(&revocation, mode).await, Finding::Untrusted(Fault::Signature));
    }
    // Silence: the list answers, and for a while the responder is not even asked.
    let server = Server::start(|_| Reply::Raw(Vec::new())).await;
    let revocation = world.revocation(Responder::At(server.url("/")));
    for _ in 0..3 {
        assert_eq!(source(&world.check(&revocation, Mode::Required).await), (Some(Source::Crl), true));
    }
    assert_eq!(server.asked(), 1);
    world.listed(List::changes(15, 14).revoke(world.certificate.serial(), None));
    assert_eq!(source(&world.check(&revocation, Mode::Required).await), (Some(Source::CrlDelta), false));
}

#[tokio::test]
async fn when_nobody_answers_that_is_said() {
    let world = World::new();
    let server = Server::start(|_| Reply::Raw(Vec::new())).await;
    let revocation = world.revocation(Responder::At(server.url("/")));
    for asked in 1..=2 {
        assert!(matches!(world.check(&revocation, Mode::Required).await, Finding::Unavailable(_)));
        assert_eq!(server.asked(), asked, "without a list even a silent responder is asked again");
    }
    for nobody in [Responder::Nowhere, Responder::OfCertificate] {
        let revocation = world.revocation(nobody);
        assert!(matches!(world.check(&revocation, Mode::Required).await, Finding::Unavailable(_)));
    }
    // A list that is over is none.
    world.listed(List { next_update: Some(now()), ..List::new(14) });
    let revocation = world.revocation(Responder::Nowhere);
    assert!(matches!(world.check(&revocation, Mode::Required).await, Finding::Unavailable(_)));
}

/// NIST's PKITS 4.4.2: nobody says anything against the certificate but that its authority has ended.
#[tokio::test]
async fn an_authority_that_the_one_above_it_has_revoked_vouches_for_nobody() {
    let world = World::new();
    let root = Issuer::new(Signer::rsa(2), "Root");
    let above = Arc::new(Certificate::parse(&root.certificate).unwrap());
    let spec = Spec::new(9, "CA").usage(CA);
    let certificate = root.issue(&spec, &world.authority.signer);
    let authority = Issuer { certificate, ..Issuer::clone(&world.authority) };
    let issuer = Arc::new(Certificate::parse(&authority.certificate).unwrap());
    let known = [issuer.clone(), above.clone()];
    let put = |list: List, by: &Issuer| {
        world.lists.put(lists::judge(&list.signed(by), &known).unwrap()).unwrap();
    };
    put(List::new(14), &authority);
    let server = world.says(good()).await;
    let (by_list, by_ocsp) = (Responder::Nowhere, Responder::At(server.url("/")));
    let revocations = [by_list, by_ocsp].map(|responder| world.revocation(responder));
    let line: [&Certificate; 2] = [&issuer, &above];
    let lists = [None, Some(List::new(3)), Some(List::new(4).revoke(&spec.serial, None))];
    for (list, ended) in lists.into_iter().zip([false, false, true]) {
        if let Some(list) = list {
            put(list, &root);
        }
        for revocation in &revocations {
            let found = revocation.check(&world.certificate, &line, Mode::Required, now()).await;
            assert_eq!(source(&found).1, !ended, "{found:?}");
            assert!(!ended || source(&found).0 == Some(Source::Crl), "{found:?}");
        }
    }
    let found = revocations[0].check(&world.certificate, &line, Mode::None, now()).await;
    assert_eq!(found, Finding::NotAsked);
    let found = revocations[0].check(&world.certificate, &[], Mode::Required, now()).await;
    assert_eq!(found, Finding::Untrusted(Fault::Untrusted));
}
