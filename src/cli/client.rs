//! Reaching a server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{Exit, Failure};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(super) struct Server {
    /// The server's address
    #[arg(long, value_name = "URL", env = "IINSPECT_SERVER", default_value = "http://127.0.0.1:50051")]
    server: String,
    /// Authorities that certify the server (PEM); the system's own unless set
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Certificate to show to the server (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// The most time the call may take, such as 500ms or 3s
    #[arg(long, value_name = "TIME", default_value = "10s")]
    timeout: String,
}

impl Server {
    /// A channel to the server.
    pub(super) async fn connect(&self) -> Result<Channel, Failure> {
        let uri: Option<http::Uri> = self.server.parse().ok();
        let encrypted = uri.as_ref().and_then(http::Uri::scheme_str) == Some("https");
        // Only the host and port are ever repeated: a URL can hold a password.
        let authority = uri.filter(|u| encrypted || u.scheme_str() == Some("http"));
        let authority = authority.and_then(|u| u.authority().cloned());
        let (Some(authority), Ok(endpoint)) = (authority, Endpoint::from_shared(self.server.clone())) else {
            return Err(Failure::usage("--server: must be a URL such as http://127.0.0.1:50051"));
        };
        let place = authority.as_str().rsplit('@').next().unwrap_or_default().to_string();
        let endpoint = endpoint.connect_timeout(CONNECT).timeout(self.limit()?);
        let endpoint = match (encrypted, self.tls()?) {
            (true, tls) => endpoint
                .tls_config(self.rooted(tls.unwrap_or_default()))
                .map_err(|e| Failure::usage(format!("--ca, --cert, --key: {}", reason(&e))))?,
            (false, None) => endpoint,
            (false, Some(_)) => {
                return Err(Failure::usage("--ca, --cert, --key: need --server https://HOST:PORT"));
            }
        };
        endpoint
            .connect()
            .await
            .map_err(|e| Failure::unavailable(format!("cannot reach {place}: {}", reason(&e))))
    }

    /// What the flags say of TLS; `None` when they say nothing.
    fn tls(&self) -> Result<Option<ClientTlsConfig>, Failure> {
        let read = |flag: &str, path: &Path| {
            std::fs::read(path).map_err(|e| Failure::usage(format!("{flag} {}: {e}", path.display())))
        };
        let mut tls = None;
        if let Some(path) = &self.ca {
            let authorities = Certificate::from_pem(read("--ca", path)?);
            tls = Some(tls.unwrap_or_else(ClientTlsConfig::new).ca_certificate(authorities));
        }
        if let (Some(certificate), Some(key)) = (&self.cert, &self.key) {
            let identity = Identity::from_pem(read("--cert", certificate)?, read("--key", key)?);
            tls = Some(tls.unwrap_or_else(ClientTlsConfig::new).identity(identity));
        }
        Ok(tls)
    }

    fn rooted(&self, tls: ClientTlsConfig) -> ClientTlsConfig {
        if self.ca.is_some() { tls } else { tls.with_native_roots() }
    }

    fn limit(&self) -> Result<Duration, Failure> {
        self.timeout
            .parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|d| Duration::try_from(d).ok())
            .filter(|d| !d.is_zero())
            .ok_or_else(|| Failure::usage("--timeout: must be a duration such as 500ms or 3s"))
    }
}

/// What lies at the bottom of an error: a transport's own text says only that there was one.
fn reason(error: &dyn std::error::Error) -> String {
    let mut bottom = error;
    while let Some(source) = bottom.source() {
        bottom = source;
    }
    bottom.to_string()
}

/// What a refused call means at the command line.
pub(super) fn failure(status: &Status) -> Failure {
    // No server's answer: the connection broke, as when a server lets nobody in without a certificate.
    if std::error::Error::source(status).is_some() {
        return Failure::unavailable(format!("the connection broke: {}", reason(status)));
    }
    let exit = match status.code() {
        Code::InvalidArgument | Code::Unimplemented | Code::OutOfRange => Exit::Usage,
        Code::NotFound | Code::PermissionDenied => Exit::Wanting,
        Code::Internal | Code::Unknown | Code::DataLoss => Exit::Bug,
        _ => Exit::Unavailable,
    };
    let reason = status.get_details_error_info().map(|i| format!("{}: ", i.reason)).unwrap_or_default();
    Failure(exit, format!("{reason}{}", status.message()))
}
