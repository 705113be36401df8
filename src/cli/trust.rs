//! `trust`: which authorities vouch for signers.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use const_oid::db::rfc4519::COMMON_NAME;
use jiff::Timestamp;

use super::output::{complain, say, table};
use super::{ConfigFile, Exit, Failure};
use crate::clock::Clock;
use crate::config::Flags;
use crate::signature::algorithm::Key;
use crate::signature::armor;
use crate::signature::certificate::{self, Certificate};
use crate::trust::store::{self, FILE, LABELS, Role, Trusted};

/// Which authorities vouch for signers
///
/// No authority is built in. Take the certificates from where the authority publishes them, compare their
/// fingerprints with what it publishes elsewhere, and add the root first.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  iinspect trust add root.cer --sha256 HEX --trust trust/\n  iinspect trust add nca.cer --trust trust/\n  iinspect trust check --trust trust/"
)]
pub(super) struct Trust {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
    List(Place),
    Check(Check),
}

/// Add a certificate
///
/// One that issued itself is a root and needs its fingerprint; another needs an authority that is
/// trusted already.
#[derive(Debug, Args)]
struct Add {
    /// The certificate: DER, PEM or base64
    file: PathBuf,
    /// Its SHA-256 fingerprint as the authority publishes it
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// Where it comes from, for whoever reads the file later
    #[arg(long, value_name = "TEXT", default_value = "")]
    source: String,
    #[command(flatten)]
    place: Place,
}

/// Check that all is well
///
/// Exit status 1 when a certificate is not valid at the moment.
#[derive(Debug, Args)]
struct Check {
    /// The moment, instead of now (RFC 3339)
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    place: Place,
}

/// List what is trusted
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The folder with trust.toml, instead of trust.folder of the configuration
    #[arg(long, value_name = "DIR")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
}

impl Trust {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        match self.command {
            Command::Add(command) => command.run(),
            Command::List(place) => place.list(),
            Command::Check(command) => command.run(),
        }
    }
}

impl Place {
    fn folder(&self) -> Result<PathBuf, Failure> {
        match &self.trust {
            Some(folder) => Ok(folder.clone()),
            None => self.config.load(&Flags::default())?.trust.folder.ok_or_else(|| {
                Failure::usage("which authorities are trusted? Give --trust DIR, or set trust.folder")
            }),
        }
    }

    /// What is trusted there: by trust.toml, or, where a person points at a folder without one, by the
    /// certificates that lie in it.
    pub(super) fn load(&self) -> Result<Trusted, Failure> {
        let folder = self.folder()?;
        let file = folder.join(FILE);
        if self.trust.is_some() && !file.exists() {
            return loose(&folder);
        }
        parse(&file, &read(&file, store::LONGEST)?)
    }

    fn list(self) -> Result<Exit, Failure> {
        let trusted = self.load()?;
        let mut rows = table(&["role", "name", "key", "valid until", "sha256", "source"]);
        for authority in trusted.store.authorities() {
            let certificate = &authority.certificate;
            let fingerprint = certificate.fingerprint();
            let source = trusted.sources.iter().find(|(of, _)| *of == fingerprint);
            rows.add_row([
                if authority.is_root() { "root" } else { "intermediate" }.to_owned(),
                common_name(certificate),
                key(certificate),
                certificate.not_after().to_string(),
                fingerprint,
                source.map(|(_, source)| source.clone()).unwrap_or_default(),
            ]);
        }
        say(&rows.to_string());
        Ok(Exit::Fine)
    }
}

impl Check {
    fn run(self) -> Result<Exit, Failure> {
        let trusted = self.place.load()?;
        let now = self.at.unwrap_or_else(|| Clock::system().now());
        let faults = trusted.faults_at(now);
        faults.iter().for_each(|fault| complain(fault));
        say(&format!(
            "trust: version {}, {} certificates",
            trusted.version,
            trusted.store.authorities().count()
        ));
        Ok(if faults.is_empty() { Exit::Fine } else { Exit::Wanting })
    }
}

impl Add {
    fn run(self) -> Result<Exit, Failure> {
        let folder = self.place.folder()?;
        let certificate = read_certificate(&self.file)?;
        let fingerprint = certificate.fingerprint();
        let role = if certificate.names_as_issuer(&certificate) { Role::Root } else { Role::Intermediate };
        match &self.sha256 {
            Some(hex) if hex.replace(':', "").eq_ignore_ascii_case(&fingerprint) => {}
            Some(_) => return Err(Failure::usage(format!("the fingerprint is another one: {fingerprint}"))),
            None if role == Role::Root => {
                return Err(Failure::usage(format!(
                    "a root is trusted for its own sake: compare this fingerprint with the one that the \
                     authority publishes, then add --sha256 {fingerprint}"
                )));
            }
            None => {}
        }
        let path = folder.join(FILE);
        let before = if path.exists() { read(&path, store::LONGEST)? } else { String::new() };
        let text = before + &store::entry(&certificate, role, &self.source);
        // The whole must be right afterwards, or nothing is written.
        let trusted = parse(&path, &text)?;
        replace(&folder, &path, &text)
            .map_err(|error| Failure::unavailable(format!("{}: {error}", path.display())))?;
        say(&format!("added {fingerprint}, {}: version {}", common_name(&certificate), trusted.version));
        Ok(Exit::Fine)
    }
}

fn parse(path: &Path, text: &str) -> Result<Trusted, Failure> {
    Trusted::parse(&path.display().to_string(), text).map_err(|faults| Failure::usage(faults.join("\n")))
}

/// Writes a file whole: who reads it sees the old text or the new one.
fn replace(folder: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// The certificates that lie in a folder: those that issued themselves are taken for roots.
fn loose(folder: &Path) -> Result<Trusted, Failure> {
    let told = |error: std::io::Error| Failure::usage(format!("{}: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(told)? {
        paths.push(entry.map_err(told)?.path());
    }
    paths.sort();
    let named = |path: &&PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        ["cer", "crt", "der", "pem"].contains(&extension)
    };
    let mut certificates: Vec<Certificate> = Vec::new();
    for path in paths.iter().filter(named) {
        match read_certificate(path) {
            Ok(certificate) if certificates.contains(&certificate) => {}
            Ok(certificate) => certificates.push(certificate),
            Err(Failure(_, why)) => complain(&format!("passed over: {why}")),
        }
    }
    complain(&format!("{} has no {FILE}: the certificates in it are trusted", folder.display()));
    Trusted::of_certificates(certificates).map_err(|faults| Failure::usage(faults.join("\n")))
}

fn read_certificate(path: &Path) -> Result<Certificate, Failure> {
    let told = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let bytes = super::signature::read_bytes(path, 1024 * 1024)?;
    let der =
        armor::decode(&bytes, &LABELS, certificate::LONGEST).map_err(|fault| told(fault.to_string()))?;
    Certificate::parse(&der).map_err(|fault| told(fault.to_string()))
}

fn read(path: &Path, longest: u64) -> Result<String, Failure> {
    let bytes = super::signature::read_bytes(path, longest)?;
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{}: is not UTF-8", path.display())))
}

fn common_name(certificate: &Certificate) -> String {
    let attribute = certificate.subject().attributes().find(|attribute| attribute.kind == COMMON_NAME);
    attribute.and_then(|attribute| attribute.text.clone()).unwrap_or_default()
}

fn key(certificate: &Certificate) -> String {
    match certificate.key() {
        Key::Gost512(_) => "GOST, 512 bits".into(),
        Key::Rsa(key) => format!("RSA, {} bits", key.bits()),
    }
}
