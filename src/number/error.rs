//! Why a text or an integer is no number.

use std::fmt;

use crate::reason::Reason;

/// The most faults one number can have: control digit, month and unit of a BIN.
const MOST: usize = 3;

/// Why something is not an [`Iin`](super::Iin) or a [`Bin`](super::Bin): every fault, not only the
/// first.
///
/// It holds reason codes alone, never the input, so it may be logged and sent: its `Debug` and
/// `Display` cannot give a person's number away.
///
/// ```
/// use iinspect::{number::Iin, reason::Reason};
///
/// let error = Iin::parse("8599-0030-0013").unwrap_err();
/// assert_eq!(error.reasons(), [Reason::MalformedLength, Reason::MalformedCharset]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error {
    // In place and not a Vec: refusing a column of numbers must not allocate for each.
    reasons: [Reason; MOST],
    len: usize,
}

impl Error {
    /// The faults, at least one; the first is the primary one, for callers that can show only one.
    ///
    /// They are in the order of their codes, but for
    /// [`Reason::LeadingZeroLost`], which goes first because it says what to do about the length.
    ///
    /// ```
    /// use iinspect::{number::Iin, reason::Reason};
    ///
    /// let error = Iin::parse("9900000008").unwrap_err();
    /// assert_eq!(error.reasons(), [Reason::MalformedLength]);
    /// let error = Iin::parse("09900000008").unwrap_err();
    /// assert_eq!(error.reasons().first(), Some(&Reason::LeadingZeroLost));
    /// ```
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        self.reasons.get(..self.len).unwrap_or(&self.reasons)
    }

    /// The error of all these faults, or none if there are none.
    pub(super) fn of(faults: impl IntoIterator<Item = Reason>) -> Option<Self> {
        let mut faults = faults.into_iter();
        let mut error = Self::from(faults.next()?);
        for (slot, fault) in error.reasons.iter_mut().skip(1).zip(faults) {
            *slot = fault;
            error.len += 1;
        }
        Some(error)
    }
}

impl From<Reason> for Error {
    /// The error of a single fault.
    ///
    /// ```
    /// use iinspect::{number::Error, reason::Reason};
    /// assert_eq!(Error::from(Reason::AllZero).reasons(), [Reason::AllZero]);
    /// ```
    fn from(fault: Reason) -> Self {
        Self { reasons: [fault; MOST], len: 1 }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Error").field(&self.reasons()).finish()
    }
}

impl fmt::Display for Error {
    /// The reasons' messages, one sentence each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, reason) in self.reasons().iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(reason.message())?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lists_every_fault_in_the_order_given() {
        let faults = [Reason::ControlMismatch, Reason::DateImpossible, Reason::BinUnitUnassigned];
        for n in 1..=faults.len() {
            assert_eq!(Error::of(faults.into_iter().take(n)).unwrap().reasons(), &faults[..n]);
        }
        assert_eq!(Error::of([]), None);
    }

    #[test]
    fn it_says_its_reasons_in_words() {
        let error = Error::of([Reason::MalformedLength, Reason::MalformedCharset]).unwrap();
        let text = format!("{} {}", Reason::MalformedLength.message(), Reason::MalformedCharset.message());
        assert_eq!(error.to_string(), text);
        assert_eq!(format!("{error:?}"), "Error([MalformedLength, MalformedCharset])");
    }
}
