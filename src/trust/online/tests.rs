//! Responders made here, asked over HTTP.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::pki::issuer::{Issuer, SIGN, Spec, later, now};
use crate::pki::ocsp::{Responder, Says, declined, good};
use crate::pki::signer::Signer;
use crate::signature::revocation::Status;
use crate::telemetry::testing::seen;
use crate::trust::fetch::tests::{Asked, Reply, Server};

pub(crate) fn settings() -> Settings {
    Settings {
        time: Duration::from_secs(20),
        at_once: 4,
        kept: 100,
        reuse: SignedDuration::from_mins(5),
        pause: SignedDuration::from_secs(30),
        nonce: Nonce::Required,
    }
}

struct World {
    authority: Arc<Issuer>,
    issuer: Arc<Certificate>,
    certificate: Certificate,
    responder: Arc<Responder>,
}

fn world() -> World {
    let authority = Issuer::new(Signer::rsa(0), "CA");
    let issuer = Arc::new(Certificate::parse(&authority.certificate).unwrap());
    let spec = Spec::new(7, "Citizen").usage(SIGN);
    let certificate = Certificate::parse(&authority.issue(&spec, &Signer::gost("person"))).unwrap();
    let responder = Responder::new(&authority, Signer::rsa(1)).into();
    World { authority: authority.into(), issuer, certificate, responder }
}

impl World {
    /// What an honest responder answers.
    fn honest(&self) -> impl Fn(Asked) -> Reply + Send + Sync + 'static {
        let (authority, responder) = (self.authority.clone(), self.responder.clone());
        move |asked| {
            let answer = Says::to(&asked.body, good()).by(&authority, &responder);
            Reply::Ok("application/ocsp-response", answer)
        }
    }

    async fn ask(&self, online: &Online, url: &str, now: Timestamp) -> Result<Answer, Error> {
        online.ask(url, &self.certificate, &self.issuer, now).await
    }
}

fn online(settings: Settings) -> Online {
    Online::new(settings, Pool::start(1, 8).unwrap())
}

#[tokio::test]
async fn an_answer_is_used_again_for_as_long_as_it_may_be() {
    let world = world();
    let server = Server::start(world.honest()).await;
    let (online, url) = (online(settings()), server.url("/"));
    assert_eq!(world.ask(&online, &url, now()).await.unwrap().status, Status::Good);
    assert!(world.ask(&online, &url, later(299)).await.is_ok());
    assert_eq!(server.asked(), 1);
    assert!(world.ask(&online, &url, later(300)).await.is_ok());
    assert_eq!(server.asked(), 2);
    // Kept long, it counts no longer than the answer itself: made ten seconds ago, for ten minutes.
    let online = super::tests::online(Settings { reuse: SignedDuration::from_hours(1), ..settings() });
    world.ask(&online, &url, now()).await.unwrap();
    world.ask(&online, &url, later(589)).await.unwrap();
    assert_eq!(server.asked(), 3);
    assert!(matches!(world.ask(&online, &url, later(590)).await, Err(Error::Untrusted(Fault::Expired(_)))));
    assert_eq!(server.asked(), 4);
}

#[tokio::test]
async fn an_answer_that_is_not_believed_is_neither_kept_nor_taken_for_silence() {
    let world = world();
    let (authority, responder) = (world.authority.clone(), Signer::rsa(2));
    let certificate = world.responder.certificate.clone();
    let forger = move |asked: Asked| {
        let answer = Says::to(&asked.body, good()).signed(&authority, &responder, &[&certificate]);
        Reply::Ok("application/ocsp-response", answer)
    };
    let server = Server::start(forger).await;
    let (online, url) = (online(settings()), server.url("/"));
    for times in 1..=2 {
        assert_eq!(world.ask(&online, &url, now()).await, Err(Error::Untrusted(Fault::Signature)));
        assert_eq!(server.asked(), times);
    }
    assert!(!online.is_silent(&url, now()));
    // An answer that somebody kept: another nonce than the one that was sent.
    let (authority, responder) = (world.authority.clone(), world.responder.clone());
    let replayed = Says::new(world.certificate.serial(), good(), &[1; 32]).by(&authority, &responder);
    let server = Server::start(move |_| Reply::Ok("application/ocsp-response", replayed.clone())).await;
    let refused = world.ask(&online, &server.url("/"), now()).await;
    assert!(matches!(refused, Err(Error::Untrusted(Fault::Profile(_)))));
    let cut = Server::start(|_| Reply::Ok("application/ocsp-response", vec![0x30, 0x82])).await;
    let refused = world.ask(&online, &cut.url("/"), now()).await;
    assert!(matches!(refused, Err(Error::Untrusted(Fault::Malformed(_)))));
}

#[tokio::test]
async fn who_is_silent_is_remembered_until_an_answer() {
    let world = world();
    let honest = world.honest();
    let silent = Arc::new(AtomicBool::new(true));
    let now_and_then = silent.clone();
    let server = Server::start(move |asked| {
        if now_and_then.load(Ordering::SeqCst) {
            Reply::Ok("application/ocsp-response", declined(3))
        } else {
            honest(asked)
        }
    })
    .await;
    let (online, url) = (online(settings()), server.url("/"));
    assert!(!online.is_silent(&url, now()));
    assert!(matches!(world.ask(&online, &url, now()).await, Err(Error::Silent(_))));
    assert!(online.is_silent(&url, later(29)) && !online.is_silent(&url, later(30)));
    silent.store(false, Ordering::SeqCst);
    assert!(world.ask(&online, &url, now()).await.is_ok());
    assert!(!online.is_silent(&url, now()));
}

#[tokio::test]
async fn what_is_no_answer_is_silence() {
    let world = world();
    let online = online(settings());
    let raw = |text: &str| text.as_bytes().to_vec();
    for reply in [
        raw("HTTP/1.1 303 See Other\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"),
        raw("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"),
        raw("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>"),
        raw("HTTP/1.1 200 OK\r\ncontent-type: application/ocsp-response\r\ncontent-length: 60\r\n\r\n0"),
        raw("HTTP/1.1 200 OK\r\ncontent-type: application/ocsp-response\r\ncontent-length: 6000000\r\n\r\n0"),
        Vec::new(),
    ] {
        let shown = String::from_utf8_lossy(&reply).into_owned();
        let server = Server::start(move |_| Reply::Raw(reply.clone())).await;
        let found = world.ask(&online, &server.url("/"), now()).await;
        assert!(matches!(found, Err(Error::Silent(_))), "{shown}: {found:?}");
    }
    let mute = Server::start(|_| Reply::Silence).await;
    let impatient = super::tests::online(Settings { time: Duration::from_millis(200), ..settings() });
    assert!(matches!(world.ask(&impatient, &mute.url("/"), now()).await, Err(Error::Silent(_))));
}

#[tokio::test]
async fn no_more_questions_are_on_their_way_than_may_be() {
    let world = world();
    let server = Server::start(|_| Reply::Silence).await;
    let online = online(Settings { at_once: 1, ..settings() });
    let url = server.url("/");
    let mut first = Box::pin(world.ask(&online, &url, now()));
    // The first is on its way once the server has it.
    tokio::select! {
        _ = &mut first => panic!("the server is silent"),
        () = async { while server.asked() == 0 { tokio::task::yield_now().await; } } => {}
    }
    assert_eq!(world.ask(&online, &url, now()).await, Err(Error::Busy));
    drop(first);
    assert!(!online.is_silent(&url, now()), "who gave up says nothing of the responder");
}

/// Other tests of this process ask as well: what is counted here is counted at least.
#[tokio::test]
async fn what_became_of_questions_is_counted_and_tells_of_no_certificate() {
    seen();
    let value = |metric: &str, outcome: &str| {
        seen().sample(&[metric, &format!("iinspect_outcome=\"{outcome}\"")]).unwrap_or(0.0)
    };
    let counted = || {
        ["kept", "answered", "silent", "untrusted", "busy"]
            .map(|outcome| value("iinspect_ocsp_questions_total", outcome))
    };
    let timed = || {
        ["answered", "silent", "untrusted"]
            .map(|outcome| value("iinspect_ocsp_duration_seconds_count", outcome))
    };
    let (before, timed_before) = (counted(), timed());
    let world = world();
    let server = Server::start(world.honest()).await;
    let asking = online(settings());
    for _ in 0..2 {
        world.ask(&asking, &server.url("/"), now()).await.unwrap();
    }
    let declines = Server::start(|_| Reply::Ok("application/ocsp-response", declined(3))).await;
    world.ask(&online(settings()), &declines.url("/"), now()).await.unwrap_err();
    let cut = Server::start(|_| Reply::Ok("application/ocsp-response", vec![0x30, 0x82])).await;
    world.ask(&online(settings()), &cut.url("/"), now()).await.unwrap_err();
    let full = online(Settings { at_once: 0, ..settings() });
    assert_eq!(world.ask(&full, &server.url("/"), now()).await, Err(Error::Busy));
    let grown = |now: f64, before: f64| now >= before + 1.0;
    assert!(counted().into_iter().zip(before).all(|(now, before)| grown(now, before)), "{:?}", counted());
    assert!(timed().into_iter().zip(timed_before).all(|(now, before)| grown(now, before)), "{:?}", timed());
    let serial = hex::encode(world.certificate.serial());
    assert!(!seen().scrape.text().to_lowercase().contains(&serial));
}
