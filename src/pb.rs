//! Code generated from `proto/` by `build.rs`. Messages have no `Debug`: they hold personal data.

/// The whole contract as an encoded `FileDescriptorSet`, for reflection and JSON.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));

/// Package `iinspect.v1`.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::unwrap_used, clippy::needless_pass_by_value)]
pub mod v1 {
    tonic::include_proto!("iinspect.v1");
}

/// Package `grpc.health.v1`.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::unwrap_used, clippy::needless_pass_by_value)]
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}
