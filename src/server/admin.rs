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

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    board: Board,
    scrape: Scrape,
    files: Vec<watch::Receiver<reload::State>>,
}

impl Page {
    /// A page over the board and the metrics.
    #[must_use]
    pub fn new(board: Board, scrape: Scrape) -> Self {
        Page { board, scrape, files: Vec::new() }
    }

    /// Tells of the files that can change.
    #[must_use]
    pub fn with_files(self, files: Vec<watch::Receiver<reload::State>>) -> Self {
        Page { files, ..self }
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
    (code, report(&view) + &files_report(&page)).into_response()
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

async fn version() -> Response {
    let text = serde_json::json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    ([(header::CONTENT_TYPE, "application/json")], format!("{text}\n")).into_response()
}

/// Prometheus text format 0.0.4.
async fn metrics(State(page): State<Arc<Page>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], page.scrape.text()).into_response()
}
