//! Any bytes are a document or are refused; what is canonical stays so; and what holds is what was signed.

#![no_main]

use std::sync::LazyLock;

use iinspect::signature::xml::{Enveloped, canonical};
use libfuzzer_sys::fuzz_target;

static SIGNED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let seed = include_bytes!("../corpus/xml/signed");
    Enveloped::read(seed).expect("a seed").content().to_vec()
});

fuzz_target!(|data: &[u8]| {
    if let Ok(once) = canonical(data) {
        // A quote takes six letters to say, and an empty element its name once more.
        assert!(once.len() <= data.len() * 7);
        assert_eq!(canonical(&once).as_ref(), Ok(&once), "canonical");
    }
    let Ok(read) = Enveloped::read(data) else {
        return;
    };
    let content = read.content().to_vec();
    if read
        .envelope(None)
        .is_ok_and(|envelope| envelope.verify().is_ok())
    {
        assert_eq!(content, *SIGNED, "forged");
    }
});
