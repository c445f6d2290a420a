//! `cargo xtask messages`: writes the schemas' messages in Rust, or says that they
//! are stale.
//!
//! They are committed, so that nobody who builds Guildhall has to build a compiler
//! of schemas first.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use prost_build::{Config, Module};

/// Each schema and the file of its messages, from the workspace's root.
const FILES: [(&str, &str); 2] = [
    ("proto/packets.proto", "protocol/src/packet/generated.rs"),
    (
        "xtask/testdata/everything.proto",
        "xtask/src/godot/corpus/everything.rs",
    ),
];

/// Writes the files under `root`, or with `check` only compares.
///
/// # Errors
///
/// A schema that does not compile, and a stale file.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    for (schema, file) in FILES {
        let code = generate(&root.join(schema)).with_context(|| schema.to_owned())?;
        let path = root.join(file);
        if !check {
            fs::write(&path, code).with_context(|| format!("cannot write {file}"))?;
            println!("wrote {file}");
        } else if fs::read_to_string(&path).unwrap_or_default() != code {
            bail!("{file} is not what {schema} says: run `cargo xtask messages`");
        }
    }
    Ok(())
}

/// The Rust code for the schema at `path`.
fn generate(path: &Path) -> Result<String> {
    let folder = path.parent().context("the schema file has no folder")?;
    let files = protox::compile([path], [folder])?.file;
    ensure!(files.len() == 1, "imports: one schema is one file here");
    let requests = files
        .into_iter()
        .map(|file| (Module::from_protobuf_package_name(file.package()), file));
    let mut modules = Config::new().generate(requests.collect())?.into_values();
    let code = modules.next().context("no messages")?;
    let by = "`cargo xtask messages`, with prost-build";
    Ok(code.replacen("prost-build", by, 1))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::run;

    #[test]
    fn the_committed_messages_are_what_the_schemas_say() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        run(root, true).unwrap();
    }
}
