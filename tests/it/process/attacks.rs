//! Clients that mean no good, each on its own connection, beside one that does: what they hold is
//! bounded in time, and the other is answered.

use std::fs;
use std::time::Duration;

use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use iinspect::pb::health::HealthCheckRequest;
use iinspect::pb::health::health_client::HealthClient;
use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{DecodeRequest, ScreenDepth, ScreenRequest};
use prost::Message;
use prost::bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::child::*;
use super::wire::{huge, request};

/// A demo server with these limits.
fn server(limits: &str) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("iinspect.toml");
    fs::write(&config, format!("[limits]\n{limits}\n")).unwrap();
    Server::start(&["--demo", "--config", &config.display().to_string()])
}

/// A connection, how it ends, and requests on it.
async fn connect(
    server: &Server,
    builder: &h2::client::Builder,
) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let stream = TcpStream::connect(&server.grpc).await.unwrap();
    let (client, connection) = builder.handshake(stream).await.unwrap();
    (client, tokio::spawn(connection))
}

/// A message as it goes over the wire.
fn framed(message: &impl Message) -> Bytes {
    let body = message.encode_to_vec();
    let mut framed = vec![0];
    framed.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    framed.extend(body);
    framed.into()
}

/// The status of an answer, from its headers or its trailers.
async fn status(answer: http::Response<RecvStream>) -> String {
    let (head, mut body) = answer.into_parts();
    if let Some(status) = head.headers.get("grpc-status") {
        return status.to_str().unwrap().to_string();
    }
    while let Some(data) = body.data().await {
        let _ = body.flow_control().release_capacity(data.unwrap().len());
    }
    body.trailers().await.unwrap().unwrap()["grpc-status"].to_str().unwrap().to_string()
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future).await.expect("in time")
}

/// A client who means well is answered.
async fn is_answered(server: &Server) -> bool {
    let asked = DecodeRequest { number: "009900000008".into() };
    let answer = VerificationServiceClient::new(server.channel().await).decode(asked).await;
    answer.is_ok_and(|answer| answer.into_inner().valid)
}

fn in_flight(server: &Server) -> String {
    let page = server.page("/metrics").1;
    page.lines().find(|l| l.starts_with("iinspect_calls_in_flight")).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_come_gives_its_place_back_long_before_the_deadline() {
    let server = server("concurrency = 2\nbody_idle = \"300ms\"\ndeadline = \"5m\"");
    let (client, _connection) = connect(&server, &h2::client::Builder::new()).await;
    let mut client = client.ready().await.unwrap();
    let mut slow = Vec::new();
    for _ in 0..2 {
        let (answer, mut body) = client.send_request(request("Decode"), false).unwrap();
        // Some of it comes, and then nothing.
        body.send_data(framed(&DecodeRequest { number: "0099".into() }).slice(..3), false).unwrap();
        slow.push((answer, body));
    }
    for (answer, _body) in slow {
        assert_eq!(status(within(answer).await.unwrap()).await, "4");
    }
    assert!(is_answered(&server).await, "the places are free");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_not_taken_end_their_connection_and_no_other() {
    let server = server("concurrency = 4\nscreens = 4\nunread = \"300ms\"\ndeadline = \"5m\"");
    // A client that grants no room for answers.
    let (client, connection) = connect(&server, h2::client::Builder::new().initial_window_size(0)).await;
    let mut client = client.ready().await.unwrap();
    let screen = ScreenRequest {
        iins: vec![9_900_000_008; 1000],
        depth: ScreenDepth::Structure.into(),
        ..ScreenRequest::default()
    };
    let mut unread = Vec::new();
    for _ in 0..4 {
        let (answer, mut body) = client.send_request(request("Screen"), false).unwrap();
        body.send_data(framed(&screen), true).unwrap();
        unread.push(within(answer).await.unwrap());
    }
    // Every place is held by an answer that is ready. Health is answered, and the connection ends.
    let mut health = HealthClient::new(server.channel().await);
    assert!(health.check(HealthCheckRequest::default()).await.is_ok());
    let _ = within(connection).await.unwrap();
    drop(unread);
    let end = tokio::time::Instant::now() + Duration::from_secs(10);
    while !in_flight(&server).ends_with(" 0") && tokio::time::Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(is_answered(&server).await, "{}", in_flight(&server));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_are_taken_back_at_once_end_their_connection() {
    let server = server("");
    let (mut client, connection) = connect(&server, &h2::client::Builder::new()).await;
    let attack = async {
        for _ in 0..100_000 {
            let Ok(mut ready) = client.ready().await else { return };
            let Ok((_, mut body)) = ready.send_request(request("Verify"), false) else { return };
            body.send_reset(Reason::CANCEL);
            client = ready;
        }
    };
    within(attack).await;
    let ended = within(connection).await.unwrap().expect_err("the server ends it");
    assert!(
        ended.is_go_away() && ended.reason() == Some(Reason::ENHANCE_YOUR_CALM) || ended.is_io(),
        "{ended:?}"
    );
    assert!(is_answered(&server).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_without_end_are_refused() {
    let server = server("");
    let (client, _connection) = connect(&server, &h2::client::Builder::new()).await;
    let mut client = client.ready().await.unwrap();
    let (answer, _) = client.send_request(huge("Decode"), true).unwrap();
    let refused = match within(answer).await {
        Ok(answer) => answer.status() == http::StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Err(e) => e.is_reset() || e.is_go_away() || e.is_io(),
    };
    assert!(refused);
    assert!(is_answered(&server).await);
}

/// Bytes that are no HTTP/2, after the preface and settings that are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_break_the_protocol_end_their_connection() {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let server = server("");
    let attacks: [(&str, Vec<u8>); 4] = [
        ("a frame of 16 MiB", [&[0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1][..], &[0; 1024]].concat()),
        ("data of a stream that nobody began", vec![0, 0, 1, 0, 0, 0, 0, 0, 1, 0]),
        ("a header block that HPACK does not know", vec![0, 0, 4, 1, 5, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF]),
        // CONTINUATION frames that never end a header block.
        ("continuations without end", {
            let mut bytes = vec![0, 0, 1, 1, 1, 0, 0, 0, 1, 0x82];
            for _ in 0..4096 {
                bytes.extend([0, 0, 8, 9, 0, 0, 0, 0, 1]);
                bytes.extend(b"\x40\x02xx\x02yy\x82");
            }
            bytes
        }),
    ];
    for (what, bytes) in attacks {
        let mut stream = TcpStream::connect(&server.grpc).await.unwrap();
        stream.write_all(PREFACE).await.unwrap();
        // The server may end it while we write.
        let _ = stream.write_all(&bytes).await;
        let mut told = Vec::new();
        let ended = timeout(Duration::from_secs(20), stream.read_to_end(&mut told)).await;
        assert!(ended.is_ok(), "{what}: the connection is still open");
        assert!(is_answered(&server).await, "{what}");
    }
    // Cut in the middle of a frame.
    let mut stream = TcpStream::connect(&server.grpc).await.unwrap();
    stream.write_all(&[PREFACE, &[0, 0, 100, 1]].concat()).await.unwrap();
    drop(stream);
    assert!(is_answered(&server).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_connection_is_asked_to_be_made_anew_and_finishes_what_it_has() {
    let server = server("connection_age = \"300ms\"\ndeadline = \"5m\"\nbody_idle = \"1m\"");
    let (client, connection) = connect(&server, &h2::client::Builder::new()).await;
    let mut client = client.ready().await.unwrap();
    let asked = framed(&DecodeRequest { number: "009900000008".into() });
    let (answer, mut body) = client.send_request(request("Decode"), false).unwrap();
    body.send_data(asked.slice(..3), false).unwrap();
    // The server says that it takes no more on this connection.
    let refused = async {
        loop {
            match client.clone().ready().await {
                Ok(mut ready) => {
                    let (answer, _) = match ready.send_request(request("Decode"), true) {
                        Ok(sent) => sent,
                        Err(e) => return e,
                    };
                    if let Err(e) = answer.await {
                        return e;
                    }
                }
                Err(e) => return e,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let refused = within(refused).await;
    assert!(refused.is_go_away() && refused.reason() == Some(Reason::NO_ERROR), "{refused:?}");
    body.send_data(asked.slice(3..), true).unwrap();
    assert_eq!(status(within(answer).await.unwrap()).await, "0", "what was under way is answered");
    drop((client, body));
    assert!(within(connection).await.unwrap().is_ok());
    assert!(is_answered(&server).await, "on a new one");
}

/// One who sends some of his numbers and no more holds the only place: a file waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_not_given_up_because_the_server_is_full() {
    let server = server("screens = 1\nbody_idle = \"2s\"");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("numbers.csv");
    fs::write(&file, "iin\n009900000008\n").unwrap();
    let (client, _connection) = connect(&server, &h2::client::Builder::new()).await;
    let (_answer, mut body) = client.ready().await.unwrap().send_request(request("Screen"), false).unwrap();
    // More than is waited for before a call begins, and not all.
    let long = ScreenRequest { iins: vec![9_900_000_008; 2000], ..ScreenRequest::default() };
    body.send_data(framed(&long).slice(..8192), false).unwrap();
    let mut others = VerificationServiceClient::new(server.channel().await);
    let screen = ScreenRequest {
        iins: vec![9_900_000_008],
        depth: ScreenDepth::Structure.into(),
        ..ScreenRequest::default()
    };
    let full = async {
        while others.screen(screen.clone()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    within(full).await;
    let asked = ["screen", file.to_str().unwrap(), "--depth", "structure"];
    let output = tokio::task::block_in_place(|| server.ask(&asked));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    drop(body);
}
