//! The admin HTTP listener: `/livez`, `/readyz`, `/metrics`, `/version`. It answers from memory.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::admission::Admission;
use super::health::{Board, View};
use crate::register::Status;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    board: Board,
    admission: Admission,
}

impl Page {
    /// A page over the board and the admission's counters.
    #[must_use]
    pub fn new(board: Board, admission: Admission) -> Self {
        Page { board, admission }
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
    (code, report(&view)).into_response()
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

async fn version() -> Response {
    let text = serde_json::json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    ([(header::CONTENT_TYPE, "application/json")], format!("{text}\n")).into_response()
}

/// Prometheus text format 0.0.4.
async fn metrics(State(page): State<Arc<Page>>) -> Response {
    let view = page.board.view();
    let mut text = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, labels: &str, value: u64| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name}{labels} {value}");
    };
    let version = concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}");
    metric("iinspect_build_info", "gauge", "The build that answers.", version, 1);
    let serving = u64::from(view.serving("").unwrap_or(false));
    metric("iinspect_serving", "gauge", "1 while the server takes calls.", "", serving);
    let in_flight = page.admission.in_flight() as u64;
    metric("iinspect_calls_in_flight", "gauge", "Calls being answered.", "", in_flight);
    let refused = page.admission.refused();
    metric("iinspect_calls_refused_total", "counter", "Calls refused by admission.", "", refused);
    if !view.components.is_empty() {
        text.push_str("# HELP iinspect_component_up 1 while the component answers.\n");
        text.push_str("# TYPE iinspect_component_up gauge\n");
    }
    for (component, status) in &view.components {
        let up = u8::from(status.is_up());
        let _ = writeln!(text, "iinspect_component_up{{component=\"{}\"}} {up}", component.name());
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
