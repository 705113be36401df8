//! The forms that DER comes in: as it is, as PEM, as bare base64.

use super::fault::Fault;

/// A label for the library that decodes base64; ours is never seen.
const LABEL: &str = "DATA";
const LINE: usize = 64;

/// The DER in `input`: DER itself, PEM with one of `labels` (what is before it is passed over), or base64
/// with or without line breaks.
///
/// # Errors
/// It is none of these, or longer than `longest` bytes.
pub fn decode(input: &[u8], labels: &[&str], longest: usize) -> Result<Vec<u8>, Fault> {
    const WHAT: Fault = Fault::Malformed("neither DER nor PEM nor base64");
    if input.first() == Some(&0x30) {
        return if input.len() > longest { Err(Fault::TooLarge("a message")) } else { Ok(input.to_vec()) };
    }
    // Four characters for three bytes, and room for line breaks and what PEM adds.
    if input.len() > longest / 2 * 3 + 1024 {
        return Err(Fault::TooLarge("a message"));
    }
    let text = std::str::from_utf8(input).map_err(|_| WHAT)?;
    let body = match text.find("-----BEGIN ") {
        Some(begin) => {
            let label = labels.iter().find(|label| {
                text[begin + 11..].strip_prefix(**label).is_some_and(|rest| rest.starts_with("-----"))
            });
            let label = label.ok_or(Fault::Malformed("PEM of another kind"))?;
            let body = &text[begin + 11 + label.len() + 5..];
            body.split_once(&format!("-----END {label}-----")).ok_or(WHAT)?.0
        }
        None => text,
    };
    let digits: Vec<u8> = body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let mut pem = format!("-----BEGIN {LABEL}-----\n");
    for line in digits.chunks(LINE) {
        pem.push_str(std::str::from_utf8(line).map_err(|_| WHAT)?);
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {LABEL}-----\n"));
    let (_, der) = der::pem::decode_vec(pem.as_bytes()).map_err(|_| WHAT)?;
    match der.len() {
        0 => Err(WHAT),
        len if len > longest => Err(Fault::TooLarge("a message")),
        _ => Ok(der),
    }
}

/// DER as PEM; empty if it is too long for that, which no certificate is.
#[must_use]
pub fn encode(label: &'static str, der: &[u8]) -> String {
    der::pem::encode_string(label, der::pem::LineEnding::LF, der).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::der::{base64, pem};

    #[test]
    fn every_form_gives_the_same_bytes() {
        let der: Vec<u8> = [0x30].into_iter().chain(0..=200).collect();
        let base64 = base64(&der);
        let forms = [
            der.clone(),
            pem("CMS", &der).into_bytes(),
            format!("Bag Attributes\n    x: y\n{}", pem("PKCS7", &der)).into_bytes(),
            pem("CMS", &der).replace('\n', "\r\n").into_bytes(),
            base64.clone().into_bytes(),
            base64.as_bytes().chunks(76).collect::<Vec<_>>().join(&b"\r\n"[..]),
        ];
        for form in forms {
            assert_eq!(decode(&form, &["CMS", "PKCS7"], 1000), Ok(der.clone()));
            assert!(matches!(decode(&form, &["CMS", "PKCS7"], 100), Err(Fault::TooLarge(_))));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", " ", "?", "-----BEGIN CMS-----\nMAA=\n", "MAA", "MAA=MAA=", "-----BEGIN CERTIFICATE-----"]
        {
            assert!(matches!(decode(text.as_bytes(), &["CMS"], 1000), Err(Fault::Malformed(_))), "{text}");
        }
        let key = pem("PRIVATE KEY", &[0x30, 0]);
        assert!(matches!(decode(key.as_bytes(), &["CMS"], 1000), Err(Fault::Malformed(_))));
        assert!(decode(&[0xff; 10], &["CMS"], 1000).is_err());
    }
}
