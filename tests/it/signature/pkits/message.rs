//! A message of the suite: S/MIME in two parts, what was signed and the CMS message beside it.

use std::fs;
use std::path::Path;

use der::{Header, Reader, SliceReader};
use iinspect::signature::armor;

/// What a message holds.
pub(super) struct Message {
    /// What was signed.
    pub(super) content: Vec<u8>,
    /// The CMS message.
    pub(super) cms: Vec<u8>,
    /// Its certificates: the authorities, and the signer's last.
    pub(super) certificates: Vec<Vec<u8>>,
    /// Its lists of revoked certificates.
    pub(super) lists: Vec<Vec<u8>>,
}

impl Message {
    pub(super) fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap().replace("\r\n", "\n");
        let (_, boundary) = text.split_once("boundary=\"").unwrap();
        let boundary = format!("--{}\n", boundary.split_once('"').unwrap().0);
        let [_, content, signature] = text.split(&boundary).collect::<Vec<_>>()[..] else {
            panic!("{}: not of two parts", file.display());
        };
        // The line end before a boundary is the boundary's (RFC 2046, 5.1.1).
        let content = content.strip_suffix('\n').unwrap().replace('\n', "\r\n").into_bytes();
        let base64 = signature.split_once("\n\n").unwrap().1.split("\n--").next().unwrap();
        let cms = armor::decode(base64.as_bytes(), &[], 1 << 16).unwrap();
        // ContentInfo, its content, and SignedData within.
        let info = elements(elements(&cms)[0].content);
        let signed = elements(elements(info[1].content)[0].content);
        let held = |tag: u8| {
            let found = signed.iter().find(|element| element.whole[0] == tag);
            let held = found.map(|found| elements(found.content)).unwrap_or_default();
            held.iter().map(|element| element.whole.to_vec()).collect()
        };
        let (certificates, lists) = (held(0xa0), held(0xa1));
        Message { content, cms, certificates, lists }
    }
}

struct Element<'a> {
    whole: &'a [u8],
    content: &'a [u8],
}

/// Elements of DER, one after the other.
fn elements(mut der: &[u8]) -> Vec<Element<'_>> {
    let mut elements = Vec::new();
    while !der.is_empty() {
        let mut reader = SliceReader::new(der).unwrap();
        let header: Header = reader.decode().unwrap();
        let content = reader.read_slice(header.length).unwrap();
        let (whole, rest) = der.split_at(usize::try_from(reader.position()).unwrap());
        elements.push(Element { whole, content });
        der = rest;
    }
    elements
}
