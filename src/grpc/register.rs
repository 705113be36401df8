//! RegisterService: the operator's side. Its work comes with the register's history.

use super::not_yet;
use crate::pb::v1::{self, register_service_server::RegisterService};

/// Answers UNIMPLEMENTED to every RPC.
#[derive(Clone, Copy, Debug, Default)]
pub struct Service;

not_yet!(RegisterService as "iinspect.v1.RegisterService" {
    put_person(PutPersonRequest) -> PutPersonResponse = "PutPerson";
    get_person(GetPersonRequest) -> GetPersonResponse = "GetPerson";
    exclude_person(ExcludePersonRequest) -> ExcludePersonResponse = "ExcludePerson";
    restore_person(RestorePersonRequest) -> RestorePersonResponse = "RestorePerson";
    supersede_iin(SupersedeIinRequest) -> SupersedeIinResponse = "SupersedeIin";
    put_hotlist_entry(PutHotlistEntryRequest) -> PutHotlistEntryResponse = "PutHotlistEntry";
    delete_hotlist_entry(DeleteHotlistEntryRequest) -> DeleteHotlistEntryResponse = "DeleteHotlistEntry";
    list_changes(ListChangesRequest) -> ListChangesResponse = "ListChanges";
    @client_stream import_persons(ImportPersonsRequest) -> ImportPersonsResponse = "ImportPersons";
});
