//! Compiles the contract in `proto/` with protox, so that a fresh machine needs no protoc.

#[cfg(not(feature = "server"))]
fn main() {}

#[cfg(feature = "server")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use prost::Message;

    const FILES: &[&str] = &[
        "iinspect/v1/verification_service.proto",
        "iinspect/v1/issuance_service.proto",
        "iinspect/v1/register_service.proto",
        "grpc/health/v1/health.proto",
    ];
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=build.rs");
    let descriptors = protox::compile(FILES, ["proto"])?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.binpb"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_transport(false)
        // Requests hold personal data: without Debug they cannot be printed, not even by mistake.
        .skip_debug([".iinspect.v1"])
        .extern_path(".google.rpc", "::tonic_types::pb")
        // The contract's comments are prose for protobuf tools, not rustdoc (links, examples).
        .disable_comments(["."])
        .compile_fds(descriptors)?;
    Ok(())
}
