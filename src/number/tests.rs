//! What `inspect` answers, and that it agrees with `Iin` and `Bin`.
//!
//! No person's number is in the tests of this module: they have test months 13-99, impossible
//! dates, births before 1880 or yet to come, or a wrong control digit, or are published companies'.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::reason::Reason::*;

pub(super) const TODAY: Date = date(2026, 3, 15);

/// The reasons found, checked to have their own severity.
pub(super) fn reasons(text: &str) -> Vec<Reason> {
    reasons_on(text, TODAY)
}

pub(super) fn reasons_on(text: &str, today: Date) -> Vec<Reason> {
    let findings = inspect(text, today).findings;
    findings.into_iter().inspect(|f| assert_eq!(f.severity, f.reason.severity())).map(|f| f.reason).collect()
}

pub(super) fn iin(text: &str) -> iin::Details {
    match inspect(text, TODAY).details {
        Some(Details::Iin(details)) => details,
        other => panic!("{text}: {other:?}"),
    }
}

pub(super) fn bin(text: &str) -> bin::Details {
    match inspect(text, TODAY).details {
        Some(Details::Bin(details)) => details,
        other => panic!("{text}: {other:?}"),
    }
}

/// Eleven digits and their control digit, if there is one; else 0.
pub(super) fn complete(prefix: &str) -> String {
    let digits: Vec<u8> = prefix.bytes().map(|byte| byte - b'0').collect();
    let last = control(&digits.try_into().unwrap()).digit().unwrap_or(0);
    format!("{prefix}{last}")
}

/// Eleven digits and a wrong control digit: nobody's number, whatever its date.
pub(super) fn spoil(prefix: &str) -> String {
    let right = complete(prefix);
    let wrong = (right.as_bytes()[11] - b'0' + 1) % 10;
    format!("{prefix}{wrong}")
}

#[test]
fn what_is_no_number_is_answered_without_details() {
    for (text, expected) in [
        ("", vec![MalformedLength]),
        ("00990000000x", vec![MalformedCharset]),
        ("009900000008\n", vec![MalformedLength, MalformedCharset]),
        ("09900000008", vec![LeadingZeroLost, MalformedLength]),
        ("000000000000", vec![AllZero]),
    ] {
        assert_eq!(reasons(text), expected, "{text:?}");
        let inspection = inspect(text, TODAY);
        assert_eq!((inspection.kind, inspection.valid, inspection.details), (Kind::Unknown, false, None));
    }
}

#[test]
fn all_zero_is_refused_though_its_control_digit_holds() {
    assert_eq!(control(&[0; 11]), Control::First(0));
    assert_eq!(Iin::parse("000000000000").unwrap_err().reasons(), [AllZero]);
    assert_eq!(Iin::from_u64(0).unwrap_err().reasons(), [AllZero]);
    assert_eq!(Bin::parse("000000000000").unwrap_err().reasons(), [AllZero]);
}

#[test]
fn a_wrong_control_digit_still_has_details() {
    assert_eq!(reasons("111111111111"), [ControlMismatch, DateBefore1890]);
    assert_eq!(iin("111111111111").control, Control::First(0));
    assert_eq!(reasons("940140000380"), [ControlMismatch]);
    assert_eq!(bin("940140000380").control, Control::First(5));
}

#[test]
fn never_issued_numbers_are_refused_whatever_their_last_digit() {
    for last in 0..10 {
        let text = format!("00081315989{last}");
        assert_eq!(reasons(&text), [NeverIssued, DateBefore1890], "{last}");
        assert_eq!(iin(&text).control, Control::NeverIssued);
        assert_eq!(Iin::parse(&text).unwrap_err().reasons(), [NeverIssued]);
    }
    assert_eq!(Iin::parse("821214240092").unwrap_err().reasons(), [NeverIssued]);
}

#[test]
fn errors_come_before_warnings() {
    let inspection = inspect(&spoil("94004000001"), TODAY);
    let found: Vec<_> = inspection.findings.iter().map(|f| (f.reason, f.severity)).collect();
    assert_eq!(found, [(ControlMismatch, Severity::Error), (BinMonthImpossible, Severity::Error)]);
    assert_eq!(reasons(&spoil("85993075005")), [ControlMismatch, SeventhDigitUnassigned, TestNumber]);
}

#[test]
fn neither_kind_may_still_be_valid_by_the_rule_in_force() {
    for (text, expected) in [
        ("123456789013", vec![LooksLikeBin, TestNumber, BinUnitUnassigned]),
        (&complete("94014900001"), vec![LooksLikeBin, BinUnitUnassigned]),
        (&complete("94017000001"), vec![FifthDigitReserved]),
        (&complete("94009000001"), vec![FifthDigitReserved]),
    ] {
        let inspection = inspect(text, TODAY);
        assert_eq!(reasons(text), expected, "{text}");
        assert_eq!((inspection.kind, inspection.valid, inspection.details), (Kind::Unknown, true, None));
        assert!(Iin::parse(text).is_ok());
    }
}

#[test]
fn debug_shows_two_digits_at_most() {
    assert_eq!(format!("{:?}", Iin::parse("500228200008")), "Ok(Iin(**********08))");
    assert_eq!(format!("{:?}", Bin::parse("940140000385")), "Ok(Bin(**********85))");
    let shown = format!("{:?}", inspect("500228212342", TODAY));
    for secret in ["1850", "02", "28", "1234", "Female", "Second", "First"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let shown = format!("{:?}", inspect("940140000385", TODAY));
    assert!(!shown.contains(['3', '8', '9']), "{shown}");
}

/// Texts near to numbers, which plain random texts never are.
fn near_numbers() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9]{10,13}",
        "[0-9]{2}[0-9]{2}[0-9]{7}".prop_map(|prefix| complete(&prefix))
    ]
}

fn any_date() -> impl Strategy<Value = Date> {
    (-9999_i16..=9999, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn every_text_on_every_day_is_answered_in_order(text in near_numbers(), today in any_date()) {
        let Inspection { kind, valid, findings, details } = inspect(&text, today);
        prop_assert_eq!(valid, findings.iter().all(|finding| finding.severity == Severity::Warning));
        let first = usize::from(findings.first().is_some_and(|finding| finding.reason == LeadingZeroLost));
        prop_assert!(findings[first..].is_sorted_by_key(|finding| (finding.severity, finding.reason)));
        match details {
            Some(Details::Iin(_)) => prop_assert_eq!(kind, Kind::Iin),
            Some(Details::Bin(_)) => prop_assert_eq!(kind, Kind::Bin),
            None => prop_assert_eq!(kind, Kind::Unknown),
        }
    }

    #[test]
    fn a_number_is_valid_when_it_parses_as_its_kind(text in near_numbers()) {
        let Inspection { kind, valid, findings, .. } = inspect(&text, TODAY);
        let parsed = match kind {
            Kind::Bin => Bin::parse(&text).err(),
            Kind::Iin | Kind::Unknown => Iin::parse(&text).err(),
        };
        prop_assert_eq!(valid, parsed.is_none());
        if let Some(error) = parsed {
            let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
            let errors: Vec<_> = errors.map(|finding| finding.reason).collect();
            prop_assert_eq!(errors, error.reasons());
        }
    }

    #[test]
    fn numbers_survive_text_integers_and_digits(prefix in "[0-9]{2}(1[3-9]|[2-9][0-9])[0-9]{7}") {
        let text = complete(&prefix);
        if let Ok(iin) = Iin::parse(&text) {
            prop_assert_eq!(&iin.to_text(), &text);
            prop_assert_eq!(Iin::from_u64(iin.as_u64()), Ok(iin));
            prop_assert!(iin.digits().iter().map(u8::to_string).collect::<String>() == text);
            prop_assert!(iin.is_test());
        }
        if let Ok(bin) = Bin::parse(&text) {
            prop_assert_eq!(&bin.to_text(), &text);
            prop_assert_eq!(Bin::from_u64(bin.as_u64()), Ok(bin));
            prop_assert_eq!(Iin::parse(&text).map(Iin::digits), Ok(bin.digits()));
        }
    }
}
