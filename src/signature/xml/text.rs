//! Bytes to the text that the parser reads: UTF-8, XML 1.0, line ends as line feeds.

use std::borrow::Cow;

use crate::signature::Fault;

/// The text of a document, without a byte order mark.
pub(super) fn read(bytes: &[u8]) -> Result<Cow<'_, str>, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::Profile("it is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    declaration(text)?;
    // XML 1.0, 2.11: before anything else, and in comments and instructions as well. A carriage return
    // that is meant is written as a reference.
    Ok(if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() })
}

/// What the document says of itself: other versions and encodings would be read differently.
fn declaration(text: &str) -> Result<(), Fault> {
    let Some(inside) = text.strip_prefix("<?xml").filter(|rest| rest.starts_with([' ', '\t', '\r', '\n']))
    else {
        return Ok(());
    };
    let inside =
        inside.split_once("?>").map(|(inside, _)| inside).ok_or(Fault::Malformed("the XML declaration"))?;
    if said(inside, "version").is_some_and(|version| version != "1.0") {
        return Err(Fault::Profile("its version is another than XML 1.0"));
    }
    if said(inside, "encoding").is_some_and(|name| !name.eq_ignore_ascii_case("utf-8")) {
        return Err(Fault::Profile("its encoding is another than UTF-8"));
    }
    Ok(())
}

fn said<'a>(inside: &'a str, name: &str) -> Option<&'a str> {
    let value = inside.split_once(name)?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_line_feeds_and_references_stay() {
        assert_eq!(read(b"\xef\xbb\xbf<a>\r\n\r&#13;\n</a>").unwrap(), "<a>\n\n&#13;\n</a>");
    }

    #[test]
    fn other_versions_and_encodings_are_refused() {
        for good in [
            "<?xml version=\"1.0\" encoding='utf-8' standalone=\"no\"?><a/>",
            "<?xml version = '1.0'?><a/>",
            "<a/>",
        ] {
            assert!(read(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in ["<?xml version='1.1'?><a/>", "<?xml version='1.0' encoding='windows-1251'?><a/>"] {
            assert!(matches!(read(bad.as_bytes()), Err(Fault::Profile(_))), "{bad}");
        }
        assert!(read("<?xml version='1.0'".as_bytes()).is_err());
        assert!(read(b"<a>\xff</a>").is_err());
    }
}
