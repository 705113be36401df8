//! Keeps a link: makes it, tries it out, hands it to the callers, and takes it back when it fails.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::connect::{ANSWER, Connector};
use super::core::{Answer, Core, jitter, question};
use super::fault::{Fault, LATE};
use super::form::Ring;
use super::link::Link;
use crate::cache::breaker::{Breaker, Stand};
use crate::keys::{Derived, Source};

/// How often the keys are looked at. They are live by twos and changed minutes apart.
const KEYS: Duration = Duration::from_secs(1);
/// About how long one good probe is before the next.
const BETWEEN: Duration = Duration::from_millis(10);
/// Why a link is given up whose connection ended.
const GONE: Fault = Fault { lost: true, what: "the connection was lost", ..LATE };
/// Why a link is given up whose server is no longer the master.
const MOVED: Fault = Fault { what: "the master is another server now", ..GONE };

/// Keeps the link until the task is ended.
pub(super) async fn keep(core: Arc<Core>, mut connector: Connector) {
    let mut rekeyed = core.rekeyed.subscribe();
    // Without keys there is nothing to ask for. The sender is in the core: waiting cannot fail.
    let _ = rekeyed.wait_for(|changes| *changes > 0).await;
    loop {
        if let Some(due) = core.breaker(|breaker| breaker.due()) {
            tokio::time::sleep_until(due).await;
        }
        core.breaker(|breaker| breaker.try_probe(Instant::now()));
        let link = match made(&core, &mut connector).await {
            Ok(link) => link,
            Err(fault) => {
                core.probe_failed(fault);
                continue;
            }
        };
        core.stats.connections.add(1);
        subscribe(&core, &link).await;
        core.link.store(Some(Arc::new(link.clone())));
        core.state.up();
        loop {
            tokio::select! {
                () = core.opened.notified() => break,
                () = link.gone.notified() => core.lost(GONE),
                () = connector.moved() => core.lost(MOVED),
                changed = rekeyed.changed() => {
                    if changed.is_ok() {
                        subscribe(&core, &link).await;
                    }
                }
            }
        }
        core.link.store(None);
    }
}

/// A link that has answered as often as the breaker asks for.
async fn made(core: &Core, connector: &mut Connector) -> Result<Link, Fault> {
    let link = connector.connect().await?;
    loop {
        probe(core, &link).await?;
        let closed = |breaker: &mut Breaker| {
            breaker.probed(Instant::now());
            breaker.stand() == Stand::Closed
        };
        if core.breaker(closed) {
            return Ok(link);
        }
        tokio::time::sleep(BETWEEN.mul_f64(0.5 + jitter())).await;
    }
}

/// Asks what a call would ask, within the time that a call would wait.
async fn probe(core: &Core, link: &Link) -> Result<(), Fault> {
    let Some(ring) = core.ring.load_full() else { return Err(LATE) };
    let commands = question(&ring.current.probe()).to_vec();
    let answers = link.run(commands, 2, Instant::now() + core.wait).await;
    if let Some(fault) = answers.fault {
        return Err(fault);
    }
    let mut values = answers.values.into_iter();
    match Answer::of(values.next().flatten(), values.next().flatten()) {
        Answer::Nothing | Answer::Value(..) => Ok(()),
        Answer::Late => Err(LATE),
        Answer::Fault(fault) => Err(fault),
    }
}

/// Follows the hints under all live keys: during a change of keys nodes differ in the first.
async fn subscribe(core: &Core, link: &Link) {
    let Some(ring) = core.ring.load_full() else { return };
    let channels: Vec<_> = ring.keys().map(|key| key.channel()).collect();
    let done = link.subscribe(&channels, Instant::now() + ANSWER).await;
    core.state.hints(done.err());
}

/// Follows the keys until the task is ended.
pub(super) async fn follow_keys(core: Arc<Core>, source: Source) {
    let mut known: Option<Derived> = None;
    loop {
        // A register that could not be asked for its key yet will be.
        if let Ok(keys) = source.keys() {
            let derived = keys.derive("cache");
            if known.as_ref() != Some(&derived) {
                match Ring::new(&keys) {
                    Ok(ring) => {
                        core.ring.store(Some(Arc::new(ring)));
                        core.rekeyed.send_modify(|changes| *changes += 1);
                        known = Some(derived);
                    }
                    Err(_) => tracing::error!(component = "redis", "no cipher for the deployment's keys"),
                }
            }
        }
        tokio::time::sleep(KEYS).await;
    }
}
