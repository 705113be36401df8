//! Any bytes are a message or are refused, and a signature that holds is over what was signed.

#![no_main]

use iinspect::signature::cms::Message;
use libfuzzer_sys::fuzz_target;

const CONTENT: &[u8] = b"content";

fuzz_target!(|data: &[u8]| {
    let Ok(message) = Message::parse(data) else {
        return;
    };
    let embedded = message.embedded().map(<[u8]>::to_vec);
    let content = embedded.unwrap_or_else(|| CONTENT.to_vec());
    if message
        .envelope(Some(&content))
        .is_ok_and(|envelope| envelope.verify().is_ok())
    {
        assert_eq!(content, CONTENT, "forged");
    }
});
