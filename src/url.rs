//! What the URLs of stores have in common. Errors say what is wrong without any of the values: a URL can
//! hold a password.

use std::net::IpAddr;

/// Host and port of an address, the host still encoded and perhaps empty; an IPv6 address stands in
/// brackets. `instead` is the port of an address that names none.
pub(crate) fn address_of(address: &str, instead: u16) -> Result<(&str, u16), String> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or("has a [ without a ]")?;
            (host, port.strip_prefix(':').unwrap_or(port))
        }
        None => address.rsplit_once(':').unwrap_or((address, "")),
    };
    let port = match port {
        "" => instead,
        port => port.parse().ok().filter(|port| *port > 0).ok_or("has a port that is none")?,
    };
    Ok((host, port))
}

/// Takes percent-encoding away; `what` names the part in errors.
pub(crate) fn decode(text: &str, what: &str) -> Result<String, String> {
    let bad = || format!("{what} has a % that is followed by no two hexadecimal digits");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = after.split_at_checked(2).ok_or_else(bad)?;
        let digit = |at: usize| char::from(digits[at]).to_digit(16).and_then(|d| u8::try_from(d).ok());
        bytes.push(digit(0).zip(digit(1)).map(|(high, low)| high * 16 + low).ok_or_else(bad)?);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| format!("{what} is no text"))
}

/// Whether what is sent to a host stays on this machine.
pub(crate) fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
