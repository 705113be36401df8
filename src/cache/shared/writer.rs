//! What is written to Redis: facts, tombstones, hints; in the background, and dropped rather than kept
//! waiting.

use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Value, cmd};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::connect::ANSWER;
use super::core::Core;
use super::fault::Fault;
use super::form::{Ring, Unfit, tombstone};
use super::link::Link;
use crate::cache::Entry;
use crate::cache::key::Name;
use crate::register::{Position, Subject};

/// Writes that go together.
pub(super) const TOGETHER: usize = 64;
/// How long a fact may wait to be written.
const FRESH: Duration = Duration::from_secs(2);

/// A fact to be written.
pub(super) struct Fill {
    pub(super) subject: Subject,
    pub(super) entry: Arc<Entry>,
    /// For how long it is to be kept, from `at` on.
    pub(super) ttl: Duration,
    pub(super) at: Instant,
}

/// The script that writes, whole and by its hash.
struct Script {
    code: &'static str,
    hash: String,
}

/// A write on its way.
struct Put {
    name: Name,
    value: Vec<u8>,
    millis: u64,
    /// Whether it is a tombstone.
    stone: bool,
}

/// Writes until the task is ended.
pub(super) async fn write(
    core: Arc<Core>,
    mut fills: mpsc::Receiver<Fill>,
    mut stones: mpsc::Receiver<Vec<(Subject, Position)>>,
) {
    let code = include_str!("put.lua");
    let script = Script { code, hash: redis::Script::new(code).get_hash().to_string() };
    let mut batch = Vec::with_capacity(TOGETHER);
    loop {
        // Tombstones first: a flood of facts must not keep them waiting.
        let puts = tokio::select! {
            biased;
            () = core.look.notified() => {
                hint(&core).await;
                continue;
            }
            some = stones.recv() => match some {
                Some(some) => {
                    let Some(ring) = ready(&core) else {
                        core.stats.tombstones_dropped.add(some.len());
                        continue;
                    };
                    let stone = |(subject, position)| Put::stone(&core, &ring, subject, position);
                    some.into_iter().map(stone).collect()
                }
                None => return,
            },
            count = fills.recv_many(&mut batch, TOGETHER) => {
                if count == 0 {
                    return;
                }
                let Some(ring) = ready(&core) else {
                    core.stats.fills_dropped.add(batch.drain(..).len());
                    continue;
                };
                batch.drain(..).filter_map(|fill| Put::fill(&core, &ring, &fill)).collect()
            }
        };
        put(&core, &script, puts).await;
    }
}

/// The keys, when there is a link to write over.
fn ready(core: &Core) -> Option<Arc<Ring>> {
    core.link.load().as_ref()?;
    core.ring.load_full()
}

impl Put {
    fn stone(core: &Core, ring: &Ring, subject: Subject, position: Position) -> Self {
        Put {
            name: ring.current.name(subject),
            value: tombstone(position).to_vec(),
            millis: u64::try_from(core.tombstone.as_millis()).unwrap_or(u64::MAX),
            stone: true,
        }
    }

    /// A fact, unless it has waited too long or is too long itself.
    fn fill(core: &Core, ring: &Ring, fill: &Fill) -> Option<Self> {
        let waited = fill.at.elapsed();
        let left = fill.ttl.saturating_sub(waited);
        let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        if waited > FRESH || millis == 0 {
            core.stats.fills_dropped.add(1);
            return None;
        }
        let name = ring.current.name(fill.subject);
        match ring.current.write((fill.subject, &name), &fill.entry, left) {
            Ok(value) => Some(Put { name, value, millis, stone: false }),
            Err(Unfit) => {
                core.stats.fills_unfit.add(1);
                None
            }
        }
    }

    /// By the script's hash, or with the whole of it.
    fn command(&self, script: &Script, whole: bool) -> Cmd {
        let mut command = if whole { cmd("EVAL") } else { cmd("EVALSHA") };
        command.arg(if whole { script.code } else { &script.hash });
        // A fact may take the place of what was read at the same position: a tombstone of that
        // position is about what came before it.
        command.arg(1).arg(&self.name[..]).arg(&self.value).arg(self.millis);
        command.arg(if self.stone { "0" } else { "1" });
        command
    }
}

/// Sends writes and counts what became of them.
async fn put(core: &Core, script: &Script, puts: Vec<Put>) {
    let Some(link) = core.link.load_full().filter(|_| !puts.is_empty()) else {
        let stones = puts.iter().filter(|put| put.stone).count();
        core.stats.tombstones_dropped.add(stones);
        core.stats.fills_dropped.add(puts.len() - stones);
        return;
    };
    let unknown = send(core, &link, script, puts, false).await;
    if !unknown.is_empty() {
        // A server that does not know the script yet, or was told to forget it.
        send(core, &link, script, unknown, true).await;
    }
}

/// Sends writes; those come back whose script the server does not know by its hash.
async fn send(core: &Core, link: &Link, script: &Script, puts: Vec<Put>, whole: bool) -> Vec<Put> {
    let commands = puts.iter().map(|put| put.command(script, whole)).collect();
    let answers = link.run(commands, 1, Instant::now() + ANSWER).await;
    match answers.fault {
        Some(fault) => core.failed(fault),
        None => core.succeeded(),
    }
    let stats = &core.stats;
    let mut unknown = Vec::new();
    for (put, answer) in puts.into_iter().zip(answers.values) {
        let (done, older, failed) = if put.stone {
            (&stats.tombstones, &stats.tombstones_older, &stats.tombstones_failed)
        } else {
            (&stats.fills, &stats.fills_older, &stats.fills_failed)
        };
        match answer {
            Some(Value::Int(1)) => {
                done.add(1);
                core.state.wrote(Instant::now());
            }
            Some(Value::Int(_)) => older.add(1),
            Some(answer) if !whole && Fault::is_script_missing(&answer) => unknown.push(put),
            Some(answer) => {
                failed.add(1);
                if let Some(fault) = Fault::of_answer(&answer) {
                    refused(core, fault);
                }
            }
            None => failed.add(1),
        }
    }
    unknown
}

/// A write was refused. Reads may go on; only a master that became a replica is left, where Sentinels
/// know the new one.
fn refused(core: &Core, fault: Fault) {
    if fault.lost && fault.writes && core.followed {
        core.lost(fault);
    } else {
        core.state.refused(fault, Instant::now());
    }
}

/// Tells the other nodes to look at the feed.
async fn hint(core: &Core) {
    let (Some(link), Some(ring)) = (core.link.load_full(), core.ring.load_full()) else { return };
    let mut command = cmd("PUBLISH");
    command.arg(&ring.current.channel()[..]).arg("");
    let answers = link.run(vec![command], 1, Instant::now() + ANSWER).await;
    if let Some(fault) = answers.fault {
        core.failed(fault);
    } else if answers.values.iter().all(|value| matches!(value, Some(Value::Int(_)))) {
        core.stats.hints_sent.add(1);
    }
}
