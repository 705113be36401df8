//! Keys that sign, for tests alone: GOST over the service's own curve, RSA by aws-lc.

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use iinspect::signature::gost::point::Point;
use iinspect::signature::gost::{self, scalar::Scalar};

use super::der;

/// A private key.
#[derive(Clone)]
pub(crate) enum Signer {
    Gost(Scalar),
    Rsa(&'static KeyPair),
}

impl Signer {
    /// The GOST key of a label: the same one each time.
    pub(crate) fn gost(label: &str) -> Self {
        Signer::Gost(Scalar::reduce_le_bytes(&gost::digest(label.as_bytes())))
    }

    /// One of three RSA keys of 2,048 bits, made once per process.
    pub(crate) fn rsa(n: usize) -> Self {
        static KEYS: LazyLock<[KeyPair; 3]> =
            LazyLock::new(|| std::array::from_fn(|_| KeyPair::generate(KeySize::Rsa2048).unwrap()));
        Signer::Rsa(&KEYS[n])
    }

    /// The public key as certificates hold it.
    pub(crate) fn spki(&self) -> Vec<u8> {
        match self {
            Signer::Gost(d) => {
                let point = Point::multiply_base(*d).affine().unwrap();
                let key = [point.x.to_le_bytes(), point.y.to_le_bytes()].concat();
                let curve = [der::oid("1.2.398.3.10.1.1.2.2.1"), der::oid("1.2.398.3.10.1.3.3")];
                let algorithm = der::seq(&[der::oid("1.2.398.3.10.1.1.2.2"), der::seq(&curve)]);
                der::seq(&[algorithm, der::bits(&der::octets(&key))])
            }
            Signer::Rsa(key) => key.public_key().as_der().unwrap().as_ref().to_vec(),
        }
    }

    /// The algorithm of its signatures.
    pub(crate) fn algorithm(&self) -> Vec<u8> {
        der::algorithm(match self {
            Signer::Gost(_) => "1.2.398.3.10.1.1.2.3.2",
            Signer::Rsa(_) => "1.2.840.113549.1.1.11",
        })
    }

    /// The algorithm of the digest in them.
    pub(crate) fn digest_algorithm(&self) -> Vec<u8> {
        der::algorithm(match self {
            Signer::Gost(_) => "1.2.398.3.10.1.3.3",
            Signer::Rsa(_) => "2.16.840.1.101.3.4.2.1",
        })
    }

    pub(crate) fn digest(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Signer::Gost(_) => gost::digest(message).to_vec(),
            Signer::Rsa(_) => {
                aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, message).as_ref().to_vec()
            }
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Signer::Gost(d) => sign(*d, message),
            Signer::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }
}

/// RFC 7091, 6.1, with a k that follows from key and message.
fn sign(d: Scalar, message: &[u8]) -> Vec<u8> {
    let digest = gost::digest(message);
    let e = gost::hash_to_scalar(&digest);
    let k = Scalar::reduce_le_bytes(&gost::digest(&[d.to_le_bytes(), digest].concat()));
    let x = Point::multiply_base(k).affine().unwrap().x;
    let r = Scalar::reduce_le_bytes(&x.to_le_bytes());
    let s = r.mul(d).add(k.mul(e));
    assert!(!r.is_zero() && !s.is_zero());
    [r.to_le_bytes(), s.to_le_bytes()].concat()
}
