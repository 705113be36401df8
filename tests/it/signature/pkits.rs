//! NIST's Public Key Interoperability Test Suite: 224 signed messages, each with the path of its signer and
//! the lists of that path, judged whole by what judges signatures in the server.
//!
//! The messages are in the wheel of `cryptography_vectors`, which tests/interop/setup installs. Their
//! certificates are for no use of ours, which [`FOR_NO_USE`] says of every one: that fault is set aside, and
//! what is left must be what [`cases`] tells.

mod cases;
mod message;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use iinspect::reload::Current;
use iinspect::signature::certificate::Certificate;
use iinspect::signature::ocsp::Nonce;
use iinspect::signature::revocation::Status;
use iinspect::signature::{Fault, Step, Use, judge};
use iinspect::trust::judge::Evidence;
use iinspect::trust::lists::{self, Authorities, Known};
use iinspect::trust::online::{Online, Settings};
use iinspect::trust::pool::Pool;
use iinspect::trust::revocation::{Finding, Mode, Responder, Revocation};
use iinspect::trust::store::{self, Role, Trusted};
use jiff::{SignedDuration, Timestamp};

use self::cases::{CASES, Ours, REPEATED};
use self::message::Message;
use super::pki::NOW;

/// Set to 1, these tests are left out. Without it, they fail where the suite is missing.
const SKIP: &str = "IINSPECT_SKIP_PKITS";
/// The folder of the suite, where it is not the one that tests/interop/setup makes.
const FOLDER: &str = "IINSPECT_PKITS";

/// What is said of every certificate of the suite, and of none of NCA's.
const FOR_NO_USE: (Step, Fault) = (Step::Usage, Fault::Usage("the extended key usage"));

/// Keys that sign lists alone. They come with messages and cannot be trusted as authorities.
const LISTS_ALONE: [&str; 5] = [
    "BasicSelfIssuedCRLSigningKeyCRLCert",
    "SeparateCertificateandCRLKeysCRLSigningCert",
    "SeparateCertificateandCRLKeysCA2CRLSigningCert",
    "indirectCRLCA3cRLIssuerCert",
    "indirectCRLCA4cRLIssuerCert",
];

/// The suite's folder; `None`: these tests are left out, which is said.
fn folder() -> Option<PathBuf> {
    if std::env::var(SKIP).is_ok_and(|value| value == "1") {
        println!("skipped: {SKIP}=1");
        return None;
    }
    if let Some(folder) = std::env::var_os(FOLDER) {
        return Some(folder.into());
    }
    let pythons = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/lib"));
    let mut folders = pythons
        .into_iter()
        .flatten()
        .map(|python| python.unwrap().path().join("site-packages/cryptography_vectors/x509/PKITS_data"));
    let found = folders.find(|folder| folder.exists());
    Some(
        found.unwrap_or_else(|| {
            panic!("PKITS is missing: `make setup-python` installs it, {SKIP}=1 skips it")
        }),
    )
}

struct Suite {
    folder: PathBuf,
    anchor: Vec<u8>,
    lists_alone: Vec<Vec<u8>>,
    pool: Pool,
}

impl Suite {
    fn open() -> Option<Self> {
        let folder = folder()?;
        let read = |name: &str| fs::read(folder.join(format!("certs/{name}.crt"))).unwrap();
        let (anchor, lists_alone) = (read("TrustAnchorRootCertificate"), LISTS_ALONE.map(read).into());
        Some(Suite { anchor, lists_alone, folder, pool: Pool::start(1, 8).unwrap() })
    }

    /// The names of all messages.
    fn names(&self) -> BTreeSet<String> {
        let files = fs::read_dir(self.folder.join("smime")).unwrap();
        let name = |file: String| file.strip_prefix("Signed")?.strip_suffix(".eml").map(str::to_owned);
        files.map(|file| name(file.unwrap().file_name().into_string().unwrap()).unwrap()).collect()
    }

    /// The operator's file with these authorities under NIST's root, and why it is not taken.
    fn trusted<'a>(&self, authorities: impl Iterator<Item = &'a Vec<u8>>) -> Result<Trusted, String> {
        let parsed = |der: &[u8]| Certificate::parse(der).map_err(|fault| fault.to_string());
        let mut file = store::entry(&parsed(&self.anchor)?, Role::Root, "");
        for der in authorities {
            file += &store::entry(&parsed(der)?, Role::Intermediate, "");
        }
        Trusted::parse("trust.toml", &file).map_err(|mut faults| {
            // Of those under one that is refused it is said that nobody vouches for them.
            let follows = Fault::Untrusted.to_string();
            faults.sort_by_key(|fault| fault.ends_with(&follows));
            faults[0].splitn(3, ": ").last().unwrap().to_owned()
        })
    }

    /// Judges a message as the server does; why it is refused.
    async fn judged(&self, name: &str, now: Timestamp) -> Result<(), String> {
        let message = Message::read(&self.folder.join(format!("smime/Signed{name}.eml")));
        let (signer, authorities) = message.certificates.split_last().unwrap();
        let authorities = authorities.iter().filter(|der| !self.lists_alone.contains(der));
        let trusted = self.trusted(authorities).map_err(|fault| format!("AUTHORITY {fault}"))?;

        let opened = Evidence::Cms(message.cms).open(Some(&message.content));
        let judgement = judge(opened, &trusted.store, Use::Document, now);
        if let Some((step, fault)) = judgement.faults().iter().find(|fault| **fault != FOR_NO_USE) {
            return Err(format!("{} {fault}", format!("{step:?}").to_uppercase()));
        }
        assert_eq!(judgement.faults(), [FOR_NO_USE], "{name}");
        let certificate = &judgement.envelope().unwrap().certificate;
        assert_eq!(certificate.der(), signer, "{name}");

        let trusted = Current::fixed(Arc::new(trusted));
        let (lists, unfit) = known(&message.lists, &trusted.all(), now);
        let store = &trusted.get().store;
        let line = store.line(&store.issuer(certificate).unwrap().certificate);
        match self.revocation(lists).check(certificate, &line, Mode::Required, now).await {
            Finding::Known { status: Status::Good, .. } => Ok(()),
            Finding::Known { .. } => Err("REVOKED".into()),
            Finding::Unavailable(_) => Err(format!("UNKNOWN {}", unfit.unwrap_or("no list".into()))),
            Finding::Untrusted(fault) => Err(format!("UNKNOWN {fault}")),
            finding => panic!("{name}: {finding:?}"),
        }
    }

    fn revocation(&self, lists: Known) -> Revocation {
        let settings = Settings {
            time: Duration::ZERO,
            at_once: 1,
            kept: 1,
            reuse: SignedDuration::ZERO,
            pause: SignedDuration::ZERO,
            nonce: Nonce::Required,
        };
        let online = Arc::new(Online::new(settings, self.pool.clone()));
        Revocation { responder: Responder::Nowhere, online, lists }
    }
}

/// Lists taken as those that are fetched, and why the first that is not taken is not.
fn known(lists: &[Vec<u8>], authorities: &[Arc<Certificate>], now: Timestamp) -> (Known, Option<String>) {
    let known = Known::default();
    let take = |der: &Vec<u8>| {
        let judged = lists::judge(der, authorities).map_err(|fault| fault.to_string())?;
        judged.list().check_time(now).map_err(|fault| fault.to_string())?;
        known.put(judged).map_err(|refused| refused.to_string())
    };
    let unfit = lists.iter().filter_map(|der| take(der).err()).next();
    (known, unfit)
}

#[tokio::test]
async fn every_path_is_judged_as_nist_says_or_narrower() {
    let Some(suite) = Suite::open() else { return };
    let named: BTreeSet<String> = CASES.iter().map(|(_, name, ..)| (*name).to_owned()).collect();
    assert_eq!(named, suite.names(), "each message once, and none left out");
    let numbers: BTreeSet<&str> = CASES.iter().map(|(number, ..)| *number).collect();
    assert_eq!((named.len(), numbers.len(), CASES.len()), (224, 224, 224));

    let now = Timestamp::from_second(NOW).unwrap();
    let (mut counts, mut wrong) = (BTreeMap::<_, usize>::new(), Vec::new());
    for (number, name, valid, ours) in CASES {
        let (class, expected) = match (valid, ours) {
            (true, Ours::Accepts) => ("accepted, as NIST says", None),
            (false, Ours::Refuses(why)) => ("refused, for what NIST tests", Some(*why)),
            (false, Ours::Narrower(why)) => ("refused, as NIST says, for being narrower", Some(*why)),
            (true, Ours::Narrower(why)) => ("refused, where NIST accepts, for being narrower", Some(*why)),
            (true, Ours::Refuses(_)) | (false, Ours::Accepts) => panic!("{number} has no class"),
        };
        *counts.entry(class).or_default() += 1;
        let fault = suite.judged(name, now).await.err();
        if fault.as_deref() != expected {
            wrong.push(format!("{number} {name}: {fault:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let repeated: usize = REPEATED.iter().map(|(_, more)| more).sum();
    println!("PKITS, {} tests over 224 paths; other policy inputs, not ours: {repeated}", 224 + repeated);
    for (class, count) in &counts {
        println!("PKITS, {class}: {count}");
    }
    let told = include_str!("../../../docs/SIGNATURES.md");
    for (class, count) in &counts {
        assert!(told.contains(&format!("| {class} | {count} |")), "SIGNATURES.md: {class}: {count}");
    }
    assert_eq!(counts.into_values().collect::<Vec<_>>(), cases::TOTALS);
    assert_eq!(repeated, 23);
}

#[test]
fn a_key_that_signs_lists_alone_is_no_authority() {
    let Some(suite) = Suite::open() else { return };
    for der in &suite.lists_alone {
        let fault = suite.trusted([der].into_iter()).unwrap_err();
        let stated = [cases::NO_AUTHORITY, cases::NO_SIGNING];
        assert!(stated.iter().any(|why| why.ends_with(&fault)), "{fault}");
    }
}
