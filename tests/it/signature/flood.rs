//! More signatures than can be judged, and those who send none.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use iinspect::pb::health::HealthCheckRequest;
use iinspect::pb::health::health_check_response::ServingStatus;
use iinspect::pb::health::health_client::HealthClient;
use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{CheckKind, Outcome, Reason, Verdict, VerifyRequest, VerifyResponse};
use jiff::{SignedDuration, Timestamp};
use tonic::transport::Channel;

use super::pki::Pki;
use super::pki::issuer::Issuer;
use super::pki::list::List;
use super::pki::signer::Signer;
use super::scene::{Scene, plain, trust};

/// Who floods; one signature is judged at a time, and one waits.
const FLOODING: usize = 16;
const REFUSED: u64 = 50;
const PLAIN: usize = 50;

/// Serves a list of revoked certificates until the process ends; its address.
fn list_of(pki: &Pki) -> String {
    let authority = Issuer {
        signer: pki.nca.signer.clone(),
        name: pki.nca.name.clone(),
        certificate: pki.nca.certificate.clone(),
    };
    let now = Timestamp::now();
    let (this_update, next_update) =
        (now - SignedDuration::from_hours(1), now + SignedDuration::from_hours(2));
    let list = List { this_update, next_update: Some(next_update), ..List::new(1).revoke(&[5], None) };
    let list = list.signed(&authority);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 4096]);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", list.len());
            let _ = stream.write_all(&[head.as_bytes(), &list].concat());
        }
    });
    format!("http://{address}/nca.crl")
}

/// Asks again and again until told to stop; how often there was no place.
async fn flood(channel: Channel, asked: VerifyRequest, stop: Arc<AtomicBool>, refused: Arc<AtomicU64>) {
    let mut client = VerificationServiceClient::new(channel);
    while !stop.load(Ordering::SeqCst) {
        let answer = client.verify(asked.clone()).await.unwrap_or_else(|s| panic!("{s:?}")).into_inner();
        if is_refused(&answer) {
            refused.fetch_add(1, Ordering::SeqCst);
        } else {
            let is_used = answer.reasons().any(|reason| reason == Reason::ChallengeUsed);
            assert!(
                answer.verdict() == Verdict::Verified || answer.verdict() == Verdict::Rejected && is_used
            );
        }
    }
}

/// Whether an answer says, and says well, that the signature found no place.
pub(super) fn is_refused(answer: &VerifyResponse) -> bool {
    let refused = answer.reasons().any(|reason| reason == Reason::Overloaded);
    if refused {
        let check = answer.checks.iter().find(|check| check.kind() == CheckKind::Signature).unwrap();
        assert!(answer.verdict() == Verdict::Inconclusive && answer.signer.is_none());
        assert!(check.outcome() == Outcome::Unavailable && check.reason() == Reason::Overloaded);
    }
    refused
}

pub(super) async fn is_serving(channel: Channel) -> bool {
    let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await;
    answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_signatures_is_refused_and_plain_calls_are_answered() {
    let (pki, folder) = (Pki::gost(), tempfile::tempdir().unwrap());
    trust(&pki, folder.path());
    let list = list_of(&pki);
    let more = format!(
        "[limits]\nsignature_threads = 1\nsignature_queue = 1\n[revocation]\nmode = \"none\"\nlists = \"{list}\"\n"
    );
    let scene = Scene::start(&pki, Signer::gost("person"), folder, &more);
    let server = &scene.server;
    // The list is judged by the same thread, and would be refused in the flood.
    while !server.page("/readyz").1.contains(", 1 entries") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut client = VerificationServiceClient::new(server.channel().await);
    let kept = scene.signed(&mut client).await;
    let (stop, refused) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut flooding = Vec::new();
    for _ in 0..FLOODING {
        let asked = scene.signed(&mut client).await;
        flooding.push(tokio::spawn(flood(server.channel().await, asked, stop.clone(), refused.clone())));
    }
    let mut answered = 0;
    while answered < PLAIN || refused.load(Ordering::SeqCst) < REFUSED {
        let answer = client.verify(plain()).await.unwrap_or_else(|s| panic!("{s:?}")).into_inner();
        assert!(answer.verdict() == Verdict::Verified);
        assert!(is_serving(server.channel().await).await);
        answered += 1;
    }
    stop.store(true, Ordering::SeqCst);
    for one in flooding {
        one.await.unwrap();
    }
    // What was refused has spent nothing: once there is room again, a challenge of before is good.
    let answer = client.verify(kept).await.unwrap_or_else(|s| panic!("{s:?}")).into_inner();
    assert!(answer.verdict() == Verdict::Verified && answer.signer.is_some());

    let metrics = server.page("/metrics").1;
    let value = |name: &str| {
        let line = metrics
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("{name}: {metrics}"));
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    assert_eq!(value("iinspect_signatures_threads"), 1.0);
    assert_eq!(value("iinspect_signatures_waiting"), 0.0);
    assert_eq!(value("iinspect_signatures_refused_total"), refused.load(Ordering::SeqCst) as f64);
    let of = |name: &str, more: &str| {
        value(&format!("iinspect_revocation_list_{name}{{iinspect_list=\"{list}\"{more}}}"))
    };
    assert_eq!(of("entries", ""), 1.0);
    assert!((3600.0..4500.0).contains(&of("age_seconds", "")));
    assert!((6300.0..=7200.0).contains(&of("left_seconds", "")));
    let fetches = ["taken", "unchanged", "failed", "refused"]
        .map(|outcome| of("fetches_total", &format!(",iinspect_outcome=\"{outcome}\"")));
    assert_eq!(fetches, [1.0, 0.0, 0.0, 0.0]);
}
