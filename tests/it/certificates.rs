//! Certificates for tests that speak TLS, by the `openssl` program.

use std::fs;
use std::path::Path;
use std::process::Command;

const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

fn openssl(folder: &Path, args: &str) {
    let done = Command::new("openssl").args(args.split_whitespace()).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{args}: {}", String::from_utf8_lossy(&done.stderr));
}

/// An authority: NAME.pem and NAME.key.
pub(crate) fn authority(folder: &Path, name: &str) {
    openssl(folder, &format!("req -x509 {KEY} -keyout {name}.key -out {name}.pem -days 2 -subj /CN={name}"));
}

/// A certificate of an authority's, for a name.
pub(crate) fn certificate(folder: &Path, by: &str, file: &str, name: &str, extension: &str) {
    openssl(folder, &format!("req {KEY} -keyout {file}.key -out {file}.csr -subj /CN={name}"));
    fs::write(folder.join("extension"), extension).unwrap();
    openssl(
        folder,
        &format!(
            "x509 -req -in {file}.csr -CA {by}.pem -CAkey {by}.key -CAcreateserial -out {file}.pem -days 2 \
             -extfile extension"
        ),
    );
}
