//! Callers who wait for their answers, and what they cost the server.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{Verdict, VerifyRequest, VerifyResponse};
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::beside::pin;
use crate::redis_server::Redis;

/// Connections, and callers on each.
const CONNECTIONS: usize = 4;
const CALLERS: usize = 8;
/// The processor time that the kernel counts in, a second's part.
const TICKS: f64 = 100.0;
/// About as long as a fact's value in Redis.
const VALUE: usize = 512;

/// What was measured, in one piece or in several.
#[derive(Default)]
pub(crate) struct Figures {
    /// Seconds that it took, and of the server's processor time.
    elapsed: f64,
    used: f64,
    took: Vec<Duration>,
    sources: BTreeMap<&'static str, usize>,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |percent: usize| self.took[(self.took.len() - 1) * percent / 100];
        write!(
            f,
            "{:>8.0} calls/s, {:>6.1} us of CPU each, p50 {:>8.1?}, p99 {:>8.1?}",
            self.rate(),
            self.cpu(),
            at(50),
            at(99)
        )
    }
}

impl Figures {
    /// Calls a second.
    pub(crate) fn rate(&self) -> f64 {
        self.took.len() as f64 / self.elapsed
    }

    /// Microseconds of the server's processor time, a call.
    pub(crate) fn cpu(&self) -> f64 {
        self.used * 1e6 / self.took.len() as f64
    }

    /// Both together.
    pub(crate) fn and(mut self, more: Self) -> Self {
        self.elapsed += more.elapsed;
        self.used += more.used;
        self.took.extend(more.took);
        self.took.sort_unstable();
        for (source, count) in more.sources {
            *self.sources.entry(source).or_default() += count;
        }
        self
    }

    /// Says so when facts did not come from where they were to come from.
    pub(crate) fn must_be_from(&self, source: &str, share: f64) {
        let from = self.sources.iter().filter(|(name, _)| **name == source).map(|(_, n)| n).sum::<usize>();
        assert!(from as f64 >= share * self.took.len() as f64, "{:?}", self.sources);
    }
}

/// Seconds of processor time that a process has had.
fn cpu(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / TICKS
}

async fn channels(url: &str) -> Vec<Channel> {
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS {
        channels.push(Channel::from_shared(url.to_string()).unwrap().connect().await.unwrap());
    }
    channels
}

async fn ask(client: &mut VerificationServiceClient<Channel>, number: &str) -> VerifyResponse {
    let asked = VerifyRequest { iin: number.to_string(), ..VerifyRequest::default() };
    client.verify(asked).await.unwrap().into_inner()
}

async fn verify(client: &mut VerificationServiceClient<Channel>, number: &str) -> VerifyResponse {
    let answer = ask(client, number).await;
    assert!(answer.verdict() == Verdict::Verified);
    answer
}

/// One answer, once the server has found its register.
pub(crate) async fn answer(url: &str, number: &str) -> VerifyResponse {
    let mut client = VerificationServiceClient::new(channels(url).await.remove(0));
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = ask(&mut client, number).await;
        if answer.verdict() == Verdict::Verified {
            return answer;
        }
        assert!(Instant::now() < end, "the register never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asks for each number once.
pub(crate) async fn once(url: &str, numbers: &Arc<[String]>) {
    run(url, numbers, None).await;
}

/// Asks for each number once and measures it, the server on a processor of its own.
pub(crate) async fn pinned_once(server: u32, url: &str, numbers: &Arc<[String]>) -> Figures {
    pin("0", server);
    measured(server, run(url, numbers, None)).await
}

/// Asks for numbers for so long, the server on a processor of its own; once to warm up, then measured.
pub(crate) async fn pinned_load(server: u32, url: &str, numbers: &Arc<[String]>, seconds: u64) -> Figures {
    pin("0", server);
    run(url, numbers, Some(Duration::from_secs(2))).await;
    measured(server, run(url, numbers, Some(Duration::from_secs(seconds)))).await
}

async fn measured(server: u32, run: impl Future<Output = Vec<(Duration, &'static str)>>) -> Figures {
    let (before, began) = (cpu(server), Instant::now());
    let calls = run.await;
    let (elapsed, used) = (began.elapsed().as_secs_f64(), cpu(server) - before);
    let mut sources = BTreeMap::new();
    for (_, source) in &calls {
        *sources.entry(*source).or_default() += 1;
    }
    let mut took: Vec<_> = calls.into_iter().map(|(took, _)| took).collect();
    took.sort_unstable();
    Figures { elapsed, used, took, sources }
}

/// Calls for so long, or each number once: how long each took, and where its fact came from.
async fn run(url: &str, numbers: &Arc<[String]>, long: Option<Duration>) -> Vec<(Duration, &'static str)> {
    let channels = channels(url).await;
    let end = long.map(|long| Instant::now() + long);
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for caller in 0..CONNECTIONS * CALLERS {
        let mut client = VerificationServiceClient::new(channels[caller % CONNECTIONS].clone());
        let (numbers, next) = (numbers.clone(), next.clone());
        callers.spawn(async move {
            let mut calls = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if end.map_or(n >= numbers.len(), |end| Instant::now() >= end) {
                    return calls;
                }
                // Far from the one before, so that those asked for together are not neighbours.
                let number = &numbers[n.wrapping_mul(7_919) % numbers.len()];
                let began = Instant::now();
                let answer = verify(&mut client, number).await;
                let source = answer.provenance.map_or("", |from| from.source().as_str_name());
                calls.push((began.elapsed(), source));
            }
        });
    }
    callers.join_all().await.into_iter().flatten().collect()
}

/// Microseconds of this process's time that a GET takes by the client that the cache uses, with as many
/// callers at once.
pub(crate) async fn gets(redis: &Redis, seconds: u64) -> f64 {
    let client = redis::Client::open(format!("{}/?protocol=resp3", redis.url())).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let set = redis::cmd("SET").arg("bench").arg(vec![7u8; VALUE]).to_owned();
    set.query_async::<()>(&mut connection.clone()).await.unwrap();
    let (before, end) = (cpu(std::process::id()), Instant::now() + Duration::from_secs(seconds));
    let mut callers = JoinSet::new();
    for _ in 0..CONNECTIONS * CALLERS {
        let mut connection = connection.clone();
        callers.spawn(async move {
            let mut count = 0u64;
            while Instant::now() < end {
                let value: Vec<u8> =
                    redis::cmd("GET").arg("bench").query_async(&mut connection).await.unwrap();
                assert_eq!(value.len(), VALUE);
                count += 1;
            }
            count
        });
    }
    let count: u64 = callers.join_all().await.into_iter().sum();
    (cpu(std::process::id()) - before) * 1e6 / count as f64
}
