//! `[server]`: listeners and the way down.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::read::Reader;

/// Listeners and the way down.
#[derive(Clone, Debug)]
pub struct Server {
    /// gRPC.
    pub listen: SocketAddr,
    /// Admin HTTP.
    pub admin_listen: SocketAddr,
    /// Health alone, when wanted.
    pub health_listen: Option<SocketAddr>,
    /// Where the bound addresses are written, when wanted.
    pub ready_file: Option<PathBuf>,
    /// From NOT_SERVING to GOAWAY.
    pub drain_delay: Duration,
    /// From GOAWAY to the end of calls under way.
    pub drain_grace: Duration,
}

impl Server {
    pub(super) fn read(r: &mut Reader<'_>, tls: bool) -> Self {
        let listen = r.address("server.listen");
        let allowed = r.flag("server.plaintext_beyond_loopback");
        if !tls && !allowed && !listen.ip().is_loopback() {
            r.fault(
                "server.listen",
                "must be a loopback address without TLS: numbers and names would cross the network in \
                 clear (tls.certificate and tls.key encrypt it; server.plaintext_beyond_loopback = true \
                 allows it)",
            );
        }
        Server {
            listen,
            admin_listen: r.address("server.admin_listen"),
            health_listen: r.optional_address("server.health_listen"),
            ready_file: r.optional_path("server.ready_file"),
            drain_delay: r.duration("server.drain_delay", Duration::ZERO..=Duration::from_secs(300)),
            drain_grace: r.duration("server.drain_grace", Duration::ZERO..=Duration::from_secs(600)),
        }
    }
}
