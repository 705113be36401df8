//! Any bytes are a certificate or are refused, and nobody but the authority can have signed one.

#![no_main]

use std::sync::LazyLock;

use iinspect::signature::certificate::Certificate;
use iinspect::signature::subject::Subject;
use libfuzzer_sys::fuzz_target;

static ISSUER: LazyLock<Certificate> = LazyLock::new(|| {
    Certificate::parse(include_bytes!("../corpus/certificate/issuer")).expect("a seed")
});
const SIGNED: [&[u8]; 3] = [
    include_bytes!("../corpus/certificate/issuer"),
    include_bytes!("../corpus/certificate/person"),
    include_bytes!("../corpus/certificate/responder"),
];

fuzz_target!(|data: &[u8]| {
    let Ok(certificate) = Certificate::parse(data) else {
        return;
    };
    assert_eq!(certificate.der(), data);
    let _ = Subject::of(&certificate);
    assert!(!format!("{certificate:?}").contains("IIN"));
    if certificate.verify_signature(ISSUER.key()).is_ok() {
        assert!(SIGNED.contains(&data), "forged");
    }
});
