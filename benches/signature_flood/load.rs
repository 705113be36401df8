//! Calls of Verify, by callers who wait or by the clock, and what came of them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{Reason, Verdict, VerifyRequest, VerifyResponse};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tonic::transport::Channel;
use tonic::{Code, Response, Status};

use crate::child;

/// Plain and signed calls have connections of their own.
const CONNECTIONS: usize = 4;

/// When the next call is made.
#[derive(Clone, Copy)]
pub(crate) enum By {
    /// So many callers who wait for their answers.
    Callers(usize),
    /// So many a second, whatever became of those before.
    Clock(f64),
}

/// What is asked, and over which connections.
pub(crate) struct Calls {
    channels: Vec<Channel>,
    asked: Arc<Vec<VerifyRequest>>,
}

/// What came of calls.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Verified, and how long that took.
    verified: Vec<Duration>,
    /// Judged, though not verified: the challenge was used before.
    used: Vec<Duration>,
    /// INCONCLUSIVE, OVERLOADED.
    overloaded: Vec<Duration>,
    /// RESOURCE_EXHAUSTED.
    exhausted: u64,
    other: u64,
    lasted: Duration,
}

impl Calls {
    pub(crate) async fn over(server: &child::Server, asked: Vec<VerifyRequest>) -> Self {
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(server.channel().await);
        }
        Calls { channels, asked: asked.into() }
    }

    pub(crate) async fn run(&self, by: By, lasts: Duration) -> Outcome {
        let told = Arc::new(Mutex::new(Outcome::default()));
        let began = Instant::now();
        let mut calls = JoinSet::new();
        match by {
            By::Callers(callers) => {
                for caller in 0..callers {
                    let (told, mut n) = (told.clone(), caller);
                    let (channel, asked) = (self.channels[caller % CONNECTIONS].clone(), self.asked.clone());
                    calls.spawn(async move {
                        while began.elapsed() < lasts {
                            ask(channel.clone(), &asked[n % asked.len()], &told).await;
                            n += callers;
                        }
                    });
                }
            }
            By::Clock(rate) => {
                for n in 0..(rate * lasts.as_secs_f64()) as usize {
                    sleep_until(began + Duration::from_secs_f64(n as f64 / rate)).await;
                    let (channel, asked) = (self.channels[n % CONNECTIONS].clone(), self.asked.clone());
                    let told = told.clone();
                    calls.spawn(async move { ask(channel, &asked[n % asked.len()], &told).await });
                    while calls.try_join_next().is_some() {}
                }
            }
        }
        while calls.join_next().await.is_some() {}
        let mut told = std::mem::take(&mut *told.lock().unwrap());
        told.verified.sort_unstable();
        told.lasted = began.elapsed();
        told
    }
}

async fn ask(channel: Channel, asked: &VerifyRequest, told: &Mutex<Outcome>) {
    let began = Instant::now();
    let answer = VerificationServiceClient::new(channel).verify(asked.clone()).await;
    told.lock().unwrap().note(answer.map(Response::into_inner), began.elapsed());
}

impl Outcome {
    fn note(&mut self, answer: Result<VerifyResponse, Status>, took: Duration) {
        let because = |answer: &VerifyResponse, reason| answer.reasons().any(|told| told == reason);
        match answer {
            Ok(answer) if answer.verdict() == Verdict::Verified => self.verified.push(took),
            Ok(answer) if because(&answer, Reason::ChallengeUsed) => self.used.push(took),
            Ok(answer) if because(&answer, Reason::Overloaded) => self.overloaded.push(took),
            Err(status) if status.code() == Code::ResourceExhausted => self.exhausted += 1,
            _ => self.other += 1,
        }
    }

    fn judged(&self) -> usize {
        self.verified.len() + self.used.len()
    }

    /// Calls a second that were answered with what they asked for.
    pub(crate) fn rate(&self) -> f64 {
        self.judged() as f64 / self.lasted.as_secs_f64()
    }

    /// Within which time so many of a hundred were verified.
    pub(crate) fn at(&self, percent: usize) -> Duration {
        self.verified.get(self.verified.len() * percent / 100).copied().unwrap_or_default()
    }

    /// All that were not verified or judged.
    pub(crate) fn failed(&self) -> u64 {
        self.overloaded.len() as u64 + self.exhausted + self.other
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} a second judged", self.rate())?;
        if self.used.is_empty() {
            write!(f, ", p50 {:.2?}, p99 {:.2?}", self.at(50), self.at(99))?;
        }
        write!(
            f,
            "; {} INCONCLUSIVE with OVERLOADED, {} RESOURCE_EXHAUSTED, {} others",
            self.overloaded.len(),
            self.exhausted,
            self.other
        )
    }
}

/// Runs one while the other is under way, which is given a second to begin.
pub(crate) async fn during(
    flood: impl Future<Output = Outcome>,
    calls: impl Future<Output = Outcome>,
) -> (Outcome, Outcome) {
    let begun = Instant::now() + Duration::from_millis(500);
    let later = async {
        sleep_until(begun).await;
        calls.await
    };
    let (flood, calls) = tokio::join!(flood, later);
    (calls, flood)
}
