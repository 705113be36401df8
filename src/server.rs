//! The server: listeners, layers, health and the way down.

pub mod admin;
pub mod admission;
pub mod arrival;
pub mod deadline;
pub mod drain;
mod files;
pub mod health;
mod held;
pub mod layers;
mod listener;
mod observed;
pub mod panic;
mod peer;
pub mod ready;
pub mod request_id;
pub mod screen;
mod signatures;
pub mod telemetry;
pub mod tls;
mod together;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::cache::{Cache, Shared, Tier};
use crate::clock::Clock;
use crate::config::Config;
use crate::grpc;
use crate::grpc::edge::Edge;
use crate::keys;
use crate::pb::health::health_server::HealthServer;
use crate::pb::v1::issuance_service_server::IssuanceServiceServer;
use crate::pb::v1::register_service_server::RegisterServiceServer;
use crate::pb::v1::verification_service_server::VerificationServiceServer;
use crate::register::{self, Register};
use crate::registrar::Registrar;
use crate::registrar::application::Office;
use crate::reload::{Asks, Current};
use crate::rulebook::Rulebook;
use crate::telemetry::Scrape;
use crate::verification::possession::Possession;
use crate::verification::stream::Streams;
use crate::verification::watch::Watches;
use crate::verification::{Rules, Verification};
use signatures::Signatures;

pub(crate) use files::Files;
pub use files::KEYS;

/// Idle connections are asked whether they are alive this often.
const KEEPALIVE: std::time::Duration = std::time::Duration::from_secs(60);
/// And are closed when they do not answer within this.
const KEEPALIVE_ANSWER: std::time::Duration = std::time::Duration::from_secs(20);

/// Streams of a connection that were begun and taken back before anybody looked at them; one more
/// closes it (CVE-2023-44487).
const RESETS: usize = 20;
/// Streams of a connection that were reset for their client's faults; one more closes it
/// (CVE-2024-2758 and its like).
const ERROR_RESETS: usize = 256;

/// Connections of the listener for probes.
const PROBE_CONNECTIONS: usize = 256;
/// The largest request of a probe.
const PROBE_BYTES: usize = 1024;

/// Why the server could not start or went down badly; one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A listener could not be bound.
    #[error("cannot listen on {address} ({what}): {source}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Which listener.
        what: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The ready file could not be written.
    #[error("cannot write the ready file: {0}")]
    ReadyFile(std::io::Error),
    /// A file that the configuration names is broken: every fault, a line each.
    #[error("{0}")]
    File(String),
    /// The threads that judge signatures cannot be started, or the folder for lists not be made.
    #[error("electronic signatures cannot be judged: {0}")]
    Signatures(std::io::Error),
    /// The gRPC server ended by itself.
    #[error("the gRPC server failed: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// A task of the server panicked; the log says where.
    #[error("the server crashed")]
    Crashed,
    /// Reflection could not be built from the contract's descriptors.
    #[error("the contract's descriptors are broken: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// Where the server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// gRPC.
    pub grpc: SocketAddr,
    /// Admin HTTP.
    pub admin: SocketAddr,
}

/// Everything bound, and nothing answered yet.
pub struct Server {
    config: Arc<Config>,
    board: health::Board,
    grpc: TcpListener,
    admin: TcpListener,
    health: Option<TcpListener>,
    addresses: Addresses,
    files: Files,
    asks: Asks,
    scrape: Scrape,
}

impl Server {
    /// Reads the files that the configuration names and binds the listeners. Nothing is answered before
    /// [`Server::run`].
    ///
    /// # Errors
    /// A file with faults, an address that cannot be bound.
    pub async fn bind(config: Arc<Config>) -> Result<Self, Error> {
        let files = Files::load(&config).map_err(|faults| Error::File(faults.join("\n")))?;
        let s = &config.server;
        let (grpc, grpc_address) = bind("gRPC", s.listen).await?;
        let (admin, admin_address) = bind("admin", s.admin_listen).await?;
        let health = match s.health_listen {
            Some(address) => Some(bind("health", address).await?.0),
            None => None,
        };
        let addresses = Addresses { grpc: grpc_address, admin: admin_address };
        let board = health::Board::new();
        Ok(Server {
            config,
            board,
            grpc,
            admin,
            health,
            addresses,
            files,
            asks: Asks::default(),
            scrape: Scrape::default(),
        })
    }

    /// Reads the files that can change again whenever `asks` is asked, besides when they change.
    #[must_use]
    pub fn reloading_on(self, asks: Asks) -> Self {
        Server { asks, ..self }
    }

    /// Shows these metrics on the admin page.
    #[must_use]
    pub fn with_metrics(self, scrape: Scrape) -> Self {
        Server { scrape, ..self }
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Serves over `register` until `stops` gets something, then goes down in order: NOT_SERVING, the
    /// drain delay, GOAWAY, the end of watches, a bounded wait for calls under way. A second something
    /// cuts that short. `ready` is called once it answers.
    ///
    /// # Errors
    /// The ready file cannot be written, or the gRPC server fails.
    pub async fn run(
        self,
        register: Register,
        clock: Clock,
        mut stops: mpsc::Receiver<()>,
        ready: impl FnOnce(Addresses),
    ) -> Result<(), Error> {
        let Server { config, board, grpc, admin, health, addresses, files, asks, scrape } = self;
        // Whatever would fail does so before anything is answered.
        let ready_file = config.server.ready_file.as_deref();
        let ready_file = ready_file.map(|path| ready::Draft::new(path, addresses)).transpose();
        let ready_file = ready_file.map_err(Error::ReadyFile)?;
        let goaway = drain::Signal::new();
        let watching = telemetry::Watching::new(files.clients.clone(), config.telemetry.client_names);
        let settings = layers::Settings::new(&config.limits, goaway.clone(), watching);
        let key_source = files.keys.clone().map(keys::Source::File);
        let key_source = key_source.unwrap_or_else(|| keys::Source::Register(register.clone()));
        let redis = config.redis.options(config.register.read_timeout);
        if redis.is_some() && !config.cache.enabled {
            tracing::warn!(component = "redis", "it is not used: cache.enabled is false");
        }
        let redis = redis.filter(|_| config.cache.enabled);
        let shared = redis.map(|options| Shared::start(options, key_source.clone()));
        let cache = remembering(&config, &register, shared.clone(), clock.clone());
        let signatures = files.trust.clone().map(|trusted| {
            Signatures::start(&config, trusted, key_source, clock.clone()).map_err(Error::Signatures)
        });
        let signatures = signatures.transpose()?;
        let serving = Serving {
            config: &config,
            register: &register,
            cache: cache.clone(),
            clock: clock.clone(),
            rulebook: files.rulebook.clone(),
            possession: signatures.as_ref().map(|signatures| signatures.possession.clone()),
            tls: files.tls.clone(),
        };
        observed::server(&board, settings.admission(), serving.rulebook.clone());
        observed::register(&register);
        serving.cache.iter().for_each(observed::cache);
        observed::files(files.states(), clock.clone());
        if let Some(signatures) = &signatures {
            observed::threads(&signatures.possession.judge.pool);
            observed::lists(signatures.lists.clone(), &clock);
        }
        let page = admin::Page::new(board.clone(), scrape).with_files(files.states());
        let lists = signatures.as_ref().map(|signatures| signatures.lists.clone());
        let page = page.with_lists(lists.unwrap_or_default());
        let calls = serve_calls(grpc, serving, &board, &settings, goaway.clone())?;

        let reloads = files.follow(&asks, &clock);
        let follow = tokio::spawn(follow_register(register.status(), board.clone()));
        let follow_redis = shared.map(|shared| tokio::spawn(follow_redis(shared.status(), board.clone())));
        let admin_page = admin::router(page);
        let admin = tokio::spawn(async move { axum::serve(admin, admin_page).await });
        let probes =
            health.map(|listener| tokio::spawn(serve_probes(listener, board.clone(), goaway.clone())));
        let calls = tokio::spawn(calls);

        // Told before the first probe can ask; the follower tells the changes.
        board.set(health::Component::Register, register.status().borrow().clone());
        board.started();
        ready(addresses);
        if let Some(draft) = ready_file {
            draft.publish().map_err(Error::ReadyFile)?;
        }
        let admission = settings.admission();
        let in_flight = || admission.in_flight();
        let outcome = drain::run(&mut stops, calls, in_flight, &board, &goaway, &config.server).await;

        // The admin page answers until the very end.
        if let Some(probes) = probes {
            probes.abort();
        }
        admin.abort();
        follow.abort();
        follow_redis.inspect(tokio::task::JoinHandle::abort);
        if let Some(cache) = cache {
            cache.stop().await;
        }
        reloads.into_iter().for_each(|reloading| reloading.abort());
        signatures.into_iter().flat_map(|signatures| signatures.follow).for_each(|list| list.abort());
        outcome
    }
}

async fn bind(what: &'static str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let fault = |source| Error::Bind { address, what, source };
    let listener = TcpListener::bind(address).await.map_err(fault)?;
    let bound = listener.local_addr().map_err(fault)?;
    Ok((listener, bound))
}

/// The cache over a register, unless there is to be none.
fn remembering(config: &Config, register: &Register, shared: Option<Shared>, clock: Clock) -> Option<Cache> {
    // A file that answers in microseconds is asked by the caller itself: to share or to put off a read
    // costs more than the read.
    let together = matches!(register, Register::Postgres(_)) || shared.is_some();
    let options = config.cache.options(&config.register, together);
    config.cache.enabled.then(|| Cache::start(register.clone(), shared.map(Tier::Redis), clock, options))
}

/// What calls are answered from.
struct Serving<'a> {
    config: &'a Config,
    register: &'a Register,
    clock: Clock,
    rulebook: Current<Rulebook>,
    /// Electronic signatures, where some authority is trusted.
    possession: Option<Possession>,
    /// Facts of the register, remembered.
    cache: Option<Cache>,
    tls: Option<Current<tls::Identity>>,
}

/// The future that answers calls until GOAWAY is signalled.
fn serve_calls(
    listener: TcpListener,
    Serving { config, register, cache, clock, rulebook, possession, tls }: Serving<'_>,
    board: &health::Board,
    settings: &layers::Settings,
    goaway: drain::Signal,
) -> Result<impl Future<Output = Result<(), tonic::transport::Error>> + Send + 'static, Error> {
    let limits = &config.limits;
    let rules = Rules {
        register_name: config.register.name.clone(),
        completeness: config.register.completeness,
        strict_structure: config.verification.strict_structure,
        claims: config.verification.claims,
        read_timeout: config.register.read_timeout,
        max_age: config.verification.max_age,
    };
    let verification = Verification::new(register.clone(), rules).with_rulebook(rulebook.clone());
    let judge = possession.as_ref().map(|possession| possession.judge.clone());
    let verification = verification.with_cache(cache.clone()).with_possession(possession);
    let edge = Edge::new(clock, limits.deadline);
    let streams = Streams::new(limits.streams, limits.stream_concurrency, limits.stream_items);
    let watches = Watches::new(&verification, limits.watches, config.register.feed_poll);
    let registrar = Registrar::new(register.clone(), config.register.read_timeout).with_cache(cache);
    let source = grpc::register::Source {
        name: config.register.name.clone(),
        completeness: config.register.completeness,
    };
    let registrar_service =
        grpc::register::Service::new(registrar.clone(), edge.clone(), source, board.clone());
    let profile = config.rulebook.profile;
    let office =
        Office::new(registrar, rulebook.clone(), profile, config.issuance.authority).with_judge(judge);
    let issuance = grpc::issuance::Service::new(edge.clone(), rulebook, profile, office);
    let service =
        grpc::verification::Service::new(verification, edge, streams.clone(), watches.clone(), board.clone());
    let verification = VerificationServiceServer::new(service);
    let verification = screen::Apart::new(
        verification.clone().max_decoding_message_size(limits.request_bytes),
        verification.max_decoding_message_size(limits.screen_bytes),
        limits.screens,
    );
    observed::streams(streams, watches, verification.under_way());
    let issuance = IssuanceServiceServer::new(issuance).max_decoding_message_size(limits.request_bytes);
    let registrar =
        RegisterServiceServer::new(registrar_service).max_decoding_message_size(limits.request_bytes);
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(crate::pb::DESCRIPTORS)
    };
    let mut builder = tonic::transport::Server::builder();
    if !limits.connection_age.is_zero() {
        // Never with a grace: tonic 0.14.9 then cuts the calls under way instead of asking.
        builder = builder.max_connection_age(shortened(limits.connection_age));
    }
    let router = builder
        .max_concurrent_streams(limits.streams_per_connection)
        .http2_max_header_list_size(limits.header_bytes)
        .http2_max_pending_accept_reset_streams(Some(RESETS))
        .http2_max_local_error_reset_streams(Some(ERROR_RESETS))
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_ANSWER))
        .layer(layers::Stack::new(settings))
        .add_service(verification)
        .add_service(issuance)
        .add_service(registrar)
        .add_service(health_server(board.clone()))
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);
    let bounds = listener::Bounds { connections: limits.connections, unread: limits.unread };
    let incoming = listener::incoming(listener, bounds, tls);
    Ok(router.serve_with_incoming_shutdown(incoming, goaway.wait()))
}

/// An age less up to a tenth of it, another on each server.
fn shortened(age: std::time::Duration) -> std::time::Duration {
    // A system without random bytes takes the whole age.
    let random = getrandom::u32().unwrap_or(0);
    age - age / 10 * (random % 1000) / 1000
}

/// Health takes names of services and no more.
fn health_server(board: health::Board) -> HealthServer<grpc::health::Service> {
    HealthServer::new(grpc::health::Service::new(board)).max_decoding_message_size(PROBE_BYTES)
}

/// A listener with health alone, for probes that cannot present a certificate.
async fn serve_probes(listener: TcpListener, board: health::Board, goaway: drain::Signal) {
    let bounds = listener::Bounds { connections: PROBE_CONNECTIONS, unread: KEEPALIVE };
    let incoming = listener::incoming(listener, bounds, None);
    let served = tonic::transport::Server::builder()
        .max_concurrent_streams(64)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_ANSWER))
        .add_service(health_server(board))
        .serve_with_incoming_shutdown(incoming, goaway.wait())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the health listener failed");
    }
}

/// Puts the register's state on the board, both ways, each change logged once.
async fn follow_register(mut status: watch::Receiver<register::Status>, board: health::Board) {
    loop {
        let now = status.borrow_and_update().clone();
        match &now {
            register::Status::Up => tracing::info!(component = "register", "up"),
            register::Status::ReadOnly(reason) => {
                tracing::error!(component = "register", reason, "read-only");
            }
            register::Status::Down(reason) => tracing::error!(component = "register", reason, "down"),
        }
        board.set(health::Component::Register, now);
        if status.changed().await.is_err() {
            board.set(health::Component::Register, register::Status::Down("closed".into()));
            return;
        }
    }
}

/// Puts on the board whether Redis is of use. Each change is logged where it is found.
async fn follow_redis(mut status: watch::Receiver<register::Status>, board: health::Board) {
    loop {
        board.set(health::Component::Redis, status.borrow_and_update().clone());
        if status.changed().await.is_err() {
            return;
        }
    }
}
