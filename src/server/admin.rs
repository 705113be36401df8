//! The admin HTTP listener: `/livez`, `/readyz`, `/metrics`, `/version`. It answers from memory.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::watch;

use super::admission::Admission;
use super::health::{Board, View};
use crate::clock::Clock;
use crate::register::Status;
use crate::reload::{self, Current};
use crate::rulebook::{self, Rulebook};
use crate::trust::refresh;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    board: Board,
    admission: Admission,
    rulebook: Current<Rulebook>,
    files: Vec<watch::Receiver<reload::State>>,
    lists: Vec<watch::Receiver<refresh::State>>,
    clock: Clock,
}

impl Page {
    /// A page over the board and the admission's counters.
    #[must_use]
    pub fn new(board: Board, admission: Admission) -> Self {
        let rulebook = Current::fixed(rulebook::built_in());
        Page { board, admission, rulebook, files: Vec::new(), lists: Vec::new(), clock: Clock::system() }
    }

    /// Tells the version of this rulebook.
    #[must_use]
    pub fn with_rulebook(self, rulebook: Current<Rulebook>) -> Self {
        Page { rulebook, ..self }
    }

    /// Tells of the files that can change; their age is by `clock`.
    #[must_use]
    pub fn with_files(self, files: Vec<watch::Receiver<reload::State>>, clock: Clock) -> Self {
        Page { files, clock, ..self }
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
    text.push_str(&files_metrics(&page));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

fn files_metrics(page: &Page) -> String {
    let mut text = String::from("# HELP iinspect_rulebook_info The rulebook that answers.\n");
    text.push_str("# TYPE iinspect_rulebook_info gauge\n");
    let _ = writeln!(text, "iinspect_rulebook_info{{version=\"{}\"}} 1", page.rulebook.get().version());
    let states: Vec<_> = page.files.iter().map(|file| file.borrow().clone()).collect();
    let now = page.clock.now();
    let age = |state: &reload::State| now.duration_since(state.loaded_at).as_secs().max(0);
    let mut metric = |name: &str, help: &str, value: &dyn Fn(&reload::State) -> i64| {
        if !states.is_empty() {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        }
        for state in &states {
            let _ = writeln!(text, "{name}{{file=\"{}\"}} {}", state.name, value(state));
        }
    };
    metric("iinspect_file_age_seconds", "How long the file's content has been in use.", &age);
    metric(
        "iinspect_file_refused",
        "1 while the file as it stands is refused and the last good one kept.",
        &|s| i64::from(s.error.is_some()),
    );
    text
}
