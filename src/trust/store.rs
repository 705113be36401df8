//! The file of trusted certificates: data, each with its fingerprint.
//!
//! ```toml
//! [[certificate]]
//! sha256 = "64 hexadecimal digits"
//! role = "root"                # or "intermediate", which a root must vouch for
//! source = "where it comes from"
//! pem = """
//! -----BEGIN CERTIFICATE-----
//! ...
//! -----END CERTIFICATE-----
//! """
//! ```
//!
//! A root is trusted because its fingerprint stands there: it must have been compared with what the
//! authority publishes, over another way than the certificate came.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use super::lists::Authorities;
use crate::reload::{self, Current};
use crate::signature::algorithm::Digest;
use crate::signature::armor;
use crate::signature::certificate::{self, Certificate};
use crate::signature::chain::{self, Store};

/// The file's name within its folder.
pub const FILE: &str = "trust.toml";
/// The longest file, in bytes.
pub const LONGEST: u64 = 1024 * 1024;
/// Labels of PEM that hold a certificate.
pub const LABELS: [&str; 2] = ["CERTIFICATE", "TRUSTED CERTIFICATE"];

/// The file as one that can change.
pub static TRUST: reload::Kind<Trusted> = reload::Kind {
    name: "trust",
    longest: LONGEST,
    parse: |files| match files.first() {
        Some(file) => Trusted::parse(&file.name, file.text()?),
        None => Err(vec!["no file".into()]),
    },
    version: |trusted| trusted.version.clone(),
};

/// What the operator trusts, checked.
#[derive(Clone, Debug, Default)]
pub struct Trusted {
    /// The authorities.
    pub store: Store,
    /// Where each comes from, as the file says, in its order: fingerprint and source.
    pub sources: Vec<(String, String)>,
    /// What tells this content from others: of certificates alone, whatever their order.
    pub version: String,
}

/// What a certificate is trusted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// For its own sake.
    Root,
    /// Because a root vouches for it.
    Intermediate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    certificate: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    sha256: String,
    role: Role,
    #[serde(default)]
    source: String,
    pem: String,
}

impl Trusted {
    /// Reads a file's text, named in faults.
    ///
    /// # Errors
    /// Every fault, a line each.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<String>> {
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map(|span| text[..span.start].lines().count().max(1));
            let line = at.map(|line| format!(", line {line}")).unwrap_or_default();
            vec![format!("{name}{line}: {}", error.message())]
        })?;
        let mut faults = Vec::new();
        if file.certificate.len() > chain::MOST {
            faults.push(format!("{name}: holds more than {} certificates", chain::MOST));
        }
        let (mut roots, mut intermediates, mut sources) = (vec![], vec![], vec![]);
        for (i, entry) in file.certificate.iter().enumerate().take(chain::MOST) {
            match entry.read() {
                Ok(certificate) => {
                    let fingerprint = certificate.fingerprint();
                    if sources.iter().any(|(before, _)| *before == fingerprint) {
                        faults.push(format!("{name}: certificate {}: stands there twice", i + 1));
                        continue;
                    }
                    sources.push((fingerprint, entry.source.clone()));
                    match entry.role {
                        Role::Root => roots.push(certificate),
                        Role::Intermediate => intermediates.push(certificate),
                    }
                }
                Err(fault) => faults.push(format!("{name}: certificate {}: {fault}", i + 1)),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let store = Store::new(roots, intermediates).map_err(|faults| {
            faults.into_iter().map(|fault| format!("{name}: {fault}")).collect::<Vec<_>>()
        })?;
        Ok(Self::of(store, sources))
    }

    fn of(store: Store, sources: Vec<(String, String)>) -> Self {
        let mut fingerprints: Vec<String> =
            store.authorities().map(|authority| authority.certificate.fingerprint()).collect();
        fingerprints.sort();
        let digest = Digest::Sha256.of(fingerprints.concat().as_bytes());
        let version = format!("{}-{}", fingerprints.len(), hex::encode(&digest[..8]));
        Trusted { store, sources, version }
    }

    /// What is trusted when certificates are given one by one: those that issued themselves are roots.
    ///
    /// # Errors
    /// Every certificate that cannot be used, and why.
    pub fn of_certificates(certificates: Vec<Certificate>) -> Result<Self, Vec<String>> {
        let (roots, intermediates) =
            certificates.into_iter().partition(|certificate| certificate.names_as_issuer(certificate));
        Store::new(roots, intermediates).map(|store| Self::of(store, vec![]))
    }

    /// The certificates that are not valid at a moment, and why, a line each.
    #[must_use]
    pub fn faults_at(&self, now: Timestamp) -> Vec<String> {
        let fault = |authority: &chain::Authority| {
            let certificate = &authority.certificate;
            let fault = certificate.valid_at(now, "it").err()?;
            Some(format!("certificate {}: {fault}", certificate.fingerprint()))
        };
        self.store.authorities().filter_map(fault).collect()
    }
}

impl Authorities for Current<Trusted> {
    fn all(&self) -> Vec<Arc<Certificate>> {
        let trusted = self.get();
        trusted.store.authorities().map(|authority| authority.certificate.clone().into()).collect()
    }
}

impl Entry {
    fn read(&self) -> Result<Certificate, String> {
        let hex = self.sha256.to_ascii_lowercase();
        if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("sha256 must be 64 hexadecimal digits".into());
        }
        let der = armor::decode(self.pem.trim().as_bytes(), &LABELS, certificate::LONGEST);
        let certificate = Certificate::parse(&der.map_err(|fault| fault.to_string())?);
        let certificate = certificate.map_err(|fault| fault.to_string())?;
        if certificate.fingerprint() != hex {
            return Err(format!("is {}, and sha256 says {hex}", certificate.fingerprint()));
        }
        Ok(certificate)
    }
}

/// The entry of a certificate, as text to put at the end of a file.
#[must_use]
pub fn entry(certificate: &Certificate, role: Role, source: &str) -> String {
    let role = match role {
        Role::Root => "root",
        Role::Intermediate => "intermediate",
    };
    // A source is one line of printable text; toml's own writer would need a feature for one string.
    let source: String = source.chars().filter(|c| !c.is_control()).collect();
    let source = source.replace('\\', "\\\\").replace('"', "\\\"");
    format!(
        "\n[[certificate]]\nsha256 = \"{}\"\nrole = \"{role}\"\nsource = \"{source}\"\npem = \"\"\"\n{}\"\"\"\n",
        certificate.fingerprint(),
        armor::encode("CERTIFICATE", certificate.der()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::signer::Signer;
    use crate::pki::{Holder, Pki};

    fn parsed(holder: &Holder) -> Certificate {
        Certificate::parse(&holder.certificate).unwrap()
    }

    fn file(pki: &Pki) -> String {
        // In the order that people write them down in, or not.
        let nca = entry(&parsed(&pki.nca), Role::Intermediate, "https://pki.example/\"nca\"\\.cer\n");
        nca + &entry(&parsed(&pki.root), Role::Root, "https://pki.example/root.cer")
    }

    #[test]
    fn a_file_is_read_and_its_version_is_of_its_certificates() {
        let pki = Pki::gost();
        let trusted = Trusted::parse("trust.toml", &file(&pki)).unwrap();
        assert!(trusted.store.issuer(&parsed(&pki.gost_person())).is_ok());
        assert_eq!(trusted.sources[0].1, "https://pki.example/\"nca\"\\.cer");
        let again = Trusted::of_certificates(vec![parsed(&pki.root), parsed(&pki.nca)]).unwrap();
        assert_eq!(trusted.version, again.version);
        let root = Trusted::of_certificates(vec![parsed(&pki.root)]).unwrap();
        assert_ne!(trusted.version, root.version);
        assert!(Trusted::parse("trust.toml", "# none yet\n").unwrap().store.is_empty());
    }

    #[test]
    fn every_fault_of_a_file_is_told_at_once() {
        let pki = Pki::gost();
        let root = parsed(&pki.root).fingerprint();
        let wrong =
            file(&pki).replace(&root, &"0".repeat(64)).replace("role = \"root\"", "role = \"root\"\n");
        let more = wrong + "[[certificate]]\nsha256 = \"1\"\nrole = \"root\"\npem = \"\"\n" + &file(&pki);
        let faults = Trusted::parse("t", &more).unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults[0].contains("certificate 2") && faults[0].contains(&root));
        assert!(faults[1].contains("64 hexadecimal digits") && faults[2].contains("twice"));
        let faults = Trusted::parse("t", "a = 1\n").unwrap_err();
        assert!(faults[0].contains("line 1"), "{faults:?}");
        // An authority that nobody vouches for, and a root that is none.
        let other = Pki::new(Signer::gost("other"), Signer::gost("another"));
        let stray = file(&pki) + &entry(&parsed(&other.nca), Role::Intermediate, "");
        assert!(Trusted::parse("t", &stray).unwrap_err()[0].contains(&parsed(&other.nca).fingerprint()));
        assert!(Trusted::parse("t", &entry(&parsed(&pki.nca), Role::Root, "")).is_err());
    }

    #[test]
    fn what_has_expired_is_told() {
        let trusted = Trusted::parse("t", &file(&Pki::gost())).unwrap();
        assert!(trusted.faults_at("2026-07-24T00:00:00Z".parse().unwrap()).is_empty());
        assert_eq!(trusted.faults_at("2046-07-24T00:00:00Z".parse().unwrap()).len(), 2);
    }
}
