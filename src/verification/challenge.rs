//! Challenges: made here, kept nowhere, checked by any node of the deployment.
//!
//! A challenge's id carries a random number and its end, and a MAC over both, the client and the number
//! it is for, under a key of the deployment. What is to be signed follows from it under the same key, so
//! nobody can choose it. That it is used once is the register's to know.

use std::time::Duration;

use hmac::Mac as _;
use jiff::Timestamp;
use uuid::Uuid;

use crate::keys::{BYTES, Derived};
use crate::mac::{Mac, keyed, take_parts};
use crate::number::Iin;
use crate::reason::Reason;

/// The longest id, in characters; every id made here is shorter.
pub const LONGEST_ID: usize = 128;
/// The form of an id; another form gets another number.
const FORM: u8 = 1;
const RANDOM: usize = 16;
const MAC: usize = 16;
/// Form, random number, end, MAC.
const LEN: usize = 1 + RANDOM + 8 + MAC;

/// What is to be signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    /// To be handed back with the signature.
    pub id: String,
    /// To be signed as the content of a CMS message.
    pub to_sign: [u8; 32],
    /// To be signed as an XML document.
    pub xml: String,
    /// When it stops being accepted.
    pub expires_at: Timestamp,
    /// By what it is known once it is spent. It tells nothing of the id.
    pub(super) spent: Uuid,
}

/// Who may answer a challenge is whoever sees it.
impl std::fmt::Debug for Challenge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Challenge(until {})", self.expires_at)
    }
}

/// For whom a challenge is.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// The client that had it made; `None`: one without an id.
    pub client: Option<&'a str>,
    /// The number whose holder signs.
    pub iin: Iin,
}

/// Makes a challenge. Its end is a whole second.
#[must_use]
pub fn create(
    keys: &Derived,
    random: [u8; RANDOM],
    holder: Holder<'_>,
    now: Timestamp,
    ttl: Duration,
) -> Challenge {
    let seconds = i64::try_from(ttl.as_secs()).unwrap_or(0);
    let end = now.as_second().saturating_add(seconds);
    let mut bytes = [0; LEN];
    bytes[0] = FORM;
    bytes[1..=RANDOM].copy_from_slice(&random);
    bytes[1 + RANDOM..LEN - MAC].copy_from_slice(&end.to_be_bytes());
    let mac = bound(&keys.current, &bytes[..LEN - MAC], holder).finalize().into_bytes();
    bytes[LEN - MAC..].copy_from_slice(&mac[..MAC]);
    challenge(&keys.current, &bytes, end)
}

/// The challenge that an id stands for, if it was made here for this client and this number.
///
/// # Errors
/// [`Reason::ChallengeInvalid`]: it was not. [`Reason::ChallengeExpired`]: it was, and its end has passed.
pub fn open(keys: &Derived, id: &str, holder: Holder<'_>, now: Timestamp) -> Result<Challenge, Reason> {
    let bytes = read(id).ok_or(Reason::ChallengeInvalid)?;
    let (said, mac) = bytes.split_at(LEN - MAC);
    let by = |key: &&_| bound(key, said, holder).verify_truncated_left(mac).is_ok();
    let key = [Some(&keys.current), keys.previous.as_ref()];
    let key = key.into_iter().flatten().map(|key| &**key).find(by).ok_or(Reason::ChallengeInvalid)?;
    let end: [u8; 8] = said[1 + RANDOM..].try_into().map_err(|_| Reason::ChallengeInvalid)?;
    let end = i64::from_be_bytes(end);
    if now.as_second() >= end {
        return Err(Reason::ChallengeExpired);
    }
    Ok(challenge(key, &bytes, end))
}

fn challenge(key: &[u8; BYTES], bytes: &[u8; LEN], end: i64) -> Challenge {
    let derived = |label: &[u8]| -> [u8; 32] {
        let mut mac = keyed(key);
        mac.update(label);
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    };
    let (id, to_sign) = (hex::encode(bytes), derived(b"to sign"));
    let mut spent = [0; 16];
    spent.copy_from_slice(&derived(b"spent")[..16]);
    Challenge {
        xml: format!(
            "<challenge xmlns=\"urn:iinspect:challenge:1\" id=\"{id}\"><toSign>{}</toSign></challenge>",
            hex::encode(to_sign)
        ),
        id,
        to_sign,
        expires_at: Timestamp::from_second(end).unwrap_or(Timestamp::MAX),
        spent: uuid::Builder::from_custom_bytes(spent).into_uuid(),
    }
}

/// The MAC of what an id says, for a client and a number.
fn bound(key: &[u8; BYTES], said: &[u8], holder: Holder<'_>) -> Mac {
    let mut mac = keyed(key);
    mac.update(b"id");
    // No client is another than one with an empty id.
    let client = holder.client.map(str::as_bytes);
    mac.update(&[u8::from(client.is_some())]);
    take_parts(&mut mac, [said, client.unwrap_or_default(), &holder.iin.digits()]);
    mac
}

fn read(id: &str) -> Option<[u8; LEN]> {
    let mut bytes = [0; LEN];
    // Small letters alone: one challenge has one id.
    if id.bytes().any(|c| c.is_ascii_uppercase()) {
        return None;
    }
    hex::decode_to_slice(id, &mut bytes).ok()?;
    (bytes[0] == FORM).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;

    const TTL: Duration = Duration::from_secs(300);

    fn holder(client: Option<&str>) -> Holder<'_> {
        Holder { client, iin: Iin::parse("009900000008").unwrap() }
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_784_900_000).unwrap()
    }

    #[test]
    fn a_challenge_is_opened_by_any_node_until_its_end() {
        let keys = Keys::new([7; 32]).derive("challenge");
        let made = create(&keys, [1; 16], holder(Some("bank")), now(), TTL);
        assert!(made.id.len() <= LONGEST_ID);
        let opened = |at: Timestamp| open(&keys, &made.id, holder(Some("bank")), at);
        assert_eq!(opened(now()), Ok(made.clone()));
        assert_eq!(opened(made.expires_at - Duration::from_secs(1)), Ok(made.clone()));
        assert_eq!(opened(made.expires_at), Err(Reason::ChallengeExpired));
        let other = create(&keys, [2; 16], holder(Some("bank")), now(), TTL);
        assert!(other.to_sign != made.to_sign && other.spent != made.spent && other.id != made.id);
        assert!(!made.xml.is_empty() && made.xml != other.xml);
        // What is to be signed cannot be told from the id.
        assert!(!made.id.contains(&hex::encode(made.to_sign)));
    }

    #[test]
    fn it_is_for_one_client_and_one_number() {
        let keys = Keys::new([7; 32]).derive("challenge");
        let made = create(&keys, [1; 16], holder(Some("bank")), now(), TTL);
        for client in [None, Some("ban"), Some("")] {
            assert_eq!(open(&keys, &made.id, holder(client), now()), Err(Reason::ChallengeInvalid));
        }
        let another = Holder { iin: Iin::parse("859900300013").unwrap(), ..holder(Some("bank")) };
        assert_eq!(open(&keys, &made.id, another, now()), Err(Reason::ChallengeInvalid));
        let nobody = create(&keys, [1; 16], holder(None), now(), TTL);
        assert_eq!(open(&keys, &nobody.id, holder(Some("")), now()), Err(Reason::ChallengeInvalid));
    }

    #[test]
    fn no_digit_of_an_id_can_change() {
        let keys = Keys::new([7; 32]).derive("challenge");
        let made = create(&keys, [1; 16], holder(None), now(), TTL);
        for i in 0..made.id.len() {
            for other in ["0", "f", "A", "é"] {
                let mut id = made.id.clone();
                if &id[i..=i] == other {
                    continue;
                }
                id.replace_range(i..=i, other);
                assert_eq!(open(&keys, &id, holder(None), now()), Err(Reason::ChallengeInvalid), "{i}");
            }
            let short = &made.id[..i];
            assert_eq!(open(&keys, short, holder(None), now()), Err(Reason::ChallengeInvalid));
        }
        let long = format!("{}00", made.id);
        assert_eq!(open(&keys, &long, holder(None), now()), Err(Reason::ChallengeInvalid));
    }

    #[test]
    fn keys_can_be_changed_without_a_pause() {
        let (old, new) = ("01".repeat(32), "02".repeat(32));
        let before = Keys::parse(&old).unwrap().derive("challenge");
        let both = Keys::parse(&format!("{new}\n{old}")).unwrap().derive("challenge");
        let after = Keys::parse(&new).unwrap().derive("challenge");
        let made = create(&before, [1; 16], holder(None), now(), TTL);
        assert_eq!(open(&both, &made.id, holder(None), now()), Ok(made.clone()));
        assert_eq!(open(&after, &made.id, holder(None), now()), Err(Reason::ChallengeInvalid));
    }
}
