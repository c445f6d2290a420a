//! Generates prost's messages of the test schema, which the GDScript
//! generator's output is compared with.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=testdata/everything.proto");
    let schema = protox::compile(["testdata/everything.proto"], ["testdata"])?;
    prost_build::Config::new().compile_fds(schema)?;
    Ok(())
}
