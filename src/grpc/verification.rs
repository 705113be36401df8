//! VerificationService.

mod out;
mod screen;
mod stream;
mod watch;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::time::Instant;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::convert;
use super::edge::{CallersDeadline, Edge, refuse};
use super::evidence;
use super::validate::{Checker, MAX_REFERENCE};
use crate::context::CallContext;
use crate::error::Error;
use crate::number;
use crate::pb::v1::{self, verification_service_server::VerificationService};
use crate::reason::Reason;
use crate::register::ApplicationKey;
use crate::rulebook::Purpose;
use crate::server::health::Board;
use crate::telemetry::span::{self, FutureExt};
use crate::verification::claims::Claims;
use crate::verification::stream::Streams;
use crate::verification::verify::Number;
use crate::verification::watch::Watches;
use crate::verification::{self, Assurance, Verification};

/// The service over its use cases.
#[derive(Clone, Debug)]
pub struct Service {
    verification: Verification,
    edge: Edge,
    streams: Streams,
    watches: Watches,
    board: Board,
}

impl Service {
    /// The service. Its streams keep to the bounds of `streams` and `watches` and end when `board` is
    /// closed.
    #[must_use]
    pub fn new(
        verification: Verification,
        edge: Edge,
        streams: Streams,
        watches: Watches,
        board: Board,
    ) -> Self {
        Service { verification, edge, streams, watches, board }
    }

    /// One verification, alone or as an item of a stream.
    async fn answer(&self, call: &CallContext, m: v1::VerifyRequest) -> Result<v1::VerifyResponse, Status> {
        let asked = verify_request(call, &m).map_err(|e| refuse(call, &e))?;
        let answer = self.verification.verify(call, &asked).await.map_err(|e| refuse(call, &e))?;
        Ok(convert::verified(&answer, m.explain, m.request_id, m.client_reference))
    }

    /// Resolves when streams are to end.
    fn closed(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut board = self.board.follow();
        async move {
            // An error would mean that the server is gone: the same end.
            let _ = board.wait_for(|view| view.closed).await;
        }
    }
}

/// When the caller's own timeout ends a stream.
fn until<T>(request: &Request<T>) -> Option<Instant> {
    request.extensions().get::<CallersDeadline>().map(|until| until.0)
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl VerificationService for Service {
    async fn verify(
        &self,
        request: Request<v1::VerifyRequest>,
    ) -> Result<Response<v1::VerifyResponse>, Status> {
        let call = self.edge.context(&request);
        self.answer(&call, request.into_inner()).await.map(Response::new)
    }

    async fn decode(
        &self,
        request: Request<v1::DecodeRequest>,
    ) -> Result<Response<v1::DecodeResponse>, Status> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let mut c = Checker::default();
        c.number_text("number", &message.number);
        c.finish().map_err(|e| refuse(&call, &e))?;
        Ok(Response::new(convert::decoded(&number::inspect(&message.number, call.today))))
    }

    async fn issue_status(
        &self,
        request: Request<v1::IssueStatusRequest>,
    ) -> Result<Response<v1::IssueStatusResponse>, Status> {
        let call = self.edge.context(&request);
        let key = status_key(Checker::default(), &request.into_inner()).map_err(|e| refuse(&call, &e))?;
        let status = self.verification.issue_status(&call, &key).await.map_err(|e| refuse(&call, &e))?;
        Ok(Response::new(convert::issue_status(&status)))
    }

    type VerifyStreamStream = Answers<v1::VerifyStreamResponse>;

    async fn verify_stream(
        &self,
        request: Request<Streaming<v1::VerifyStreamRequest>>,
    ) -> Result<Response<Self::VerifyStreamStream>, Status> {
        let (call, until) = (self.edge.context(&request), until(&request));
        let place = self.streams.open().ok_or_else(|| refuse(&call, &Error::overloaded()))?;
        let service = Arc::new(self.clone());
        let work = move |call: CallContext, message| {
            let service = service.clone();
            async move { service.answer(&call, message).await }
        };
        let items = request.into_inner();
        let driver = stream::Driver::new(self.edge.clone(), call, until, &self.streams, items, work);
        let (out, answers) = out::channel(stream::ROOM);
        let closed = self.closed();
        let streaming = async move {
            driver.run(out, closed).await;
            drop(place);
        };
        tokio::spawn(streaming.with_context(span::here()));
        Ok(Response::new(Box::pin(answers)))
    }

    async fn screen(
        &self,
        request: Request<v1::ScreenRequest>,
    ) -> Result<Response<v1::ScreenResponse>, Status> {
        let call = self.edge.context(&request);
        let asked = screen::request(request.into_inner()).map_err(|e| refuse(&call, &e))?;
        let screened = self.verification.screen(&call, &asked).await.map_err(|e| refuse(&call, &e))?;
        Ok(Response::new(screen::response(screened)))
    }

    type WatchIssueStatusStream = Answers<v1::WatchIssueStatusResponse>;

    async fn watch_issue_status(
        &self,
        request: Request<v1::WatchIssueStatusRequest>,
    ) -> Result<Response<Self::WatchIssueStatusStream>, Status> {
        let (call, until) = (self.edge.context(&request), until(&request));
        let (key, since) = watch::request(request.into_inner()).map_err(|e| refuse(&call, &e))?;
        let begun = self.verification.watch(&self.watches, &call, key, since).await;
        let (watch, first) = begun.map_err(|e| refuse(&call, &e))?;
        let (out, answers) = out::channel(1);
        let driver = watch::Driver { edge: self.edge.clone(), call, until, watch };
        tokio::spawn(driver.run(first, out, self.closed()).with_context(span::here()));
        Ok(Response::new(Box::pin(answers)))
    }

    async fn create_challenge(
        &self,
        request: Request<v1::CreateChallengeRequest>,
    ) -> Result<Response<v1::CreateChallengeResponse>, Status> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let mut c = Checker::default();
        let iin = c.iin("iin", &message.iin);
        let asked =
            c.finish().and_then(|()| iin.ok_or_else(|| Error::internal("a checked number is missing")));
        let challenge = asked.and_then(|iin| self.verification.create_challenge(&call, iin));
        let challenge = challenge.map_err(|e| refuse(&call, &e))?;
        Ok(Response::new(v1::CreateChallengeResponse {
            challenge_id: challenge.id,
            to_sign: challenge.to_sign.to_vec(),
            xml: challenge.xml,
            expires_at: Some(convert::timestamp(challenge.expires_at)),
        }))
    }
}

fn verify_request(call: &CallContext, m: &v1::VerifyRequest) -> Result<verification::Request, Error> {
    let mut c = Checker::default();
    c.number_text("iin", &m.iin);
    c.uuid("request_id", &m.request_id);
    c.at_most("client_reference", &m.client_reference, MAX_REFERENCE);
    c.at_most("on_behalf_of", &m.on_behalf_of, MAX_REFERENCE);
    c.at_most("end_user", &m.end_user, MAX_REFERENCE);
    let max_age = c.max_age("max_age", m.max_age.as_ref());
    let as_of = c.past("as_of", m.as_of.as_ref(), call.now);
    let claims = m.claims.as_ref().map(|m| claims(&mut c, m)).unwrap_or_default();
    let purpose = purpose(&mut c, m.purpose);
    let required_assurance = c.choice("required_assurance", m.required_assurance, |a: v1::Assurance| {
        [Assurance::None].into_iter().chain(Assurance::RUNGS).find(|known| *known as i32 == a as i32)
    });
    let signature = m.signature.as_ref().and_then(|m| evidence::of_challenge(&mut c, m));
    // Each of these changes what an answer means or what is kept of it: never ignored.
    c.not_yet("consent", m.consent.is_some());
    c.not_yet("on_behalf_of", !m.on_behalf_of.is_empty());
    c.not_yet("end_user", !m.end_user.is_empty());
    c.finish()?;
    Ok(verification::Request {
        number: Number(m.iin.clone()),
        claims,
        purpose,
        required_assurance,
        max_age,
        as_of,
        signature,
    })
}

fn purpose(c: &mut Checker, value: i32) -> Option<Purpose> {
    c.choice("purpose", value, |p: v1::Purpose| {
        Purpose::ALL.into_iter().find(|known| *known as i32 == p as i32)
    })
}

fn claims(c: &mut Checker, m: &v1::Claims) -> Claims {
    Claims {
        name: m.name.as_ref().map(|n| c.name("claims.name", n)),
        birth_date: c.date("claims.birth_date", &m.birth_date),
        sex: c.sex("claims.sex", m.sex),
        citizenship: c.country("claims.citizenship", &m.citizenship),
        document: m.document.as_ref().map(|d| c.document("claims.document", d)),
    }
}

fn status_key(mut c: Checker, m: &v1::IssueStatusRequest) -> Result<ApplicationKey, Error> {
    use v1::issue_status_request::Key;
    c.max_age("max_age", m.max_age.as_ref());
    let birth_date = c.date("birth_date", &m.birth_date);
    if !m.birth_date.is_empty() && !matches!(m.key, Some(Key::Document(_))) {
        c.violation("birth_date", Reason::InvalidRequest, "goes with document only");
    }
    let key = match &m.key {
        None => {
            c.violation("key", Reason::InvalidRequest, "must be one of application_id, iin and document");
            None
        }
        Some(Key::ApplicationId(id)) => {
            c.number_text("application_id", id);
            // Ids are opaque to callers: one that was never given out is simply not found.
            Some(ApplicationKey::Id(Uuid::try_parse(id).unwrap_or(Uuid::nil())))
        }
        Some(Key::Iin(text)) => c.iin("iin", text).map(ApplicationKey::Number),
        Some(Key::Document(d)) => {
            let document = c.document("document", d);
            for (field, empty) in [
                ("document.type", d.r#type.is_empty()),
                ("document.issuing_country", d.issuing_country.is_empty()),
            ] {
                if empty {
                    c.violation(field, Reason::InvalidRequest, "must not be empty");
                }
            }
            if !d.valid_until.is_empty() {
                c.violation("document.valid_until", Reason::InvalidRequest, "must be empty here");
            }
            if m.birth_date.is_empty() {
                c.violation("birth_date", Reason::InvalidRequest, "must be given with document");
            }
            birth_date.map(|date| ApplicationKey::Applicant(document, date))
        }
    };
    c.finish()?;
    key.ok_or_else(|| Error::internal("a checked key is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<A, B, C, F: Future>(_: impl FnOnce(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    /// It is moved several times for each call: what few calls need is in boxes.
    #[test]
    fn the_future_of_an_answer_is_small() {
        assert!(size(Service::answer) <= 4096, "{}", size(Service::answer));
    }
}
