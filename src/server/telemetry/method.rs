//! Which RPC a path is: of those that the server has, or another. A path from outside is never a label.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

/// An RPC by its full name, `iinspect.v1.VerificationService/Verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Method(&'static str);

/// What is none of the server's.
const OTHER: &str = "_OTHER";

/// The RPCs that the server has, each under its path.
static KNOWN: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let sets = [
        crate::pb::DESCRIPTORS,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let mut known = HashMap::new();
    // They are built in: one that cannot be read would be a bug, and its RPCs would be `_OTHER`.
    for pool in sets.iter().filter_map(|set| DescriptorPool::decode(*set).ok()) {
        for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let name = format!("{}/{}", method.parent_service().full_name(), method.name());
            // Once for the process: spans and metrics want names that stay.
            known.insert(format!("/{name}"), &*Box::leak(name.into_boxed_str()));
        }
    }
    known
});

impl Method {
    pub(super) fn of(path: &str) -> Self {
        Method(KNOWN.get(path).copied().unwrap_or(OTHER))
    }

    pub(super) fn name(self) -> &'static str {
        self.0
    }

    pub(super) fn is_health(self) -> bool {
        self.0.starts_with("grpc.health.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_server_are_known_and_no_other() {
        let name = |path: &str| Method::of(path).name();
        let verify = "/iinspect.v1.VerificationService/Verify";
        assert_eq!(name(verify), &verify[1..]);
        assert_eq!(name("/iinspect.v1.VerificationService/990140004654"), OTHER);
        assert_eq!(name(""), OTHER);
        assert!(Method::of("/grpc.health.v1.Health/Check").is_health());
        for version in ["v1", "v1alpha"] {
            let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
            assert_eq!(name(&path), &path[1..]);
        }
    }
}
