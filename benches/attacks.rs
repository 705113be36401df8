//! What attacks cost: memory of the server and the time of a well-meaning client's calls, while each lasts:
//! `make trial-attacks`. That they are bounded at all is a test; this says by how much.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    dead_code
)]

#[path = "../tests/it/process/child.rs"]
mod child;
#[path = "../tests/it/process/wire.rs"]
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use h2::Reason;
use h2::client::SendRequest;
use iinspect::pb::v1::DecodeRequest;
use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use prost::bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// How long an attack lasts, unless it has so many steps.
const LASTS: Duration = Duration::from_secs(8);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = child::Server::start(&["--demo"]);
    let address: Arc<str> = server.grpc.as_str().into();
    println!(
        "{:<28} {:>10} {:>10} {:>8} {:>9} {:>12}",
        "attack", "p50", "p99", "failed", "calls", "KiB resident"
    );
    runtime.block_on(async {
        row(&server, "none", sleep(LASTS)).await;
        row(&server, "10,000 idle connections", idle(&address)).await;
        row(&server, "slow headers", slow(&address, Slow::Headers)).await;
        row(&server, "slow bodies", slow(&address, Slow::Bodies)).await;
        row(&server, "rapid reset", resets(&address)).await;
        row(&server, "huge headers", huge(&address)).await;
        row(&server, "broken frames", broken(&address)).await;
        let done = AtomicU64::new(0);
        row(&server, "1,000,000 tiny streams", tiny(&address, &done)).await;
        println!("{} tiny streams were answered", done.load(Ordering::Relaxed));
        row(&server, "none, afterwards", sleep(LASTS)).await;
    });
}

/// One line: the well-meaning client calls a hundred times a second while the attack lasts.
async fn row(server: &child::Server, what: &str, attack: impl Future<Output = ()>) {
    let over = Arc::new(AtomicBool::new(false));
    let good = tokio::spawn(calls(server.channel().await, over.clone()));
    attack.await;
    let resident = server.resident();
    over.store(true, Ordering::Relaxed);
    let (mut took, failed) = good.await.unwrap();
    took.sort_unstable();
    let at = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default();
    let (p50, p99) = (format!("{:.1?}", at(50)), format!("{:.1?}", at(99)));
    println!("{what:<28} {p50:>10} {p99:>10} {failed:>8} {:>9} {resident:>12}", took.len());
}

async fn calls(channel: tonic::transport::Channel, over: Arc<AtomicBool>) -> (Vec<Duration>, u64) {
    let (mut took, mut failed) = (Vec::new(), 0);
    while !over.load(Ordering::Relaxed) {
        let began = Instant::now();
        let asked = DecodeRequest { number: "009900000008".into() };
        let mut client = VerificationServiceClient::new(channel.clone());
        match timeout(Duration::from_secs(5), client.decode(asked)).await {
            Ok(Ok(_)) => took.push(began.elapsed()),
            _ => failed += 1,
        }
        sleep_until(began + Duration::from_millis(10)).await;
    }
    (took, failed)
}

/// As many as the server takes and this process may open; each says that it speaks HTTP/2 and no more.
async fn idle(address: &str) {
    let mut held = Vec::new();
    for _ in 0..10_000 {
        let stream = timeout(Duration::from_secs(1), TcpStream::connect(address)).await;
        let Ok(Ok(mut stream)) = stream else { break };
        if stream.write_all(PREFACE).await.is_err() {
            break;
        }
        held.push(stream);
    }
    sleep(LASTS / 2).await;
    println!("  {} connections were held", held.len());
}

enum Slow {
    Headers,
    Bodies,
}

/// 64 connections with 64 streams each that begin something and do not go on.
async fn slow(address: &str, what: Slow) {
    let mut held = Vec::new();
    for _ in 0..64 {
        match what {
            Slow::Headers => {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(PREFACE).await.unwrap();
                // A header block of one byte that is to go on in a CONTINUATION.
                stream.write_all(&[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82]).await.unwrap();
                held.push((Some(stream), None));
            }
            Slow::Bodies => {
                let mut streams = Vec::new();
                let mut client = connect(address).await;
                for _ in 0..64 {
                    client = client.ready().await.unwrap();
                    streams.push(client.send_request(wire::request("Decode"), false).unwrap());
                }
                held.push((None, Some((client, streams))));
            }
        }
    }
    sleep(LASTS).await;
}

async fn resets(address: &str) {
    let (end, mut closed, mut begun) = (Instant::now() + LASTS, 0u64, 0u64);
    while Instant::now() < end {
        let mut client = connect(address).await;
        loop {
            let Ok(mut ready) = client.ready().await else { break };
            let Ok((_, mut body)) = ready.send_request(wire::request("Verify"), false) else { break };
            body.send_reset(Reason::CANCEL);
            begun += 1;
            client = ready;
            if Instant::now() > end {
                break;
            }
        }
        closed += 1;
    }
    println!("  {begun} streams were taken back; {closed} connections were closed for it");
}

async fn huge(address: &str) {
    let end = Instant::now() + LASTS;
    while Instant::now() < end {
        let Ok(mut client) = connect(address).await.ready().await else { continue };
        if let Ok((answer, _)) = client.send_request(wire::huge("Decode"), true) {
            let _ = timeout(Duration::from_secs(1), answer).await;
        }
    }
}

/// A frame of 16 MiB, and one that is cut.
async fn broken(address: &str) {
    let end = Instant::now() + LASTS;
    while Instant::now() < end {
        for frame in [&[0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1][..], &[0, 0, 100, 1]] {
            let Ok(mut stream) = TcpStream::connect(address).await else { continue };
            let _ = stream.write_all(&[PREFACE, frame].concat()).await;
        }
    }
}

/// Calls with nothing in them, as fast as one connection goes.
async fn tiny(address: &str, done: &AtomicU64) {
    let end = Instant::now() + 4 * LASTS;
    let mut client = connect(address).await;
    let mut answers = tokio::task::JoinSet::new();
    for _ in 0..1_000_000u32 {
        let ready = match client.ready().await {
            Ok(ready) if Instant::now() < end => ready,
            _ => break,
        };
        client = ready;
        let Ok((answer, mut body)) = client.send_request(wire::request("Decode"), false) else { break };
        let _ = body.send_data(Bytes::from_static(&[0, 0, 0, 0, 0]), true);
        answers.spawn(answer);
        while let Some(answer) = answers.try_join_next() {
            done.fetch_add(u64::from(answer.is_ok_and(|answer| answer.is_ok())), Ordering::Relaxed);
        }
    }
}

async fn connect(address: &str) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client
}
