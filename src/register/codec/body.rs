//! The messages of the bodies. Every field and its tag is here for as long as a register lives.

use prost::Message;

/// Prost wants `Debug` of every message; these hold personal data, so theirs is empty.
macro_rules! redacted {
    ($($message:ident)*) => { $(
        impl std::fmt::Debug for $message {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($message), "(..)"))
            }
        }
    )* };
}

redacted!(RecordBody ScheduledBody NameBody DocumentBody EntryBody ClientsBody ApplicationBody);
redacted!(FactBody VersionBody ListedBody);

/// Dates are `year * 10000 + month * 100 + day`: readable in a dump.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct RecordBody {
    #[prost(sint32, optional, tag = "1")]
    pub(super) since: Option<i32>,
    #[prost(string, tag = "2")]
    pub(super) state_reason: String,
    #[prost(uint64, optional, tag = "3")]
    pub(super) superseded_by: Option<u64>,
    #[prost(message, repeated, tag = "4")]
    pub(super) names: Vec<NameBody>,
    #[prost(sint32, optional, tag = "5")]
    pub(super) birth_date: Option<i32>,
    /// 0 not known, 1 male, 2 female.
    #[prost(uint32, tag = "6")]
    pub(super) sex: u32,
    /// Empty: not known.
    #[prost(string, tag = "7")]
    pub(super) citizenship: String,
    #[prost(message, repeated, tag = "8")]
    pub(super) documents: Vec<DocumentBody>,
    #[prost(message, optional, tag = "9")]
    pub(super) scheduled: Option<ScheduledBody>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct ScheduledBody {
    /// As in a row's column.
    #[prost(uint32, tag = "1")]
    pub(super) state: u32,
    #[prost(sint32, tag = "2")]
    pub(super) on: i32,
    #[prost(string, tag = "3")]
    pub(super) reason: String,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct NameBody {
    #[prost(string, tag = "1")]
    pub(super) family: String,
    #[prost(string, tag = "2")]
    pub(super) given: String,
    /// Present and empty: known to have none.
    #[prost(string, optional, tag = "3")]
    pub(super) patronymic: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct DocumentBody {
    #[prost(string, tag = "1")]
    pub(super) kind: String,
    #[prost(string, tag = "2")]
    pub(super) number: String,
    /// Empty: not known.
    #[prost(string, tag = "3")]
    pub(super) country: String,
    #[prost(sint32, optional, tag = "4")]
    pub(super) valid_until: Option<i32>,
    #[prost(message, optional, tag = "5")]
    pub(super) name: Option<NameBody>,
    /// Empty: not known.
    #[prost(string, tag = "6")]
    pub(super) status: String,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct EntryBody {
    #[prost(message, optional, tag = "1")]
    pub(super) scope: Option<ClientsBody>,
    #[prost(message, optional, tag = "2")]
    pub(super) visibility: Option<ClientsBody>,
    /// Microseconds since 1970.
    #[prost(sint64, optional, tag = "3")]
    pub(super) expires_at: Option<i64>,
    #[prost(string, tag = "4")]
    pub(super) note: String,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct ClientsBody {
    #[prost(bool, tag = "1")]
    pub(super) all: bool,
    #[prost(string, repeated, tag = "2")]
    pub(super) ids: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct ApplicationBody {
    /// 1 formation, 2 correction.
    #[prost(uint32, tag = "1")]
    pub(super) kind: u32,
    #[prost(uint64, optional, tag = "2")]
    pub(super) iin: Option<u64>,
    /// Each event in its serde form, as JSON.
    #[prost(string, repeated, tag = "3")]
    pub(super) events: Vec<String>,
}

/// A whole fact, as it leaves the register for a cache that others share.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct FactBody {
    #[prost(message, optional, tag = "1")]
    pub(super) record: Option<VersionBody>,
    #[prost(message, repeated, tag = "2")]
    pub(super) hotlist: Vec<ListedBody>,
    /// When the shard last changed, in microseconds since 1970.
    #[prost(sint64, optional, tag = "3")]
    pub(super) changed_at: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct VersionBody {
    /// As in a row's column.
    #[prost(uint32, tag = "1")]
    pub(super) state: u32,
    #[prost(uint64, tag = "2")]
    pub(super) version: u64,
    /// Microseconds since 1970.
    #[prost(sint64, tag = "3")]
    pub(super) recorded_at: i64,
    #[prost(message, optional, tag = "4")]
    pub(super) record: Option<RecordBody>,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct ListedBody {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) id: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    pub(super) entry: Option<EntryBody>,
}
