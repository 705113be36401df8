//! A server over its own register: health, admin pages, limits, the way down.

use std::time::Duration;

use iinspect::pb::health::health_check_response::ServingStatus;
use iinspect::pb::health::health_client::HealthClient;
use iinspect::pb::health::{HealthCheckRequest, HealthListRequest};
use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{DecodeRequest, VerifyRequest};
use tonic::Code;

use super::child::*;

const VERIFICATION: &str = "iinspect.v1.VerificationService";

fn named(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.into() }
}

fn own_register() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--register".to_string(), url_of(&folder.path().join("register.db"))]);
    (folder, server)
}

#[tokio::test]
async fn a_register_of_ones_own_is_created_and_partial_by_default() {
    let (_folder, server) = own_register();
    let mut client = VerificationServiceClient::new(server.channel().await);
    let asked = VerifyRequest { iin: "009900000008".into(), ..VerifyRequest::default() };
    let answer = client.verify(asked).await.unwrap_or_else(|s| panic!("{s:?}"));
    assert!(uuid::Uuid::parse_str(answer.metadata().get("x-request-id").unwrap().to_str().unwrap()).is_ok());
    let answer = answer.into_inner();
    assert!(answer.verdict() == iinspect::pb::v1::Verdict::Inconclusive);
    assert!(answer.reasons().any(|r| r == iinspect::pb::v1::Reason::RegisterPartial));
}

#[tokio::test]
async fn health_check_list_and_watch() {
    let (_folder, mut server) = own_register();
    let mut health = HealthClient::new(server.channel().await);
    for service in ["", VERIFICATION, "iinspect.v1.IssuanceService", "iinspect.v1.RegisterService"] {
        let answer = health.check(named(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    assert_eq!(health.check(named("nobody")).await.unwrap_err().code(), Code::NotFound);
    let list = health.list(HealthListRequest {}).await.unwrap().into_inner();
    assert_eq!(list.statuses.len(), 4);

    let mut unknown = health.watch(named("nobody")).await.unwrap().into_inner();
    let first = unknown.message().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::ServiceUnknown);
    let mut whole = health.watch(named("")).await.unwrap().into_inner();
    assert_eq!(whole.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    let stopped = std::thread::spawn(move || (server.stop(), server.log()));
    let next = tokio::time::timeout(Duration::from_secs(2), whole.message()).await.unwrap();
    assert_eq!(next.unwrap().unwrap().status(), ServingStatus::NotServing, "before connections close");
    // Watches end with the drain: an open one must not hold it up.
    let end = tokio::time::timeout(Duration::from_secs(10), whole.message()).await.unwrap();
    assert!(end.unwrap().is_none());
    let (code, log) = tokio::task::spawn_blocking(move || stopped.join().unwrap()).await.unwrap();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("\"drained\""), "{log}");
}

#[tokio::test]
async fn calls_are_answered_during_the_drain_delay() {
    let (_folder, mut server) = own_register();
    let mut client = VerificationServiceClient::new(server.channel().await);
    let mut health = HealthClient::new(server.channel().await);
    let stopped = std::thread::spawn(move || server.stop());
    while health.check(named("")).await.unwrap().into_inner().status() == ServingStatus::Serving {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let asked = DecodeRequest { number: "009900000008".into() };
    assert!(client.decode(asked).await.is_ok_and(|a| a.into_inner().valid));
    assert_eq!(stopped.join().unwrap(), Some(0));
}

#[test]
fn a_second_ctrl_c_means_now_and_a_repeated_sigterm_does_not() {
    for (second, quick) in [("INT", true), ("TERM", false)] {
        let (_folder, mut server) = own_register();
        let started = std::time::Instant::now();
        server.signal("TERM");
        std::thread::sleep(Duration::from_millis(300));
        server.signal(second);
        assert_eq!(server.wait(), Some(0), "{}", server.log());
        // The drain delay is 3 s.
        assert_eq!(started.elapsed() < Duration::from_secs(2), quick, "{second}");
    }
}

#[test]
fn a_server_that_cannot_bind_leaves_the_register_alone() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    let address = taken.local_addr().unwrap().to_string();
    let output = run(iinspect()
        .args(["serve", "--admin-listen", &address, "--register", &url_of(&path)])
        .args(["--listen", "127.0.0.1:0"]));
    assert_eq!(code(&output), 69, "{}", stderr(&output));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn watches_of_long_names_are_refused_and_cost_nothing() {
    let (_folder, server) = own_register();
    let mut health = HealthClient::new(server.channel().await);
    let long = health.watch(named(&"x".repeat(100_000))).await;
    assert_eq!(long.err().map(|s| s.code()), Some(Code::OutOfRange));
    assert!(health.check(named("")).await.is_ok());
}

#[test]
fn admin_pages() {
    let (_folder, server) = own_register();
    assert_eq!(server.page("/livez"), (200, "ok\n".into()));
    assert_eq!(server.page("/readyz"), (200, "server: up\nregister: up\n".into()));
    let (_, metrics) = server.page("/metrics");
    assert!(metrics.contains("iinspect_component_up{component=\"register\"} 1"), "{metrics}");
    let (_, version) = server.page("/version");
    assert!(version.contains(env!("CARGO_PKG_VERSION")));
    assert_eq!(server.page("/elsewhere").0, 404);
}

#[tokio::test]
async fn a_listener_for_probes_has_health_alone() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = Server::start(&["--demo", "--health-listen", &free]);
    let url = format!("http://{free}");
    let output = run(iinspect().args(["healthcheck", "--server", &url]));
    assert_eq!((code(&output), stdout(&output).trim()), (0, "SERVING"));
    let output = run(iinspect().args(["healthcheck", "--service", "nobody", "--server", &url]));
    assert_eq!((code(&output), stdout(&output).trim()), (1, "SERVICE_UNKNOWN"));
    let output = run(iinspect().args(["verify", "009900000008", "--server", &url]));
    assert_eq!(code(&output), 64, "no calls here: {}", stderr(&output));
    drop(server);
}

#[tokio::test]
async fn a_request_that_is_too_large_is_out_of_range_and_the_connection_lives_on() {
    let (_folder, server) = own_register();
    let mut client = VerificationServiceClient::new(server.channel().await);
    let large = DecodeRequest { number: "1".repeat(10 << 20) };
    assert_eq!(client.decode(large).await.err().map(|s| s.code()), Some(Code::OutOfRange));
    let sound = DecodeRequest { number: "009900000008".into() };
    assert!(client.decode(sound).await.is_ok());
}
