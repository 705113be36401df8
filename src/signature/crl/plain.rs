//! An entry in the one shape that nearly all have, read by its bytes: a list of 450,000 must not take
//! longer than it has to. What looks any different is left to [`super::entry`], and both agree.

use crate::signature::revocation::{Cause, Serial};

/// The extensions of an entry that says its cause and nothing else, but for the cause itself:
/// `SEQUENCE { SEQUENCE { OID 2.5.29.21, OCTET STRING { ENUMERATED } } }`.
const CAUSE: [u8; 13] = [0x30, 12, 0x30, 10, 0x06, 3, 0x55, 0x1d, 0x15, 0x04, 3, 0x0a, 1];

/// Whose, since when in seconds since 1970, why.
type Entry = (Serial, u64, Cause);

/// The first entry, as [`super::entry::read`] reads it, and what is left. `None`: it is in another shape,
/// or malformed.
pub(super) fn read(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let (entry, rest) = short(bytes, 0x30)?;
    let (serial, entry) = short(entry, 0x02)?;
    let (time, extensions) = short(entry, 0x17)?;
    let cause = match extensions {
        [] => Cause::Unspecified,
        _ => match extensions.strip_prefix(&CAUSE)? {
            [cause] => Cause::try_from(u32::from(*cause)).ok()?,
            _ => return None,
        },
    };
    Some(((Serial::new(serial)?, seconds(time)?, cause), rest))
}

/// The content of the first element, if it has this tag and a length below 128, and what is left.
fn short(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    match bytes {
        [found, length @ 0..0x80, rest @ ..] if *found == tag => rest.split_at_checked(usize::from(*length)),
        _ => None,
    }
}

/// Seconds since 1970 of a UTCTime, "YYMMDDhhmmssZ" (RFC 5280, 4.1.2.5.1).
fn seconds(time: &[u8]) -> Option<u64> {
    let (digits, [b'Z']) = time.split_first_chunk::<12>()? else { return None };
    let two = |at: usize| match (digits[at], digits[at + 1]) {
        (a @ b'0'..=b'9', b @ b'0'..=b'9') => Some(u64::from(a - b'0') * 10 + u64::from(b - b'0')),
        _ => None,
    };
    let (year, month, day) = (two(0)?, two(2)?, two(4)?);
    let (hour, minute, second) = (two(6)?, two(8)?, two(10)?);
    let year = if year < 50 { 2000 + year } else { 1900 + year };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1970 || !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years begin in March, so that the day which some lack is the last one.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    // Days from 1 March of year 0 to 1 January 1970.
    Some((days - 719_468) * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use der::{Reader, SliceReader};
    use proptest::prelude::*;

    use super::super::entry;
    use super::*;

    fn both(bytes: &[u8]) -> (Option<Entry>, Option<Entry>) {
        let mut reader = SliceReader::new(bytes).unwrap();
        let whole = entry::read(&mut reader).ok().filter(|_| reader.is_finished());
        (read(bytes).filter(|(_, rest)| rest.is_empty()).map(|(entry, _)| entry), whole)
    }

    fn entry(serial: &[u8], time: &str, cause: Option<u8>) -> Vec<u8> {
        let mut content = vec![0x02, serial.len() as u8];
        content.extend_from_slice(serial);
        content.extend([0x17, time.len() as u8]);
        content.extend_from_slice(time.as_bytes());
        if let Some(cause) = cause {
            content.extend_from_slice(&CAUSE);
            content.push(cause);
        }
        [vec![0x30, content.len() as u8], content].concat()
    }

    #[test]
    fn days_at_the_ends_of_months_and_years() {
        for (time, told) in [
            ("700101000000Z", "1970-01-01T00:00:00Z"),
            ("991231235959Z", "1999-12-31T23:59:59Z"),
            ("000229120000Z", "2000-02-29T12:00:00Z"),
            ("240301000000Z", "2024-03-01T00:00:00Z"),
            ("491231235959Z", "2049-12-31T23:59:59Z"),
        ] {
            let at: jiff::Timestamp = told.parse().unwrap();
            assert_eq!(seconds(time.as_bytes()), u64::try_from(at.as_second()).ok(), "{time}");
        }
        for time in ["500101000000Z", "230229000000Z", "240431000000Z", "241301000000Z", "240101240000Z"] {
            assert_eq!(seconds(time.as_bytes()), None, "{time}");
            assert_eq!(both(&entry(&[1], time, None)), (None, None), "{time}");
        }
    }

    proptest! {
        /// Whatever is read here is read the same there, and the usual shapes are read here.
        #[test]
        fn both_ways_agree(
            serial in prop::collection::vec(any::<u8>(), 0..22),
            (y, mo, d) in (0..100u8, 0..14u8, 0..33u8),
            (h, mi, s) in (0..25u8, 0..61u8, 0..61u8),
            cause in prop::option::of(0..12u8),
            flip in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let mut bytes = entry(&serial, &format!("{y:02}{mo:02}{d:02}{h:02}{mi:02}{s:02}Z"), cause);
            if let Some((at, with)) = flip {
                let at = at.index(bytes.len());
                bytes[at] ^= with;
            }
            let (here, there) = both(&bytes);
            if here.is_some() || flip.is_none() {
                prop_assert!(here == there);
            }
        }
    }
}
