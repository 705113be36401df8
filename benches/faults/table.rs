//! The rows, and what they are made of.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::load::{Call, End, Load, rate};
use crate::node::{Node, is_up};

/// How often the servers' states are looked at.
const LOOK: Duration = Duration::from_millis(20);
/// The longest that a recovery is waited for.
const RECOVERY: Duration = Duration::from_secs(60);
/// For how long nothing may be wrong before all is well again.
const CALM: Duration = Duration::from_secs(3);

/// What a row is about.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    /// What is at fault, as the admin page calls it.
    pub(crate) component: &'static str,
    /// Whether nobody mends it: recovery counts from its beginning.
    pub(crate) passing: bool,
}

/// What both servers said.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// When both first said that it is down.
    down: Option<Instant>,
    /// When one last said so.
    last_down: Option<Instant>,
}

impl Seen {
    /// So many of so many are up.
    fn take(&mut self, up: usize, all: usize) {
        let now = Instant::now();
        if up == 0 {
            self.down.get_or_insert(now);
        }
        if up < all {
            self.last_down = Some(now);
        }
    }
}

/// A row under way.
pub(crate) struct Row {
    fault: Fault,
    calls: Arc<Mutex<Vec<Call>>>,
    began: Instant,
    seen: Arc<Mutex<Seen>>,
    looks: JoinHandle<()>,
}

impl Row {
    /// Begins a row: what comes from now on is its.
    pub(crate) fn begin(fault: Fault, nodes: &[Node], load: &Load) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (told, admins) = (seen.clone(), nodes.iter().map(|node| node.admin.clone()).collect::<Vec<_>>());
        let looks = tokio::spawn(async move {
            loop {
                let mut up = 0;
                for admin in &admins {
                    up += usize::from(is_up(admin, fault.component).await);
                }
                told.lock().unwrap().take(up, admins.len());
                tokio::time::sleep(LOOK).await;
            }
        });
        Row { fault, calls: load.calls.clone(), began: Instant::now(), seen, looks }
    }

    /// When something was last wrong after a moment.
    fn last_ill(&self, after: Instant) -> Option<Instant> {
        let calls = span(&self.calls, after, Instant::now());
        let last_error = calls.into_iter().filter(|call| call.end != End::Right).map(|call| call.due).max();
        self.seen.lock().unwrap().last_down.filter(|last| *last > after).max(last_error)
    }

    /// Waits until all is well again, and says what it was like. The fault was mended just now.
    async fn ended(self) -> String {
        let over = if self.fault.passing { self.began } else { Instant::now() };
        let mended = Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            let ill = self.last_ill(over).unwrap_or(mended);
            if ill.elapsed() >= CALM || mended.elapsed() >= RECOVERY {
                break;
            }
        }
        self.looks.abort();
        let well = self.last_ill(over).unwrap_or(over);
        // What never was down, or is up again at once, is looked at for a second all the same.
        let down = self.seen.lock().unwrap().down.filter(|down| *down < well);
        let down = down.unwrap_or(well.max(self.began + Duration::from_secs(1)));
        let (before, open) = (span(&self.calls, self.began, down), span(&self.calls, down, over.max(well)));
        let during = span(&self.calls, self.began, well);
        let all = span(&self.calls, self.began, Instant::now());
        let wrong = all.iter().filter(|call| call.end == End::Wrong).count();
        let errors = during.iter().filter(|call| call.end == End::Error).count();
        format!(
            "{:<32}{wrong:>6}{:>8.2}%{:>12}{:>14}{:>10.2} s{:>8}",
            self.fault.name,
            100.0 * errors as f64 / during.len().max(1) as f64,
            p99(&before),
            p99(&open),
            (well - over).as_secs_f64(),
            all.len()
        )
    }
}

/// The lines so far.
#[derive(Default)]
pub(crate) struct Table(Vec<String>);

impl Table {
    /// What the calls are like while nothing is at fault.
    pub(crate) async fn healthy(&mut self, load: &Load, lasts: Duration) {
        let began = Instant::now();
        tokio::time::sleep(lasts).await;
        let calls = span(&load.calls, began, Instant::now() - Duration::from_secs(1));
        assert!(calls.iter().all(|call| call.end == End::Right), "not all is well");
        let once: Vec<_> = calls.iter().filter(|call| call.once).copied().collect();
        println!("{} calls a second on two servers; p99 while all is well:", rate());
        println!("all {}, never asked for before {}\n", p99(&calls), p99(&once));
        self.0.push(format!(
            "{:<32}{:>6}{:>9}{:>12}{:>14}{:>12}{:>8}",
            "fault", "wrong", "errors", "p99 before", "p99 once down", "recovery", "calls"
        ));
    }

    /// Ends a row.
    pub(crate) async fn end(&mut self, row: Row) {
        let line = row.ended().await;
        println!("{line}");
        self.0.push(line);
    }

    pub(crate) fn print(&self) {
        println!("\n{}", self.0.join("\n"));
    }
}

/// Calls that were due in a span.
fn span(calls: &Mutex<Vec<Call>>, from: Instant, to: Instant) -> Vec<Call> {
    let calls = calls.lock().unwrap();
    calls.iter().filter(|call| from <= call.due && call.due < to).copied().collect()
}

fn p99(calls: &[Call]) -> String {
    let mut took: Vec<_> = calls.iter().map(|call| call.took).collect();
    took.sort_unstable();
    match took.get(took.len() * 99 / 100) {
        Some(took) => format!("{:.1} ms", took.as_secs_f64() * 1e3),
        None => "-".into(),
    }
}
