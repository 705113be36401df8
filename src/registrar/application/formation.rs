//! A number formed or corrected: the person's record and the application in one transaction.

use uuid::Uuid;

use super::{Answered, Office, find, forbidden, written};
use crate::context::CallContext;
use crate::error::{Error, Violation};
use crate::issuance::Command;
use crate::issuance::application::{Application, Kind};
use crate::issuance::command::Act;
use crate::issuance::form::{Submission, same as same_document};
use crate::number::Iin;
use crate::person::{Document, Person};
use crate::reason::Reason;
use crate::register::feed::Kind as Told;
use crate::register::{Expect, Facts, MAX_MANY, NumberState, Record, Versioned, Write};
use crate::registrar::allocation::{Authority, candidates};
use crate::registrar::entry::MAX_EACH;
use crate::registrar::request::{Asked, Plan, Planned};
use crate::registrar::standing::Succession;
use crate::registrar::{Registrar, fault, same};

/// How many numbers are looked at first: one of them is nearly always free.
const FIRST: usize = 16;

impl Office {
    /// Completes an application with a number: the one that is given, one that is formed here, or for
    /// a correction the one it is about.
    ///
    /// # Errors
    /// No such application, another version of it, a state that does not allow it or papers that are
    /// owed; another person holds the number; no number can be formed here; the register cannot be
    /// written.
    pub async fn form_iin(
        &self,
        call: &CallContext,
        asked: &Asked,
        (id, expected): (Uuid, u64),
        iin: Option<Iin>,
    ) -> Result<Answered, Error> {
        // A server with test numbers keeps living people's out: whoever tries it must not put a real
        // person at risk.
        if self.authority == Authority::Test && iin.is_some_and(|iin| !iin.is_test()) {
            return Err(Error::invalid(vec![Violation {
                field: "iin".into(),
                description: "must be a test number on this server, with digits three and four from 13 to 99"
                    .into(),
                reason: Reason::InvalidRequest,
            }]));
        }
        let plan = Forming { authority: self.authority, id, expected, iin };
        let kept = self.registrar.once(call, asked, &plan).await?;
        self.answered(call, &kept).await
    }
}

struct Forming {
    authority: Authority,
    id: Uuid,
    expected: u64,
    iin: Option<Iin>,
}

impl Plan for Forming {
    async fn plan(&self, registrar: &Registrar, call: &CallContext) -> Result<Planned, Error> {
        let held = find(registrar, call, self.id).await?;
        same(held.version, self.expected)?;
        held.value.allows(Act::FormIin).map_err(|why| forbidden(why, ""))?;
        let Some(submission) = held.value.submission() else {
            // It came in before forms were kept: nothing is known to put into the register.
            return Err(Error::precondition(Reason::StateForbids).with("allowed", "RequestCorrection"));
        };
        let (iin, mut writes, person_version) = match held.value.kind {
            Kind::Formation => self.formed(registrar, call, &held.value, submission).await?,
            Kind::Correction => self.corrected(registrar, call, &held.value, submission).await?,
        };
        let next = held.value.apply(Command::Form(iin), call.now).map_err(|why| forbidden(why, ""))?;
        let (write, mut answer) = written(next, Some(held.version), false);
        writes.push(write);
        answer.successor_version = person_version;
        let why = match held.value.kind {
            Kind::Formation => format!("number formed on application {}", self.id),
            Kind::Correction => format!("corrected on application {}", self.id),
        };
        Ok(Planned { writes, why, answer })
    }
}

/// The number, the writes of records, and the version of the person's record.
type Records = (Iin, Vec<Write>, u64);

impl Forming {
    async fn formed(
        &self,
        registrar: &Registrar,
        call: &CallContext,
        application: &Application,
        submission: &Submission,
    ) -> Result<Records, Error> {
        let iin = match self.iin {
            Some(iin) => iin,
            None => self.allocated(registrar, call, submission).await?,
        };
        let there = record(registrar, call, iin).await?;
        let record = match &there {
            None => {
                Record { since: Some(call.today), ..Record::in_force(person(application, submission, None)) }
            }
            // The state's own file may have brought the number in before the office had it.
            Some(there) => {
                let held = own(&there.value, submission, call)?;
                Record { person: person(application, submission, Some(&held.person)), ..held }
            }
        };
        let (write, version) = write(iin, record, there.map(|there| there.version), Told::Record);
        Ok((iin, vec![write], version))
    }

    async fn corrected(
        &self,
        registrar: &Registrar,
        call: &CallContext,
        application: &Application,
        submission: &Submission,
    ) -> Result<Records, Error> {
        let about = submission.form.iin.ok_or_else(|| Error::internal("a correction of no number"))?;
        let held = registrar.record(call, about).await?;
        let settled = held.value.settled(call.today);
        if settled.state != NumberState::InForce {
            let state = settled.state.name();
            return Err(Error::precondition(Reason::StateForbids).with("number_state", state));
        }
        let corrected = Record { person: person(application, submission, Some(&settled.person)), ..settled };
        let by = self.iin.unwrap_or(about);
        if by == about {
            let (write, version) = write(about, corrected, Some(held.version), Told::Record);
            return Ok((about, vec![write], version));
        }
        let there = record(registrar, call, by).await?;
        let successor = there.as_ref().map(|there| own(&there.value, submission, call)).transpose()?;
        let succession = Succession { by, on: call.today, reason: "correction".into() };
        let (replaced, successor) = succession
            .of(&corrected, successor.as_ref(), call.today)
            .map_err(|why| Error::precondition(why.reason()))?;
        let successor = Record { person: corrected.person, ..successor };
        // The replaced number keeps the data that it had.
        let replaced = Record { person: held.value.person, ..replaced };
        let (old, _) = write(about, replaced, Some(held.version), Told::Superseded);
        let (new, version) = write(by, successor, there.map(|there| there.version), Told::Superseded);
        Ok((by, vec![old, new], version))
    }

    /// The first free number of those that could be formed.
    async fn allocated(
        &self,
        registrar: &Registrar,
        call: &CallContext,
        submission: &Submission,
    ) -> Result<Iin, Error> {
        if self.authority == Authority::None {
            return Err(Error::precondition(Reason::NoAllocation));
        }
        let mut all = candidates(self.authority, submission.form.applicant.birth_date, self.id.as_u128());
        let mut size = FIRST;
        loop {
            let some: Vec<Iin> = all.by_ref().take(size).collect();
            if some.is_empty() {
                return Err(Error::precondition(Reason::NumbersExhausted));
            }
            let read = registrar.register.many(&some, call.deadline).await.map_err(|e| fault(call, &e))?;
            let mut free = some.iter().zip(&read).filter(|(_, read)| read.value.record.is_none());
            if let Some((iin, _)) = free.next() {
                return Ok(*iin);
            }
            size = MAX_MANY;
        }
    }
}

async fn record(
    registrar: &Registrar,
    call: &CallContext,
    iin: Iin,
) -> Result<Option<Versioned<Record>>, Error> {
    let read = registrar.register.one(iin, call.deadline).await;
    Ok(read.map_err(|e| fault(call, &e))?.value.record)
}

/// A record that is there already, when it is the applicant's own and in force.
fn own(there: &Record, submission: &Submission, call: &CallContext) -> Result<Record, Error> {
    if !submission.form.applicant.is(&there.person) {
        return Err(Error::taken(Reason::NumberHeld));
    }
    let there = there.settled(call.today);
    if there.state == NumberState::InForce {
        Ok(there)
    } else {
        Err(Error::precondition(Reason::StateForbids).with("number_state", there.state.name()))
    }
}

fn write(iin: Iin, record: Record, there: Option<u64>, told: Told) -> (Write, u64) {
    let expect = there.map_or(Expect::Absent, Expect::Version);
    (Write::Record { iin, record: Box::new(record), expect, told }, there.unwrap_or(0) + 1)
}

/// The person as the application states them, over what the register holds: what is not stated stays,
/// and so do documents that were not shown.
fn person(application: &Application, submission: &Submission, held: Option<&Person>) -> Person {
    let stated = &submission.form.applicant;
    let mut documents: Vec<Document> = Vec::new();
    let mut add = |document: Document| {
        let room = documents.len() < MAX_EACH;
        match documents.iter_mut().find(|there| same_document(there, &document)) {
            // The paper itself says how it spells the name.
            Some(there) => {
                there.name = there.name.take().or(document.name);
                there.valid_until = there.valid_until.or(document.valid_until);
                // What the register knows of it, such as that it is lost, stays.
                there.status = there.status.or(document.status);
            }
            None if room => documents.push(document),
            None => {}
        }
    };
    stated.document.iter().cloned().for_each(&mut add);
    for (_, paper) in application.papers().recorded() {
        if let Some(document) = &paper.document {
            add(Document { name: paper.name.clone(), ..document.clone() });
        }
    }
    held.into_iter().flat_map(|held| &held.documents).cloned().for_each(&mut add);
    Person {
        names: stated.names.clone(),
        birth_date: Some(stated.birth_date),
        sex: stated.sex.or(held.and_then(|held| held.sex)),
        citizenship: stated.citizenship.or(held.and_then(|held| held.citizenship)),
        documents,
    }
}
