use std::time::Duration;

use proptest::prelude::*;

use super::*;

const A: Subject = Subject([1; 16]);
const B: Subject = Subject([2; 16]);

fn at(seq: u64) -> Timestamp {
    Timestamp::from_second(1_000 + i64::try_from(seq).unwrap()).unwrap()
}

fn change(seq: u64, subject: Option<Subject>, kind: Kind) -> Change {
    Change { shard: 0, seq: Position(seq), subject, kind, at: at(seq) }
}

/// A journal of one shard that has followed these subjects' changes from position 10 to its end.
fn followed(room: usize, subjects: &[Subject]) -> (Journal, Instant) {
    let mut journal = Journal::new(&Token(vec![Position(10)]), room);
    for (seq, subject) in (11..).zip(subjects) {
        journal.note(&change(seq, Some(*subject), Kind::Record)).unwrap();
    }
    let now = Instant::now();
    journal.confirm(now);
    (journal, now)
}

fn standing(journal: &Journal, subject: Subject, position: u64) -> Standing {
    journal.standing(subject, Position(position), Some(at(position)))
}

#[test]
fn an_entry_is_confirmed_until_its_subject_changes() {
    let (journal, now) = followed(100, &[A, B, B]);
    assert_eq!(standing(&journal, A, 11), Standing::Confirmed(now));
    assert_eq!(standing(&journal, A, 13), Standing::Confirmed(now));
    assert_eq!(standing(&journal, B, 11), Standing::Outdated);
    assert_eq!(standing(&journal, B, 12), Standing::Outdated);
    assert_eq!(standing(&journal, B, 13), Standing::Confirmed(now));
    assert_eq!(standing(&journal, A, 14), Standing::Ahead);
}

#[test]
fn before_the_floor_nothing_is_known_but_what_has_changed_since() {
    let (journal, _) = followed(100, &[A]);
    assert_eq!(standing(&journal, B, 9), Standing::Unknown);
    assert_eq!(standing(&journal, A, 9), Standing::Outdated);
    // The floor itself counts once its change has been seen, which the next page shows.
    assert_eq!(standing(&journal, B, 10), Standing::Unknown);
    let (mut journal, now) = followed(100, &[]);
    assert_eq!(journal.resume(), Token(vec![Position(9)]));
    journal.note(&change(10, Some(B), Kind::Record)).unwrap();
    assert_eq!(standing(&journal, B, 10), Standing::Confirmed(now));
}

#[test]
fn nothing_is_confirmed_before_the_end_was_reached() {
    let mut journal = Journal::new(&Token(vec![Position(0)]), 10);
    journal.note(&change(1, Some(A), Kind::Record)).unwrap();
    assert_eq!(standing(&journal, A, 1), Standing::Unknown);
    let now = Instant::now();
    journal.confirm(now);
    journal.confirm(now - Duration::from_secs(1));
    assert_eq!(standing(&journal, A, 1), Standing::Confirmed(now));
    assert_eq!(journal.standing(B, Position(0), None), Standing::Confirmed(now));
}

#[test]
fn the_oldest_are_forgotten_and_the_floor_rises() {
    let (journal, now) = followed(2, &[A, B, A, B]);
    assert_eq!(journal.len(), 2);
    assert_eq!(standing(&journal, A, 11), Standing::Outdated);
    assert_eq!(standing(&journal, Subject([3; 16]), 11), Standing::Unknown);
    assert_eq!(standing(&journal, Subject([3; 16]), 12), Standing::Confirmed(now));
    let (journal, _) = followed(2, &[A, B, B, B]);
    assert_eq!(standing(&journal, A, 10), Standing::Unknown);
    assert!(!journal.shards[0].last.contains_key(&A));
}

#[test]
fn a_batch_leaves_nothing_known_of_before() {
    let (mut journal, now) = followed(100, &[A, B]);
    journal.note(&change(13, None, Kind::Batch)).unwrap();
    assert_eq!(standing(&journal, A, 11), Standing::Unknown);
    assert_eq!(standing(&journal, A, 12), Standing::Unknown);
    assert_eq!(standing(&journal, A, 13), Standing::Confirmed(now));
    assert!(journal.is_empty());
}

#[test]
fn applications_are_no_part_of_a_fact() {
    let (mut journal, now) = followed(100, &[A]);
    journal.note(&change(12, Some(A), Kind::Application)).unwrap();
    assert_eq!(standing(&journal, A, 11), Standing::Confirmed(now));
    // And read again they are the same changes.
    journal.note(&change(12, Some(A), Kind::Application)).unwrap();
}

#[test]
fn another_past_is_noticed_by_page_and_by_entry() {
    let (mut journal, _) = followed(100, &[A, B]);
    let other = |seq: u64| Change { at: at(500), ..change(seq, Some(B), Kind::Record) };
    assert_eq!(journal.note(&other(12)), Err(Broken));
    assert_eq!(journal.note(&change(14, Some(A), Kind::Record)), Err(Broken), "a gap");
    assert_eq!(journal.note(&Change { shard: 1, ..change(1, Some(A), Kind::Record) }), Err(Broken));
    assert_eq!(journal.standing(A, Position(12), Some(at(500))), Standing::Outdated);
    assert_eq!(journal.standing(A, Position(12), None), Standing::Outdated);
    // A batch is remembered by its moment alone.
    journal.note(&change(13, None, Kind::Batch)).unwrap();
    assert_eq!(journal.note(&Change { at: at(500), ..change(13, None, Kind::Batch) }), Err(Broken));
}

#[test]
fn own_commits_count_before_the_feed_shows_them() {
    let (mut journal, now) = followed(100, &[A, B]);
    let heads = Token(vec![Position(13)]);
    journal.committed(&heads, Some(&[A]));
    journal.confirm(now);
    assert_eq!(standing(&journal, A, 12), Standing::Outdated);
    assert_eq!(standing(&journal, A, 13), Standing::Ahead);
    assert_eq!(standing(&journal, B, 12), Standing::Confirmed(now));
    journal.committed(&heads, None);
    assert_eq!(standing(&journal, B, 12), Standing::Outdated);
    // The feed has shown them, and they were about something else.
    journal.note(&change(13, Some(Subject([3; 16])), Kind::Record)).unwrap();
    journal.confirm(now);
    assert_eq!(standing(&journal, A, 12), Standing::Confirmed(now));
    assert_eq!(standing(&journal, B, 12), Standing::Confirmed(now));
    // Too many to be known one by one.
    let many: Vec<_> = (0..=OWN).map(|n| Subject([u8::try_from(n % 250).unwrap(); 16])).collect();
    journal.committed(&Token(vec![Position(14)]), Some(&many));
    assert!(journal.own.of.is_empty());
    assert_eq!(standing(&journal, B, 12), Standing::Outdated);
}

proptest! {
    /// Against a history that forgets nothing: what is confirmed is what the history says, and what is
    /// known to be outdated is.
    #[test]
    fn what_is_confirmed_is_true(
        from in 0u64..6,
        room in 1usize..9,
        written in prop::collection::vec((0u8..5, 0u8..12), 0..30),
        asked in (0u8..5, 0u64..40),
    ) {
        let subject = |n: u8| Subject([n; 16]);
        let kind = |n: u8| match n { 0 => Kind::Batch, 1 | 2 => Kind::Application, _ => Kind::Excluded };
        let history: Vec<_> = (1..).zip(&written)
            .map(|(seq, (n, k))| change(seq, (kind(*k) != Kind::Batch).then(|| subject(*n)), kind(*k)))
            .collect();
        let head = history.len() as u64;
        let from = from.min(head);
        let mut journal = Journal::new(&Token(vec![Position(from)]), room);
        for change in history.iter().skip(usize::try_from(from.saturating_sub(1)).unwrap()) {
            journal.note(change).unwrap();
        }
        let now = Instant::now();
        journal.confirm(now);
        prop_assert_eq!(journal.head(), Token(vec![Position(head)]));
        prop_assert!(journal.len() <= room);

        let (asked, position) = (subject(asked.0), Position(asked.1));
        let touches = |c: &&Change| c.kind == Kind::Batch || (c.subject == Some(asked) && c.kind != Kind::Application);
        let changed = history.iter().filter(touches).any(|c| c.seq > position);
        let of_its_own = history.iter().any(|c| c.seq > position && c.subject == Some(asked) && c.kind != Kind::Application);
        let changed_at = (position.0 > 0).then(|| at(position.0));
        match journal.standing(asked, position, changed_at) {
            Standing::Confirmed(_) => prop_assert!(position.0 <= head && !changed),
            Standing::Outdated => prop_assert!(of_its_own),
            Standing::Ahead => prop_assert!(position.0 > head),
            // Only for want of room, of a beginning, or after a batch.
            Standing::Unknown => prop_assert!(
                position.0 <= from
                    || position.0 + (room as u64) < head
                    || history.iter().any(|c| c.kind == Kind::Batch && c.seq > position)
            ),
        }
    }
}
