//! The stage: a register with a handful of synthetic persons, and the services over it.

use std::time::Duration;

use iinspect::clock::Clock;
use iinspect::grpc::edge::Edge;
use iinspect::grpc::verification::Service;
use iinspect::issuance::Application;
use iinspect::number::{Iin, Sex, control};
use iinspect::pb::v1::verification_service_server::VerificationService;
use iinspect::pb::v1::{self, CheckKind, Outcome, Reason, Verdict};
use iinspect::person::{Document, Name, Person};
use iinspect::register::{
    Changeset, Expect, Ledger, NumberState, Origin, Record, Register, Write, hotlist, memory,
};
use iinspect::server::health::Board;
use iinspect::verification::claims::Policy;
use iinspect::verification::stream::Streams;
use iinspect::verification::watch::Watches;
use iinspect::verification::{Completeness, Rules, Verification};
use jiff::civil::date;
use tokio::time::Instant;
use tonic::{Request, Status};
use uuid::Uuid;

pub(super) const NOW: &str = "2026-11-22T07:00:00Z";

/// A test number: month 13-99 in digits three and four.
pub(super) fn number(prefix: &str) -> Iin {
    let mut digits = [0; 11];
    for (digit, byte) in digits.iter_mut().zip(prefix.bytes()) {
        *digit = byte - b'0';
    }
    let control = control(&digits).digit().expect("a prefix that is issued");
    Iin::parse(&format!("{prefix}{control}")).expect("a number")
}

pub(super) fn holder() -> Iin {
    number("90210530001")
}

/// The holder: real birth date 1990-01-05, which the test number does not tell.
pub(super) fn person() -> Person {
    let document = Document {
        kind: "IDENTITY_CARD".into(),
        number: "012 345 678".into(),
        country: "KAZ".parse().ok(),
        valid_until: Some(date(2030, 6, 30)),
        status: "00".parse().ok(),
        name: Some(name("Testova", "Aisha", None)),
    };
    let expired = Document {
        kind: "PASSPORT".into(),
        number: "N1".into(),
        valid_until: Some(date(2026, 11, 21)),
        ..Document::default()
    };
    Person {
        names: vec![name("Тестова", "Айша", Some("Нурқызы"))],
        birth_date: Some(date(1990, 1, 5)),
        sex: Some(Sex::Female),
        citizenship: "KAZ".parse().ok(),
        documents: vec![document, expired],
    }
}

pub(super) fn name(family: &str, given: &str, patronymic: Option<&str>) -> Name {
    Name { family: family.into(), given: given.into(), patronymic: patronymic.map(Into::into) }
}

pub(super) struct Scene {
    pub(super) service: Service,
    pub(super) register: Register,
}

pub(super) struct Setting {
    pub(super) completeness: Completeness,
    pub(super) strict: bool,
    pub(super) claims: Policy,
}

impl Default for Setting {
    fn default() -> Self {
        Setting { completeness: Completeness::Complete, strict: false, claims: Policy::default() }
    }
}

impl Scene {
    pub(super) async fn new(setting: Setting) -> Self {
        let store = memory::Store::new(2, 1000);
        let scene = Scene::over(Register::Memory(store), setting);
        scene.put(holder(), NumberState::InForce, person()).await;
        scene
    }

    pub(super) fn rules(setting: Setting) -> Rules {
        Rules {
            register_name: "scene".into(),
            completeness: setting.completeness,
            strict_structure: setting.strict,
            max_age: Duration::from_secs(1),
            claims: setting.claims,
            read_timeout: Duration::from_millis(500),
        }
    }

    pub(super) fn over(register: Register, setting: Setting) -> Self {
        let rules = Self::rules(setting);
        let clock = Clock::fixed(NOW.parse().unwrap());
        let edge = Edge::new(clock, Duration::from_secs(5));
        let verification = Verification::new(register.clone(), rules);
        let watches = Watches::new(&verification, 4, Duration::from_millis(10));
        let service = Service::new(verification, edge, Streams::new(4, 4, 8), watches, Board::new());
        Scene { service, register }
    }

    pub(super) async fn put(&self, iin: Iin, state: NumberState, person: Person) {
        let record = Record {
            state,
            since: Some(date(2020, 2, 3)),
            state_reason: "as recorded".into(),
            scheduled: None,
            superseded_by: (state == NumberState::Superseded).then(holder),
            person,
        };
        self.write(Write::record(iin, record, Expect::Any)).await;
    }

    pub(super) async fn list(&self, iin: Iin, visibility: hotlist::Clients, expires_at: Option<&str>) {
        let entry = hotlist::Entry {
            id: Uuid::from_u128(u128::from(iin.as_u64())),
            scope: hotlist::Clients::All,
            visibility,
            expires_at: expires_at.map(|at| at.parse().unwrap()),
            note: String::new(),
        };
        self.write(Write::hotlist(iin, entry)).await;
    }

    pub(super) async fn apply(
        &self,
        application: Application,
        applicant: Option<(Document, jiff::civil::Date)>,
    ) {
        self.write(Write::Application { application, applicant, expect: Expect::Any }).await;
    }

    /// Puts the same record under many numbers, in one changeset.
    pub(super) async fn put_all(&self, iins: &[Iin], record: &Record) {
        let record = |iin| Write::record(iin, record.clone(), Expect::Any);
        self.write_all(iins.iter().copied().map(record).collect()).await;
    }

    async fn write(&self, write: Write) {
        self.write_all(vec![write]).await;
    }

    async fn write_all(&self, writes: Vec<Write>) {
        let changeset = Changeset::new(NOW.parse().unwrap(), Origin::of("test"), "", writes);
        self.register.commit(changeset, Instant::now() + Duration::from_secs(5)).await.unwrap();
    }

    pub(super) async fn verify(&self, request: v1::VerifyRequest) -> Result<v1::VerifyResponse, Status> {
        self.service.verify(Request::new(request)).await.map(tonic::Response::into_inner)
    }

    /// Verifies what must be answered.
    pub(super) async fn answer(&self, request: v1::VerifyRequest) -> Answer {
        match self.verify(request).await {
            Ok(answer) => Answer(answer),
            Err(status) => panic!("refused: {status:?}"),
        }
    }
}

/// An answer, read by name.
pub(super) struct Answer(pub(super) v1::VerifyResponse);

impl Answer {
    pub(super) fn verdict(&self) -> &'static str {
        self.0.verdict().as_str_name().trim_start_matches("VERDICT_")
    }

    pub(super) fn reasons(&self) -> Vec<&'static str> {
        self.0.reasons().map(|r| r.as_str_name().trim_start_matches("REASON_")).collect()
    }

    pub(super) fn assurance(&self) -> &'static str {
        self.0.assurance().as_str_name().trim_start_matches("ASSURANCE_")
    }

    pub(super) fn evidence(&self) -> Vec<&'static str> {
        self.0.evidence().map(|r| r.as_str_name().trim_start_matches("ASSURANCE_")).collect()
    }

    pub(super) fn check(&self, kind: CheckKind) -> &v1::Check {
        self.0.checks.iter().find(|c| c.kind() == kind).expect("all 13 kinds are answered")
    }

    /// Outcome and reason of one check.
    pub(super) fn is(&self, kind: CheckKind) -> (Outcome, Reason) {
        let check = self.check(kind);
        (check.outcome(), check.reason())
    }
}

/// For assertions: enums of the contract have no `Debug`.
#[track_caller]
pub(super) fn assert_check(answer: &Answer, kind: CheckKind, outcome: Outcome, reason: Reason) {
    let (o, r) = answer.is(kind);
    let told = |o: Outcome, r: Reason| (kind.as_str_name(), o.as_str_name(), r.as_str_name());
    assert_eq!(told(o, r), told(outcome, reason));
}

#[track_caller]
pub(super) fn assert_verdict(answer: &Answer, verdict: Verdict, reasons: &[&str]) {
    let want = verdict.as_str_name().trim_start_matches("VERDICT_");
    assert_eq!((answer.verdict(), answer.reasons()), (want, reasons.to_vec()));
}

pub(super) fn request(iin: &str) -> v1::VerifyRequest {
    v1::VerifyRequest { iin: iin.into(), ..v1::VerifyRequest::default() }
}

pub(super) fn with_claims(iin: &str, claims: v1::Claims) -> v1::VerifyRequest {
    v1::VerifyRequest { claims: Some(claims), ..request(iin) }
}

/// Claims that agree with the holder.
pub(super) fn true_claims() -> v1::Claims {
    v1::Claims {
        name: Some(person_name("ТЕСТОВА", "Айша", None)),
        birth_date: "1990-01-05".into(),
        sex: v1::Sex::Female.into(),
        citizenship: "KAZ".into(),
        document: Some(v1::Document { number: "012345678".into(), ..v1::Document::default() }),
    }
}

pub(super) fn person_name(family: &str, given: &str, patronymic: Option<&str>) -> v1::PersonName {
    v1::PersonName { family: family.into(), given: given.into(), patronymic: patronymic.map(Into::into) }
}
