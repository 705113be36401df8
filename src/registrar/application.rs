//! Applications: submitted, worked on, ended.
//!
//! What the rules of the day say of an application is asked of the rulebook when it is submitted and
//! kept with the submission; from then on the state machine of `issuance` decides.

mod certified;
mod formation;
mod list;
pub mod ruling;

use uuid::{NoContext, Timestamp as UuidTime, Uuid};

use super::allocation::Authority;
use super::request::{Asked, Kept, Plan, Planned};
use super::{Registrar, fault, same};
use crate::context::CallContext;
use crate::error::{Error, Violation};
use crate::issuance::application::{Kind, State};
use crate::issuance::{Application, Command, Forbidden, Form, Standing, Submission};
use crate::reason::Reason;
use crate::register::{ApplicationKey, Expect, Facts, NumberState, Versioned, Write};
use crate::reload::Current;
use crate::rulebook::{Profile, Rulebook};
use crate::trust::Judge;

pub use certified::Signed;
pub use list::{Filter, Listed, submitted_on};

/// Where applications are made: the register, the rules, and whether numbers are formed here.
#[derive(Clone, Debug)]
pub struct Office {
    registrar: Registrar,
    rulebook: Current<Rulebook>,
    profile: Profile,
    authority: Authority,
    /// Judges signatures that certify papers; `None`: nobody is trusted to certify.
    judge: Option<Judge>,
}

/// What is submitted.
#[derive(Clone)]
pub struct Submitted {
    /// What it is for.
    pub kind: Kind,
    /// What is stated.
    pub form: Form,
    /// The day of submission; `None`: today.
    pub on: Option<jiff::civil::Date>,
    /// The application that is submitted anew and its version seen last; `None`: a new one.
    pub anew: Option<(Uuid, u64)>,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The application as it stands after it.
    pub standing: Standing,
    /// Its version.
    pub version: u64,
    /// The version of the person's record, when a number was formed.
    pub person_version: u64,
}

impl Office {
    /// Over a register, by a rulebook under a profile; numbers are formed as `authority` says.
    #[must_use]
    pub fn new(
        registrar: Registrar,
        rulebook: Current<Rulebook>,
        profile: Profile,
        authority: Authority,
    ) -> Self {
        Office { registrar, rulebook, profile, authority, judge: None }
    }

    /// The same, and papers may be certified by electronic signatures.
    #[must_use]
    pub fn with_judge(self, judge: Option<Judge>) -> Self {
        Office { judge, ..self }
    }

    /// Submits an application, for the first time or anew.
    ///
    /// # Errors
    /// The way to apply is not open that day; no such application, another version of it or a state
    /// that does not allow it; a number to correct that is not in force; the register cannot be
    /// written.
    pub async fn submit(
        &self,
        call: &CallContext,
        asked: &Asked,
        what: Submitted,
    ) -> Result<Answered, Error> {
        let id = what.anew.map_or_else(|| new_id(call), |(id, _)| id);
        let plan = Submitting { office: self, what, id, reference: &asked.reference };
        let kept = self.registrar.once(call, asked, &plan).await?;
        self.answered(call, &kept).await
    }

    /// Carries a command out that changes the application and nothing else.
    ///
    /// # Errors
    /// No such application, another version of it, or a state that does not allow it; a paper that
    /// means nothing to it; the register cannot be written.
    pub async fn change(
        &self,
        call: &CallContext,
        asked: &Asked,
        (id, expected): (Uuid, u64),
        command: Command,
    ) -> Result<Answered, Error> {
        let kept = self.registrar.once(call, asked, &Changing { id, expected, command }).await?;
        self.answered(call, &kept).await
    }

    /// An application as it stands.
    ///
    /// # Errors
    /// There is none of this id; the register cannot be read.
    pub async fn application(&self, call: &CallContext, id: Uuid) -> Result<Versioned<Standing>, Error> {
        let held = find(&self.registrar, call, id).await?;
        let (version, recorded_at) = (held.version, held.recorded_at);
        Ok(Versioned { value: self.standing(call, held.value), version, recorded_at })
    }

    fn standing(&self, call: &CallContext, application: Application) -> Standing {
        Standing::of(application, self.rulebook.get().calendar(), call.today)
    }

    /// What is answered: the application as it was right after the request, however often it is asked
    /// and whatever happened since.
    async fn answered(&self, call: &CallContext, kept: &Kept) -> Result<Answered, Error> {
        let id = Uuid::from_slice(&kept.entry).map_err(|_| Error::internal("a kept answer has no id"))?;
        let held = find(&self.registrar, call, id).await?;
        let events = usize::try_from(kept.events).unwrap_or(usize::MAX);
        Ok(Answered {
            standing: self.standing(call, held.value.after(events)),
            version: kept.version,
            person_version: kept.successor_version,
        })
    }
}

/// UUIDv7 at the call's own moment: time is injected, the rest is random.
fn new_id(call: &CallContext) -> Uuid {
    let seconds = u64::try_from(call.now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(call.now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(UuidTime::from_unix(NoContext, seconds, nanos))
}

async fn find(registrar: &Registrar, call: &CallContext, id: Uuid) -> Result<Versioned<Application>, Error> {
    let read = registrar.register.applications(&ApplicationKey::Id(id), call.deadline).await;
    let found = read.map_err(|e| fault(call, &e))?.value.into_iter().next();
    found.ok_or_else(|| Error::not_found(Reason::ApplicationNotFound))
}

/// A write of an application, and what is answered then.
fn written(application: Application, there: Option<u64>, submitted: bool) -> (Write, Kept) {
    let answer = Kept {
        version: there.unwrap_or(0) + 1,
        entry: application.id.as_bytes().to_vec(),
        events: application.events.len() as u64,
        ..Kept::default()
    };
    let stated = application.submission().filter(|_| submitted).map(|s| &s.form.applicant);
    let applicant = stated.and_then(|a| Some((a.document.clone()?, a.birth_date)));
    let expect = there.map_or(Expect::Absent, Expect::Version);
    (Write::Application { application, applicant, expect }, answer)
}

/// The state's name in the contract.
fn name(state: State) -> String {
    state.words().to_uppercase().replace(' ', "_")
}

/// What a caller is told of a command that cannot be carried out; `field` holds a paper's code.
fn forbidden(why: Forbidden, field: &str) -> Error {
    let invalid = |field: &str, description: String| {
        Error::invalid(vec![Violation { field: field.into(), description, reason: Reason::InvalidRequest }])
    };
    match why {
        Forbidden::State(state, allowed) => {
            let allowed: Vec<_> = allowed.into_iter().map(|act| act.to_string()).collect();
            let error = Error::precondition(Reason::StateForbids).with("state", name(state));
            error.with("allowed", allowed.join(","))
        }
        Forbidden::PapersOwed(codes) => {
            Error::precondition(Reason::PapersOutstanding).with("outstanding", codes.join(","))
        }
        Forbidden::UnknownPaper(known) => {
            invalid(field, format!("must be a paper of this application: {}", known.join(", ")))
        }
        Forbidden::AnotherSubject => {
            invalid("form.iin", "must be as it was submitted first: begin another application".into())
        }
        Forbidden::Full => Error::precondition(Reason::ApplicationFull),
    }
}

struct Submitting<'a> {
    office: &'a Office,
    what: Submitted,
    id: Uuid,
    reference: &'a str,
}

impl Plan for Submitting<'_> {
    async fn plan(&self, registrar: &Registrar, call: &CallContext) -> Result<Planned, Error> {
        let Submitted { kind, form, on, anew } = &self.what;
        let on = on.unwrap_or(call.today);
        let ruling = {
            let book = self.office.rulebook.get();
            ruling::of(&book, self.office.profile, *kind, form, on)?
        };
        if let Some(iin) = form.iin {
            let state = registrar.record(call, iin).await?.value.on(call.today).state;
            if state != NumberState::InForce {
                return Err(Error::precondition(Reason::StateForbids).with("number_state", state.name()));
            }
        }
        let submission = Submission { form: form.clone(), on, ruling, reference: self.reference.to_string() };
        let (application, there) = match anew {
            None => (Application::submitted(self.id, *kind, submission, call.now), None),
            Some((id, expected)) => {
                let held = find(registrar, call, *id).await?;
                same(held.version, *expected)?;
                if held.value.kind != *kind {
                    return Err(forbidden(Forbidden::AnotherSubject, ""));
                }
                let next = held.value.apply(Command::Submit(Box::new(submission)), call.now);
                (next.map_err(|why| forbidden(why, ""))?, Some(held.version))
            }
        };
        let (write, answer) = written(application, there, true);
        Ok(Planned { writes: vec![write], why: "application submitted".into(), answer })
    }
}

struct Changing {
    id: Uuid,
    expected: u64,
    command: Command,
}

impl Plan for Changing {
    async fn plan(&self, registrar: &Registrar, call: &CallContext) -> Result<Planned, Error> {
        let held = find(registrar, call, self.id).await?;
        same(held.version, self.expected)?;
        let (field, why) = match &self.command {
            Command::RecordDocument(_) => ("document_code", "paper recorded"),
            Command::RecordFingerprints(_) => ("", "fingerprints recorded"),
            Command::RecordDelay(..) => ("", "delay recorded"),
            Command::RequestCorrection(..) => ("outstanding", "correction requested"),
            Command::Refuse(..) => ("", "application refused"),
            Command::Withdraw => ("", "application withdrawn"),
            Command::Submit(_) | Command::Form(_) => {
                return Err(Error::internal("a command that changes more than the application"));
            }
        };
        let next = held.value.apply(self.command.clone(), call.now).map_err(|e| forbidden(e, field))?;
        let (write, answer) = written(next, Some(held.version), false);
        Ok(Planned { writes: vec![write], why: why.into(), answer })
    }
}
