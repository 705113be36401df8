//! Documents signed here, taken apart there; and every way to make a signature cover something else
//! than what is read.

use base64ct::{Base64, Encoding};

use super::*;
use crate::pki::issuer::{Issuer, SIGN, Spec};
use crate::pki::signer;

/// What stands between the root element's tags beside the signature.
const BODY: &str = "<iin>991399000001</iin>\n<amount a='1'>100</amount>";

struct Signer {
    key: signer::Signer,
    certificate: Vec<u8>,
}

impl Signer {
    fn new() -> Self {
        Self::with(signer::Signer::rsa(2))
    }

    fn with(key: signer::Signer) -> Self {
        let spec = Spec::new(7, "Citizen").usage(SIGN);
        let certificate = Issuer::new(signer::Signer::gost("ca"), "CA").issue(&spec, &key);
        Signer { key, certificate }
    }

    /// The names of its signature and its digest.
    fn names(&self) -> [&'static str; 2] {
        match self.key {
            signer::Signer::Rsa(_) => [
                "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                "http://www.w3.org/2001/04/xmlenc#sha256",
            ],
            signer::Signer::Gost(_) => [
                "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34102015-gostr34112015-512",
                "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34112015-512",
            ],
        }
    }

    /// The signature over a document with these contents, to be put into it.
    fn signature(&self, body: &str) -> String {
        self.signature_of(&canonical(format!("<doc>{body}</doc>").as_bytes()).unwrap())
    }

    fn signature_of(&self, content: &[u8]) -> String {
        let digest = Base64::encode_string(&self.key.digest(content));
        let info = signed_info(self.names(), &digest);
        let document = format!("<doc><ds:Signature xmlns:ds=\"{}\">{info}</ds:Signature></doc>", tree::DS);
        let parsed = roxmltree::Document::parse(&document).unwrap();
        let node = parsed.descendants().find(|node| node.tag_name().name() == "SignedInfo").unwrap();
        let value = self.key.sign(&c14n::element(node, c14n::Comments::LeftOut));
        format!(
            "<ds:Signature xmlns:ds=\"{}\">{info}<ds:SignatureValue>{}</ds:SignatureValue><ds:KeyInfo>\n<ds:X509Data>\
             <ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
            tree::DS,
            Base64::encode_string(&value),
            Base64::encode_string(&self.certificate),
        )
    }
}

/// What a signed document says, once its signature holds.
fn accepts(document: &str) -> Result<Enveloped, Fault> {
    let read = Enveloped::read(document.as_bytes())?;
    read.clone().envelope(None)?.verify().map(|()| read)
}

fn signed_info([method, digest_method]: [&str; 2], digest: &str) -> String {
    format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/>\
         <ds:SignatureMethod Algorithm=\"{method}\"/>\n\
         <ds:Reference URI=\"\"><ds:Transforms>\
         <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
         <ds:Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments\"/></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{digest_method}\"/>\
         <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    )
}

fn document(body: &str, signature: &str) -> String {
    format!("<doc>{body}{signature}</doc>")
}

#[test]
fn a_signed_document_is_read_wherever_the_signature_stands_in_the_root() {
    let signer = Signer::new();
    let signature = signer.signature(BODY);
    let content = "<doc><iin>991399000001</iin>\n<amount a=\"1\">100</amount></doc>";
    let (first, second) = BODY.split_once('\n').unwrap();
    for signed in [
        document(BODY, &signature),
        format!("<doc>{signature}{BODY}</doc>"),
        format!("<doc>{first}{signature}\n{second}</doc>"),
        format!("<?xml version='1.0' encoding='UTF-8'?>\r\n<doc >{first}\r\n{second}{signature}</doc>\n"),
    ] {
        let read = accepts(&signed).unwrap();
        assert_eq!(String::from_utf8_lossy(read.content()), content);
        assert_eq!((&read.certificate, read.scheme), (&signer.certificate, Scheme::RsaSha256));
        assert!(!format!("{read:?}").contains("9913"));
    }
}

#[test]
fn a_citizens_key_signs_as_well() {
    let signer = Signer::with(signer::Signer::gost("person"));
    let good = document(BODY, &signer.signature(BODY));
    assert_eq!(accepts(&good).unwrap().scheme, Scheme::Gost512);
    assert_eq!(accepts(&good.replacen("100", "101", 1)), Err(Fault::Digest));
    let rsa = good.replace(signer.names()[0], Signer::new().names()[0]);
    assert!(matches!(accepts(&rsa), Err(Fault::Algorithm(_))));
}

#[test]
fn the_content_must_be_the_one_expected() {
    let signed = document(BODY, &Signer::new().signature(BODY));
    let read = Enveloped::read(signed.as_bytes()).unwrap();
    let expected = |text: &str| read.clone().envelope(Some(text.as_bytes())).map(|_| ());
    assert_eq!(expected(&document(BODY, "")), Ok(()));
    assert_eq!(
        expected(&format!("<?xml version='1.0'?>{}", document(&BODY.replace('\'', "\""), ""))),
        Ok(())
    );
    assert_eq!(expected(&document(&BODY.replace("100", "1"), "")), Err(Fault::OtherContent));
    assert!(matches!(expected("no XML"), Err(Fault::Malformed(_))));
}

#[test]
fn base64_may_hold_carriage_returns_and_they_are_signed() {
    let signer = Signer::new();
    let signature = signer.signature(BODY);
    let value = signature.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
    let mut broken = signature.clone();
    broken.insert_str(value + 60, "&#13;\n");
    assert!(accepts(&document(BODY, &broken)).is_ok(), "the value itself is not signed");
    // Inside what is signed the reference is part of the bytes.
    let digest = signature.replace("</ds:DigestValue>", "&#13;\n</ds:DigestValue>");
    let read = Enveloped::read(document(BODY, &digest).as_bytes()).unwrap();
    assert!(String::from_utf8_lossy(&read.signed_info).contains("&#xD;\n</ds:DigestValue>"));
    assert_eq!(accepts(&document(BODY, &digest)), Err(Fault::Signature));
}

#[test]
fn comments_are_no_part_of_what_is_signed_and_none_of_what_is_read() {
    let signer = Signer::new();
    let signature = signer.signature(BODY);
    let cut = BODY.replace("9913", "9913<!-- 42 -->");
    let read = accepts(&document(&cut, &signature)).unwrap();
    assert!(String::from_utf8_lossy(read.content()).contains("<iin>991399000001</iin>"));
    let inside = signature.replace("<ds:DigestValue>", "<ds:DigestValue><!-- -->");
    assert!(matches!(accepts(&document(BODY, &inside)), Err(Fault::Profile(_))));
}

#[test]
fn wrapping_is_refused() {
    let signer = Signer::new();
    let signature = signer.signature(BODY);
    let good = document(BODY, &signature);
    assert!(accepts(&good).is_ok());
    let evil = "<iin>991399000002</iin>";
    let by_id = signature.replace("URI=\"\"", "URI=\"#good\"");
    let variants = [
        // The signed document moved aside, another root around it.
        format!("<doc>{evil}<old>{good}</old></doc>"),
        format!("<doc>{evil}{good}</doc>"),
        // The signature moved deeper, what it signs beside it.
        format!("<doc>{evil}<a>{signature}{BODY}</a></doc>"),
        format!("<doc>{BODY}<a>{signature}</a></doc>"),
        // Two signatures, either order.
        format!("<doc>{BODY}{signature}{signature}</doc>"),
        format!("<doc>{BODY}{signature}<a>{signature}</a></doc>"),
        // A reference by identifier to a part that is carried along.
        format!("<doc>{evil}<a Id=\"good\">{BODY}</a>{by_id}</doc>"),
        document(BODY, &signature.replace("URI=\"\"", "URI=\"http://127.0.0.1/\"")),
        document(BODY, &signature.replace("URI=\"\"", "URI=\"#xpointer(/)\"")),
        document(BODY, &signature.replace(" URI=\"\"", "")),
        // What is signed hidden in the signature, which is left out of the digest.
        document(
            evil,
            &signature.replace("</ds:KeyInfo>", &format!("</ds:KeyInfo><ds:Object>{BODY}</ds:Object>")),
        ),
        document(evil, &signature.replace("<ds:KeyInfo>", &format!("<ds:KeyInfo>{BODY}"))),
        document(evil, &signature.replace("<ds:X509Data>", &format!("<ds:X509Data><a>{BODY}</a>"))),
        // A second reference, a missing or another transform.
        document(BODY, &signature.replace("</ds:SignedInfo>", "<ds:Reference URI=\"\"/></ds:SignedInfo>")),
        document(BODY, &signature.replace("#enveloped-signature", "#base64")),
        document(
            BODY,
            &signature.replace(
                "<ds:Transforms>",
                "<ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"/>",
            ),
        ),
        document(BODY, &signature.replace("-20010315#WithComments", "-20010315#withcomments")),
        document(
            BODY,
            &signature.replace(
                "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#",
                "http://www.w3.org/2001/10/xml-exc-c14n#",
            ),
        ),
        // Parts of a signature elsewhere, and identifiers that two elements share.
        format!("<doc>{BODY}{signature}<ds:SignedInfo xmlns:ds=\"{}\"/></doc>", tree::DS),
        format!("<doc><a Id='1'/><b id='1'/>{BODY}{signature}</doc>"),
        // The signature as the root; no signature.
        signature.clone(),
        document(BODY, ""),
        // Weak algorithms, and a digest that does not belong to the signature.
        document(BODY, &signature.replace("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1")),
        document(BODY, &signature.replace("2001/04/xmlenc#sha256", "2000/09/xmldsig#sha1")),
        document(BODY, &signature.replace("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#hmac-sha1")),
        document(
            BODY,
            &signature.replace(
                "#rsa-sha256\"/>",
                "#rsa-sha256\"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>",
            ),
        ),
        // Entities.
        format!("<!DOCTYPE doc [<!ENTITY e \"x\">]>{good}"),
        format!("<!DOCTYPE doc SYSTEM \"http://127.0.0.1/x.dtd\">{good}"),
        good.replace("100", "&e;"),
        // What some parsers take and others do not.
        good.replacen("<doc>", "<doc xmlns='a' xmlns='b'>", 1),
        good.replacen("<doc>", "<doc xmlns:p=''>", 1),
        format!("<doc><?XML version='1.0'?>{BODY}{signature}</doc>"),
        good.clone() + "x",
        good.clone() + &good,
    ];
    for (number, variant) in variants.iter().enumerate() {
        let found = accepts(variant);
        assert!(
            !matches!(found, Ok(_) | Err(Fault::Digest | Fault::Signature)),
            "{number}: {found:?}: {variant}"
        );
    }
}

#[test]
fn what_was_changed_is_not_what_was_signed() {
    let signer = Signer::new();
    let signature = signer.signature(BODY);
    let good = document(BODY, &signature);
    for (from, to) in [
        ("100", "1000"),
        ("<doc>", "<doc a='1'>"),
        ("<doc>", "<doc xmlns='u'>"),
        ("<doc>", "<doc> "),
        ("</doc>", "<a/></doc>"),
        ("</doc>", "</doc><?a b?>"),
        ("\n<amount", " <amount"),
    ] {
        assert_eq!(accepts(&good.replacen(from, to, 1)), Err(Fault::Digest), "{to}");
    }
    let inherited = good.replacen("<doc>", "<doc xmlns:p='u' xml:lang='kk'>", 1);
    assert_eq!(accepts(&inherited), Err(Fault::Digest));
    let other = Base64::encode_string(&Signer::with(signer::Signer::rsa(1)).certificate);
    let replaced = good.replace(&Base64::encode_string(&signer.certificate), &other);
    assert_eq!(accepts(&replaced), Err(Fault::Signature));
}

/// Each bit of a signed document is flipped, but for the certificate, which is judged elsewhere. None is
/// accepted.
#[test]
fn no_bit_of_a_signed_document_can_be_another() {
    let signer = Signer::new();
    let good = document(BODY, &signer.signature(BODY));
    let certificate = Base64::encode_string(&signer.certificate);
    let start = good.find(&certificate).unwrap();
    let bits = |range: std::ops::Range<usize>| range.flat_map(|byte| (0..8).map(move |bit| (byte, bit)));
    for (byte, bit) in bits(0..start).chain(bits(start + certificate.len()..good.len())) {
        let mut bytes = good.clone().into_bytes();
        bytes[byte] ^= 1 << bit;
        if let Ok(text) = std::str::from_utf8(&bytes) {
            assert!(accepts(text).is_err(), "byte {byte}, bit {bit}");
        } else {
            assert!(Enveloped::read(&bytes).is_err());
        }
    }
}

#[test]
fn no_part_of_a_document_is_one() {
    let signer = Signer::new();
    let good = document(BODY, &signer.signature(BODY));
    for end in 0..good.len() {
        assert!(accepts(&good[..end]).is_err(), "{end}");
    }
}

/// A document that a citizen signed, the same each time.
pub(crate) fn signed_document() -> String {
    document(BODY, &Signer::with(signer::Signer::gost("person")).signature(BODY))
}
