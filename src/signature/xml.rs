//! XML signatures in the one form that is used here: enveloped in the document that they sign.
//!
//! The profile is the one of the National Certification Authority: one signature, a child of the root
//! element, with one reference to the whole document (`URI=""`), the transforms
//! `enveloped-signature` and Canonical XML 1.0, and the signer's certificate beside it. Whatever else
//! XML Signature allows is refused, since most of it lets a signature cover something else than what
//! is read. What counts as signed is [`Enveloped::content`], and never the document that came in.

pub mod limits;

mod c14n;
mod element;
mod names;
mod text;
mod tree;

use super::algorithm::Scheme;
use super::certificate::Certificate;
use super::envelope::Envelope;
use super::fault::Fault;

/// A document with its signature, taken apart and not verified yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Enveloped {
    scheme: Scheme,
    signed_info: Vec<u8>,
    digest: Vec<u8>,
    signature: Vec<u8>,
    certificate: Vec<u8>,
    content: Vec<u8>,
}

// What is signed can hold personal data, and so does a certificate.
impl std::fmt::Debug for Enveloped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enveloped").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

impl Enveloped {
    /// Takes a document apart, of at most [`limits::BYTES`] bytes.
    ///
    /// # Errors
    /// It is no XML of UTF-8, exceeds a limit, or its signature is not of the profile; the fault says
    /// which.
    pub fn read(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > limits::BYTES {
            return Err(Fault::TooLarge("the document has more than 1 MiB"));
        }
        let text = text::read(bytes)?;
        let document = tree::parse(&text)?;
        let signature = tree::signature(&document)?;
        let parts = element::read(signature)?;
        Ok(Enveloped {
            scheme: parts.scheme,
            signed_info: c14n::element(parts.signed_info, parts.comments),
            digest: parts.digest,
            signature: parts.value,
            certificate: parts.certificate,
            content: c14n::document(document.root(), Some(signature.id())),
        })
    }

    /// What is signed: the document in its canonical form, without the signature and comments. It
    /// begins with the root element where nothing else stands before that.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Turns it into what is judged. The content must have the digest that was signed, and be `expected`
    /// where that is given: a document that is not signed yet, in any form that has the same canonical
    /// one.
    ///
    /// # Errors
    /// [`Fault::Digest`]: the content has changed. [`Fault::OtherContent`]: it is not the one expected.
    /// The certificate or the document expected cannot be read.
    pub fn envelope(self, expected: Option<&[u8]>) -> Result<Envelope, Fault> {
        if let Some(expected) = expected
            && canonical(expected)? != self.content
        {
            return Err(Fault::OtherContent);
        }
        if self.scheme.digest().of(&self.content) != self.digest {
            return Err(Fault::Digest);
        }
        Ok(Envelope {
            certificate: Certificate::parse(&self.certificate)?,
            scheme: self.scheme,
            message: self.signed_info,
            signature: self.signature,
            // Nothing of the profile says when.
            signing_time: None,
        })
    }
}

/// The canonical form of a document that is not signed yet: what [`Enveloped::content`] is once it is.
///
/// ```
/// let content = iinspect::signature::xml::canonical(b"<?xml version='1.0'?>\n<a  b='1'/>")?;
/// assert_eq!(content, b"<a b=\"1\"></a>");
/// # Ok::<(), iinspect::signature::Fault>(())
/// ```
///
/// # Errors
/// It is no XML of UTF-8, or exceeds a limit.
pub fn canonical(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    if bytes.len() > limits::BYTES {
        return Err(Fault::TooLarge("the document has more than 1 MiB"));
    }
    let text = text::read(bytes)?;
    Ok(c14n::document(tree::parse(&text)?.root(), None))
}

#[cfg(test)]
pub(crate) mod tests;
