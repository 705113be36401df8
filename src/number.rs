//! Identity numbers of Kazakhstan: people's (IIN) and companies' (BIN).
//!
//! Two truths are kept apart. The rule in force makes a number valid: an IIN is 12 digits with a
//! control digit and no more, a BIN has a structure besides. What else the digits look like, such
//! as a birth date, is a hint: [`inspect`] reports it in [`Details`] and as warnings, and no
//! warning makes a number invalid.
//!
//! [`Iin`] and [`Bin`] are for code that needs a valid number, [`inspect`] for whoever asks what is
//! wrong with a text or what it says. None of it does I/O or knows the time: today is an argument.
//!
//! ```
//! use iinspect::number::{Kind, inspect};
//! use jiff::civil::date;
//!
//! let inspection = inspect("940140000385", date(2026, 1, 1));
//! assert_eq!(inspection.kind, Kind::Bin);
//! assert!(inspection.valid);
//! ```

pub mod bin;
mod control;
mod digits;
mod error;
mod hint;
pub mod iin;
#[cfg(test)]
mod strength;
mod structure;
#[cfg(test)]
mod tests;

use jiff::civil::Date;

pub use self::bin::Bin;
pub use self::control::{Control, control};
use self::digits::Digits;
pub use self::error::Error;
pub use self::iin::{Iin, Sex};
use self::structure::Shape;
use crate::reason::{Reason, Severity};

/// Whose number it is, by digits five and six.
///
/// ```
/// use iinspect::number::{Kind, inspect};
/// use jiff::civil::date;
///
/// let kind = |text| inspect(text, date(2026, 1, 1)).kind;
/// assert_eq!(kind("009900000008"), Kind::Iin);
/// assert_eq!(kind("961141000023"), Kind::Bin);
/// assert_eq!(kind("123456789013"), Kind::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A person's: digit five, once the tens of the day of birth, is 0-3.
    Iin,
    /// A company's: digit five is 4-6 and digit six 0-4.
    Bin,
    /// Neither, or no number at all.
    Unknown,
}

/// One thing that is wrong or odd about a number.
///
/// The reason brings its message and legal basis; the severity is the reason's own unless the rules
/// for the kind of number say otherwise.
///
/// ```
/// use iinspect::number::{Finding, inspect};
/// use iinspect::reason::{Reason, Severity};
/// use jiff::civil::date;
///
/// // Month 00: the rules prescribe a month for a BIN, and none for an IIN.
/// let findings = inspect("940040000014", date(2026, 1, 1)).findings;
/// assert_eq!(findings, [Finding { reason: Reason::BinMonthImpossible, severity: Severity::Error }]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// What it is.
    pub reason: Reason,
    /// How much it weighs for this number.
    pub severity: Severity,
}

impl From<Reason> for Finding {
    /// The finding with the reason's own severity.
    ///
    /// ```
    /// use iinspect::number::Finding;
    /// use iinspect::reason::{Reason, Severity};
    ///
    /// assert_eq!(Finding::from(Reason::AllZero).severity, Severity::Error);
    /// ```
    fn from(reason: Reason) -> Self {
        Self { reason, severity: reason.severity() }
    }
}

/// What the digits say, by the kind of number.
///
/// ```
/// use iinspect::number::{Details, inspect};
/// use jiff::civil::date;
///
/// match inspect("500101100106", date(2026, 1, 1)).details {
///     Some(Details::Iin(iin)) => assert_eq!(iin.birth_date, Some(date(1850, 1, 1))),
///     other => panic!("not a person's: {other:?}"),
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Details {
    /// Hints from a person's number.
    Iin(iin::Details),
    /// The structure of a company's number.
    Bin(bin::Details),
}

/// What [`inspect`] has to say about a text.
///
/// Its `Debug` shows no number and nothing a number could be told from.
///
/// ```
/// use iinspect::number::{Inspection, Kind, inspect};
/// use jiff::civil::date;
///
/// let Inspection { kind, valid, findings, details } = inspect("961141000023", date(2026, 1, 1));
/// assert_eq!((kind, valid), (Kind::Bin, true));
/// assert!(findings.is_empty());
/// assert!(details.is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Whose number it is.
    pub kind: Kind,
    /// Is there no finding of severity [`Severity::Error`]? For a BIN this is what [`Bin::parse`]
    /// demands, for every other number what [`Iin::parse`] does.
    pub valid: bool,
    /// Everything wrong or odd: errors first, and then in the order of the reasons' codes, but for
    /// [`Reason::LeadingZeroLost`], which goes before the length that it explains.
    pub findings: Vec<Finding>,
    /// What the digits say, whether or not the control digit holds; none for [`Kind::Unknown`].
    pub details: Option<Details>,
}

impl Inspection {
    /// Of what is no number: there is nothing more to find.
    fn refused(error: &Error) -> Self {
        let findings = error.reasons().iter().copied().map(Finding::from).collect();
        Self { kind: Kind::Unknown, valid: false, findings, details: None }
    }
}

/// Tells all that can be told from a text alone.
///
/// Any text is answered, whatever its length and script; only twelve ASCII digits are read, and
/// nothing is normalised. Only findings are allocated. `today` decides whether a birth date is in
/// the future and in which century a company was registered; take it in the zone of Almaty.
///
/// | digit five | digit six | kind | beyond 12 digits and the control digit |
/// |---|---|---|---|
/// | 0-3 | any | IIN | hints: [`iin::Details`], warnings about the date and digit seven |
/// | 4-6 | 0-4 | BIN | structure in force: [`bin::Details`], month 00 is an error |
/// | 4-6 | 5-9 | unknown | warnings; as an IIN it may be valid all the same |
/// | 7-9 | any | unknown | a warning; as an IIN it may be valid all the same |
///
/// ```
/// use iinspect::number::{Finding, inspect};
/// use iinspect::reason::Reason;
/// use jiff::civil::date;
///
/// // Born in 1850: nobody is given such a number, and the rule in force does not forbid it.
/// let inspection = inspect("500101100000", date(2026, 1, 1));
/// assert!(inspection.valid);
/// assert_eq!(inspection.findings, [Finding::from(Reason::DateBefore1890)]);
///
/// let inspection = inspect("500101100001", date(2026, 1, 1));
/// assert!(!inspection.valid);
/// assert_eq!(inspection.findings.first(), Some(&Finding::from(Reason::ControlMismatch)));
/// ```
#[must_use]
pub fn inspect(text: &str, today: Date) -> Inspection {
    let digits = match Digits::read(text) {
        Ok(digits) => digits,
        Err(error) => return Inspection::refused(&error),
    };
    let control = digits.control();
    let fault = digits.fault(control);
    if fault == Some(Reason::AllZero) {
        return Inspection::refused(&Reason::AllZero.into());
    }
    let mut findings = Vec::new();
    findings.extend(fault.map(Finding::from));
    let (kind, details) = match Shape::of(&digits) {
        Shape::Person => {
            let details = hint::read(&digits, control, today, &mut findings);
            (Kind::Iin, Some(Details::Iin(details)))
        }
        Shape::Company(entity, unit) => {
            let details = bin::read(&digits, entity, unit, control, today, &mut findings);
            (Kind::Bin, Some(Details::Bin(details)))
        }
        Shape::UnitUnassigned => {
            findings.extend([Reason::LooksLikeBin, Reason::BinUnitUnassigned].map(Finding::from));
            (Kind::Unknown, None)
        }
        Shape::Reserved => {
            findings.push(Reason::FifthDigitReserved.into());
            (Kind::Unknown, None)
        }
    };
    if kind == Kind::Unknown && digits.is_test() {
        // Whatever it looks like, nobody holds it: `Iin::is_test` says so too.
        findings.push(Reason::TestNumber.into());
    }
    findings.sort_unstable_by_key(|finding| (finding.severity, finding.reason));
    let valid = findings.iter().all(|finding| finding.severity != Severity::Error);
    Inspection { kind, valid, findings, details }
}
