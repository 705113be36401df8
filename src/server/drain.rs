//! The way down: NOT_SERVING, a while of going on, GOAWAY, the end of watches, a bounded wait, the end.

use std::future::Future;

use tokio::sync::watch;
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

/// Waits for `stop`, then ends `calls` in order. Calls that outlast the grace are cut.
pub(super) async fn run(
    stop: impl Future<Output = ()>,
    mut calls: Calls,
    board: &Board,
    goaway: &Signal,
    settings: &Server,
) -> Result<(), Error> {
    tokio::select! {
        () = stop => {}
        ended = &mut calls => return flatten(ended),
    }
    tracing::info!(delay = ?settings.drain_delay, grace = ?settings.drain_grace, "draining");
    board.draining();
    tokio::time::sleep(settings.drain_delay).await;
    goaway.send();
    board.close();
    match tokio::time::timeout(settings.drain_grace, &mut calls).await {
        Ok(ended) => {
            tracing::info!("drained");
            flatten(ended)
        }
        Err(_) => {
            tracing::warn!("calls outlasted the grace and were cut");
            calls.abort();
            Ok(())
        }
    }
}

fn flatten(ended: Result<Result<(), tonic::transport::Error>, tokio::task::JoinError>) -> Result<(), Error> {
    match ended {
        Ok(result) => result.map_err(Error::from),
        // The task is never aborted before this, so it can only have panicked: said by the hook.
        Err(_) => Ok(()),
    }
}
