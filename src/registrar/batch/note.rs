//! Which rows of a batch were refused and why: kept with the batch, so that every stream of it can be
//! told, and without anything of the rows' values.

use prost::Message;

use crate::reason::Reason;
use crate::register::change::MAX_BATCH_NOTE;

/// The most refused rows that are kept.
pub const MAX_ROWS: usize = 100;
/// The most faults of one row that are kept.
pub const MAX_FAULTS: usize = 4;

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field, by its path in the row.
    pub field: String,
    /// The reason behind it.
    pub reason: Reason,
    /// What is wrong and what is allowed. Never holds the value.
    pub message: String,
}

/// The refused rows of a batch, the first ones.
#[derive(Clone, PartialEq, Message)]
pub struct Note {
    #[prost(message, repeated, tag = "1")]
    faults: Vec<Kept>,
}

/// A fault with its row.
#[derive(Clone, PartialEq, Message)]
struct Kept {
    #[prost(uint64, tag = "1")]
    row: u64,
    #[prost(string, tag = "2")]
    field: String,
    #[prost(uint32, tag = "3")]
    reason: u32,
    #[prost(string, tag = "4")]
    message: String,
}

impl Note {
    /// A note as it was kept. One that cannot be read tells nothing: the import itself is not in danger.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        Note::decode(bytes).unwrap_or_default()
    }

    /// As it is kept.
    #[must_use]
    pub fn encoded(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// Adds a refused row, if it is among the first and there is room.
    pub fn add(&mut self, row: u64, faults: &[Fault]) {
        let mut rows: Vec<u64> = self.faults.iter().map(|kept| kept.row).collect();
        rows.dedup();
        if rows.len() >= MAX_ROWS {
            return;
        }
        let before = self.faults.len();
        self.faults.extend(faults.iter().take(MAX_FAULTS).map(|fault| Kept {
            row,
            field: fault.field.clone(),
            reason: fault.reason.code().into(),
            message: fault.message.clone(),
        }));
        if self.encoded_len() > MAX_BATCH_NOTE {
            self.faults.truncate(before);
        }
    }

    /// Row, field, reason and message of each fault, in the order of the rows.
    pub fn rows(&self) -> impl Iterator<Item = (u64, &str, Option<Reason>, &str)> {
        self.faults.iter().map(|kept| {
            let reason = u8::try_from(kept.reason).ok().and_then(Reason::from_code);
            (kept.row, kept.field.as_str(), reason, kept.message.as_str())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(message: usize) -> Fault {
        Fault { field: "person.sex".into(), reason: Reason::InvalidRequest, message: "x".repeat(message) }
    }

    #[test]
    fn the_first_rows_are_kept_with_some_of_their_faults() {
        let mut note = Note::default();
        for row in 1..=200 {
            note.add(row, &vec![fault(9); 6]);
        }
        assert_eq!(note.rows().count(), MAX_ROWS * MAX_FAULTS);
        assert_eq!(note.rows().last().unwrap().0, 100);
        let again = Note::read(&note.encoded());
        assert_eq!(again, note);
        assert_eq!(again.rows().next(), Some((1, "person.sex", Some(Reason::InvalidRequest), "xxxxxxxxx")));
    }

    #[test]
    fn it_never_outgrows_what_a_batch_can_keep() {
        let mut note = Note::default();
        for row in 1..=100 {
            note.add(row, &[fault(1_000)]);
        }
        assert!(note.encoded().len() <= MAX_BATCH_NOTE);
        assert!(note.rows().count() > 50);
        assert_eq!(Note::read(b"no note").rows().count(), 0);
    }
}
