//! Signatures judged whole: the bytes on threads of their own, then whether the certificate is revoked.

use std::fmt;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::Trusted;
use super::pool::{Pool, Refused};
use super::revocation::{Finding, Mode, Revocation};
use super::verdict::Told;
use crate::reload::Current;
use crate::signature::cms::Message;
use crate::signature::envelope::Envelope;
use crate::signature::xml::Enveloped;
use crate::signature::{Fault, Judgement, Step, Use, judge};

/// A signed message.
#[derive(Clone, PartialEq, Eq)]
pub enum Evidence {
    /// CMS.
    Cms(Vec<u8>),
    /// XML.
    Xml(Vec<u8>),
}

/// A signed message holds the signer's name and number.
impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::Cms(bytes) => write!(f, "Cms({} bytes)", bytes.len()),
            Evidence::Xml(bytes) => write!(f, "Xml({} bytes)", bytes.len()),
        }
    }
}

/// What should have been signed.
#[derive(Clone, PartialEq, Eq)]
pub enum Expected {
    /// These bytes; of XML, a document with the same canonical form.
    Content(Vec<u8>),
    /// A paper.
    Paper {
        /// Its bytes; empty: what the message carries.
        content: Vec<u8>,
        /// SHA-256 of its file, where the caller has told it: the paper must have this one.
        sha256: Option<[u8; 32]>,
    },
}

/// A signature and all that was found out about it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What its bytes tell.
    pub judgement: Judgement,
    /// What is known of the certificate's revocation.
    pub finding: Finding,
    /// How much had to be known of it.
    pub mode: Mode,
    /// SHA-256 of the paper; `None`: no paper was expected, or it could not be had.
    pub sha256: Option<[u8; 32]>,
}

impl Judged {
    /// How one step ended, but whether the signer is the right one.
    #[must_use]
    pub fn told(&self, step: Step) -> Told {
        Told::of(step, &self.judgement, &self.finding, self.mode)
    }
}

/// What judging takes.
#[derive(Clone, Debug)]
pub struct Judge {
    /// Who vouches for signers.
    pub trusted: Current<Trusted>,
    /// Threads for the arithmetic.
    pub pool: Pool,
    /// Who is asked about revocation.
    pub revocation: Revocation,
    /// How much must be known of it.
    pub mode: Mode,
}

impl Judge {
    /// Judges a signature. It takes as long as the responder is waited for: the caller bounds it.
    ///
    /// # Errors
    /// [`Refused`]: nothing was judged.
    pub async fn judge(
        &self,
        evidence: Evidence,
        expected: Expected,
        purpose: Use,
        now: Timestamp,
    ) -> Result<Judged, Refused> {
        let trusted = self.trusted.get();
        let judged_by = trusted.clone();
        let work = move || {
            let (opened, sha256) = open(&evidence, &expected);
            (judge(opened, &judged_by.store, purpose, now), sha256)
        };
        let (judgement, sha256) = self.pool.run(work).await?;
        let finding = match judgement.to_ask() {
            None => Finding::NotAsked,
            Some((certificate, issuer)) => {
                let line = trusted.store.line(issuer);
                self.revocation.check(certificate, &line, self.mode, now).await
            }
        };
        Ok(Judged { judgement, finding, mode: self.mode, sha256 })
    }
}

/// A message that was read.
enum Read {
    Cms(Box<Message>),
    Xml(Enveloped),
}

impl Read {
    fn envelope(self, content: Option<&[u8]>) -> Result<Envelope, Fault> {
        match self {
            Read::Cms(message) => message.envelope(content),
            Read::Xml(signed) => signed.envelope(content),
        }
    }
}

impl Evidence {
    /// Takes the signature out of its message: that it is over `content`, or what the message carries, is
    /// proven then, that it holds is not.
    ///
    /// # Errors
    /// The message cannot be read, or is over another content.
    pub fn open(&self, content: Option<&[u8]>) -> Result<Envelope, Fault> {
        self.read()?.envelope(content)
    }

    fn read(&self) -> Result<Read, Fault> {
        match self {
            Evidence::Cms(bytes) => Ok(Read::Cms(Message::parse(bytes)?.into())),
            Evidence::Xml(bytes) => Enveloped::read(bytes).map(Read::Xml),
        }
    }
}

/// The signature that should be over what is expected, and the SHA-256 of the paper, where that is one.
fn open(evidence: &Evidence, expected: &Expected) -> (Result<Envelope, Fault>, Option<[u8; 32]>) {
    let (content, told) = match expected {
        Expected::Content(content) => return (evidence.open(Some(content)), None),
        Expected::Paper { content, sha256 } => (Some(content.as_slice()).filter(|c| !c.is_empty()), sha256),
    };
    let read = evidence.read();
    let paper = match (content, evidence, &read) {
        (Some(content), ..) => Some(content),
        // The signed document is the paper.
        (None, Evidence::Xml(bytes), _) => Some(bytes.as_slice()),
        (None, Evidence::Cms(_), Ok(Read::Cms(message))) => message.embedded(),
        (None, Evidence::Cms(_), _) => None,
    };
    let sha256 = paper.map(|paper| Sha256::digest(paper).into());
    let opened = read.and_then(|read| read.envelope(content)).and_then(|envelope| match (told, sha256) {
        (Some(told), Some(paper)) if *told != paper => Err(Fault::OtherContent),
        _ => Ok(envelope),
    });
    (opened, sha256)
}
