//! TLS of the gRPC listener: who is let in, what a renewed certificate changes, what a slow client holds.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use iinspect::pb::health::HealthCheckRequest;
use iinspect::pb::health::health_client::HealthClient;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};

use super::child::*;
use crate::certificates::{authority, certificate};

/// Certificates: `server` for localhost by `ca`, `bank` by `clients`, and `other` by nobody of ours.
fn certificates() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["ca", "clients", "nobody"] {
        authority(folder.path(), name);
    }
    certificate(folder.path(), "ca", "server", "localhost", "subjectAltName=DNS:localhost");
    certificate(folder.path(), "clients", "bank", "bank", "subjectAltName=URI:spiffe://bank/kyc");
    certificate(folder.path(), "nobody", "other", "bank", "subjectAltName=URI:spiffe://bank/kyc");
    folder
}

fn start(folder: &Path, mutual: bool, more: &[&str]) -> Server {
    let path = |name: &str| folder.join(name).display().to_string();
    let clients = if mutual { format!("client_ca = {:?}\n", path("clients.pem")) } else { String::new() };
    let config = folder.join("iinspect.toml");
    let text =
        format!("[tls]\ncertificate = {:?}\nkey = {:?}\n{clients}", path("server.pem"), path("server.key"));
    fs::write(&config, text).unwrap();
    let config = config.display().to_string();
    Server::start(&[&["--demo", "--config", &config], more].concat())
}

fn secure(server: &Server) -> String {
    format!("https://localhost:{}", server.grpc.rsplit(':').next().unwrap())
}

/// A channel that trusts `ca`, and shows `certificate` if there is one.
async fn channel(
    server: &Server,
    folder: &Path,
    ca: &str,
    shown: Option<&str>,
) -> Result<Channel, tonic::transport::Error> {
    let read = |name: String| fs::read(folder.join(name)).unwrap();
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(format!("{ca}.pem"))));
    if let Some(shown) = shown {
        tls = tls.identity(Identity::from_pem(read(format!("{shown}.pem")), read(format!("{shown}.key"))));
    }
    Channel::from_shared(secure(server)).unwrap().tls_config(tls)?.connect().await
}

async fn is_answered(channel: Channel) -> bool {
    HealthClient::new(channel).check(HealthCheckRequest::default()).await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_speaks_tls_and_says_why_it_is_refused() {
    let folder = certificates();
    let server = start(folder.path(), true, &[]);
    let ask = |url: &str, flags: &[(&str, &str)]| {
        let mut command = iinspect();
        command.args(["healthcheck", "--server", url, "--timeout", "5s"]);
        for (flag, file) in flags {
            command.arg(flag).arg(folder.path().join(file));
        }
        let output = run(&mut command);
        (code(&output), stderr(&output))
    };
    let shown = [("--cert", "bank.pem"), ("--key", "bank.key")];
    let trusting = |ca: &'static str| [&[("--ca", ca)], &shown[..]].concat();
    assert_eq!(ask(&secure(&server), &trusting("ca.pem")).0, 0);

    let (refused, why) = ask(&secure(&server), &trusting("nobody.pem"));
    assert_eq!(refused, 69);
    assert!(why.contains("invalid peer certificate: UnknownIssuer"), "{why}");
    // The certificate is for localhost, not for the address.
    let (refused, why) = ask(&format!("https://{}", server.grpc), &trusting("ca.pem"));
    assert!(refused == 69 && why.contains("invalid peer certificate"), "{why}");
    // Whether the server's reason arrives before the connection is gone is the network's affair.
    assert_eq!(ask(&secure(&server), &[("--ca", "ca.pem")]).0, 69, "no certificate of its own");
    assert_eq!(ask(&server.url(), &[]).0, 69, "plaintext");
    let (usage, why) = ask(&server.url(), &[("--ca", "ca.pem")]);
    assert!(usage == 64 && why.contains("https://"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_certified_clients_are_let_in_and_probes_have_a_listener_of_their_own() {
    let folder = certificates();
    let server = start(folder.path(), true, &["--health-listen", "127.0.0.1:0"]);
    let known = channel(&server, folder.path(), "ca", Some("bank")).await.unwrap();
    assert!(is_answered(known).await);
    for stranger in [None, Some("other")] {
        // The server's refusal comes after the client's part of the handshake is over.
        let let_in = match channel(&server, folder.path(), "ca", stranger).await {
            Ok(channel) => is_answered(channel).await,
            Err(_) => false,
        };
        assert!(!let_in, "{stranger:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_for_new_connections_and_a_broken_one_for_none() {
    let folder = certificates();
    let server = start(folder.path(), false, &[]);
    let old = channel(&server, folder.path(), "ca", None).await.unwrap();
    assert!(is_answered(old.clone()).await);
    let told =
        |what: &str| server.page("/readyz").1.lines().any(|l| l.starts_with("tls:") && l.contains(what));

    // A key that is not the certificate's: both are kept as they were.
    fs::copy(folder.path().join("bank.key"), folder.path().join("server.key")).unwrap();
    server.signal("HUP");
    wait_until(|| told("kept:"));
    let still = channel(&server, folder.path(), "ca", None).await.unwrap();
    assert!(is_answered(still).await);

    certificate(folder.path(), "nobody", "server", "localhost", "subjectAltName=DNS:localhost");
    server.signal("HUP");
    wait_until(|| told("up:"));
    let new = channel(&server, folder.path(), "nobody", None).await.unwrap();
    assert!(is_answered(new).await);
    assert!(channel(&server, folder.path(), "ca", None).await.is_err(), "the old one is not shown any more");
    assert!(is_answered(old).await, "a connection keeps what it began with");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_do_not_shake_hands_hold_nobody_up() {
    let folder = certificates();
    let server = start(folder.path(), false, &[]);
    let silent: Vec<_> = (0..64).map(|_| std::net::TcpStream::connect(&server.grpc).unwrap()).collect();
    let channel = channel(&server, folder.path(), "ca", None).await.unwrap();
    assert!(is_answered(channel).await);
    drop(silent);
}

#[test]
fn files_that_are_no_certificates_are_64_with_every_fault() {
    let folder = certificates();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("empty.pem"), "").unwrap();
    for command in [
        &["serve", "--demo", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"][..],
        &["check-config"],
    ] {
        let mut command_line = iinspect();
        command_line.args(command);
        command_line.env("IINSPECT_TLS__CERTIFICATE", path("empty.pem"));
        command_line.env("IINSPECT_TLS__KEY", path("server.pem"));
        command_line.env("IINSPECT_TLS__CLIENT_CA", path("bank.key"));
        let output = run(&mut command_line);
        assert_eq!(code(&output), 64, "{}", stderr(&output));
        let text = stderr(&output);
        for fault in [
            "empty.pem: holds no certificate",
            "server.pem: holds no private key",
            "bank.key: holds no certificate",
        ] {
            assert!(text.contains(fault), "{fault}: {text}");
        }
    }
    let output = run(iinspect()
        .arg("check-config")
        .env("IINSPECT_TLS__CERTIFICATE", path("server.pem"))
        .env("IINSPECT_TLS__KEY", path("bank.key")));
    assert!(code(&output) == 64 && stderr(&output).contains("server.pem and "), "{}", stderr(&output));
    let output = run(iinspect()
        .arg("check-config")
        .env("IINSPECT_TLS__CERTIFICATE", path("server.pem"))
        .env("IINSPECT_TLS__KEY", path("server.key")));
    assert!(code(&output) == 0 && stdout(&output).contains("tls: serial "), "{}", stdout(&output));
}

fn wait_until(mut happened: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !happened() {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(20));
    }
}
