//! Generates the messages from the schema, without `protoc`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=../proto/packets.proto");
    let schema = protox::compile(["../proto/packets.proto"], ["../proto"])?;
    prost_build::Config::new().compile_fds(schema)?;
    Ok(())
}
