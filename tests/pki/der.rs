//! DER written by hand, so that tests can also write what a library would refuse to.

/// One element.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let len = content.len();
    match len {
        0..=0x7f => out.push(len as u8),
        0x80..=0xff => out.extend([0x81, len as u8]),
        0x100..=0xffff => out.extend([0x82, (len >> 8) as u8, len as u8]),
        0x1_0000..=0xff_ffff => out.extend([0x83, (len >> 16) as u8, (len >> 8) as u8, len as u8]),
        _ => out.extend([0x84, (len >> 24) as u8, (len >> 16) as u8, (len >> 8) as u8, len as u8]),
    }
    out.extend_from_slice(content);
    out
}

pub(crate) fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// A SET OF in DER's order.
pub(crate) fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = parts.to_vec();
    parts.sort();
    tlv(0x31, &parts.concat())
}

pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut content = vec![];
    for arc in std::iter::once(&(arcs[0] * 40 + arcs[1])).chain(&arcs[2..]) {
        let mut septets = vec![(arc & 0x7f) as u8];
        let mut rest = arc >> 7;
        while rest > 0 {
            septets.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        content.extend(septets.iter().rev());
    }
    tlv(6, &content)
}

/// An INTEGER of a number that is not negative.
pub(crate) fn int(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let mut content = bytes[start..].to_vec();
    if content.first().is_none_or(|top| *top >= 0x80) {
        content.insert(0, 0);
    }
    tlv(2, &content)
}

pub(crate) fn octets(content: &[u8]) -> Vec<u8> {
    tlv(4, content)
}

pub(crate) fn bits(content: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], content].concat())
}

pub(crate) fn null() -> Vec<u8> {
    tlv(5, &[])
}

pub(crate) fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0c, text.as_bytes())
}

pub(crate) fn printable(text: &str) -> Vec<u8> {
    tlv(0x13, text.as_bytes())
}

/// `[n]`, explicit.
pub(crate) fn explicit(n: u8, inner: &[u8]) -> Vec<u8> {
    tlv(0xa0 | n, inner)
}

/// A time, from "YYYYMMDDHHMMSSZ": UTCTime until 2049.
pub(crate) fn time(text: &str) -> Vec<u8> {
    if &text[..4] < "2050" { tlv(0x17, &text.as_bytes()[2..]) } else { tlv(0x18, text.as_bytes()) }
}

/// An algorithm with NULL for parameters.
pub(crate) fn algorithm(dotted: &str) -> Vec<u8> {
    seq(&[oid(dotted), null()])
}

/// A name of one attribute a level, in this order: identifier and encoded value.
pub(crate) fn name(attributes: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let level = |(kind, value): &(&str, Vec<u8>)| set(&[seq(&[oid(kind), value.clone()])]);
    seq(&attributes.iter().map(level).collect::<Vec<_>>())
}

pub(crate) fn extension(dotted: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { tlv(1, &[0xff]) } else { vec![] };
    seq(&[oid(dotted), critical, octets(value)])
}

/// Base64 in lines of 64 between a header and a footer.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = base64(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0_u32, |n, byte| n << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let digit = char::from(DIGITS[(n >> (18 - 6 * i)) as usize & 63]);
            text.push(if i <= chunk.len() { digit } else { '=' });
        }
    }
    text
}
