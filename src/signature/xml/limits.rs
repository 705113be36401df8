//! What a document may cost, measured before anything is built from it: one look along the text, no
//! memory. A parser keeps every attribute and every namespace in scope, so a text of a megabyte could
//! make it keep gigabytes.

use crate::signature::Fault;

/// The longest document, in bytes.
pub const BYTES: usize = 1024 * 1024;
/// How deep elements may be nested.
pub const DEPTH: usize = 64;
/// Tags, comments, sections and instructions of a document.
pub const MARKUP: usize = 20_000;
/// Attributes of one element, declarations of namespaces among them.
pub const ATTRIBUTES: usize = 64;
/// Declarations of namespaces in a document.
pub const NAMESPACES: usize = 64;

/// Whether the document keeps to the limits and has no document type.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    if text.len() > BYTES {
        return Err(Fault::TooLarge("it has more than 1 MiB"));
    }
    // Each of them is kept room for by the parser, whatever they turn out to be.
    let count = |byte: u8| text.bytes().filter(|b| *b == byte).count();
    if count(b'<') > MARKUP || count(b'=') > MARKUP * 4 {
        return Err(Fault::TooLarge("it has too many elements"));
    }
    let mut left = Left { depth: 0, namespaces: NAMESPACES };
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        rest = left.markup(&rest[start..])?;
    }
    Ok(())
}

struct Left {
    depth: usize,
    namespaces: usize,
}

impl Left {
    /// Takes one piece of markup and returns what is behind it. What has no end is for the parser to
    /// refuse.
    fn markup<'a>(&mut self, at: &'a str) -> Result<&'a str, Fault> {
        for (begin, end) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")] {
            if let Some(inside) = at.strip_prefix(begin) {
                return Ok(behind(inside, end));
            }
        }
        if at.starts_with("<!") {
            return Err(Fault::Profile("a document type is not taken"));
        }
        if at.starts_with("</") {
            self.depth = self.depth.saturating_sub(1);
            return Ok(behind(at, ">"));
        }
        self.tag(&at[1..])
    }

    fn tag<'a>(&mut self, at: &'a str) -> Result<&'a str, Fault> {
        let (mut quote, mut attributes, mut end) = (None, 0, at.len());
        for (place, byte) in at.bytes().enumerate() {
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => attributes += 1,
                (None, b'>') => {
                    end = place;
                    break;
                }
                (None, _) => {}
            }
        }
        if attributes > ATTRIBUTES {
            return Err(Fault::TooLarge("an element has more than 64 attributes"));
        }
        let declared = at[..end].matches("xmlns").count();
        self.namespaces = self
            .namespaces
            .checked_sub(declared)
            .ok_or(Fault::TooLarge("it declares more than 64 namespaces"))?;
        if !at[..end].ends_with('/') {
            self.depth += 1;
            if self.depth > DEPTH {
                return Err(Fault::TooLarge("elements are nested more than 64 deep"));
            }
        }
        Ok(at.get(end + 1..).unwrap_or_default())
    }
}

fn behind<'a>(text: &'a str, end: &str) -> &'a str {
    text.find(end).map_or("", |at| &text[at + end.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> bool {
        matches!(check(text), Err(Fault::TooLarge(_)))
    }

    #[test]
    fn each_limit_is_met_and_passed() {
        let deep = |n| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
        assert_eq!(check(&deep(DEPTH)), Ok(()));
        assert!(refused(&deep(DEPTH + 1)));
        let wide = |n| format!("<r>{}</r>", "<a/>".repeat(n));
        assert_eq!(check(&wide(MARKUP - 2)), Ok(()));
        assert!(refused(&wide(MARKUP - 1)));
        let attributes = |n| format!("<a{}/>", " b='c=d'".repeat(n));
        assert_eq!(check(&attributes(ATTRIBUTES)), Ok(()));
        assert!(refused(&attributes(ATTRIBUTES + 1)));
        let namespaces = |n| format!("<r>{}</r>", "<a xmlns='u'/>".repeat(n));
        assert_eq!(check(&namespaces(NAMESPACES)), Ok(()));
        assert!(refused(&namespaces(NAMESPACES + 1)));
        assert_eq!(check(&" ".repeat(BYTES)), Ok(()));
        assert!(refused(&" ".repeat(BYTES + 1)));
    }

    #[test]
    fn what_looks_like_markup_counts_for_none() {
        let text = "<r><!-- <a><b> --><![CDATA[<c><d>]]><?p <e>?></r>".to_string();
        let text = text.replace("<a>", &"<a>".repeat(DEPTH + 1));
        assert_eq!(check(&text), Ok(()));
        assert_eq!(check("<r a='>' b=\"'/>\">x</r>"), Ok(()));
    }

    #[test]
    fn a_document_type_is_refused_wherever_it_stands() {
        for text in
            ["<!DOCTYPE r><r/>", "<?xml version='1.0'?>\n<!DOCTYPE r []><r/>", "<r><!ENTITY a 'b'></r>"]
        {
            assert!(matches!(check(text), Err(Fault::Profile(_))), "{text}");
        }
    }
}
