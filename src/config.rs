//! Configuration: the defaults file, then a file, then the environment (OpenTelemetry's own variables
//! first), then flags.
//!
//! Settings are read one by one, so that every fault is told at once, each with its key, where it
//! came from and what is allowed. Values are never repeated in a fault: a URL can hold a password.

mod layers;
mod otel;
mod read;

pub mod cache;
pub mod clients;
pub mod deployment;
pub mod issuance;
pub mod limits;
pub mod redis;
pub mod register;
pub mod revocation;
pub mod rulebook;
pub mod server;
pub mod signature;
pub mod telemetry;
pub mod tls;
pub mod trust;
pub mod verification;

use std::fmt;
use std::path::Path;

pub use layers::Flags;

/// The defaults file: the first provider, and the documentation of every setting.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Everything that can be set, validated.
#[derive(Clone, Debug)]
pub struct Config {
    /// Listeners and the way down.
    pub server: server::Server,
    /// TLS of the gRPC listener; `None`: it speaks plaintext.
    pub tls: Option<tls::Tls>,
    /// What all nodes share.
    pub deployment: deployment::Deployment,
    /// Bounds on calls.
    pub limits: limits::Limits,
    /// Where facts live.
    pub register: register::Register,
    /// How facts are remembered.
    pub cache: cache::Cache,
    /// What nodes remember for each other.
    pub redis: redis::Redis,
    /// How numbers are judged.
    pub verification: verification::Verification,
    /// Whose rules decide.
    pub rulebook: rulebook::Rulebook,
    /// Whether numbers are formed here.
    pub issuance: issuance::Issuance,
    /// How it is found out whether a signer's certificate is revoked.
    pub revocation: revocation::Revocation,
    /// Which authorities vouch for signers.
    pub trust: trust::Trust,
    /// What electronic signatures prove.
    pub signature: signature::Signature,
    /// Who calls.
    pub clients: clients::Clients,
    /// Logs, traces, metrics.
    pub telemetry: telemetry::Telemetry,
}

/// One thing wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The setting, or the file when it cannot be read at all.
    pub key: String,
    /// Where it came from.
    pub source: String,
    /// What is allowed, or what went wrong.
    pub allowed: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.key, self.source, self.allowed)
    }
}

/// Everything wrong with the configuration, at least one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            write!(f, "{}{fault}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

impl Config {
    /// Reads all providers.
    ///
    /// ```
    /// use iinspect::config::{Config, Flags};
    /// let env = [("IINSPECT_SERVER__DRAIN_DELAY".to_string(), "soon".to_string())];
    /// let faults = Config::load(None, env, &Flags::default()).unwrap_err();
    /// assert!(faults.to_string().starts_with(
    ///     "server.drain_delay (environment variable IINSPECT_SERVER__DRAIN_DELAY): "));
    /// ```
    ///
    /// # Errors
    /// Every fault at once.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
        flags: &Flags,
    ) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let layers = layers::Layers::gather(file, env, flags, &mut faults);
        let mut read = read::Reader::new(&layers, &mut faults);
        let tls = tls::Tls::read(&mut read);
        let config = Config {
            server: server::Server::read(&mut read, tls.is_some()),
            tls,
            deployment: deployment::Deployment::read(&mut read),
            limits: limits::Limits::read(&mut read),
            register: register::Register::read(&mut read),
            cache: cache::Cache::read(&mut read),
            redis: redis::Redis::read(&mut read),
            verification: verification::Verification::read(&mut read),
            rulebook: rulebook::Rulebook::read(&mut read),
            issuance: issuance::Issuance::read(&mut read),
            clients: clients::Clients::read(&mut read),
            revocation: revocation::Revocation::read(&mut read),
            trust: trust::Trust::read(&mut read),
            signature: signature::Signature::read(&mut read),
            telemetry: telemetry::Telemetry::read(&mut read),
        };
        if faults.is_empty() { Ok(config) } else { Err(Faults(faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(env: &[(&str, &str)]) -> Result<Config, Faults> {
        let env = env.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string()));
        Config::load(None, env, &Flags::default())
    }

    #[test]
    fn the_defaults_are_valid_and_are_the_contract() {
        let c = load(&[]).unwrap();
        assert_eq!(c.server.listen.to_string(), "127.0.0.1:50051");
        assert_eq!(c.server.admin_listen.to_string(), "127.0.0.1:9464");
        assert_eq!(c.server.drain_delay.as_secs(), 3);
        assert_eq!(c.server.drain_grace.as_secs(), 10);
        assert_eq!(c.limits.request_bytes, 4 * 1024 * 1024);
        assert_eq!(c.register.completeness, crate::verification::Completeness::Partial);
        assert!(!c.verification.strict_structure);
        assert_eq!(c.verification.claims, crate::verification::claims::Policy::default());
    }

    #[test]
    fn every_fault_is_told_at_once_with_key_and_source_and_never_the_value() {
        let faults = load(&[
            ("IINSPECT_SERVER__LISTEN", "s3cret"),
            ("IINSPECT_REGISTER__COMPLETENESS", "s3cret"),
            ("IINSPECT_LIMITS__CONCURRENCY", "0"),
            ("IINSPECT_LIMITS__TYPO", "1"),
        ])
        .unwrap_err();
        let text = faults.to_string();
        assert_eq!(faults.0.len(), 4, "{text}");
        for key in ["server.listen", "register.completeness", "limits.concurrency", "limits.typo"] {
            assert!(text.contains(&format!("{key} (environment variable IINSPECT_")), "{text}");
        }
        assert!(!text.contains("s3cret"), "{text}");
    }

    #[test]
    fn names_without_a_double_underscore_are_no_settings() {
        assert!(load(&[("IINSPECT_SERVER", "http://127.0.0.1:50051"), ("PATH", "/bin")]).is_ok());
    }

    #[test]
    fn variables_of_opentelemetry_are_settings_below_our_own() {
        let c = load(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://metrics.example:4317/"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "250"),
            ("OTEL_TRACES_SAMPLER", "parentbased_always_on"),
            ("OTEL_SERVICE_NAME", "theirs"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", ""),
            ("IINSPECT_TELEMETRY__SERVICE_NAME", "ours"),
        ])
        .unwrap()
        .telemetry;
        let uri = |uri: Option<http::Uri>| uri.map(|uri| uri.to_string());
        assert_eq!(uri(c.traces).as_deref(), Some("http://127.0.0.1:4317/"));
        assert_eq!(uri(c.metrics).as_deref(), Some("https://metrics.example:4317/"));
        assert_eq!((c.timeout.as_millis(), c.sample_ratio), (250, 1.0));
        assert_eq!(c.service_name, "ours");
        let disabled =
            [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"), ("OTEL_SDK_DISABLED", "true")];
        let c = load(&disabled).unwrap().telemetry;
        assert_eq!((c.traces, c.metrics), (None, None));

        let faults = load(&[
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4317"),
            ("OTEL_TRACES_SAMPLER", "always_on"),
            ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ])
        .unwrap_err();
        let text = faults.to_string();
        assert_eq!(faults.0.len(), 4, "{text}");
        assert!(text.contains("telemetry (environment variable OTEL_TRACES_SAMPLER): must be"), "{text}");
        assert!(
            text.contains("telemetry.sample_ratio (environment variable OTEL_TRACES_SAMPLER_ARG)"),
            "{text}"
        );
    }

    #[test]
    fn later_providers_win_and_a_broken_file_is_told_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.toml");
        std::fs::write(&path, "[limits]\nconcurrency = 5\n[register]\nname = \"file\"\n").unwrap();
        let env = [("IINSPECT_REGISTER__NAME".to_string(), "env".to_string())];
        let mut flags = Flags::default();
        flags.set("server.listen", "127.0.0.1:0", "--listen");
        let c = Config::load(Some(&path), env, &flags).unwrap();
        assert_eq!((c.limits.concurrency, c.register.name.as_str()), (5, "env"));
        assert_eq!(c.server.listen.port(), 0);

        std::fs::write(&path, "[limits]\nconcurrency = = 5\n").unwrap();
        let text = Config::load(Some(&path), [], &Flags::default()).unwrap_err().to_string();
        assert!(text.contains("a.toml") && text.contains("line 2"), "{text}");
        let text =
            Config::load(Some(&dir.path().join("none")), [], &Flags::default()).unwrap_err().to_string();
        assert!(text.contains("none"), "{text}");
    }

    #[test]
    fn a_listener_beyond_loopback_needs_the_loud_setting() {
        let listen = ("IINSPECT_SERVER__LISTEN", "0.0.0.0:1");
        let text = load(&[listen]).unwrap_err().to_string();
        assert!(text.contains("plaintext_beyond_loopback"), "{text}");
        assert!(load(&[listen, ("IINSPECT_SERVER__PLAINTEXT_BEYOND_LOOPBACK", "true")]).is_ok());
        let certificate = ("IINSPECT_TLS__CERTIFICATE", "server.pem");
        let faults = load(&[listen, certificate]).unwrap_err().to_string();
        assert!(faults.contains("tls.key (default): must be set"), "{faults}");
        assert!(load(&[listen, certificate, ("IINSPECT_TLS__KEY", "server.key")]).is_ok());
        let faults = load(&[("IINSPECT_TLS__CLIENT_CA", "ca.pem")]).unwrap_err().to_string();
        assert!(faults.contains("tls.certificate (default): must be set when tls.client_ca is"), "{faults}");
    }
}
