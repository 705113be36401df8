//! Random commands to an application, against a model so simple that it is plainly right.

use std::collections::{BTreeMap, BTreeSet};

use iinspect::issuance::application::{DelayCause, Kind, Outstanding, Prints, RefusalReason};
use iinspect::issuance::command::MAX_EVENTS;
use iinspect::issuance::form::{Applicant, Asked, Paper, Ruling};
use iinspect::issuance::{Application, Command, Event, Forbidden, Form, Progress, State, Submission};
use iinspect::person::{Document, Name};
use iinspect::rulebook::codes::{self, Channel, Ground, Presence, Stage};
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

const CODES: [&str; 4] = ["A", "B", "C", "D"];

#[derive(Clone, Debug)]
enum Op {
    /// Which of the codes the rules ask for, and whether the number waits for fingerprints.
    Submit([bool; 3], bool),
    /// A paper by its code, in a form that will do or in one that will not.
    Paper(usize, bool),
    Prints,
    Delay(u32),
    Correct(BTreeSet<usize>),
    Refuse,
    Form,
    Withdraw,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (any::<[bool; 3]>(), any::<bool>()).prop_map(|(asked, blocks)| Op::Submit(asked, blocks)),
        8 => (0..4_usize, any::<bool>()).prop_map(|(code, good)| Op::Paper(code, good)),
        2 => Just(Op::Prints),
        1 => (1..5_u32).prop_map(Op::Delay),
        2 => proptest::collection::btree_set(0..4_usize, 0..3).prop_map(Op::Correct),
        1 => Just(Op::Refuse),
        2 => Just(Op::Form),
        1 => Just(Op::Withdraw),
    ]
}

/// Papers and state as a clerk would keep them on a card.
#[derive(Clone, Debug)]
struct Card {
    state: State,
    asked: BTreeSet<usize>,
    blocks: bool,
    /// What lies in the folder: whether it will do.
    folder: BTreeMap<usize, bool>,
    /// Owed again, whatever lies in the folder.
    again: BTreeSet<usize>,
    printed: bool,
    delayed: u32,
    submissions: usize,
}

impl Card {
    fn new() -> Self {
        Card {
            state: State::Received,
            asked: BTreeSet::new(),
            blocks: false,
            folder: BTreeMap::new(),
            again: BTreeSet::new(),
            printed: false,
            delayed: 0,
            submissions: 0,
        }
    }

    fn owed(&self) -> BTreeSet<usize> {
        let asked = self.asked.iter().filter(|code| self.folder.get(code) != Some(&true));
        asked.chain(&self.again).copied().collect()
    }

    /// Where it goes when nothing is in the way.
    fn next(&mut self, fresh: bool) {
        self.state = if !self.owed().is_empty() {
            State::AwaitingDocuments
        } else if self.blocks && !self.printed {
            State::AwaitingFingerprints
        } else if fresh {
            State::Received
        } else {
            State::InProcessing
        };
    }

    /// Carries an operation out; `false`: it is not allowed.
    fn take(&mut self, op: &Op) -> bool {
        use State::{
            AwaitingDocuments, AwaitingFingerprints, Completed, CorrectionRequested, InProcessing, Received,
            Refused, Withdrawn,
        };
        let active = matches!(self.state, Received | AwaitingDocuments | AwaitingFingerprints | InProcessing);
        match op {
            Op::Submit(asked, blocks) => {
                if !matches!(self.state, CorrectionRequested | Refused) {
                    return false;
                }
                self.asked = (0..3).filter(|i| asked[*i]).collect();
                (self.blocks, self.delayed) = (*blocks, 0);
                self.submissions += 1;
                self.next(true);
            }
            Op::Paper(code, good) => {
                if !(active || self.state == CorrectionRequested) {
                    return false;
                }
                self.folder.insert(*code, *good);
                self.again.remove(code);
                if active {
                    self.next(false);
                }
            }
            Op::Prints => {
                if !(active || matches!(self.state, CorrectionRequested | Completed)) {
                    return false;
                }
                self.printed = true;
                if active {
                    self.next(false);
                }
            }
            Op::Delay(days) => {
                if !active {
                    return false;
                }
                self.delayed += days;
            }
            Op::Correct(codes) => {
                if !active {
                    return false;
                }
                self.again.extend(codes);
                self.state = CorrectionRequested;
            }
            Op::Refuse => {
                if !(active || self.state == CorrectionRequested) {
                    return false;
                }
                self.state = Refused;
            }
            Op::Form => {
                if !matches!(self.state, Received | InProcessing) || !self.owed().is_empty() {
                    return false;
                }
                self.state = Completed;
            }
            Op::Withdraw => {
                if !(active || self.state == CorrectionRequested) {
                    return false;
                }
                self.state = Withdrawn;
            }
        }
        true
    }
}

fn submission(asked: &[bool; 3], blocks: bool) -> Submission {
    // The fourth paper can be handed in, and no rule asks for it.
    let papers = CODES.iter().enumerate().map(|(i, code)| Asked {
        code: (*code).into(),
        owed: asked.get(i) == Some(&true),
        forms: if i == 3 { Vec::new() } else { vec!["ORIGINAL".into()] },
        valid_on: None,
        note: String::new(),
    });
    let ruling =
        Ruling { papers: papers.collect(), prints_due: blocks, prints_block: blocks, ..Ruling::default() };
    let applicant = Applicant {
        names: vec![Name {
            family: "Тестов".into(), given: "Тимур".into(), patronymic: Some(String::new())
        }],
        birth_date: date(1991, 2, 3),
        sex: None,
        citizenship: "UZB".parse().ok(),
        document: Some(Document { kind: "PASSPORT".into(), number: "N 1".into(), ..Document::default() }),
        passport_script: None,
        birthplace_script: Some(codes::Script::Cyrillic),
    };
    let form = Form {
        ground: Some(Ground::Other),
        purposes: Vec::new(),
        channel: Channel::Psc,
        presence: Presence::InPerson,
        country: None,
        place_of_registration: String::new(),
        stay: None,
        stay_since: None,
        stay_until: None,
        applicant,
        representative: None,
        categories: Vec::new(),
        visa_or_permit: None,
        expedited: true,
        iin: None,
    };
    Submission { form, on: date(2026, 11, 22), ruling, reference: "r".into() }
}

fn command(op: &Op) -> Command {
    match op {
        Op::Submit(asked, blocks) => Command::Submit(Box::new(submission(asked, *blocks))),
        Op::Paper(code, good) => {
            let form = if *good { codes::Form::Original } else { codes::Form::Copy };
            let code = CODES[*code].into();
            Command::RecordDocument(Box::new(Paper {
                code,
                form: Some(form),
                document: None,
                name: None,
                sha256: Some([7; 32]),
                certified: None,
            }))
        }
        Op::Prints => Command::RecordFingerprints(Prints {
            on: date(2026, 11, 22),
            place: "office".into(),
            reference: String::new(),
        }),
        Op::Delay(days) => Command::RecordDelay(DelayCause::Workload, *days),
        Op::Correct(codes) => {
            let owed = codes.iter().map(|i| Outstanding { document: CODES[*i].into(), note: "again".into() });
            Command::RequestCorrection(RefusalReason::Incomplete, "mend".into(), owed.collect())
        }
        Op::Refuse => Command::Refuse(RefusalReason::InvalidPaper, "mend".into()),
        Op::Form => Command::Form(super::scene::holder()),
        Op::Withdraw => Command::Withdraw,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn agree(application: &Application, card: &Card) {
    assert_eq!(application.state(), card.state);
    let owed = if card.state.is_final() { BTreeSet::new() } else { card.owed() };
    let owed: BTreeSet<_> = owed.into_iter().map(|i| CODES[i].to_string()).collect();
    let told: BTreeSet<_> = application.outstanding().into_iter().map(|o| o.document).collect();
    assert_eq!(told, owed, "{:?}", card.state);
    assert_eq!(application.delayed_by(), card.delayed);
    assert_eq!(application.prints().is_some(), card.printed);
    assert_eq!(application.iin.is_some(), card.state == State::Completed);
    let moments: Vec<_> = application.events.iter().map(|e| e.at).collect();
    assert!(moments.is_sorted(), "a history goes forward");
    // What is stored is what was there.
    let texts: Vec<_> = application.events.iter().map(|e| serde_json::to_string(e).unwrap()).collect();
    let read: Vec<Event> = texts.iter().map(|t| serde_json::from_str(t).unwrap()).collect();
    assert_eq!(read, application.events);
    // The steps: in order, at most one under way, and that one is the stage.
    let steps = application.steps();
    assert_eq!(steps.iter().map(|(stage, _)| *stage).collect::<Vec<_>>(), Stage::ALL);
    let current: Vec<_> = steps.iter().filter(|(_, p)| *p == Progress::Current).map(|(s, _)| *s).collect();
    let ended = matches!(card.state, State::Completed | State::Withdrawn);
    assert_eq!(current, if ended { vec![] } else { vec![application.stage()] }, "{:?}", card.state);
    // Debug tells no data.
    let told = format!("{application:?}");
    assert!(!told.contains("Тест") && !told.contains("mend") && !told.contains("N 1"), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_commands_do_what_the_card_does(
        first in (any::<[bool; 3]>(), any::<bool>()),
        ops in proptest::collection::vec((op(), -2..5_i64), 0..40),
    ) {
        let id = Uuid::from_u128(1);
        let mut card = Card::new();
        card.asked = (0..3).filter(|i| first.0[*i]).collect();
        card.blocks = first.1;
        card.next(true);
        let mut application = Application::submitted(id, Kind::Formation, submission(&first.0, first.1), at(0));
        agree(&application, &card);
        let mut clock = 0;
        for (op, step) in &ops {
            // Clocks of two machines differ: a moment may lie before the last.
            clock += step;
            let before = card.clone();
            let allowed = card.take(op);
            match application.apply(command(op), at(clock)) {
                Ok(next) => {
                    prop_assert!(allowed, "{op:?} in {:?}", before.state);
                    prop_assert_eq!(next.after(application.events.len()).events, application.events);
                    application = next;
                }
                Err(Forbidden::State(state, acts)) => {
                    prop_assert!(!allowed, "{op:?} in {:?}", before.state);
                    prop_assert_eq!(state, before.state);
                    prop_assert!(!acts.contains(&command(op).act()));
                }
                Err(Forbidden::PapersOwed(codes)) => {
                    prop_assert!(!allowed && matches!(op, Op::Form));
                    prop_assert!(!codes.is_empty());
                }
                Err(other) => prop_assert!(false, "{other:?}"),
            }
            agree(&application, &card);
        }
    }
}

#[test]
fn a_full_application_can_still_be_ended() {
    let mut application =
        Application::submitted(Uuid::from_u128(1), Kind::Formation, submission(&[false; 3], false), at(0));
    let delay = || command(&Op::Delay(1));
    while let Ok(next) = application.apply(delay(), at(1)) {
        application = next;
        assert!(application.events.len() <= MAX_EVENTS);
    }
    assert_eq!(application.apply(delay(), at(1)).err(), Some(Forbidden::Full));
    assert!(application.apply(command(&Op::Refuse), at(1)).is_ok());
    assert!(application.apply(command(&Op::Form), at(1)).is_ok());
}
