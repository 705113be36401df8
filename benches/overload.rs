//! Overload: the server on one processor, its callers on the other, and three times as many costly calls
//! as it can answer: `make trial-overload`. `FLOOD_SECONDS=60` is how long the flood lasts.
//!
//! Calls come by the clock (open loop): one that is late keeps none of the others waiting, as callers
//! who know nothing of each other.
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
#[path = "persons.rs"]
mod persons;

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use beside::{pin, probe};
use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{ScreenDepth, ScreenRequest};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tonic::Code;
use tonic::transport::Channel;

/// Numbers of one call: what makes it costly.
const NUMBERS: usize = 10_000;
/// Callers at once while the ceiling is measured: as many as the server takes on one processor.
const CLOSED: usize = 2;
const CONNECTIONS: usize = 4;

fn main() {
    let seconds = std::env::var("FLOOD_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(60);
    pin("1", std::process::id());
    let server = child::Server::start(&["--demo"]);
    pin("0", server.id());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(server.channel().await);
        }
        let iins = (0..).filter_map(persons::number).take(NUMBERS).map(|iin| iin.as_u64()).collect();
        let asked =
            Arc::new(ScreenRequest { iins, depth: ScreenDepth::Register.into(), ..ScreenRequest::default() });
        closed(&channels, &asked, 2).await;
        let ceiling = closed(&channels, &asked, 10).await;
        println!("ceiling: {ceiling:.1} calls/s of {NUMBERS} numbers each");
        let calm = open(&server, &channels, &asked, ceiling * 0.7, 20).await;
        println!("at 70 %: {calm}");
        let flood = open(&server, &channels, &asked, ceiling * 3.0, seconds).await;
        println!("at 300 %: {flood}");
        let goodput = flood.accepted() as f64 / seconds as f64 / ceiling;
        let p99 = flood.p99().as_secs_f64() / calm.p99().as_secs_f64();
        let memory = flood.resident as f64 / calm.resident as f64;
        println!("goodput {goodput:.2} of the ceiling (goal 0.80)");
        println!("p99 of accepted calls {p99:.2} times that at 70 % (goal 3)");
        println!("resident memory {memory:.2} times that at 70 % (goal 1.20)");
        println!("health: {} probes failed (goal 0), p99 {:.1?}", flood.health_failed, flood.health_p99());
    });
}

/// Calls a second with [`CLOSED`] callers who wait for their answers.
async fn closed(channels: &[Channel], asked: &Arc<ScreenRequest>, seconds: u64) -> f64 {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut callers = JoinSet::new();
    for i in 0..CLOSED {
        let (channel, asked) = (channels[i % channels.len()].clone(), asked.clone());
        callers.spawn(async move {
            let mut done = 0u64;
            while Instant::now() < end {
                let answer = VerificationServiceClient::new(channel.clone()).screen((*asked).clone()).await;
                assert_eq!(answer.unwrap().into_inner().verdicts.len(), NUMBERS);
                done += 1;
            }
            done
        });
    }
    callers.join_all().await.into_iter().sum::<u64>() as f64 / seconds as f64
}

/// What came of calls by the clock.
struct Outcome {
    took: Vec<Duration>,
    refused: u64,
    other: u64,
    health: Vec<Duration>,
    health_failed: u64,
    /// KiB.
    resident: u64,
}

impl Outcome {
    fn accepted(&self) -> usize {
        self.took.len()
    }

    fn p99(&self) -> Duration {
        self.took[self.took.len() * 99 / 100]
    }

    fn health_p99(&self) -> Duration {
        self.health[self.health.len() * 99 / 100]
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (p50, p99) = (self.took[self.took.len() / 2], self.p99());
        write!(
            f,
            "{} accepted, p50 {p50:.1?}, p99 {p99:.1?}; {} refused, {} others; {} KiB resident",
            self.took.len(),
            self.refused,
            self.other,
            self.resident
        )
    }
}

async fn open(
    server: &child::Server,
    channels: &[Channel],
    asked: &Arc<ScreenRequest>,
    rate: f64,
    seconds: u64,
) -> Outcome {
    let all = (rate * seconds as f64) as u32;
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    let probes = tokio::spawn(probe(server.channel().await, end));
    let told = Arc::new(Mutex::new((Vec::new(), 0u64, 0u64)));
    let mut calls = JoinSet::new();
    for i in 0..all {
        sleep_until(began + Duration::from_secs_f64(f64::from(i) / rate)).await;
        let (channel, asked, told) =
            (channels[i as usize % channels.len()].clone(), asked.clone(), told.clone());
        calls.spawn(async move {
            let began = Instant::now();
            let answer = VerificationServiceClient::new(channel).screen((*asked).clone()).await;
            let mut told = told.lock().unwrap();
            match answer {
                Ok(answer) if answer.get_ref().verdicts.len() == NUMBERS => told.0.push(began.elapsed()),
                Err(status) if status.code() == Code::ResourceExhausted => told.1 += 1,
                _ => told.2 += 1,
            }
        });
        while calls.try_join_next().is_some() {}
    }
    let resident = server.resident();
    calls.join_all().await;
    let (mut health, health_failed) = probes.await.unwrap();
    let (mut took, refused, other) = std::mem::take(&mut *told.lock().unwrap());
    took.sort_unstable();
    health.sort_unstable();
    Outcome { took, refused, other, health, health_failed, resident }
}
