//! IssuanceService: the registrar's side. Its work comes with the rulebook.

use super::not_yet;
use crate::pb::v1::{self, issuance_service_server::IssuanceService};

/// Answers UNIMPLEMENTED to every RPC.
#[derive(Clone, Copy, Debug, Default)]
pub struct Service;

not_yet!(IssuanceService as "iinspect.v1.IssuanceService" {
    get_requirements(GetRequirementsRequest) -> GetRequirementsResponse = "GetRequirements";
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
