//! Any text is answered without a panic, and `inspect`, `Iin` and `Bin` agree with each other and
//! with the rule written down a second time here.

#![no_main]

use iinspect::number::{Bin, Details, Iin, Inspection, Kind, inspect};
use iinspect::reason::{Reason, Severity};
use jiff::civil::{Date, date};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        check(text);
    }
    // Random bytes are hardly ever twelve digits, so each input is made into all ten numbers that
    // begin with its first eleven bytes taken for digits.
    if let Some(prefix) = data.first_chunk::<11>() {
        let prefix: String = prefix
            .iter()
            .map(|byte| char::from(b'0' + byte % 10))
            .collect();
        for last in 0..10 {
            check(&format!("{prefix}{last}"));
        }
        check(&prefix);
    }
});

fn check(text: &str) {
    for today in [Date::MIN, date(2026, 3, 15), Date::MAX] {
        check_on(text, today);
    }
}

fn check_on(text: &str, today: Date) {
    let inspection = inspect(text, today);
    let Inspection {
        kind,
        valid,
        findings,
        details,
    } = &inspection;

    let errors: Vec<Reason> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.reason)
        .collect();
    assert_eq!(*valid, errors.is_empty());
    // A lost zero explains the length and goes before it; all else is in order.
    let lost = usize::from(errors.first() == Some(&Reason::LeadingZeroLost));
    assert!(findings[lost..].is_sorted_by_key(|finding| (finding.severity, finding.reason)));

    let (iin, bin) = (Iin::parse(text), Bin::parse(text));
    let refusal = match kind {
        Kind::Bin => bin.err(),
        Kind::Iin | Kind::Unknown => iin.err(),
    };
    assert_eq!(*valid, refusal.is_none());
    assert_eq!(
        refusal.as_ref().map_or(&[][..], |error| error.reasons()),
        errors
    );
    assert!(
        iin.is_ok() || bin.is_err(),
        "a BIN keeps the IIN's rule too"
    );

    match digits(text) {
        Some(digits) => {
            let holds = control_digit(&digits) == Some(digits[11]) && digits != [0; 12];
            assert_eq!(iin.is_ok(), holds);
            let company = matches!(digits, [_, _, _, _, 4..=6, 0..=4, ..]);
            assert_eq!(bin.is_ok(), holds && company && digits[2..4] != [0, 0]);
            assert_eq!(*kind == Kind::Bin, company);
            assert_eq!(*kind == Kind::Iin, digits[4] < 4 && digits != [0; 12]);
            let computed = match details {
                Some(Details::Iin(details)) => details.control.digit(),
                Some(Details::Bin(details)) => details.control.digit(),
                None => control_digit(&digits),
            };
            assert_eq!(computed, control_digit(&digits));
        }
        None => assert!(iin.is_err() && *kind == Kind::Unknown && details.is_none()),
    }

    if let Ok(iin) = iin {
        assert_eq!(iin.to_text(), text);
        assert_eq!(Iin::from_u64(iin.as_u64()), Ok(iin));
        assert_eq!(digits(text), Some(iin.digits()));
        assert!(format!("{iin:?}").ends_with(&format!("(**********{})", &text[10..])));
    }
    if let Ok(bin) = bin {
        assert_eq!(bin.to_text(), text);
        assert_eq!(Bin::from_u64(bin.as_u64()), Ok(bin));
    }
}

fn digits(text: &str) -> Option<[u8; 12]> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| matches!(c, '0'..='9').then(|| c as u8 - b'0'))
        .collect();
    digits?.try_into().ok()
}

/// The rule as one would do it by hand: the second pass turns the weights by two.
fn control_digit(digits: &[u8; 12]) -> Option<u8> {
    [0, 2].into_iter().find_map(|turn| {
        let sum: usize = (0..11)
            .map(|i| usize::from(digits[i]) * ((i + turn) % 11 + 1))
            .sum();
        u8::try_from(sum % 11).ok().filter(|digit| *digit < 10)
    })
}
