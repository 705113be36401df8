//! IssuanceService: the registrar's side.

mod answer;
mod asked;
mod form;
mod list;
mod plan;
mod request;

use tonic::{Request, Response, Status};

use super::convert;
use super::edge::Edge;
use super::register::told;
use super::validate::Checker;
use crate::context::CallContext;
use crate::error::Error;
use crate::issuance::Command;
use crate::pb::v1::{self, issuance_service_server::IssuanceService};
use crate::registrar::application::{Answered, Office};
use crate::registrar::request::Asked;
use crate::reload::Current;
use crate::rulebook::{Profile, Rulebook, requirements};

/// The service over the rulebook and the register.
#[derive(Clone, Debug)]
pub struct Service {
    edge: Edge,
    rulebook: Current<Rulebook>,
    profile: Profile,
    office: Office,
}

type Answer<T> = Result<Response<T>, Status>;

impl Service {
    /// The service, by a rulebook and under a profile, over the office that applications are made at.
    #[must_use]
    pub fn new(edge: Edge, rulebook: Current<Rulebook>, profile: Profile, office: Office) -> Self {
        Service { edge, rulebook, profile, office }
    }

    /// A request that changes an application and nothing else.
    async fn change(
        &self,
        call: &CallContext,
        checked: Result<(Asked, asked::Which, Command), Error>,
    ) -> Result<Answered, Error> {
        let (asked, which, command) = checked?;
        self.office.change(call, &asked, which, command).await
    }
}

#[tonic::async_trait]
impl IssuanceService for Service {
    async fn get_requirements(
        &self,
        request: Request<v1::GetRequirementsRequest>,
    ) -> Answer<v1::GetRequirementsResponse> {
        let call = self.edge.context(&request);
        let answer = request::applicant(&call, request.into_inner()).map(|applicant| {
            let rulebook = self.rulebook.get();
            let plan = requirements::plan(&rulebook, self.profile, &applicant);
            plan::message(&plan, rulebook.calendar().version())
        });
        told(&call, answer)
    }

    async fn submit_application(
        &self,
        request: Request<v1::SubmitApplicationRequest>,
    ) -> Answer<v1::SubmitApplicationResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let (asked, submitted) = asked::submit(&call, &message)?;
            let answered = self.office.submit(&call, &asked, submitted).await?;
            let application = Some(convert::application(&answered.standing));
            Ok(v1::SubmitApplicationResponse { application, version: answered.version })
        };
        told(&call, answer.await)
    }

    async fn get_application(
        &self,
        request: Request<v1::GetApplicationRequest>,
    ) -> Answer<v1::GetApplicationResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let mut c = Checker::default();
            let id = asked::id(&mut c, &message.application_id);
            c.finish()?;
            Ok(answer::whole(&self.office.application(&call, id).await?))
        };
        told(&call, answer.await)
    }

    async fn list_applications(
        &self,
        request: Request<v1::ListApplicationsRequest>,
    ) -> Answer<v1::ListApplicationsResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let asked = list::request(&message)?;
            let listed = self.office.list(&call, &asked.filter, asked.size, asked.after).await?;
            Ok(list::response(&asked, &listed))
        };
        told(&call, answer.await)
    }

    async fn record_document(
        &self,
        request: Request<v1::RecordDocumentRequest>,
    ) -> Answer<v1::RecordDocumentResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let (asked, which, paper, signed) = asked::document(&message)?;
            let answered = match signed {
                None => {
                    let command = Command::RecordDocument(Box::new(paper));
                    self.office.change(&call, &asked, which, command).await?
                }
                Some(signed) => self.office.record_certified(&call, &asked, which, paper, signed).await?,
            };
            Ok(v1::RecordDocumentResponse {
                application: Some(convert::application(&answered.standing)),
                version: answered.version,
                document: answer::paper(&answered, &message.document_code),
            })
        };
        told(&call, answer.await)
    }

    async fn record_fingerprints(
        &self,
        request: Request<v1::RecordFingerprintsRequest>,
    ) -> Answer<v1::RecordFingerprintsResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = self.change(&call, asked::prints(&call, &message)).await;
        let answer = answer.map(|answered| v1::RecordFingerprintsResponse {
            application: Some(convert::application(&answered.standing)),
            version: answered.version,
            fingerprints: answer::taken(&answered),
        });
        told(&call, answer)
    }

    async fn record_delay(
        &self,
        request: Request<v1::RecordDelayRequest>,
    ) -> Answer<v1::RecordDelayResponse> {
        let call = self.edge.context(&request);
        let answer = self.change(&call, asked::delay(&request.into_inner())).await;
        let answer = answer.map(|answered| v1::RecordDelayResponse {
            application: Some(convert::application(&answered.standing)),
            version: answered.version,
        });
        told(&call, answer)
    }

    async fn request_correction(
        &self,
        request: Request<v1::RequestCorrectionRequest>,
    ) -> Answer<v1::RequestCorrectionResponse> {
        let call = self.edge.context(&request);
        let answer = self.change(&call, asked::correction(&request.into_inner())).await;
        let answer = answer.map(|answered| v1::RequestCorrectionResponse {
            application: Some(convert::application(&answered.standing)),
            version: answered.version,
        });
        told(&call, answer)
    }

    async fn refuse_application(
        &self,
        request: Request<v1::RefuseApplicationRequest>,
    ) -> Answer<v1::RefuseApplicationResponse> {
        let call = self.edge.context(&request);
        let answer = self.change(&call, asked::refusal(&request.into_inner())).await;
        let answer = answer.map(|answered| v1::RefuseApplicationResponse {
            application: Some(convert::application(&answered.standing)),
            version: answered.version,
        });
        told(&call, answer)
    }

    async fn form_iin(&self, request: Request<v1::FormIinRequest>) -> Answer<v1::FormIinResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let (asked, which, iin) = asked::formation(&message)?;
            let answered = self.office.form_iin(&call, &asked, which, iin).await?;
            Ok(v1::FormIinResponse {
                application: Some(convert::application(&answered.standing)),
                version: answered.version,
                iin: answer::iin(&answered.standing.application),
                person_version: answered.person_version,
            })
        };
        told(&call, answer.await)
    }

    async fn withdraw_application(
        &self,
        request: Request<v1::WithdrawApplicationRequest>,
    ) -> Answer<v1::WithdrawApplicationResponse> {
        let call = self.edge.context(&request);
        let answer = self.change(&call, asked::withdrawal(&request.into_inner())).await;
        let answer = answer.map(|answered| v1::WithdrawApplicationResponse {
            application: Some(convert::application(&answered.standing)),
            version: answered.version,
        });
        told(&call, answer)
    }
}
