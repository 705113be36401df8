//! Reaching a server.

use std::time::Duration;

use clap::Args;
use tonic::transport::{Channel, Endpoint};
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
    /// The most time the call may take, such as 500ms or 3s
    #[arg(long, value_name = "TIME", default_value = "10s")]
    timeout: String,
}

impl Server {
    /// A channel to the server.
    pub(super) async fn connect(&self) -> Result<Channel, Failure> {
        if self.server.starts_with("https:") {
            return Err(Failure::usage("--server: this client speaks no TLS yet; use http://HOST:PORT"));
        }
        let uri: Option<http::Uri> = self.server.parse().ok();
        // Only the host and port are ever repeated: a URL can hold a password.
        let authority = uri.filter(|u| u.scheme_str() == Some("http")).and_then(|u| u.authority().cloned());
        let (Some(authority), Ok(endpoint)) = (authority, Endpoint::from_shared(self.server.clone())) else {
            return Err(Failure::usage("--server: must be a URL such as http://127.0.0.1:50051"));
        };
        let place = authority.as_str().rsplit('@').next().unwrap_or_default().to_string();
        let endpoint = endpoint.connect_timeout(CONNECT).timeout(self.limit()?);
        endpoint.connect().await.map_err(|e| {
            let why = std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string);
            Failure::unavailable(format!("cannot reach {place}: {why}"))
        })
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

/// What a refused call means at the command line.
pub(super) fn failure(status: &Status) -> Failure {
    let exit = match status.code() {
        Code::InvalidArgument | Code::Unimplemented | Code::OutOfRange => Exit::Usage,
        Code::NotFound | Code::PermissionDenied => Exit::Wanting,
        Code::Internal | Code::Unknown | Code::DataLoss => Exit::Bug,
        _ => Exit::Unavailable,
    };
    let reason = status.get_details_error_info().map(|i| format!("{}: ", i.reason)).unwrap_or_default();
    Failure(exit, format!("{reason}{}", status.message()))
}
