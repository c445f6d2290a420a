//! Lists the files of the pages that are built into the server, compressed, and has it rebuilt when
//! one of them changes.

use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

/// The web client as `cargo xtask web` builds it: without it, there is no page at `/`.
const CLIENT: &str = "../web-client/dist";
/// The pages for staff, as they are written.
const STAFF: &str = "../web-client/staff";
/// The end of a compressed file's name.
const GZIP: &str = ".gz";

/// A file to be built in: its name below its folder, with slashes, and where it is.
type Embedded = (String, PathBuf);

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={CLIENT}");
    println!("cargo:rerun-if-changed={STAFF}");
    let built = PathBuf::from(env::var("OUT_DIR")?);
    let client = if Path::new(CLIENT).exists() {
        without_plain_twins(files(Path::new(CLIENT))?)
    } else {
        Vec::new()
    };
    write_list(&built.join("client.rs"), &client)?;
    let staff = files(Path::new(STAFF))?;
    let staff = compressed(&staff, &built.join("staff"))?;
    write_list(&built.join("staff.rs"), &staff)
}

/// The files in a folder and those in it.
fn files(folder: &Path) -> Result<Vec<Embedded>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().context("a name that is not UTF-8")?;
        if entry.file_type()?.is_dir() {
            let inside = files(&entry.path())?.into_iter();
            found.extend(inside.map(|(file, path)| (format!("{name}/{file}"), path)));
        } else {
            found.push((name.to_owned(), entry.path()));
        }
    }
    // The same program whatever the order of the disk.
    found.sort();
    Ok(found)
}

/// Leaves out each file that is there compressed, too.
fn without_plain_twins(mut files: Vec<Embedded>) -> Vec<Embedded> {
    let names: Vec<_> = files.iter().map(|(name, _)| name.clone()).collect();
    let has_twin = |name: &str| names.contains(&format!("{name}{GZIP}"));
    files.retain(|(name, _)| !has_twin(name));
    files
}

/// Compresses the files into a folder.
fn compressed(files: &[Embedded], folder: &Path) -> Result<Vec<Embedded>> {
    let compress = |(name, path): &Embedded| {
        let name = format!("{name}{GZIP}");
        let compressed = folder.join(&name);
        fs::create_dir_all(compressed.parent().unwrap_or(folder))?;
        let mut gzip = GzEncoder::new(File::create(&compressed)?, Compression::best());
        std::io::copy(&mut File::open(path)?, &mut gzip)?;
        gzip.finish()?;
        Ok((name, compressed))
    };
    files.iter().map(compress).collect()
}

/// Writes the list as Rust: an array of names and bytes.
fn write_list(path: &Path, files: &[Embedded]) -> Result<()> {
    let mut list = "&[\n".to_owned();
    for (name, path) in files {
        let path = path.canonicalize()?;
        let path = path.to_str().context("a path that is not UTF-8")?;
        writeln!(list, "    ({name:?}, include_bytes!({path:?})),")?;
    }
    list.push_str("]\n");
    Ok(fs::write(path, list)?)
}
