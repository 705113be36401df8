//! The seeds of the fuzz targets: what the tests' own authority signed. They are files, since the fuzz
//! targets are a package of their own; here they are held to what the generator makes.
//! `UPDATE_DOCS=1` writes them anew.

use std::path::Path;

use jiff::Timestamp;

use crate::pki::issuer::{Issuer, SIGN, Spec, later};
use crate::pki::list::List;
use crate::pki::ocsp::{Responder, Says, good, revoked, unknown};
use crate::pki::signer::Signer;
use crate::pki::{Pki, cms};
use crate::signature::xml;

/// The nonce that the target's question has.
const NONCE: [u8; 32] = [7; 32];

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let issuer = Issuer::new(Signer::gost("ca"), "CA");
    let person = issuer.issue(&Spec::new(7, "Citizen").usage(SIGN), &Signer::gost("person"));
    let serial = Spec::new(7, "Citizen").serial;
    let responder = Responder::new(&issuer, Signer::gost("responder"));
    let says = |status| Says::new(&serial, status, &NONCE).by(&issuer, &responder);
    let (pki, content) = (Pki::gost(), b"content");
    let holder = pki.gost_person();
    vec![
        ("certificate/issuer", issuer.certificate.clone()),
        ("certificate/person", person),
        ("certificate/responder", responder.certificate.clone()),
        ("certificate/citizen", holder.certificate.clone()),
        ("crl/whole", List::new(14).revoke(&serial, Some(1)).revoke(&[5], None).signed(&issuer)),
        ("crl/changes", List::changes(15, 14).revoke(&serial, Some(8)).signed(&issuer)),
        ("crl/empty", List::new(16).signed(&issuer)),
        ("ocsp/good", says(good())),
        ("ocsp/unknown", says(unknown())),
        ("ocsp/revoked", says(revoked(later(-60), 1))),
        ("ocsp/never_issued", says(revoked(Timestamp::UNIX_EPOCH, 6))),
        ("xml/signed", xml::tests::signed_document().into_bytes()),
        ("xml/plain", b"<?xml version='1.0'?><a xmlns='u' b=\"&#13;\"><!-- c --><![CDATA[<]]></a>".to_vec()),
        ("cms/attached", cms::signed(&holder, content, true)),
        ("cms/detached", cms::signed(&holder, content, false)),
    ]
}

#[test]
fn the_seeds_are_what_the_generator_makes() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, bytes) in seeds() {
        let path = corpus.join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let found = std::fs::read(&path).unwrap_or_default();
        assert!(found == bytes, "{name} differs: run the tests once with UPDATE_DOCS=1");
    }
}
