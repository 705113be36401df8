//! Any bytes are an answer to a question or are refused, and what is believed is what the responder said.

#![no_main]

use std::sync::{Arc, LazyLock};

use iinspect::signature::certificate::Certificate;
use iinspect::signature::ocsp::{Answer, Nonce, Question};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

/// The moment that the seeds were made for.
const NOW: i64 = 1_784_900_000;

static QUESTION: LazyLock<Question> = LazyLock::new(|| {
    let parse = |der| Certificate::parse(der).expect("a seed");
    let issuer = Arc::new(parse(include_bytes!("../corpus/certificate/issuer")));
    let person = parse(include_bytes!("../corpus/certificate/person"));
    Question::new(&person, issuer, [7; 32]).expect("a question")
});
static SAID: LazyLock<Vec<Answer>> = LazyLock::new(|| {
    let seeds: [&[u8]; 4] = [
        include_bytes!("../corpus/ocsp/good"),
        include_bytes!("../corpus/ocsp/unknown"),
        include_bytes!("../corpus/ocsp/revoked"),
        include_bytes!("../corpus/ocsp/never_issued"),
    ];
    seeds
        .iter()
        .map(|seed| judge(seed).expect("a seed is believed"))
        .collect()
});

fn judge(data: &[u8]) -> Option<Answer> {
    let now = Timestamp::from_second(NOW).expect("a moment");
    QUESTION.judge(data, Nonce::Required, now).ok()
}

fuzz_target!(|data: &[u8]| {
    if let Some(answer) = judge(data) {
        assert!(SAID.contains(&answer), "forged");
    }
});
