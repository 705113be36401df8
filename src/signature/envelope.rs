//! A signature taken out of its message: what CMS and XML have in common.

use std::fmt;

use jiff::Timestamp;

use super::algorithm::Scheme;
use super::certificate::Certificate;
use super::fault::Fault;

/// One signature with everything that its judgement needs; that it is over the right content is already
/// proven, that it holds is not.
#[derive(Clone)]
pub struct Envelope {
    /// The signer's certificate, which proves nothing yet.
    pub certificate: Certificate,
    /// How the signature is made.
    pub scheme: Scheme,
    /// The bytes under the signature: they hold the content's digest.
    pub message: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// When the signer says to have signed. Nobody vouches for it.
    pub signing_time: Option<Timestamp>,
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope({:?}, {:?})", self.scheme, self.certificate)
    }
}

impl Envelope {
    /// Checks the signature by the certificate's key, and nothing else.
    ///
    /// # Errors
    /// The scheme is not the key's, or the signature does not hold.
    pub fn verify(&self) -> Result<(), Fault> {
        self.certificate.key().verify_by(self.scheme, &self.message, &self.signature)
    }
}
