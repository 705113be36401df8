//! `serve`: the server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::output::say;
use super::terminal::Terminal;
use super::{ConfigFile, Exit, Failure, runtime, store};
use crate::clock::Clock;
use crate::config::register::Url;
use crate::config::{Config, Flags};
use crate::demo::{self, Cast};
use crate::register::Register;
use crate::reload::Asks;
use crate::server::{self, Addresses, Server};
use crate::telemetry::{self, Scrape};

/// Starts the server
///
/// Answers gRPC on server.listen and HTTP for operators on server.admin_listen. SIGTERM or Ctrl-C
/// ends what was begun, then the server. SIGHUP reads the files again that can change.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  iinspect serve --demo\n  iinspect serve --register sqlite:register.db --listen 127.0.0.1:50051"
)]
pub(super) struct Serve {
    /// A register of synthetic persons in a temporary folder, gone when the server ends
    #[arg(long, conflicts_with = "register")]
    demo: bool,
    #[command(flatten)]
    config: ConfigFile,
    /// gRPC listener
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Admin HTTP listener
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<String>,
    /// One more plaintext listener with health alone
    #[arg(long, value_name = "ADDR")]
    health_listen: Option<String>,
    /// The register, such as sqlite:register.db or postgres://iinspect@127.0.0.1/register
    #[arg(long, value_name = "URL")]
    register: Option<String>,
    /// A Redis in which nodes remember facts for each other, such as redis://127.0.0.1
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// OpenTelemetry collector that traces and metrics are sent to (OTLP over gRPC)
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,
    /// File that gets the bound addresses as JSON once the server answers
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
}

impl Serve {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let config = Arc::new(self.config.load(&self.flags())?);
        let telemetry = telemetry::start(&config.telemetry).map_err(Failure::usage)?;
        // Kept until the end: dropping it removes the demo register.
        let folder = self.demo.then(demo_folder).transpose().map_err(Failure::unavailable)?;
        let url = match &folder {
            Some(folder) => Url::Sqlite(folder.path().join("register.db")),
            None => store::url(&config)
                .map_err(|Failure(exit, text)| Failure(exit, text + "; or try --demo"))?
                .clone(),
        };
        let outcome = runtime()?.block_on(serve(config, url, self.demo, telemetry.scrape()));
        // After everything else, and outside of any runtime: it waits for the last to be sent.
        telemetry.stop();
        outcome
    }

    fn flags(&self) -> Flags {
        let mut flags = Flags::default();
        let texts = [
            ("server.listen", &self.listen, "--listen"),
            ("server.admin_listen", &self.admin_listen, "--admin-listen"),
            ("server.health_listen", &self.health_listen, "--health-listen"),
            ("register.url", &self.register, "--register"),
            ("redis.url", &self.redis, "--redis"),
            ("telemetry.otlp", &self.otlp, "--otlp"),
        ];
        for (key, value, flag) in texts {
            if let Some(value) = value {
                flags.set(key, value, flag);
            }
        }
        if let Some(path) = &self.ready_file {
            flags.set("server.ready_file", path.to_string_lossy(), "--ready-file");
        }
        if self.demo {
            // The demo register holds all there is, and answers say so.
            flags.set("register.completeness", "complete", "--demo");
            flags.set("register.name", "demo", "--demo");
            // It has test numbers alone, and forms them.
            flags.set("issuance.authority", "test", "--demo");
        }
        flags
    }
}

/// A folder for its owner alone.
fn demo_folder() -> std::io::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt;
    let owner = std::fs::Permissions::from_mode(0o700);
    tempfile::Builder::new().prefix("iinspect-demo-").permissions(owner).tempdir()
}

async fn serve(config: Arc<Config>, url: Url, demo: bool, scrape: Scrape) -> Result<Exit, Failure> {
    // Signals first: one that comes while the server starts must end it, too.
    let (asks, terminal) = (Asks::default(), Terminal::at_start());
    let reload = asks.clone();
    let hung_up = move || {
        let gone = terminal.is_gone();
        if !gone {
            tracing::info!("SIGHUP: files are read again");
            reload.ask();
        }
        gone
    };
    let stops = stop_signals(hung_up).map_err(Failure::unavailable)?;
    // The ports before the register: a second server by mistake must not touch it.
    let server = Server::bind(config.clone()).await.map_err(|error| match error {
        server::Error::File(_) => Failure::usage(error),
        _ => Failure::unavailable(error),
    })?;
    let server = server.reloading_on(asks).with_metrics(scrape);
    let register = store::for_server(&config, &url).await?;
    let outcome = serve_over(server, register.clone(), stops, demo).await;
    // The store ends what it has accepted, also after a failure.
    match tokio::task::spawn_blocking(move || register.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the register could not be closed"),
        Err(error) => tracing::error!(%error, "the register could not be closed"),
    }
    outcome.map(|()| Exit::Fine)
}

async fn serve_over(
    server: Server,
    register: Register,
    stops: mpsc::Receiver<()>,
    demo: bool,
) -> Result<(), Failure> {
    let clock = Clock::system();
    let cast = if demo {
        let deadline = Instant::now() + Duration::from_secs(30);
        Some(demo::fill(&register, clock.now(), deadline).await.map_err(Failure::unavailable)?)
    } else {
        None
    };
    let ready = |addresses: Addresses| {
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            grpc = %addresses.grpc,
            admin = %addresses.admin,
            "listening",
        );
        if let Some(cast) = &cast {
            hints(cast, addresses);
        }
    };
    server.run(register, clock, stops, ready).await.map_err(|error| match error {
        server::Error::Crashed | server::Error::Reflection(_) => Failure::bug(error),
        _ => Failure::unavailable(error),
    })
}

/// Gets something at the first SIGTERM, SIGINT (Ctrl-C), or SIGHUP of which `hung_up` says that it
/// means the end, and at each Ctrl-C after it: a person who presses it twice means now, and a
/// supervisor that repeats itself does not.
pub(super) fn stop_signals(
    hung_up: impl Fn() -> bool + Send + 'static,
) -> std::io::Result<mpsc::Receiver<()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let (sender, stops) = mpsc::channel(2);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => if hung_up() { break },
            }
        }
        while sender.send(()).await.is_ok() {
            interrupt.recv().await;
        }
    });
    Ok(stops)
}

/// Commands to try, ready to paste.
fn hints(cast: &Cast, addresses: Addresses) {
    let program = std::env::args_os().next().map(PathBuf::from).unwrap_or_else(|| "iinspect".into());
    let server = if addresses.grpc.to_string() == "127.0.0.1:50051" {
        String::new()
    } else {
        format!(" --server http://{}", addresses.grpc)
    };
    let hint =
        |what: &str, command: String| say(&format!("  # {what}\n  {} {command}{server}", program.display()));
    say(&format!(
        "iinspect answers on {} with {} synthetic persons. Try in another terminal:",
        addresses.grpc,
        demo::PERSONS
    ));
    say("");
    let (iin, person) = &cast.in_force;
    let number = iin.to_text();
    let name = person.names.first().cloned().unwrap_or_default();
    let birth_date = person.birth_date.map(|d| d.to_string()).unwrap_or_default();
    let program_offline =
        format!("  # what the digits say, offline\n  {} decode {number}", program.display());
    say(&program_offline);
    hint(
        "a customer who is who they say they are",
        format!(
            "verify {number} --family {} --given {} --birth-date {birth_date} --purpose bank-account",
            name.family, name.given
        ),
    );
    hint(
        "the right number and another person's name",
        format!("verify {number} --family Чужой --given Некто"),
    );
    hint("a number excluded from the register", format!("verify {}", cast.excluded.to_text()));
    hint("a number on the hotlist", format!("verify {}", cast.hotlisted.to_text()));
    hint("a number that is left to a person", format!("verify {}", cast.left_to_a_person.to_text()));
    hint("a well-formed number that nobody holds", format!("verify {}", cast.absent.to_text()));
    hint(
        "a number that was replaced by another",
        format!("issue-status --iin {}", cast.superseded.to_text()),
    );
    for (application, document, birth_date) in &cast.applications {
        if application.state().is_final() {
            hint(
                &format!("an application that ended: {}", application.state().words()),
                format!("issue-status --application {}", application.id),
            );
        } else if let Some(country) = &document.country {
            hint(
                &format!("a foreigner who waits for a number: {}", application.state().words()),
                format!(
                    "issue-status --document {} --document-type {} --document-country {} --birth-date {birth_date}",
                    document.number,
                    document.kind,
                    country.as_str(),
                ),
            );
        }
    }
    hint("what a foreigner needs to get a number", "requirements --channel psc".into());
    hint("is the server healthy", "healthcheck".into());
}
