//! The way down: NOT_SERVING, a while of going on, GOAWAY, the end of watches, a bounded wait, the end.

use std::future::Future;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::Error;
use super::health::Board;
use crate::config::server::Server;

/// Tells listeners to stop taking calls.
#[derive(Clone, Debug)]
pub struct Signal(watch::Sender<bool>);

impl Default for Signal {
    fn default() -> Self {
        Self::new()
    }
}

impl Signal {
    /// A signal not yet given.
    #[must_use]
    pub fn new() -> Self {
        Signal(watch::Sender::new(false))
    }

    /// Gives it.
    pub fn send(&self) {
        self.0.send_replace(true);
    }

    /// Resolves once it is given.
    pub fn wait(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut seen = self.0.subscribe();
        async move {
            // An error would mean that nobody can give the signal any more: the same end.
            let _ = seen.wait_for(|given| *given).await;
        }
    }
}

type Calls = JoinHandle<Result<(), tonic::transport::Error>>;

/// Waits for a stop, then ends `calls` in order. Those that outlast the grace, or meet a second stop,
/// are cut.
pub(super) async fn run(
    stops: &mut mpsc::Receiver<()>,
    mut calls: Calls,
    in_flight: impl Fn() -> usize,
    board: &Board,
    goaway: &Signal,
    settings: &Server,
) -> Result<(), Error> {
    tokio::select! {
        _ = stops.recv() => {}
        ended = &mut calls => return flatten(ended),
    }
    tracing::info!(delay = ?settings.drain_delay, grace = ?settings.drain_grace, "draining");
    board.draining();
    let in_order = async {
        tokio::time::sleep(settings.drain_delay).await;
        goaway.send();
        board.close();
        tokio::time::timeout(settings.drain_grace, &mut calls).await.ok()
    };
    let ended = tokio::select! {
        ended = in_order => ended,
        () = another(stops) => None,
    };
    match ended {
        Some(ended) => {
            tracing::info!("drained");
            flatten(ended)
        }
        None => {
            tracing::warn!(calls = in_flight(), "connections were cut");
            board.close();
            calls.abort();
            Ok(())
        }
    }
}

/// A second stop. When nobody can give one any more, none comes.
async fn another(stops: &mut mpsc::Receiver<()>) {
    if stops.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}

fn flatten(ended: Result<Result<(), tonic::transport::Error>, tokio::task::JoinError>) -> Result<(), Error> {
    match ended {
        Ok(result) => result.map_err(Error::from),
        // The task is never aborted before this, so it can only have panicked: said by the hook.
        Err(_) => Err(Error::Crashed),
    }
}
