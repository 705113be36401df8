//! Signatures by the flood beside calls that have none: `make trial-signatures`. The server runs on one
//! processor, its callers on the other; `FLOOD_SECONDS=20` is how long each figure is measured for.
//!
//! Signed calls come by the clock, three times as many as can be judged: GOST messages of an authority
//! made here, each over a challenge of this server. What is told is what plain calls notice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    dead_code
)]

#[path = "beside.rs"]
mod beside;
#[path = "../tests/it/process/child.rs"]
mod child;
#[path = "signature_flood/load.rs"]
mod load;
#[path = "../tests/pki/pki.rs"]
mod pki;
#[path = "../tests/it/signature/scene.rs"]
mod scene;

use std::time::Duration;

use beside::{pin, probe};
use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use load::{By, Calls, during};
use tokio::time::Instant;

/// Challenges that are signed beforehand, and answered again and again.
const SIGNED: usize = 256;
/// The share of the plain calls that the server can answer which come by the clock.
const PLAIN: f64 = 0.3;
/// How many times what it can judge the server is sent.
const FLOOD: f64 = 3.0;

fn main() {
    let seconds = std::env::var("FLOOD_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(20);
    let lasts = Duration::from_secs(seconds);
    pin("1", std::process::id());
    let pki = pki::Pki::gost();
    let folder = tempfile::tempdir().unwrap();
    scene::trust(&pki, folder.path());
    // Nobody but the pool is to be waited for, and no challenge ends before the trial does.
    let more = "[revocation]\nmode = \"none\"\n[signature]\nchallenge_ttl = \"1h\"\n";
    let scene = scene::Scene::start(&pki, pki::signer::Signer::gost("flood"), folder, more);
    pin("0", scene.server.id());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut client = VerificationServiceClient::new(scene.server.channel().await);
        let mut signed = Vec::new();
        for _ in 0..SIGNED {
            signed.push(scene.signed(&mut client).await);
        }
        let plain = Calls::over(&scene.server, vec![scene::plain()]).await;
        let signed = Calls::over(&scene.server, signed).await;
        plain.run(By::Callers(16), Duration::from_secs(2)).await;
        let ceiling = plain.run(By::Callers(16), lasts / 2).await.rate();
        let judged = signed.run(By::Callers(16), lasts / 2).await.rate();
        println!("ceilings: {ceiling:.0} plain calls/s, {judged:.0} signatures/s");

        let flood = || signed.run(By::Clock(judged * FLOOD), lasts + Duration::from_secs(1));
        let alone = plain.run(By::Clock(ceiling * PLAIN), lasts).await;
        println!("plain, alone: {alone}");
        let beside = during(flood(), plain.run(By::Clock(ceiling * PLAIN), lasts));
        let probes = probe(scene.server.channel().await, Instant::now() + lasts);
        let ((beside, flooded), (answered, unanswered)) = tokio::join!(beside, probes);
        println!("plain, beside the flood: {beside}");
        println!("the flood: {flooded}");
        let (most, _) = during(flood(), plain.run(By::Callers(16), lasts)).await;
        let p99 = beside.at(99).as_secs_f64() / alone.at(99).as_secs_f64();
        println!("p99 of plain calls {p99:.2} times that alone (goal 3)");
        println!("plain calls answered at the most {:.2} of the ceiling (goal 0.50)", most.rate() / ceiling);
        let failed = alone.failed() + beside.failed() + most.failed();
        println!("plain calls that failed: {failed} (goal 0)");
        let all = answered.len() as u64 + unanswered;
        println!("health: {unanswered} of {all} probes failed (goal 0)");
    });
}
