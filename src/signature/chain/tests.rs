//! Paths that hold and paths that do not, with another implementation's opinion.

use super::*;
use crate::pki::signer::Signer;
use crate::pki::{self, Holder, NOW, Pki, Template, der};

fn parsed(holder: &Holder) -> Certificate {
    Certificate::parse(&holder.certificate).unwrap()
}

fn store(pki: &Pki) -> Store {
    Store::new(vec![parsed(&pki.root)], vec![parsed(&pki.nca)]).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

#[test]
fn a_holder_is_led_back_to_the_root() {
    for (pki, holder) in [(Pki::gost(), Pki::gost().gost_person()), (Pki::rsa(), Pki::rsa().rsa_person())] {
        let store = store(&pki);
        let issuer = store.issuer(&parsed(&holder)).unwrap();
        assert_eq!(issuer.certificate, parsed(&pki.nca));
        assert!(!issuer.is_root() && store.above(issuer).unwrap().is_root());
        assert_eq!(store.line(&issuer.certificate), [&parsed(&pki.nca), &parsed(&pki.root)]);
        assert_eq!(store.line(&parsed(&pki.root)), [&parsed(&pki.root)]);
        assert!(store.line(&parsed(&holder)).is_empty());
        assert_eq!(store.valid_at(issuer, now()), Ok(()));
        for (moment, fault) in [
            ("2022-06-14T23:59:59Z", Fault::NotYetValid("the authority's certificate")),
            ("2045-09-07T00:00:01Z", Fault::Expired("the authority's certificate")),
        ] {
            assert_eq!(store.valid_at(issuer, moment.parse().unwrap()), Err(fault));
        }
    }
}

#[test]
fn another_authority_is_not_trusted_whatever_its_name() {
    let pki = Pki::gost();
    let other = Pki::new(Signer::gost("other root"), Signer::gost("other nca"));
    // The names are the same: only the key tells.
    assert_eq!(store(&pki).issuer(&parsed(&other.gost_person())).unwrap_err(), Fault::Untrusted);
    assert_eq!(Store::default().issuer(&parsed(&pki.gost_person())).unwrap_err(), Fault::Untrusted);
    // Nor is an authority with a trusted name a root under it.
    let faults = Store::new(vec![parsed(&pki.root)], vec![parsed(&other.nca)]).unwrap_err();
    assert!(faults[0].contains(&parsed(&other.nca).fingerprint()), "{faults:?}");
    // Both at once: a renewed key under the same name.
    let both =
        Store::new(vec![parsed(&pki.root), parsed(&other.root)], vec![parsed(&other.nca), parsed(&pki.nca)])
            .unwrap();
    assert_eq!(both.issuer(&parsed(&pki.gost_person())).unwrap().certificate, parsed(&pki.nca));
    assert_eq!(both.issuer(&parsed(&other.gost_person())).unwrap().certificate, parsed(&other.nca));
}

fn authority(pki: &Pki, change: impl FnOnce(&mut Template)) -> Certificate {
    let mut template = pki::authority_template(0x22, &pki.root.name, &pki.nca.name);
    change(&mut template);
    Certificate::parse(&template.signed(&pki.nca.signer.spki(), &pki.root.signer)).unwrap()
}

#[test]
fn what_may_not_issue_is_no_authority() {
    let pki = Pki::gost();
    let refused = |certificate| Store::new(vec![parsed(&pki.root)], vec![certificate]).unwrap_err();
    let with = |extensions: Vec<Vec<u8>>| authority(&pki, |template| template.extensions = extensions);
    for certificate in [
        with(vec![pki::usage(&[5, 6])]),
        with(vec![pki::basic(false, None), pki::usage(&[5, 6])]),
        with(vec![pki::basic(true, None), pki::usage(&[0, 1])]),
        with(vec![pki::basic(true, None), pki::usage(&[5]), der::extension("1.2.3.4", true, &[5, 0])]),
        with(vec![pki::basic(true, None), pki::usage(&[5]), der::extension("2.5.29.30", false, &[0x30, 0])]),
        parsed(&pki.gost_person()),
    ] {
        assert_eq!(refused(certificate).len(), 1);
    }
    // A root must have issued itself, and be one that may.
    assert_eq!(Store::new(vec![parsed(&pki.nca)], vec![]).unwrap_err().len(), 1);
    let mut forged = parsed(&pki.root).der().to_vec();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert_eq!(Store::new(vec![Certificate::parse(&forged).unwrap()], vec![]).unwrap_err().len(), 1);
}

#[test]
fn path_lengths_are_kept() {
    let pki = Pki::gost();
    let second = |path_length| {
        let mut root = pki::authority_template(0x11, &pki.root.name, &pki.root.name);
        root.extensions[0] = pki::basic(true, path_length);
        let root = Certificate::parse(&root.signed(&pki.root.signer.spki(), &pki.root.signer)).unwrap();
        let name = pki::authority("Второй");
        let template = pki::authority_template(0x55, &pki.nca.name, &name);
        let second = template.signed(&Signer::gost("second").spki(), &pki.nca.signer);
        // In the wrong order: the file's order means nothing.
        Store::new(vec![root], vec![Certificate::parse(&second).unwrap(), parsed(&pki.nca)])
    };
    assert!(second(None).is_ok() && second(Some(2)).is_ok());
    assert_eq!(second(Some(1)).unwrap_err().len(), 1);
    assert_eq!(second(Some(0)).unwrap_err().len(), 2);
}

#[test]
fn names_are_compared_as_texts_and_not_as_bytes() {
    let pki = Pki::gost();
    let issued_by = |name: Vec<u8>| {
        let mut template = pki.person();
        template.issuer = name;
        store(&pki).issuer(&parsed(&pki.issue(&template, Signer::gost("person")))).is_ok()
    };
    let common_name = |text: &str| (pki::COMMON_NAME, der::utf8(text));
    let country = |value| (pki::COUNTRY, value);
    let kz = || country(der::printable("KZ"));
    let written = common_name("ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (TEST)");
    assert!(issued_by(der::name(&[written.clone(), kz()])));
    let folded = common_name("  ұлттық куәландырушы   орталық (Test) ");
    assert!(issued_by(der::name(&[folded, country(der::utf8("kz"))])));
    // Levels are in an order, and none can be missing or more.
    assert!(!issued_by(der::name(&[kz(), written.clone()])));
    assert!(!issued_by(der::name(std::slice::from_ref(&written))));
    assert!(!issued_by(der::name(&[written.clone(), kz(), kz()])));
    assert!(!issued_by(der::name(&[common_name("ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ"), kz()])));
    assert!(!issued_by(der::seq(&[])));
    // Another kind of attribute with the same text is another name.
    assert!(!issued_by(der::name(&[(pki::SURNAME, written.1), kz()])));
}

/// rustls-webpki says of RSA chains what we say. (It does not read an authority's key usage; we do.)
#[test]
fn another_implementation_agrees_on_rsa_chains() {
    use rustls_pki_types::{CertificateDer, UnixTime};
    use std::time::Duration;

    let ours = |pki: &Pki, leaf: &Certificate, nca: &Certificate, at: i64| -> Option<()> {
        let now = Timestamp::from_second(at).unwrap();
        let store = Store::new(vec![parsed(&pki.root)], vec![nca.clone()]).ok()?;
        let issuer = store.issuer(leaf).ok()?;
        store.valid_at(issuer, now).ok()?;
        leaf.valid_at(now, "leaf").ok()
    };
    let theirs = |pki: &Pki, leaf: &Certificate, nca: &Certificate, at: i64| -> Option<()> {
        let root = CertificateDer::from(pki.root.certificate.as_slice());
        let nca = CertificateDer::from(nca.der());
        let leaf = CertificateDer::from(leaf.der());
        let anchor = webpki::anchor_from_trusted_cert(&root).unwrap();
        let leaf = webpki::EndEntityCert::try_from(&leaf).ok()?;
        leaf.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &[anchor],
            &[nca],
            UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at).unwrap())),
            // Role, which authorities do not have.
            webpki::KeyUsage::required_if_present(&[0x2a, 0x83, 0x0e, 0x03, 0x03, 0x04, 0x01, 0x01]),
            None,
            None,
        )
        .ok()
        .map(|_| ())
    };
    let pki = Pki::rsa();
    let leaf = parsed(&pki.rsa_person());
    let other = parsed(&Pki::new(Signer::rsa(2), Signer::rsa(0)).rsa_person());
    let mut forged = leaf.der().to_vec();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let forged = Certificate::parse(&forged).unwrap();
    let nca = parsed(&pki.nca);
    let no_authority = authority(&pki, |template| template.extensions[0] = pki::basic(false, None));
    let critical = authority(&pki, |template| {
        template.extensions.push(der::extension("1.2.3.4", true, &[5, 0]));
    });
    let year = 366 * 24 * 3600;
    let mut agreed = (0, 0);
    for (leaf, nca, at) in [
        (&leaf, &nca, NOW),
        (&leaf, &nca, NOW - year),
        (&leaf, &nca, NOW + year),
        (&other, &nca, NOW),
        (&forged, &nca, NOW),
        (&leaf, &no_authority, NOW),
        (&leaf, &critical, NOW),
    ] {
        let (ours, theirs) = (ours(&pki, leaf, nca, at), theirs(&pki, leaf, nca, at));
        assert_eq!(ours, theirs, "at {at}");
        if ours.is_some() { agreed.0 += 1 } else { agreed.1 += 1 }
    }
    assert_eq!(agreed, (1, 6));
}
