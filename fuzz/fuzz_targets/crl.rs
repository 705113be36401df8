//! Any bytes are a list or are refused; whoever is on a list is found; and nobody but the authority can
//! have signed one.

#![no_main]

use std::sync::LazyLock;

use iinspect::signature::certificate::Certificate;
use iinspect::signature::crl::Unverified;
use iinspect::signature::revocation::Serial;
use libfuzzer_sys::fuzz_target;

static ISSUER: LazyLock<Certificate> = LazyLock::new(|| {
    Certificate::parse(include_bytes!("../corpus/certificate/issuer")).expect("a seed")
});
const SIGNED: [&[u8]; 3] = [
    include_bytes!("../corpus/crl/whole"),
    include_bytes!("../corpus/crl/changes"),
    include_bytes!("../corpus/crl/empty"),
];

fuzz_target!(|data: &[u8]| {
    let Ok(read) = Unverified::read(data) else {
        return;
    };
    if read.verify(&ISSUER).is_ok() {
        assert!(SIGNED.contains(&data), "forged");
    }
    let Ok(list) = read.index() else {
        return;
    };
    // An entry has at least a number and a time.
    assert!(list.len() <= data.len() / 18 && list.bytes() <= data.len() * 2);
    // Who is found has a number that stands in the list, whatever zeros are in front of it.
    let serial = Serial::new(&[5]).expect("a number");
    assert!(list.find(serial).is_none() || data.contains(&5));
});
