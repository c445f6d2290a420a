//! `cargo xtask dist`: everything that others download, in `target/dist`.
//!
//! For each of two kinds of processor, a program that runs on every Linux, a Debian package and a
//! container image; beside them the page, the clients' packages, the licences, a list of all parts
//! and the checksums. Everything in them is of the commit's time, so that a second run on this machine
//! gives the same bytes. The page of the server, in `web-client/dist`, is the work of `web`.

mod archive;
mod clients;
mod debian;
mod image;
mod parts;
mod program;
mod release;
pub(crate) mod tools;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use sha2::{Digest, Sha256};

use crate::workspace::Workspace;
use crate::{machine, packages, web};
use archive::{Archive, Entry};
use program::{Architecture, Program};
use release::Release;

// The names have no version, so that the newest release's have the same address for good.

/// The checksums of all other files.
const CHECKSUMS: &str = "SHA256SUMS";
/// The licences of what the program is made of.
const LICENCES: &str = "THIRD-PARTY-LICENSES.txt";
/// The list of what the program is made of.
const PARTS: &str = "guildhall.cdx.json";
/// The page, for other web servers.
const PAGE: &str = "guildhall-page.tar.gz";
/// The library for web games.
const LIBRARY: &str = "guildhall-web.tgz";
/// The addon for Godot.
const ADDON: &str = "guildhall-godot.zip";

/// The parts to make.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only look at what the downloads are made from, which takes a moment.
    #[arg(long)]
    check: bool,
    /// Only for this kind of processor.
    #[arg(long, value_enum)]
    only: Option<Architecture>,
}

/// Makes all downloads, or looks whether they could be made.
///
/// # Errors
///
/// When a tool is missing or fails, or a file is not as it should be.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    release::check_versions(workspace)?;
    debian::check(workspace)?;
    if options.check {
        return Ok(());
    }
    let architectures = match options.only {
        Some(only) => vec![only],
        None => Architecture::ALL.to_vec(),
    };
    machine::provide(&[machine::GIT, program::FOR_AMD64, program::FOR_ARM64])?;
    packages::pip(workspace, tools::PYTHON)?;
    web::build(workspace)?;
    let release = Release::find(workspace)?;
    println!("Making the downloads of Guildhall {release}.");
    let mut downloads = Downloads::new(workspace)?;

    let licences = parts::licences(workspace)?;
    downloads.add(LICENCES, &licences)?;
    downloads.add(PARTS, &parts::list(workspace, &release)?)?;
    for architecture in architectures {
        let program = Program::build(workspace, &release, architecture)?;
        let name = program_name(architecture);
        let folder = program_folder(workspace, &program, &licences)?;
        downloads.add(&name, &folder.gzipped(&release)?)?;
        let name = package_name(architecture);
        downloads.add(
            &name,
            &debian::package(workspace, &release, &program, &licences)?,
        )?;
        let name = image_name(architecture);
        downloads.add(&name, &image::archive(&release, &program, &licences)?)?;
    }
    downloads.add(PAGE, &clients::page(workspace, &release)?)?;
    downloads.add(LIBRARY, &clients::npm(workspace, &release)?)?;
    downloads.add(ADDON, &clients::godot(workspace)?)?;
    downloads.finish()
}

/// The name of the program in its folder.
fn program_name(architecture: Architecture) -> String {
    format!("guildhall-linux-{}.tar.gz", architecture.machine())
}

/// The name of the Debian package.
fn package_name(architecture: Architecture) -> String {
    format!("guildhall-{}.deb", architecture.debian())
}

/// The name of the container image.
fn image_name(architecture: Architecture) -> String {
    format!("guildhall-container-{}.tar", architecture.debian())
}

/// The download for somebody who wants the program alone: a folder that can be run from.
fn program_folder(workspace: &Workspace, program: &Program, licences: &[u8]) -> Result<Archive> {
    let mut archive = Archive::default();
    archive.add(Entry::program("guildhall/guildhall", program.bytes.clone()));
    archive.add(Entry::file(
        "guildhall/THIRD-PARTY-LICENSES.txt",
        licences.to_vec(),
    ));
    for (name, at) in [
        ("CHANGELOG.md", "CHANGELOG.md"),
        ("LICENSE-APACHE", "LICENSE-APACHE"),
        ("LICENSE-MIT", "LICENSE-MIT"),
        ("SECURITY.md", "SECURITY.md"),
        (
            "deploy/grafana/guildhall.json",
            "deploy/grafana/guildhall.json",
        ),
        (
            "deploy/prometheus/alerts.yml",
            "deploy/prometheus/alerts.yml",
        ),
        ("packaging/debian/guildhall.service", "guildhall.service"),
        ("proto/packets.proto", "proto/packets.proto"),
        // The settings that the unit expects in /etc.
        ("packaging/debian/guildhall.toml", "service.toml"),
    ] {
        let bytes = fs::read(workspace.root.join(name)).context(name)?;
        archive.add(Entry::file(&format!("guildhall/{at}"), bytes));
    }
    // All of them, with the pictures: they link to each other and to most of the files above.
    let is_document = |name: &str| {
        let extension = Path::new(name).extension();
        ["md", "toml", "png", "svg"]
            .into_iter()
            .any(|it| extension == Some(it.as_ref()))
    };
    for folder in ["docs", "docs/images"] {
        let at = format!("guildhall/{folder}");
        archive.add_files(&workspace.root.join(folder), &at, is_document)?;
    }
    Ok(archive)
}

/// The folder of the downloads, which is empty at first.
#[derive(Debug)]
struct Downloads {
    folder: PathBuf,
    /// The checksum of each file and its name.
    sums: Vec<(String, String)>,
}

impl Downloads {
    fn new(workspace: &Workspace) -> Result<Self> {
        let folder = workspace.target.join("dist");
        // Files of an older version are not to be uploaded with this one's.
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let sums = Vec::new();
        Ok(Self { folder, sums })
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        ensure!(!bytes.is_empty(), "{name} is empty");
        fs::write(self.folder.join(name), bytes).with_context(|| name.to_owned())?;
        println!("{:>10} bytes  {name}", bytes.len());
        self.sums.push((sha256(bytes), name.to_owned()));
        Ok(())
    }

    /// Writes the checksums, as `sha256sum --check` reads them.
    fn finish(mut self) -> Result<()> {
        self.sums.sort_by(|(_, one), (_, other)| one.cmp(other));
        let lines = self
            .sums
            .iter()
            .map(|(sum, name)| format!("{sum}  {name}\n"));
        fs::write(self.folder.join(CHECKSUMS), lines.collect::<String>())?;
        println!("The downloads are in {}.", self.folder.display());
        Ok(())
    }
}

/// The SHA-256 of bytes, in hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{
        ADDON, Architecture, CHECKSUMS, LIBRARY, LICENCES, PAGE, PARTS, Program, image_name,
        package_name, program_folder, program_name, sha256,
    };
    use crate::workspace::Workspace;

    /// Links of documents to something that only the repository has.
    const NOT_BESIDE_THE_PROGRAM: [&str; 1] = ["../examples/game-backend"];

    #[test]
    fn the_documents_beside_the_program_link_to_what_is_there() {
        let workspace = Workspace::find().unwrap();
        let program = Program {
            architecture: Architecture::Amd64,
            path: PathBuf::new(),
            bytes: Vec::new(),
        };
        let archive = program_folder(&workspace, &program, &[]).unwrap();
        let paths: Vec<_> = archive.paths().collect();
        let documents = paths
            .iter()
            .filter_map(|path| path.strip_prefix("guildhall/"));
        let documents = documents.filter(|name| Path::new(name).extension() == Some("md".as_ref()));
        let mut links = 0;
        for name in documents.filter(|name| name.starts_with("docs/")) {
            let text = fs::read_to_string(workspace.root.join(name)).unwrap();
            for link in text.split("](").skip(1) {
                let link = link.split([')', '#']).next().unwrap_or_default();
                let is_elsewhere = link.contains("://") || NOT_BESIDE_THE_PROGRAM.contains(&link);
                if link.is_empty() || is_elsewhere {
                    continue;
                }
                let target = match link.strip_prefix("../") {
                    Some(rest) => format!("guildhall/{rest}"),
                    None => format!("guildhall/docs/{link}"),
                };
                assert!(paths.contains(&target.as_str()), "{name}: {link}");
                links += 1;
            }
        }
        assert!(links > 100, "{links} links");
    }

    #[test]
    fn the_documents_name_every_download() {
        let root = Workspace::find().unwrap().root;
        let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
        let releasing = read("docs/releasing.md");
        let mut names = [CHECKSUMS, LICENCES, PARTS, PAGE, LIBRARY, ADDON]
            .map(String::from)
            .to_vec();
        for architecture in Architecture::ALL {
            names.push(program_name(architecture));
            names.push(package_name(architecture));
            names.push(image_name(architecture));
        }
        for name in &names {
            assert!(releasing.contains(&format!("`{name}`")), "{name}");
        }
        // No document tells of a file that is not made.
        let is_file = |word: &&str| word.starts_with("guildhall-") && word.contains('.');
        for document in ["README.md", "docs/operations.md"] {
            let text = read(document);
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
            let words: Vec<_> = words
                .map(|word| word.trim_end_matches('.'))
                .filter(is_file)
                .collect();
            assert!(words.len() > 3, "{document}");
            for word in words {
                assert!(names.iter().any(|name| name == word), "{document}: {word}");
            }
        }
    }

    #[test]
    fn a_checksum_is_that_of_sha256sum() {
        let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), of_nothing);
    }
}
