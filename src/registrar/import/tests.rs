//! Rows over what is held: replaced, added to, refused.

use jiff::civil::date;

use super::*;
use crate::person::{Document, Name, Person};
use crate::register::NumberState;

const AT: Timestamp = Timestamp::UNIX_EPOCH;

fn iin() -> Iin {
    Iin::parse("009900000008").unwrap()
}

fn record(documents: &[&str]) -> Record {
    let document = |number: &&str| Document { number: number.to_string(), ..Document::default() };
    Record::in_force(Person { documents: documents.iter().map(document).collect(), ..Person::default() })
}

fn row(line: u64, record: Record) -> Row {
    Row { line, iin: iin(), record }
}

fn held(record: Record, seconds: i64) -> BTreeMap<Iin, Versioned<Record>> {
    let recorded_at = Timestamp::from_second(seconds).unwrap();
    [(iin(), Versioned { value: record, version: 4, recorded_at })].into()
}

fn written(plan: &Plan) -> (&Record, Expect) {
    match plan.writes.as_slice() {
        [Write::Record { record, expect, .. }] => (record, *expect),
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_of_one_number_add_up() {
    let plan = plan(
        &[row(2, record(&["A"])), row(3, record(&["B"])), row(4, record(&["A"]))],
        [].into(),
        AT,
        |_| false,
    );
    assert_eq!(written(&plan), (&record(&["A", "B"]), Expect::Absent));
    assert_eq!(plan.tally, Tally { landed: 3, new: 1, ..Tally::default() });
}

#[test]
fn what_an_earlier_import_wrote_is_replaced() {
    let plan = plan(&[row(2, record(&["B"]))], held(record(&["A"]), -1), AT, |_| false);
    assert_eq!(written(&plan), (&record(&["B"]), Expect::Version(4)));
    assert_eq!(plan.tally, Tally { landed: 1, changed: 1, ..Tally::default() });
}

#[test]
fn the_same_record_gets_no_new_version_unless_later_rows_are_to_add_to_it() {
    let rows = [row(2, record(&["A"])), row(3, record(&["B"]))];
    for (more, writes) in [(false, 0), (true, 1)] {
        let plan = plan(&rows, held(record(&["A", "B"]), -1), AT, |_| more);
        assert_eq!(plan.writes.len(), writes);
        assert_eq!(plan.tally, Tally { landed: 2, unchanged: 1, ..Tally::default() });
    }
}

#[test]
fn what_this_import_wrote_is_added_to_and_a_row_read_twice_writes_nothing() {
    let rows = [row(9, record(&["B"]))];
    let first = plan(&rows, held(record(&["A"]), 0), AT, |_| false);
    assert_eq!(written(&first), (&record(&["A", "B"]), Expect::Version(4)));
    let again = plan(&rows, held(record(&["A", "B"]), 0), AT, |_| false);
    assert!(again.writes.is_empty());
    assert_eq!(again.tally, Tally { landed: 1, ..Tally::default() });
}

#[test]
fn what_others_wrote_since_is_left_alone() {
    let plan = plan(&[row(2, record(&["B"]))], held(record(&["A"]), 1), AT, |_| false);
    assert!(plan.writes.is_empty());
    assert_eq!((plan.refused[0].0, plan.tally.refused), (2, 1));
}

#[test]
fn rows_that_contradict_each_other_are_told_column_by_column() {
    let mut first = record(&["A"]);
    first.person.birth_date = Some(date(1990, 1, 1));
    first.state_reason = "a".into();
    let mut second = record(&["B"]);
    second.person.birth_date = Some(date(1990, 1, 2));
    second.person.sex = Some(crate::number::Sex::Male);
    second.state_reason = "b".into();
    second.state = NumberState::Excluded;
    let plan = plan(&[row(2, first.clone()), row(7, second)], [].into(), AT, |_| false);
    // The row is refused whole: its document is not added either.
    assert_eq!(written(&plan).0, &first);
    let columns: Vec<_> = plan.refused[0].1.iter().map(|f| f.column.as_ref()).collect();
    assert_eq!(
        (plan.refused[0].0, columns.as_slice()),
        (7, ["state", "birth_date", "state_reason"].as_slice())
    );
}

#[test]
fn a_person_does_not_grow_without_end() {
    let numbers: Vec<_> = (0..=MAX_EACH).map(|n| n.to_string()).collect();
    let rows: Vec<_> = numbers.iter().zip(2..).map(|(n, line)| row(line, record(&[n.as_str()]))).collect();
    let plan = plan(&rows, [].into(), AT, |_| false);
    assert_eq!((plan.tally.landed, plan.tally.refused), (MAX_EACH as u64, 1));
    let name = |n: &String| Name { given: n.clone(), ..Name::default() };
    let mut many = record(&[]);
    many.person.names = numbers.iter().map(name).collect();
    assert!(merge(&record(&[]), &many).is_err());
}

#[test]
fn a_row_that_says_less_loosens_nothing() {
    let name = |patronymic: Option<&str>| Name {
        family: "Тестов".into(),
        given: "Ерлан".into(),
        patronymic: patronymic.map(Into::into),
    };
    let of = |names: &[Name]| {
        let mut record = record(&["A"]);
        record.person.names = names.to_vec();
        record
    };
    let (full, short) = (name(Some("Маратұлы")), name(None));
    let full_only = of(std::slice::from_ref(&full));
    for rows in [[&full, &short], [&short, &full]] {
        let [a, b] = rows.map(|n| of(std::slice::from_ref(n)));
        assert_eq!(merge(&a, &b), Ok(full_only.clone()));
    }
    assert_eq!(merge(&full_only, &of(&[name(Some(""))])).unwrap().person.names.len(), 2);
}

#[test]
fn rows_about_one_document_fill_each_other_in() {
    let until = |day: Option<i8>| {
        let mut record = record(&["A"]);
        record.person.documents[0].valid_until = day.map(|d| date(2030, 1, d));
        record
    };
    assert_eq!(merge(&until(None), &until(Some(1))), Ok(until(Some(1))));
    assert_eq!(merge(&until(Some(1)), &until(None)), Ok(until(Some(1))));
    let faults = merge(&until(Some(1)), &until(Some(2))).unwrap_err();
    assert_eq!(faults[0].column, "document_valid_until");
}
