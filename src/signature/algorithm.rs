//! Which algorithms are accepted, how certificates and messages name them, and keys of either kind.
//!
//! Accepted are GOST 34.10-2015 with 512 bits over Streebog-512, and RSA (PKCS #1 v1.5, 2,048 bits and
//! more) over SHA-256, SHA-384 and SHA-512. Everything else is refused by name: SHA-1, PSS, the older
//! GOST. An algorithm's parameters are absent or NULL, nothing else.

use aws_lc_rs::digest;
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{
    ID_RSASSA_PSS, ID_SHA_1, ID_SHA_256, ID_SHA_384, ID_SHA_512, RSA_ENCRYPTION, SHA_1_WITH_RSA_ENCRYPTION,
    SHA_256_WITH_RSA_ENCRYPTION, SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
};
use der::asn1::OctetStringRef;
use der::{Decode, Encode};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::fault::Fault;
use super::{gost, rsa};

/// A GOST 34.10-2015 key of 512 bits.
pub const GOST_512_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.398.3.10.1.1.2.2");
/// The one curve of these keys: id-tc26-gost-3410-12-512-paramSetA under an identifier of its own.
pub const GOST_512_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.398.3.10.1.1.2.2.1");
/// A signature by such a key over Streebog-512.
pub const GOST_512_SIGNATURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.398.3.10.1.1.2.3.2");
/// Streebog-512.
pub const STREEBOG_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.398.3.10.1.3.3");

/// What is refused under its own name.
const REFUSED: [(&str, ObjectIdentifier); 9] = [
    ("SHA-1", ID_SHA_1),
    ("SHA-1 with RSA", SHA_1_WITH_RSA_ENCRYPTION),
    ("RSA-PSS", ID_RSASSA_PSS),
    ("GOST 34.310-2004", ObjectIdentifier::new_unwrap("1.2.398.3.10.1.1.1.1")),
    ("GOST 34.310-2004", ObjectIdentifier::new_unwrap("1.2.398.3.10.1.1.1.2")),
    ("GOST 34.311-95", ObjectIdentifier::new_unwrap("1.2.398.3.10.1.3.1")),
    ("GOST 34.10-2015 with 256 bits", ObjectIdentifier::new_unwrap("1.2.398.3.10.1.1.2.1")),
    ("GOST 34.10-2015 with 256 bits", ObjectIdentifier::new_unwrap("1.2.398.3.10.1.1.2.3.1")),
    ("Streebog-256", ObjectIdentifier::new_unwrap("1.2.398.3.10.1.3.2")),
];

/// The fault of an algorithm that is not accepted, by its name where that is known.
fn refused(oid: ObjectIdentifier) -> Fault {
    Fault::Algorithm(REFUSED.iter().find(|(_, refused)| *refused == oid).map_or("unknown", |(name, _)| name))
}

/// How a message is digested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// GOST 34.11-2012 with 512 bits, in Kazakhstan GOST 34.11-2015 (RFC 6986).
    Streebog512,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Digest {
    /// Reads an identifier with its parameters.
    ///
    /// # Errors
    /// It is not accepted, or has parameters.
    pub fn read(identifier: &AlgorithmIdentifierRef<'_>) -> Result<Self, Fault> {
        let digest = match identifier.oid {
            STREEBOG_512 => Digest::Streebog512,
            ID_SHA_256 => Digest::Sha256,
            ID_SHA_384 => Digest::Sha384,
            ID_SHA_512 => Digest::Sha512,
            other => return Err(refused(other)),
        };
        without_parameters(identifier).map(|()| digest)
    }

    /// The digest of a message: 32 to 64 bytes.
    #[must_use]
    pub fn of(self, message: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Digest::Streebog512 => return gost::digest(message).to_vec(),
            Digest::Sha256 => &digest::SHA256,
            Digest::Sha384 => &digest::SHA384,
            Digest::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, message).as_ref().to_vec()
    }
}

/// How a signature is made: the kind of key with the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// GOST 34.10-2015 with 512 bits.
    Gost512,
    /// RSA with SHA-256.
    RsaSha256,
    /// RSA with SHA-384.
    RsaSha384,
    /// RSA with SHA-512.
    RsaSha512,
}

impl Scheme {
    /// Reads an identifier that names the digest too, as certificates, CRLs and OCSP answers have.
    ///
    /// # Errors
    /// It is not accepted, names no digest, or has parameters.
    pub fn read(identifier: &AlgorithmIdentifierRef<'_>) -> Result<Self, Fault> {
        let scheme = match identifier.oid {
            GOST_512_SIGNATURE => Scheme::Gost512,
            SHA_256_WITH_RSA_ENCRYPTION => Scheme::RsaSha256,
            SHA_384_WITH_RSA_ENCRYPTION => Scheme::RsaSha384,
            SHA_512_WITH_RSA_ENCRYPTION => Scheme::RsaSha512,
            other => return Err(refused(other)),
        };
        without_parameters(identifier).map(|()| scheme)
    }

    /// Reads the two identifiers of a CMS signer, where the signature's may name the key alone
    /// (RFC 3370, 3.2). The digest that the one names must be the other's.
    ///
    /// # Errors
    /// One is not accepted, has parameters, or they do not go together.
    pub fn of_signer(
        digest: &AlgorithmIdentifierRef<'_>,
        signature: &AlgorithmIdentifierRef<'_>,
    ) -> Result<Self, Fault> {
        let digest = Digest::read(digest)?;
        let scheme = if signature.oid == RSA_ENCRYPTION {
            without_parameters(signature)?;
            match digest {
                Digest::Sha256 => Scheme::RsaSha256,
                Digest::Sha384 => Scheme::RsaSha384,
                Digest::Sha512 => Scheme::RsaSha512,
                Digest::Streebog512 => return Err(Fault::Algorithm("RSA over Streebog-512")),
            }
        } else {
            Scheme::read(signature)?
        };
        if scheme.digest() == digest {
            Ok(scheme)
        } else {
            Err(Fault::Algorithm("the signature's digest is not the one that is named"))
        }
    }

    /// The digest.
    #[must_use]
    pub fn digest(self) -> Digest {
        match self {
            Scheme::Gost512 => Digest::Streebog512,
            Scheme::RsaSha256 => Digest::Sha256,
            Scheme::RsaSha384 => Digest::Sha384,
            Scheme::RsaSha512 => Digest::Sha512,
        }
    }

    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Gost512 => "GOST 34.10-2015 (512 bits)",
            Scheme::RsaSha256 => "RSA with SHA-256",
            Scheme::RsaSha384 => "RSA with SHA-384",
            Scheme::RsaSha512 => "RSA with SHA-512",
        }
    }
}

fn without_parameters(identifier: &AlgorithmIdentifierRef<'_>) -> Result<(), Fault> {
    match identifier.parameters {
        None => Ok(()),
        Some(parameters) if parameters.is_null() => Ok(()),
        Some(_) => Err(Fault::Algorithm("parameters where none belong")),
    }
}

/// A public key.
#[derive(Clone, Debug)]
pub enum Key {
    /// GOST 34.10-2015 with 512 bits.
    Gost512(gost::Key),
    /// RSA.
    Rsa(rsa::Key),
}

impl Key {
    /// Reads a `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    /// It is none, or its kind, curve or size is not accepted, or it is no key of its kind.
    pub fn parse(spki: &[u8]) -> Result<Self, Fault> {
        let spki = SubjectPublicKeyInfoRef::from_der(spki).map_err(|_| Fault::Malformed("the public key"))?;
        let bits = spki.subject_public_key.as_bytes().ok_or(Fault::Malformed("the public key"))?;
        match spki.algorithm.oid {
            GOST_512_KEY => {
                let parameters =
                    spki.algorithm.parameters.ok_or(Fault::Algorithm("a GOST key without a curve"))?;
                let (curve, digest) = parameters
                    .sequence(|reader| {
                        Ok((ObjectIdentifier::decode(reader)?, ObjectIdentifier::decode(reader)?))
                    })
                    .map_err(|_| Fault::Malformed("the parameters of a GOST key"))?;
                if curve != GOST_512_CURVE || digest != STREEBOG_512 {
                    return Err(Fault::Algorithm("another curve or digest of a GOST key"));
                }
                let key = OctetStringRef::from_der(bits).map_err(|_| Fault::Malformed("a GOST key"))?;
                gost::Key::new(key.as_bytes()).map(Key::Gost512).ok_or(Fault::Malformed("a GOST key"))
            }
            RSA_ENCRYPTION => {
                without_parameters(&spki.algorithm)?;
                rsa::Key::new(bits).map(Key::Rsa).ok_or(Fault::Algorithm("an RSA key of this size or form"))
            }
            other => Err(refused(other)),
        }
    }

    /// Checks a signature whose algorithm is given as an `AlgorithmIdentifier` in DER.
    ///
    /// # Errors
    /// The algorithm is not accepted or not this key's, or the signature does not hold.
    pub fn verify(&self, algorithm: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Fault> {
        let identifier = AlgorithmIdentifierRef::from_der(algorithm)
            .map_err(|_| Fault::Malformed("an algorithm's identifier"))?;
        self.verify_by(Scheme::read(&identifier)?, message, signature)
    }

    /// Checks a signature.
    ///
    /// # Errors
    /// The scheme is not this key's, or the signature does not hold.
    pub fn verify_by(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> Result<(), Fault> {
        let holds = match (self, scheme) {
            (Key::Gost512(key), Scheme::Gost512) => key.verify(message, signature),
            (Key::Rsa(key), Scheme::RsaSha256 | Scheme::RsaSha384 | Scheme::RsaSha512) => {
                key.verify(scheme, message, signature)
            }
            _ => return Err(Fault::Algorithm("the signature's is not the key's")),
        };
        if holds { Ok(()) } else { Err(Fault::Signature) }
    }
}

/// An `AlgorithmIdentifier` in DER.
pub(super) fn encoded(identifier: &spki::AlgorithmIdentifierOwned) -> Result<Vec<u8>, Fault> {
    identifier.to_der().map_err(|_| Fault::Malformed("an algorithm's identifier"))
}
