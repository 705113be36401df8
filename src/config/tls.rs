//! `[tls]`: how the gRPC listener is encrypted, and whom it lets in.

use std::path::{Path, PathBuf};

use super::read::Reader;

/// The files of a listener with TLS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate and what leads to its root, the server's own first (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM).
    pub key: PathBuf,
    /// Who certifies clients (PEM); with it, a client without such a certificate is not let in.
    pub client_ca: Option<PathBuf>,
}

impl Tls {
    /// `None`: the listener speaks plaintext.
    pub(super) fn read(r: &mut Reader<'_>) -> Option<Self> {
        let certificate = r.optional_path("tls.certificate");
        let key = r.optional_path("tls.key");
        let client_ca = r.optional_path("tls.client_ca");
        match (certificate, key) {
            (Some(certificate), Some(key)) => Some(Tls { certificate, key, client_ca }),
            (certificate, key) => {
                let with = |r: &mut Reader<'_>, missing: &str, given: &str| {
                    r.fault(missing, format!("must be set when {given} is"));
                };
                match (certificate, key) {
                    (Some(_), None) => with(r, "tls.key", "tls.certificate"),
                    (None, Some(_)) => with(r, "tls.certificate", "tls.key"),
                    _ if client_ca.is_some() => with(r, "tls.certificate", "tls.client_ca"),
                    _ => {}
                }
                None
            }
        }
    }

    /// The files in the order in which they are judged.
    #[must_use]
    pub fn files(&self) -> Vec<&Path> {
        [&self.certificate, &self.key].into_iter().chain(&self.client_ca).map(PathBuf::as_path).collect()
    }
}
