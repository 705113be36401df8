//! openssl's GOST engine: keys and signatures that nobody here made.
//!
//! The engine knows the same curve under Russian identifiers and writes numbers from the other end
//! (RFC 9215): its keys are put into the form of Kazakhstan's certificates, its signatures reversed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ::der::Decode;

use super::der;

/// A folder in which openssl knows GOST.
pub(crate) struct Engine(PathBuf);

impl Engine {
    /// Configures the engine in a folder; `None`: it or openssl is not installed. `tests/interop/setup`
    /// installs both.
    pub(crate) fn new(folder: &Path) -> Option<Self> {
        Command::new("openssl").arg("version").output().ok()?;
        let places = ["x86_64", "aarch64"].map(|cpu| format!("/usr/lib/{cpu}-linux-gnu/engines-3/gost.so"));
        let library = places.iter().find(|place| Path::new(place).exists())?;
        let conf = format!(
            "openssl_conf = a\n[a]\nengines = b\n[b]\ngost = c\n[c]\nengine_id = gost\n\
             dynamic_path = {library}\ndefault_algorithms = ALL\n"
        );
        fs::write(folder.join("openssl.cnf"), conf).unwrap();
        Some(Engine(folder.into()))
    }

    fn openssl(&self, args: &str) -> Vec<u8> {
        openssl(&self.0, args)
    }

    /// Makes a key in `key.pem`; its public half as certificates of Kazakhstan hold it. The engine's own
    /// form of that is in `public.der`.
    pub(crate) fn key(&self) -> Vec<u8> {
        self.openssl("genpkey -algorithm gost2012_512 -pkeyopt paramset:A -out key.pem");
        self.openssl("pkey -in key.pem -pubout -outform DER -out public.der");
        let theirs = fs::read(self.0.join("public.der")).unwrap();
        let theirs = spki::SubjectPublicKeyInfoOwned::from_der(&theirs).unwrap();
        // An OCTET STRING with x and y, the least byte first: the same in both.
        let bits = theirs.subject_public_key.as_bytes().unwrap();
        let curve = der::seq(&[der::oid("1.2.398.3.10.1.1.2.2.1"), der::oid("1.2.398.3.10.1.3.3")]);
        der::seq(&[der::seq(&[der::oid("1.2.398.3.10.1.1.2.2"), curve]), der::bits(bits)])
    }

    /// A signature by that key. The engine's own form of it is in `signature`, of what is in `message`.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        fs::write(self.0.join("message"), message).unwrap();
        self.openssl("dgst -md_gost12_512 -sign key.pem -out signature message");
        let mut signature = fs::read(self.0.join("signature")).unwrap();
        signature.reverse();
        signature
    }
}

/// Runs openssl in a folder, with the configuration that is there.
pub(crate) fn openssl(folder: &Path, args: &str) -> Vec<u8> {
    let done = Command::new("openssl")
        .args(args.split_whitespace())
        .current_dir(folder)
        .env("OPENSSL_CONF", folder.join("openssl.cnf"))
        .output()
        .unwrap();
    assert!(done.status.success(), "openssl {args}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}
