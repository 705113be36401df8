//! TLS: certificate, key and the authority of clients from files, read again when they change.
//!
//! The acceptor is ours: tonic's has its certificate baked in, and a certificate that is renewed must
//! not end a server's calls. What a connection began with it keeps; the next has the new one.

use std::fmt;
use std::sync::Arc;

use der::Decode;
use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::grpc::edge::ClientNames;
use crate::reload::{self, Content};

/// The most names of a client's certificate that are looked at.
const NAMES: usize = 16;
/// The longest such name, in bytes.
const NAME: usize = 256;

/// The files as ones that can change: the certificate chain, its key and, for mutual TLS, the
/// authority of clients.
pub static FILES: reload::Kind<Identity> = reload::Kind {
    name: "tls",
    longest: 1024 * 1024,
    parse: read,
    version: |identity| identity.version().to_string(),
};

/// What the server shows of itself, and whom it lets in.
#[derive(Clone)]
pub struct Identity {
    config: Arc<ServerConfig>,
    version: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.version)
    }
}

impl Identity {
    /// What handshakes are made by.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }

    /// How its certificate is told from others: its serial number, and until when it is valid.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// The names in the certificate of a client, which has been verified: its URIs and DNS names as written,
/// then the common name of its subject. At most 16; none of one that cannot be read.
pub(super) fn names(certificate: &CertificateDer<'_>) -> ClientNames {
    let Ok(certificate) = Certificate::from_der(certificate) else { return ClientNames::default() };
    let certificate = certificate.tbs_certificate;
    let alternative = certificate.get::<SubjectAltName>().ok().flatten();
    let alternative = alternative.map(|(_, names)| names.0).unwrap_or_default();
    let written = alternative.iter().filter_map(|name| match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
        GeneralName::DnsName(name) => Some(name.to_string()),
        _ => None,
    });
    let attributes = certificate.subject.0.iter().flat_map(|rdn| rdn.0.iter());
    let common = attributes.filter(|a| a.oid == const_oid::db::rfc4519::CN);
    let common = common.filter_map(|a| std::str::from_utf8(a.value.value()).ok().map(str::to_string));
    ClientNames(written.chain(common).filter(|name| name.len() <= NAME).take(NAMES).collect())
}

/// An identity from two or three files, or every fault of theirs.
fn read(files: &[Content]) -> Result<Identity, Vec<String>> {
    let [certificate, key, authority @ ..] = files else {
        return Err(vec!["a certificate and a key are needed".into()]);
    };
    let mut faults = Vec::new();
    let chain = certificates(certificate).map_err(|fault| faults.push(fault)).ok();
    let secret = PrivateKeyDer::from_pem_slice(&key.bytes);
    let secret = secret.map_err(|_| faults.push(format!("{}: holds no private key (PEM)", key.name))).ok();
    let clients = authority.first().map(|file| verifier(file).map_err(|fault| faults.push(fault)).ok());
    let (Some(chain), Some(secret), Some(clients)) =
        (chain, secret, clients.map_or(Some(None), |c| c.map(Some)))
    else {
        return Err(faults);
    };
    let about = chain.first().map(|leaf| about(leaf)).unwrap_or_default();
    let version = about.ok_or_else(|| vec![format!("{}: cannot be read", certificate.name)])?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|e| vec![e.to_string()])?;
    let builder = match clients {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    // Whether the key is the certificate's is judged here, too.
    let config = builder.with_single_cert(chain, secret);
    let mut config = config.map_err(|e| vec![format!("{} and {}: {e}", certificate.name, key.name)])?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Identity { config: Arc::new(config), version })
}

fn certificates(file: &Content) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&file.bytes).collect();
    let all = all.ok().filter(|all| !all.is_empty());
    all.ok_or_else(|| format!("{}: holds no certificate, or a broken one (PEM)", file.name))
}

fn verifier(file: &Content) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, String> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|e| format!("{}: {e}", file.name))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
    verifier.map(|v| v as _).map_err(|e| format!("{}: {e}", file.name))
}

fn about(certificate: &CertificateDer<'_>) -> Option<String> {
    let parsed = Certificate::from_der(certificate).ok()?.tbs_certificate;
    let until = parsed.validity.not_after.to_unix_duration().as_secs();
    let until = Timestamp::from_second(i64::try_from(until).ok()?).ok()?;
    Some(format!("serial {}, valid until {until}", parsed.serial_number))
}
