//! Lists and answers that nobody here wrote: an authority kept by the openssl command line.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use jiff::Timestamp;

use super::lists::{Known, judge};
use crate::signature::certificate::Certificate;
use crate::signature::ocsp::{Nonce, Question};
use crate::signature::revocation::{Cause, Serial, Status};

const CONFIG: &str = "
[req]
distinguished_name = dn
[dn]
[ca]
default_ca = authority
[authority]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
default_md = sha256
default_days = 30
default_crl_days = 1
policy = any
crl_extensions = list
[any]
commonName = supplied
[list]
authorityKeyIdentifier = keyid
[own]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[person]
keyUsage = critical, digitalSignature, nonRepudiation
[responder]
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
";
const BY: &str = "-batch -config c.cnf -cert ca.pem -keyfile ca.key";

fn openssl(folder: &Path, args: &str) {
    let done = Command::new("openssl").args(args.split_whitespace()).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "openssl {args}: {}", String::from_utf8_lossy(&done.stderr));
}

fn certificate(folder: &Path, name: &str) -> Certificate {
    openssl(folder, &format!("x509 -in {name}.pem -outform DER -out {name}.der"));
    Certificate::parse(&fs::read(folder.join(format!("{name}.der"))).unwrap()).unwrap()
}

#[test]
fn what_openssl_signs_is_understood_and_what_we_ask_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for (file, text) in [("c.cnf", CONFIG), ("index.txt", ""), ("serial", "6C01\n"), ("crlnumber", "0E\n")] {
        fs::write(at.join(file), text).unwrap();
    }
    let key = "-newkey rsa:2048 -nodes -config c.cnf";
    openssl(at, &format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=CA -days 30 -extensions own"));
    for (name, extensions) in [("good", "person"), ("revoked", "person"), ("ocsp", "responder")] {
        openssl(at, &format!("req {key} -keyout {name}.key -out {name}.csr -subj /CN={name}"));
        openssl(at, &format!("ca {BY} -in {name}.csr -out {name}.pem -extensions {extensions} -notext"));
    }
    openssl(at, &format!("ca {BY} -revoke revoked.pem -crl_reason keyCompromise"));
    openssl(at, &format!("ca {BY} -gencrl -out list.pem"));
    openssl(at, "crl -in list.pem -outform DER -out list.der");
    let issuer = Arc::new(certificate(at, "ca"));

    let known = Known::default();
    known
        .put(judge(&fs::read(at.join("list.der")).unwrap(), std::slice::from_ref(&issuer)).unwrap())
        .unwrap();
    for (name, is_revoked) in [("good", false), ("revoked", true)] {
        let person = certificate(at, name);
        let listed = known.status(&issuer, Serial::new(person.serial()).unwrap(), Timestamp::now()).unwrap();
        let question = Question::new(&person, issuer.clone(), [7; 32]).unwrap();
        fs::write(at.join("question"), question.request()).unwrap();
        openssl(
            at,
            "ocsp -index index.txt -CA ca.pem -rsigner ocsp.pem -rkey ocsp.key -reqin question -respout answer",
        );
        let answer = fs::read(at.join("answer")).unwrap();
        // openssl reads the machine's clock, so this one test does as well.
        let answer = question.judge(&answer, Nonce::Required, Timestamp::now()).unwrap();
        for status in [listed.status, answer.status] {
            match status {
                Status::Revoked(revoked) => assert!(is_revoked && revoked.cause == Cause::KeyCompromise),
                other => assert!(!is_revoked && other == Status::Good),
            }
        }
    }
}
