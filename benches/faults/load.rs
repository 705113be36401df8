//! Calls at a steady rate, whatever becomes of them: each is due at its time and measured from it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use iinspect::pb::v1::register_service_client::RegisterServiceClient;
use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{self, VerifyRequest};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tonic::Code;
use tonic::transport::Channel;

use crate::history::History;
use crate::node::Node;

/// Calls a second over all servers, unless `RATE` in the environment says otherwise.
const RATE: u32 = 400;
/// Writes a second.
const WRITES: u32 = 20;
/// Calls under way; one more is not begun and counts as an error.
const MOST: usize = 4096;
/// The most time of a call.
const LIMIT: Duration = Duration::from_secs(5);

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Right,
    Wrong,
    /// No verdict, or none that says anything.
    Error,
}

/// A call.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    /// When it was due.
    pub(crate) due: Instant,
    pub(crate) took: Duration,
    pub(crate) end: End,
    /// Nobody asked for its number before.
    pub(crate) once: bool,
}

/// Calls a second over all servers.
pub(crate) fn rate() -> u32 {
    std::env::var("RATE").ok().and_then(|rate| rate.parse().ok()).unwrap_or(RATE)
}

/// The calls, until stopped.
pub(crate) struct Load {
    pub(crate) calls: Arc<Mutex<Vec<Call>>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Load {
    pub(crate) async fn start(nodes: &[Node], history: Arc<History>) -> Self {
        let mut channels = Vec::new();
        for node in nodes {
            channels.push(Channel::from_shared(node.grpc.clone()).unwrap().connect().await.unwrap());
        }
        let calls = Arc::new(Mutex::new(Vec::new()));
        let tasks = vec![
            tokio::spawn(verify(channels.clone(), history.clone(), calls.clone())),
            tokio::spawn(write(channels, history)),
        ];
        // Until what is asked for often is remembered.
        tokio::time::sleep(Duration::from_secs(20)).await;
        Load { calls, tasks }
    }

    pub(crate) async fn stop(self) {
        for task in self.tasks {
            task.abort();
            let _ = task.await;
        }
    }
}

async fn verify(channels: Vec<Channel>, history: Arc<History>, calls: Arc<Mutex<Vec<Call>>>) {
    let slots = Arc::new(Semaphore::new(MOST));
    let (began, rate) = (Instant::now(), rate());
    for n in 0.. {
        let due = began + Duration::from_secs(1) * n / rate;
        tokio::time::sleep_until(due.into()).await;
        let (at, once) = history.pick(n as usize);
        let Ok(slot) = slots.clone().try_acquire_owned() else {
            calls.lock().unwrap().push(Call { due, took: LIMIT, end: End::Error, once });
            continue;
        };
        let channel = channels[(n as usize / 20) % channels.len()].clone();
        let (history, calls) = (history.clone(), calls.clone());
        tokio::spawn(async move {
            let _slot = slot;
            let asked = Instant::now();
            let request = limited(VerifyRequest { iin: history.text(at), ..Default::default() });
            let answer = VerificationServiceClient::new(channel).verify(request).await;
            let answered = Instant::now();
            let agrees = |in_force| match history.agrees(at, asked, answered, in_force) {
                true => End::Right,
                false => End::Wrong,
            };
            let end = match answer.map(|answer| answer.into_inner().verdict()) {
                Ok(v1::Verdict::Verified) => agrees(true),
                Ok(v1::Verdict::Rejected) => agrees(false),
                _ => End::Error,
            };
            calls.lock().unwrap().push(Call { due, took: answered - due, end, once });
        });
    }
}

/// Excludes and restores persons, through one server and the other in turns.
async fn write(channels: Vec<Channel>, history: Arc<History>) {
    let began = Instant::now();
    for n in 0.. {
        tokio::time::sleep_until((began + Duration::from_secs(1) * n / WRITES).into()).await;
        let (at, in_force) = history.next_write(n as usize);
        let mut client = RegisterServiceClient::new(channels[n as usize % channels.len()].clone());
        history.begin(at, in_force);
        let (iin, reason) = (history.text(at), "measured".to_string());
        let done = if in_force {
            let asked = v1::RestorePersonRequest { iin, reason, ..Default::default() };
            client.restore_person(limited(asked)).await.map(|_| ())
        } else {
            let state = v1::NumberState::Excluded.into();
            let asked = v1::ExcludePersonRequest { iin, reason, state, ..Default::default() };
            client.exclude_person(limited(asked)).await.map(|_| ())
        };
        // Refused, since it is so already: an earlier one of which nobody knew did go through.
        if done.is_ok() || done.is_err_and(|status| status.code() == Code::FailedPrecondition) {
            history.acknowledge(at);
        }
    }
}

fn limited<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(LIMIT);
    request
}
