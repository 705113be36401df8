//! IssuanceService: the registrar's side. So far it says what a number needs.

mod plan;
mod request;

use tonic::{Request, Response, Status};

use super::edge::{Edge, refuse};
use super::not_yet;
use crate::pb::v1::{self, issuance_service_server::IssuanceService};
use crate::reload::Current;
use crate::rulebook::{Profile, Rulebook, requirements};

/// The service over the rulebook.
#[derive(Clone, Debug)]
pub struct Service {
    edge: Edge,
    rulebook: Current<Rulebook>,
    profile: Profile,
}

impl Service {
    /// The service, by a rulebook and under a profile.
    #[must_use]
    pub fn new(edge: Edge, rulebook: Current<Rulebook>, profile: Profile) -> Self {
        Service { edge, rulebook, profile }
    }
}

not_yet!(IssuanceService as "iinspect.v1.IssuanceService" {
    @served {
        async fn get_requirements(
            &self,
            request: Request<v1::GetRequirementsRequest>,
        ) -> Result<Response<v1::GetRequirementsResponse>, Status> {
            let call = self.edge.context(&request);
            let applicant = request::applicant(&call, request.into_inner()).map_err(|e| refuse(&call, &e))?;
            let rulebook = self.rulebook.get();
            let plan = requirements::plan(&rulebook, self.profile, &applicant);
            Ok(Response::new(plan::message(&plan, rulebook.calendar().version())))
        }
    }
    submit_application(SubmitApplicationRequest) -> SubmitApplicationResponse = "SubmitApplication";
    get_application(GetApplicationRequest) -> GetApplicationResponse = "GetApplication";
    list_applications(ListApplicationsRequest) -> ListApplicationsResponse = "ListApplications";
    record_document(RecordDocumentRequest) -> RecordDocumentResponse = "RecordDocument";
    record_fingerprints(RecordFingerprintsRequest) -> RecordFingerprintsResponse = "RecordFingerprints";
    record_delay(RecordDelayRequest) -> RecordDelayResponse = "RecordDelay";
    request_correction(RequestCorrectionRequest) -> RequestCorrectionResponse = "RequestCorrection";
    refuse_application(RefuseApplicationRequest) -> RefuseApplicationResponse = "RefuseApplication";
    form_iin(FormIinRequest) -> FormIinResponse = "FormIin";
    withdraw_application(WithdrawApplicationRequest) -> WithdrawApplicationResponse = "WithdrawApplication";
});
