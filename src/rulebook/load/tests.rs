//! The built-in text, broken one thing at a time and many at once.

use super::*;
use crate::rulebook::BUILT_IN;

fn broken(from: &str, to: &str) -> String {
    assert!(BUILT_IN.contains(from), "{from}");
    match read("mine.toml", &BUILT_IN.replacen(from, to, 1)) {
        Ok(_) => panic!("accepted: {to}"),
        Err(faults) => faults.to_string(),
    }
}

#[test]
fn each_fault_names_file_rule_key_and_what_is_allowed() {
    for (from, to, told) in [
        (
            "valid_from = 2024-04-13",
            "valid_from = \"2024-04-13\"",
            "mine.toml: channel.consulate.pilot-2024: valid_from: must be a date",
        ),
        (
            "channel = \"CONSULATE\"",
            "channel = \"EMBASSY\"",
            "channel: must be one of PSC, CONSULATE, ONLINE",
        ),
        ("confidence = \"C2\"", "confidence = 2", "iin.citizens: confidence: must be one of C2, C1, OWN, I"),
        (
            "id = \"channel.online\"",
            "id = \"channel.psc.guardian\"",
            "channel.psc.guardian: id: must not be used twice",
        ),
        ("id = \"iin.citizens\"", "id = \"IIN\"", "iin[0]: id: must be a name of 1 to 64 small letters"),
        (
            "working_days_max = 7",
            "working_days_max = 4",
            "term.intermediary: working_days_max: must not be less than",
        ),
        (
            "minimum_age = 18\nclaims = [\"NAME\", \"BIRTH_DATE\"]",
            "minimum_age = 18\nclaims = [\"NAME\"]",
            "purpose.business: claims: must have BIRTH_DATE",
        ),
        ("reason = \"CHANNEL_CLOSED\"", "reason = \"CLOSED\"", "reason: must be one of MALFORMED_LENGTH"),
        (
            "reason = \"CHANNEL_CLOSED\"\n",
            "",
            "channel.consulate.before-pilot: reason: must be stated when allowed is false",
        ),
        (
            "valid_to = 2024-04-12",
            "valid_to = 2024-04-11",
            "channel: valid_from: no rule says whether CONSULATE IN_PERSON is open on 2024-04-12",
        ),
        (
            "when = { presences = [\"GUARDIAN\"] }",
            "when = { presence = [\"GUARDIAN\"] }",
            "document.guardianship: when: presence: is not known here",
        ),
        (
            "against = [\"channel.online\"]",
            "against = [\"channel.post\"]",
            "guide.online-platform: against: names channel.post, and there is no such rule",
        ),
        ("against = [\"cost.free\"]", "against = []", "cost.free: disputed: must be false"),
        ("[calendar]", "[days]", "mine.toml: days: there is no such section"),
        ("last = 2027-12-31", "last = 1999-12-31", "calendar: last: must not be before first"),
        ("units = 75800", "units = 0", "cost.intermediary: units: must be 0 for FREE"),
        ("stage = \"WAITING\"", "stage = \"GOAL\"", "step: stage: there is no step for WAITING"),
        ("days = [\"12-16\"]", "days = [\"12-32\"]", "holiday.independence: days: must be a list"),
        ("version = \"2026.11.24\"", "version = = 3", "is not TOML"),
        (
            "purpose = \"STUDY\"",
            "purpose = \"STUDY\"\nwhen = { foreigner = true }",
            "purpose.study: when: has no place in purpose",
        ),
    ] {
        let text = broken(from, to);
        assert!(text.contains(told), "{to}: {text}");
    }
}

#[test]
fn every_fault_is_told_at_once() {
    let mut text = BUILT_IN.replacen("stage = \"GOAL\"", "stage = \"GAOL\"\nextra = 1", 1);
    text = text.replacen("need = \"REQUIRED\"", "need = \"MAYBE\"", 1);
    text = text.replacen("units = 75800", "units = -1", 1);
    let faults = read("mine.toml", &text).unwrap_err();
    let told = faults.to_string();
    for part in ["step.goal: stage", "step.goal: extra", "iin.citizens: need", "cost.intermediary: units"] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(told.lines().count(), faults.0.len());
}

#[test]
fn an_empty_file_says_what_is_missing_and_does_not_panic() {
    for text in
        ["", "[rulebook]", "rulebook = 1", "channel = 1", "[[channel]]\n[[channel]]", "channel = [1, 2]"]
    {
        assert!(read("mine.toml", text).unwrap_err().0.len() > 3, "{text}");
    }
}

#[test]
fn a_newer_rulebook_is_read_without_a_new_binary() {
    let text = BUILT_IN.replacen("version = \"2026.11.24\"", "version = \"2027.1\"", 1);
    let text = text.replacen("minimum_age = 18", "minimum_age = 21", 1);
    let book = read("mine.toml", &text).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(&**book.version(), "2027.1");
    let rule = book.purpose(crate::rulebook::Purpose::Business, jiff::civil::date(2026, 1, 1)).unwrap();
    assert_eq!(rule.says.minimum_age, Some(21));
}
