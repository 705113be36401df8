//! Short ways to say things about a store and its server.

use std::time::Duration;

use iinspect::register::Status;
use iinspect::register::postgres::{Options, Store, Url};

/// What is served, with a probe that looks often.
pub(super) fn options() -> Options {
    Options { probe_every: Duration::from_millis(50), ..Options::default() }
}

pub(super) fn open(url: &Url) -> Store {
    Store::open(url, &[], &options()).unwrap()
}

/// Waits until the store is in a state like this.
pub(super) async fn wait_for(store: &Store, what: impl FnMut(&Status) -> bool) -> Status {
    let mut status = store.status();
    let last = store.status();
    let found = tokio::time::timeout(Duration::from_secs(30), status.wait_for(what)).await;
    found.unwrap_or_else(|_| panic!("the status never came: {:?}", *last.borrow())).unwrap().clone()
}

/// Waits until it is down for a reason that says this.
pub(super) async fn wait_down(store: &Store, why: &str) {
    wait_for(store, |status| matches!(status, Status::Down(reason) if reason.contains(why))).await;
}

pub(super) async fn wait_up(store: &Store) {
    wait_for(store, Status::is_writable).await;
}
