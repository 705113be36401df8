//! Signers that nobody here wrote: openssl's GOST engine and openssl's RSA.
//!
//! The engine knows the same curve under Russian identifiers and writes numbers from the other end
//! (RFC 9215): its keys are put into the form of Kazakhstan's certificates, its signatures reversed.

use std::fs;
use std::path::Path;
use std::process::Command;

use der::Decode;
use iinspect::signature::algorithm::{Key, Scheme};

use super::pki::der as written;

/// Honest signatures per signer, and forgeries of each.
const SIGNATURES: usize = 100;
const FORGERIES: usize = 10;

fn openssl(folder: &Path, args: &str) -> Vec<u8> {
    let done = Command::new("openssl")
        .args(args.split_whitespace())
        .current_dir(folder)
        .env("OPENSSL_CONF", folder.join("openssl.cnf"))
        .output()
        .unwrap();
    assert!(done.status.success(), "openssl {args}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

/// Every message signed by the key file `key.pem` with one digest.
fn signed(folder: &Path, digest: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let message = |n: usize| format!("message {n}").into_bytes();
    (0..SIGNATURES)
        .map(|n| {
            fs::write(folder.join("message"), message(n)).unwrap();
            (message(n), openssl(folder, &format!("dgst -{digest} -sign key.pem message")))
        })
        .collect()
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
    let engine = "/usr/lib/x86_64-linux-gnu/engines-3/gost.so";
    let engine =
        [engine, "/usr/lib/aarch64-linux-gnu/engines-3/gost.so"].into_iter().find(|e| Path::new(e).exists());
    let engine = engine.expect("libengine-gost-openssl, which tests/interop/setup installs");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let conf = format!(
        "openssl_conf = a\n[a]\nengines = b\n[b]\ngost = c\n[c]\nengine_id = gost\ndynamic_path = {engine}\n\
         default_algorithms = ALL\n"
    );
    fs::write(folder.join("openssl.cnf"), conf).unwrap();
    openssl(folder, "genpkey -algorithm gost2012_512 -pkeyopt paramset:A -out key.pem");
    let theirs = openssl(folder, "pkey -in key.pem -pubout -outform DER");
    let theirs = spki::SubjectPublicKeyInfoOwned::from_der(&theirs).unwrap();
    // An OCTET STRING with x and y, the least byte first: the same in both.
    let bits = theirs.subject_public_key.as_bytes().unwrap();
    let curve = written::seq(&[written::oid("1.2.398.3.10.1.1.2.2.1"), written::oid("1.2.398.3.10.1.3.3")]);
    let ours =
        written::seq(&[written::seq(&[written::oid("1.2.398.3.10.1.1.2.2"), curve]), written::bits(bits)]);
    let mut signed = signed(folder, "md_gost12_512");
    signed.iter_mut().for_each(|(_, signature)| signature.reverse());
    let judged = judge(&Key::parse(&ours).unwrap(), Scheme::Gost512, &signed);
    assert_eq!(judged, (SIGNATURES, SIGNATURES * FORGERIES));
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
        let judged = judge(&key, scheme, &signed(folder, digest));
        assert_eq!(judged, (SIGNATURES, SIGNATURES * FORGERIES), "{digest}");
    }
    // A short key is refused, and so is a small exponent.
    openssl(folder, "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out short.pem");
    assert!(Key::parse(&openssl(folder, "pkey -in short.pem -pubout -outform DER")).is_err());
    openssl(folder, "genpkey -algorithm RSA -pkeyopt rsa_keygen_pubexp:3 -out three.pem");
    assert!(Key::parse(&openssl(folder, "pkey -in three.pem -pubout -outform DER")).is_err());
}
