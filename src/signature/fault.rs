//! Why a signature, a certificate or a part of one is refused.

use thiserror::Error;

/// One fault. It names parts and rules and never repeats input, so it may be logged and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// It is not what it should be, or not in the one form that is accepted.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// It is larger, deeper or more numerous than is accepted.
    #[error("too large: {0}")]
    TooLarge(&'static str),
    /// An algorithm, a key or a parameter that is not accepted.
    #[error("algorithm not accepted: {0}")]
    Algorithm(&'static str),
    /// Well-formed, and outside the profile that is accepted.
    #[error("not accepted: {0}")]
    Profile(&'static str),
    /// Nobody signed.
    #[error("nobody signed it")]
    NoSigner,
    /// More than one signed.
    #[error("more than one signed it")]
    ManySigners,
    /// The signer's certificate is not with the signature.
    #[error("the signer's certificate is not with the signature")]
    NoCertificate,
    /// What was signed is not with the signature and was not given either.
    #[error("what was signed is missing")]
    NoContent,
    /// The content that came with the signature is not the one it should be.
    #[error("the content that came with the signature is another than the one to be signed")]
    OtherContent,
    /// The content does not have the digest that was signed.
    #[error("the content has changed since it was signed")]
    Digest,
    /// The signature is not by the key over these bytes.
    #[error("the signature does not hold")]
    Signature,
    /// No certificate that is trusted issued this one.
    #[error("no trusted certificate issued it")]
    Untrusted,
    /// A certificate's time has not come yet.
    #[error("{0} is not valid yet")]
    NotYetValid(&'static str),
    /// A certificate's time is over.
    #[error("{0} has expired")]
    Expired(&'static str),
    /// A certificate that is not for this use.
    #[error("not for this use: {0}")]
    Usage(&'static str),
}
