//! `healthcheck`: asks a server's health, for containers and scripts.

use clap::Args;
use tonic::Code;

use super::client::{Server, failure};
use super::output::say;
use super::{Exit, Failure, runtime};
use crate::pb::health::HealthCheckRequest;
use crate::pb::health::health_check_response::ServingStatus;
use crate::pb::health::health_client::HealthClient;

/// Asks a server's health
///
/// Exit status: 0 serving, 1 not serving or no such service, 69 not reached.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  iinspect healthcheck --service iinspect.v1.VerificationService")]
pub(super) struct Healthcheck {
    /// A service's full name; the server as a whole unless set
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    service: String,
    #[command(flatten)]
    server: Server,
}

impl Healthcheck {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let request = HealthCheckRequest { service: self.service };
        let answer = runtime()?.block_on(async {
            let mut client = HealthClient::new(self.server.connect().await?);
            Ok(client.check(request).await)
        })?;
        let status = match answer {
            Ok(answer) => answer.into_inner().status(),
            Err(status) if status.code() == Code::NotFound => ServingStatus::ServiceUnknown,
            Err(status) => return Err(failure(&status)),
        };
        say(status.as_str_name());
        Ok(if status == ServingStatus::Serving { Exit::Fine } else { Exit::Wanting })
    }
}
