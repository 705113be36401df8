//! RSA keys: PKCS #1 v1.5 with SHA-2, 2,048 to 8,192 bits, by aws-lc.

use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaParameters, UnparsedPublicKey,
};
use der::asn1::UintRef;
use der::{Decode, Reader, SliceReader};

use super::algorithm::Scheme;

/// A public key, parsed once for each digest that can be asked for.
#[derive(Clone)]
pub struct Key {
    sha256: ParsedPublicKey,
    sha384: ParsedPublicKey,
    sha512: ParsedPublicKey,
    bits: usize,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rsa::Key({} bits)", self.bits)
    }
}

impl Key {
    /// Reads an `RSAPublicKey` (RFC 8017, A.1.1) in DER; `None`: it is none, or its size or its
    /// exponent (65,537 and above, FIPS 186-5) is not accepted.
    #[must_use]
    pub fn new(der: &[u8]) -> Option<Self> {
        let mut reader = SliceReader::new(der).ok()?;
        let (modulus, exponent) =
            reader.sequence(|reader| Ok((UintRef::decode(reader)?, UintRef::decode(reader)?))).ok()?;
        reader.finish(()).ok()?;
        let top = modulus.as_bytes().first()?;
        let bits = 8 * modulus.as_bytes().len() - usize::try_from(top.leading_zeros()).ok()?;
        if !(2048..=8192).contains(&bits) || exponent.as_bytes().len() < 3 {
            return None;
        }
        let parse = |parameters: &'static RsaParameters| UnparsedPublicKey::new(parameters, der).parse().ok();
        Some(Key {
            sha256: parse(&RSA_PKCS1_2048_8192_SHA256)?,
            sha384: parse(&RSA_PKCS1_2048_8192_SHA384)?,
            sha512: parse(&RSA_PKCS1_2048_8192_SHA512)?,
            bits,
        })
    }

    /// Bits of the modulus.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// Whether the signature of the message is by this key; false for a scheme that is not RSA's.
    #[must_use]
    pub fn verify(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
        let key = match scheme {
            Scheme::RsaSha256 => &self.sha256,
            Scheme::RsaSha384 => &self.sha384,
            Scheme::RsaSha512 => &self.sha512,
            Scheme::Gost512 => return false,
        };
        key.verify_sig(message, signature).is_ok()
    }
}
