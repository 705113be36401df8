//! Signers that nobody here wrote: openssl's GOST engine and openssl's RSA.

use std::fs;
use std::path::Path;

use iinspect::signature::algorithm::{Key, Scheme};

use super::pki::engine::{Engine, openssl};

/// Honest signatures per signer, and forgeries of each.
const SIGNATURES: usize = 100;
const FORGERIES: usize = 10;

/// Every message, signed.
fn signed(sign: impl Fn(&[u8]) -> Vec<u8>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let messages = (0..SIGNATURES).map(|n| format!("message {n}").into_bytes());
    messages.map(|message| (message.clone(), sign(&message))).collect()
}

fn judge(key: &Key, scheme: Scheme, signed: &[(Vec<u8>, Vec<u8>)]) -> (usize, usize) {
    let (mut accepted, mut refused) = (0, 0);
    for (n, (message, signature)) in signed.iter().enumerate() {
        accepted += usize::from(key.verify_by(scheme, message, signature).is_ok());
        for m in 0..FORGERIES {
            let mut forged = signature.clone();
            // All bytes of a signature in turn, and all bits.
            let at = (n * FORGERIES + m) % forged.len();
            forged[at] ^= 1 << (m % 8);
            refused += usize::from(key.verify_by(scheme, message, &forged).is_err());
        }
    }
    (accepted, refused)
}

#[test]
fn gost_signatures_of_another_implementation_hold() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(folder.path());
    let engine = engine.expect("libengine-gost-openssl, which tests/interop/setup installs");
    let key = Key::parse(&engine.key()).unwrap();
    let judged = judge(&key, Scheme::Gost512, &signed(|message| engine.sign(message)));
    assert_eq!(judged, (SIGNATURES, SIGNATURES * FORGERIES));
}

fn rsa_signed(folder: &Path, digest: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    signed(|message| {
        fs::write(folder.join("message"), message).unwrap();
        openssl(folder, &format!("dgst -{digest} -sign key.pem message"))
    })
}

#[test]
fn rsa_signatures_of_another_implementation_hold() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("openssl.cnf"), "").unwrap();
    openssl(folder, "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem");
    let key = Key::parse(&openssl(folder, "pkey -in key.pem -pubout -outform DER")).unwrap();
    for (digest, scheme) in
        [("sha256", Scheme::RsaSha256), ("sha384", Scheme::RsaSha384), ("sha512", Scheme::RsaSha512)]
    {
        let judged = judge(&key, scheme, &rsa_signed(folder, digest));
        assert_eq!(judged, (SIGNATURES, SIGNATURES * FORGERIES), "{digest}");
    }
    // A short key is refused, and so is a small exponent.
    openssl(folder, "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out short.pem");
    assert!(Key::parse(&openssl(folder, "pkey -in short.pem -pubout -outform DER")).is_err());
    openssl(folder, "genpkey -algorithm RSA -pkeyopt rsa_keygen_pubexp:3 -out three.pem");
    assert!(Key::parse(&openssl(folder, "pkey -in three.pem -pubout -outform DER")).is_err());
}
