//! The admin HTTP listener: `/livez`, `/readyz`, `/metrics`, `/version`. It answers from memory.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::watch;

use super::health::{Board, View};
use crate::register::Status;
use crate::reload;
use crate::telemetry::Scrape;
use crate::trust::refresh;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    board: Board,
    scrape: Scrape,
    files: Vec<watch::Receiver<reload::State>>,
    lists: Vec<watch::Receiver<refresh::State>>,
}

impl Page {
    /// A page over the board and the metrics.
    #[must_use]
    pub fn new(board: Board, scrape: Scrape) -> Self {
        Page { board, scrape, files: Vec::new(), lists: Vec::new() }
    }

    /// Tells of the files that can change.
    #[must_use]
    pub fn with_files(self, files: Vec<watch::Receiver<reload::State>>) -> Self {
        Page { files, ..self }
    }

    /// Tells of the lists of revoked certificates.
    #[must_use]
    pub fn with_lists(self, lists: Vec<watch::Receiver<refresh::State>>) -> Self {
        Page { lists, ..self }
    }
}

/// The routes.
pub fn router(page: Page) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/version", get(version))
        .with_state(Arc::new(page))
}

/// 200 while the server as a whole is serving, as health says of `""`; a line per component with
/// its reason either way.
async fn readyz(State(page): State<Arc<Page>>) -> Response {
    let view = page.board.view();
    let ready = view.serving("").unwrap_or(false);
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, report(&view) + &files_report(&page) + &lists_report(&page)).into_response()
}

fn report(view: &View) -> String {
    let server = match (view.started, view.draining) {
        (false, _) => "starting",
        (true, false) => "up",
        (true, true) => "draining",
    };
    let mut text = format!("server: {server}\n");
    for (component, status) in &view.components {
        let status = match status {
            Status::Up => "up".to_string(),
            Status::ReadOnly(reason) => format!("read-only: {reason}"),
            Status::Down(reason) => format!("down: {reason}"),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}: {status}", component.name());
    }
    text
}

/// A line per file that can change. A broken one is no reason to take calls elsewhere: the last good
/// one answers.
fn files_report(page: &Page) -> String {
    let mut text = String::new();
    for file in &page.files {
        let reload::State { name, version, error, .. } = &*file.borrow();
        let _ = match error {
            None => writeln!(text, "{name}: up: version {version}"),
            Some(why) => writeln!(text, "{name}: version {version} kept: {why}"),
        };
    }
    text
}

fn lists_report(page: &Page) -> String {
    let mut text = String::new();
    for list in &page.lists {
        let refresh::State { url, this_update, next_update, entries, error } = &*list.borrow();
        let _ = match (this_update, next_update) {
            (Some(made), Some(until)) => {
                write!(text, "list {url}: of {made}, until {until}, {entries} entries")
            }
            _ => write!(text, "list {url}: none yet"),
        };
        let _ = match error {
            None => writeln!(text),
            Some(why) => writeln!(text, ": {why}"),
        };
    }
    text
}

async fn version() -> Response {
    let text = serde_json::json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    ([(header::CONTENT_TYPE, "application/json")], format!("{text}\n")).into_response()
}

/// Prometheus text format 0.0.4.
async fn metrics(State(page): State<Arc<Page>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], page.scrape.text()).into_response()
}
