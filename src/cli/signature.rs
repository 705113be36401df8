//! `signature`: electronic signatures judged offline.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use super::output::{Form, Output, say, table, word};
use super::{Exit, Failure};
use crate::clock::Clock;
use crate::signature::{Fault, Judgement, Step, Use, cms, judge};
use crate::trust::judge::Evidence;

/// Electronic signatures, offline
#[derive(Debug, Args)]
pub(super) struct Signature {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Verify(Verify),
}

/// Judge a signature
///
/// Checks the message, its content, the signature, and the signer's certificate up to a trusted root,
/// and tells every step. Whether the certificate is revoked is not looked for. Not a certified tool.
/// Exit status 1 when a step fails.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  iinspect signature verify paper.p7s --content paper.pdf --trust trust/")]
struct Verify {
    /// The signed message: CMS in DER, PEM or base64, or XML
    file: PathBuf,
    /// What was signed, when it is not in the message or must be this; of XML, the document before
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
    /// What the key is to be for: a paper takes a key for signing, to be present one for logging in, too
    #[arg(long, value_name = "USE", value_enum, default_value_t = For::Document)]
    r#for: For,
    /// The moment to judge at, instead of now (RFC 3339)
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    place: super::trust::Place,
    #[command(flatten)]
    output: Output,
}

/// What a key is to be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum For {
    /// Signing papers
    Document,
    /// Proving who one is, as an answer to a challenge
    Presence,
}

impl Signature {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        match self.command {
            Command::Verify(command) => command.run(),
        }
    }
}

/// The mark of the order of bytes that may stand before XML.
const BYTE_ORDER: [u8; 3] = [0xef, 0xbb, 0xbf];
/// How a step ended, in words.
const OUTCOMES: [&str; 3] = ["PASS", "FAIL", "SKIPPED"];

impl Verify {
    fn run(self) -> Result<Exit, Failure> {
        let trusted = self.place.load()?;
        let message = read_bytes(&self.file, 2 * cms::LONGEST as u64)?;
        let content = self.content.as_ref().map(|path| read_bytes(path, cms::LONGEST as u64)).transpose()?;
        let now = self.at.unwrap_or_else(|| Clock::system().now());
        let content = content.as_deref();
        // XML begins with an element or a declaration; no form of CMS has such a character first.
        let first = message.iter().find(|byte| !byte.is_ascii_whitespace() && !BYTE_ORDER.contains(byte));
        let evidence = if first == Some(&b'<') { Evidence::Xml(message) } else { Evidence::Cms(message) };
        let purpose = match self.r#for {
            For::Document => Use::Document,
            For::Presence => Use::Presence,
        };
        let judgement = judge(evidence.open(content), &trusted.store, purpose, now);
        match self.output.form() {
            Form::Table => tell(&judgement),
            Form::Json => say(&in_json(&judgement, now).to_string()),
        }
        Ok(if judgement.faults().is_empty() { Exit::Fine } else { Exit::Wanting })
    }
}

/// A step's outcome and why.
fn outcome(judgement: &Judgement, step: Step) -> (&'static str, Option<Fault>) {
    match judgement.fault(step) {
        Some(fault) => (OUTCOMES[1], Some(fault)),
        None if judgement.judged(step) => (OUTCOMES[0], None),
        None => (OUTCOMES[2], None),
    }
}

fn name(step: Step) -> String {
    format!("{step:?}").to_uppercase()
}

fn tell(judgement: &Judgement) {
    let mut rows = table(&["step", "outcome", "why"]);
    for step in Step::ALL {
        let (outcome, fault) = outcome(judgement, step);
        let why = match (step, fault) {
            (Step::Revocation, _) => "not looked for offline".to_owned(),
            (_, fault) => fault.map(|fault| fault.to_string()).unwrap_or_default(),
        };
        rows.add_row([name(step), word(outcome, ""), why]);
    }
    say(&rows.to_string());
    let mut rows = table(&["signer", ""]);
    if let Some(subject) = judgement.subject() {
        rows.add_row(["IIN", subject.iin.as_deref().unwrap_or("none")]);
        rows.add_row(["BIN", subject.bin.as_deref().unwrap_or("none")]);
        rows.add_row(["kind", &format!("{:?}", subject.kind)]);
        let roles: Vec<String> = subject.roles.iter().map(|role| format!("{role:?}")).collect();
        rows.add_row(["roles", &roles.join(", ")]);
    }
    if let Some(envelope) = judgement.envelope() {
        let certificate = &envelope.certificate;
        rows.add_row(["serial", &hex::encode(certificate.serial())]);
        rows.add_row(["valid from", &certificate.not_before().to_string()]);
        rows.add_row(["valid until", &certificate.not_after().to_string()]);
        rows.add_row(["algorithm", envelope.scheme.name()]);
        let time = envelope.signing_time.map(|time| time.to_string()).unwrap_or_default();
        rows.add_row(["signed at, by the signer's word", &time]);
        say(&rows.to_string());
    }
}

fn in_json(judgement: &Judgement, now: Timestamp) -> serde_json::Value {
    let steps = Step::ALL.map(|step| {
        let (outcome, fault) = outcome(judgement, step);
        json!({ "step": name(step), "outcome": outcome, "why": fault.map(|fault| fault.to_string()) })
    });
    let subject = judgement.subject();
    let signer = judgement.envelope().map(|envelope| {
        let certificate = &envelope.certificate;
        json!({
            "iin": subject.and_then(|subject| subject.iin.as_deref()),
            "bin": subject.and_then(|subject| subject.bin.as_deref()),
            "kind": subject.map(|subject| format!("{:?}", subject.kind)),
            "roles": subject.map(|s| s.roles.iter().map(|role| format!("{role:?}")).collect::<Vec<_>>()),
            "serial": hex::encode(certificate.serial()),
            "notBefore": certificate.not_before().to_string(),
            "notAfter": certificate.not_after().to_string(),
            "sha256": certificate.fingerprint(),
            "algorithm": envelope.scheme.name(),
            "signingTime": envelope.signing_time.map(|time| time.to_string()),
        })
    });
    json!({
        "valid": judgement.faults().is_empty(),
        "checkedAt": now.to_string(),
        "steps": steps,
        "signer": signer,
    })
}

/// A file's bytes, up to a bound.
pub(super) fn read_bytes(path: &Path, longest: u64) -> Result<Vec<u8>, Failure> {
    let told = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| told(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(longest + 1).read_to_end(&mut bytes).map_err(|error| told(error.to_string()))?;
    if bytes.len() as u64 > longest {
        return Err(told(format!("is longer than {longest} bytes")));
    }
    Ok(bytes)
}
