//! One application in each state, made by the same state machine as every other.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::clock::civil_date;
use crate::issuance::application::{DelayCause, Kind, Outstanding, RefusalReason};
use crate::issuance::form::{Applicant, Paper};
use crate::issuance::{Application, Command, Form, State, Submission};
use crate::number::Iin;
use crate::person::{Document, Person};
use crate::registrar::application::ruling;
use crate::rulebook::codes::{self, Channel, Code, Ground, Presence, Script, StayKind, VisaOrPermit};
use crate::rulebook::{Profile, Purpose, Rulebook};

/// An application, and what it can be found by.
pub(super) type Made = (Application, Document, Date);

/// Applications by foreigners with a passport. Only the completed one has led to a number, held by
/// one of `holders`; the others' applicants have none yet.
pub(super) fn in_every_state(
    applicants: &[(Iin, Person)],
    holders: &[(Iin, Person)],
    now: Timestamp,
) -> Result<Vec<Made>, String> {
    let book = crate::rulebook::built_in();
    let waiting = applicants.iter().filter_map(foreigner).take(State::ALL.len() - 1);
    let all = waiting.chain(holders.iter().rev().filter_map(foreigner));
    let states = State::ALL.into_iter().zip(all).enumerate();
    let made = states.map(|(i, (state, one))| {
        let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001 + i as u128);
        let mut making = Making { book: &book, now, one };
        let application = making.application(id, state)?;
        let (_, document, birth_date, _) = making.one;
        Ok((application, document, birth_date))
    });
    made.collect()
}

type One<'a> = (Iin, Document, Date, &'a Person);

fn foreigner((iin, person): &(Iin, Person)) -> Option<One<'_>> {
    let document = person.documents.first().filter(|d| d.kind == "FOREIGN_PASSPORT")?;
    Some((*iin, Document { name: None, ..document.clone() }, person.birth_date?, person))
}

struct Making<'a> {
    book: &'a Rulebook,
    now: Timestamp,
    one: One<'a>,
}

impl Making<'_> {
    /// A moment so many days ago.
    fn day(&self, days: i64) -> Timestamp {
        self.now.saturating_sub(SignedDuration::from_hours(24 * days)).unwrap_or(self.now)
    }

    /// The day of submission is a few days ago.
    fn submission(&self, state: State) -> Result<Submission, String> {
        let (_, document, birth_date, person) = &self.one;
        // The guide's order of steps alone lets a number wait for fingerprints.
        let (profile, visa) = match state {
            State::AwaitingFingerprints => (Profile::Guide, VisaOrPermit::TemporaryResidence),
            _ => (Profile::InForce, VisaOrPermit::None),
        };
        let form = Form {
            ground: Some(Ground::BankAccount),
            purposes: vec![Purpose::BankAccount],
            channel: Channel::Psc,
            presence: Presence::InPerson,
            country: "KAZ".parse().ok(),
            place_of_registration: "Almaty".into(),
            stay: Some(StayKind::Temporary),
            stay_since: None,
            stay_until: None,
            applicant: Applicant {
                names: person.names.clone(),
                birth_date: *birth_date,
                sex: person.sex,
                citizenship: person.citizenship,
                document: Some(document.clone()),
                passport_script: Some(Script::Latin),
                birthplace_script: Some(Script::Latin),
            },
            representative: None,
            categories: Vec::new(),
            visa_or_permit: Some(visa),
            expedited: false,
            iin: None,
        };
        let on = civil_date(self.day(5));
        let ruling = ruling::of(self.book, profile, Kind::Formation, &form, on);
        let ruling = ruling.map_err(|e| format!("the rulebook refuses its application: {e}"))?;
        Ok(Submission { form, on, ruling, reference: "demo".into() })
    }

    fn application(&mut self, id: Uuid, state: State) -> Result<Application, String> {
        let submission = self.submission(state)?;
        let new = Application::submitted(id, Kind::Formation, submission.clone(), self.day(5));
        let (reason, mend) =
            (RefusalReason::DataMismatch, "write the name as the passport's machine-readable zone has it");
        let statement = Outstanding { document: "STATEMENT".into(), note: "with the name mended".into() };
        let correction = Command::RequestCorrection(reason, mend.into(), vec![statement]);
        let mut steps: Vec<(i64, Command)> = Vec::new();
        let mut papers = self.papers(&new);
        if state == State::AwaitingDocuments {
            papers.truncate(1);
        }
        if state != State::Withdrawn {
            steps.extend(papers.into_iter().map(|paper| (4, Command::RecordDocument(Box::new(paper)))));
        }
        match state {
            State::Received => {
                let paper = self.paper("STATEMENT", None);
                steps.push((3, correction));
                steps.push((2, Command::RecordDocument(Box::new(paper))));
                steps.push((1, Command::Submit(Box::new(submission))));
            }
            State::AwaitingDocuments | State::AwaitingFingerprints => {}
            State::InProcessing => steps.push((3, Command::RecordDelay(DelayCause::Workload, 2))),
            State::CorrectionRequested => steps.push((3, correction)),
            State::Refused => steps.push((3, Command::Refuse(reason, mend.into()))),
            State::Withdrawn => steps.push((3, Command::Withdraw)),
            State::Completed => steps.push((3, Command::Form(self.one.0))),
        }
        let made = steps.into_iter().try_fold(new, |application, (days, command)| {
            let act = command.act();
            application.apply(command, self.day(days)).map_err(|why| format!("its {act}: {why:?}"))
        })?;
        if made.state() == state {
            Ok(made)
        } else {
            Err(format!("it is {:?} instead of {state:?}", made.state()))
        }
    }

    /// Every paper that is owed, in the first form it may have.
    fn papers(&self, application: &Application) -> Vec<Paper> {
        let asked = application.submission().into_iter().flat_map(|s| &s.ruling.papers);
        let owed = asked.filter(|asked| asked.owed);
        owed.map(|asked| self.paper(&asked.code, asked.forms.first())).collect()
    }

    fn paper(&self, code: &str, form: Option<&String>) -> Paper {
        let (_, document, _, person) = &self.one;
        let passport = code == "PASSPORT";
        Paper {
            code: code.into(),
            form: form.map_or(Some(codes::Form::Original), |form| codes::Form::named(form)),
            document: passport.then(|| document.clone()),
            name: person.names.first().filter(|_| passport).cloned(),
            sha256: None,
            certified: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_in_each_state() {
        let persons = super::super::persons::all(80).unwrap();
        let now = "2026-11-24T07:00:00Z".parse().unwrap();
        let all = in_every_state(&persons[..60], &persons[60..], now).unwrap();
        let states: Vec<_> = all.iter().map(|(a, ..)| a.state()).collect();
        assert_eq!(states, State::ALL);
        assert!(all.iter().all(|(a, ..)| a.iin.is_some() == (a.state() == State::Completed)));
    }
}
