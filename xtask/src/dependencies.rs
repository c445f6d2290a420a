//! `cargo xtask dependencies`: the part of `deny.toml` that needs no other program.
//!
//! cargo-deny takes longer to build than all of Guildhall's checks, so this reads
//! the same file and looks at what it says of licences, of versions of one crate,
//! of banned crates and of where crates come from. The rest, such as security
//! advisories, is for cargo-deny itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use spdx::{Expression, ParseMode};

use crate::process;
use crate::workspace::Workspace;

/// The rules, from the workspace's root.
const RULES: &str = "deny.toml";
/// Where cargo says that a crate of crates.io comes from.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The rules that are read here.
#[derive(Debug, Deserialize)]
struct Rules {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Debug, Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

/// Licences that one crate may have as well.
#[derive(Debug, Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    #[serde(default)]
    skip: Vec<Named>,
    #[serde(default)]
    deny: Vec<Named>,
}

/// A crate, as `name` or `name@version`.
#[derive(Debug, Deserialize)]
struct Named {
    #[serde(rename = "crate")]
    name: String,
    /// The only crates that may depend on it.
    #[serde(default)]
    wrappers: Vec<String>,
}

/// What cargo says of all crates that are built, on any platform.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

/// The packages that one package is built with, by their IDs.
#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    dependencies: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    /// None for the workspace's own crates.
    source: Option<String>,
}

/// Looks at every crate that cargo may build here.
///
/// # Errors
///
/// When a rule is broken: the error counts what was printed.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let rules = fs::read_to_string(workspace.root.join(RULES)).context(RULES)?;
    let rules: Rules = toml::from_str(&rules).context(RULES)?;
    let mut cargo = workspace.cargo();
    cargo.args([
        "metadata",
        "--format-version=1",
        "--all-features",
        "--locked",
    ]);
    let metadata: Metadata = serde_json::from_str(&process::output(&mut cargo)?)?;
    let faults = faults_of(&rules, &metadata);
    for fault in &faults {
        println!("{fault}");
    }
    if !faults.is_empty() {
        bail!("{} faults in the dependencies, by {RULES}", faults.len());
    }
    println!(
        "{} crates are as {RULES} wants them.",
        metadata.packages.len()
    );
    Ok(())
}

fn faults_of(rules: &Rules, metadata: &Metadata) -> Vec<String> {
    let packages = &metadata.packages;
    let mut faults = licences(&rules.licenses, packages);
    faults.extend(versions(&rules.bans.skip, packages));
    faults.extend(banned(&rules.bans.deny, metadata));
    let elsewhere = packages.iter().filter_map(|package| {
        let source = package
            .source
            .as_deref()
            .filter(|source| *source != CRATES_IO)?;
        Some(format!(
            "{}: from {source}, not from crates.io",
            package.name
        ))
    });
    faults.extend(elsewhere);
    faults
}

/// Crates whose licence does not suffice, and licences that no crate has.
fn licences(rules: &Licenses, packages: &[Package]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for Package { name, license, .. } in packages {
        let text = license.as_deref().unwrap_or("none");
        // Cargo still takes old ways to write an expression.
        let Ok(expression) = Expression::parse_mode(text, ParseMode::LAX) else {
            faults.push(format!("{name}: the licence {text}"));
            continue;
        };
        let named = |list: &[String], licence: &str| list.iter().any(|allowed| allowed == licence);
        let excepted = |licence: &str| {
            let mut own = rules
                .exceptions
                .iter()
                .filter(|exception| exception.name == *name);
            own.any(|exception| named(&exception.allow, licence))
        };
        let is_allowed = expression.evaluate(|requirement| {
            let licence = requirement.to_string();
            seen.insert(licence.clone());
            named(&rules.allow, &licence) || excepted(&licence)
        });
        if !is_allowed {
            faults.push(format!("{name}: the licence {text}"));
        }
    }
    let unused = rules
        .allow
        .iter()
        .filter(|licence| !seen.contains(*licence));
    faults.extend(unused.map(|licence| format!("{RULES} allows {licence}, which no crate has")));
    faults
}

/// Crates in two versions, none of which the rules know as one to be overlooked.
fn versions(skip: &[Named], packages: &[Package]) -> Vec<String> {
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        all.entry(&package.name).or_default().push(&package.version);
    }
    let mut faults = Vec::new();
    for (name, versions) in &all {
        let known = |version: &&&str| {
            let exact = format!("{name}@{version}");
            skip.iter()
                .any(|entry| entry.name == exact || entry.name == **name)
        };
        let unknown: Vec<_> = versions
            .iter()
            .filter(|version| !known(version))
            .copied()
            .collect();
        if unknown.len() > 1 {
            faults.push(format!("{name}: in the versions {}", unknown.join(", ")));
        }
    }
    faults
}

/// Crates that are there and should not be.
fn banned(deny: &[Named], metadata: &Metadata) -> Vec<String> {
    let mut faults = Vec::new();
    for Named { name, wrappers } in deny {
        let is_banned = |package: &&Package| package.name == *name;
        for Package { id, .. } in metadata.packages.iter().filter(is_banned) {
            let nodes = metadata.resolve.nodes.iter();
            let users: Vec<_> = nodes
                .filter(|node| node.dependencies.contains(id))
                .filter_map(|node| metadata.packages.iter().find(|user| user.id == node.id))
                .map(|user| &user.name)
                .filter(|user| !wrappers.contains(user))
                .collect();
            if wrappers.is_empty() || !users.is_empty() {
                faults.push(format!("{name} is banned; it is used by {users:?}"));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::{CRATES_IO, Metadata, Node, Package, Resolve, Rules, faults_of};

    const RULES: &str = r#"
        [licenses]
        allow = ["MIT", "Apache-2.0"]
        exceptions = [{ crate = "clip", allow = ["BSL-1.0"] }]
        [bans]
        skip = [{ crate = "old@0.1.0", reason = "a reason" }]
        deny = [{ crate = "openssl" }, { crate = "tokio", wrappers = ["hyper"] }]
    "#;

    fn package(name: &str, version: &str, license: &str) -> Package {
        Package {
            id: format!("{name}@{version}"),
            name: name.to_owned(),
            version: version.to_owned(),
            license: Some(license.to_owned()),
            source: Some(CRATES_IO.to_owned()),
        }
    }

    /// The crates, and nobody's need of each other.
    fn metadata(packages: Vec<Package>) -> Metadata {
        let resolve = Resolve { nodes: Vec::new() };
        Metadata { packages, resolve }
    }

    /// What is said once these crates join some that are good.
    fn check(more: Vec<Package>, said: &[&str]) {
        let mut packages = vec![
            package("a", "1.0.0", "MIT OR Apache-2.0"),
            package("b", "1.0.0", "Apache-2.0"),
        ];
        packages.extend(more);
        check_metadata(&metadata(packages), said);
    }

    fn check_metadata(metadata: &Metadata, said: &[&str]) {
        let faults = faults_of(&toml::from_str(RULES).unwrap(), metadata);
        assert_eq!(faults.len(), said.len(), "{faults:?}");
        for (fault, words) in faults.iter().zip(said) {
            assert!(fault.contains(words), "{words}: {fault}");
        }
    }

    #[test]
    fn good_crates_pass() {
        check(vec![], &[]);
        check(vec![package("clip", "1.0.0", "BSL-1.0")], &[]);
        check(vec![package("c", "1.0.0", "MIT/GPL-3.0")], &[]);
    }

    #[test]
    fn a_licence_that_is_not_listed_is_found() {
        check(
            vec![package("c", "1.0.0", "GPL-3.0-only")],
            &["c: the licence GPL-3.0-only"],
        );
        check(
            vec![package("c", "1.0.0", "MIT AND BSL-1.0")],
            &["c: the licence"],
        );
        check(
            vec![package("c", "1.0.0", "who knows")],
            &["c: the licence"],
        );
    }

    #[test]
    fn a_licence_that_nobody_has_is_found() {
        let rules = RULES.replace("\"MIT\"", "\"MIT\", \"Zlib\"");
        let rules: Rules = toml::from_str(&rules).unwrap();
        let metadata = metadata(vec![package("a", "1.0.0", "MIT OR Apache-2.0")]);
        assert_eq!(faults_of(&rules, &metadata).len(), 1);
    }

    #[test]
    fn a_second_version_is_found_unless_it_is_listed() {
        let two = |name| vec![package(name, "0.1.0", "MIT"), package(name, "0.2.0", "MIT")];
        check(two("new"), &["new: in the versions 0.1.0, 0.2.0"]);
        check(two("old"), &[]);
    }

    #[test]
    fn a_banned_crate_is_found_unless_a_wrapper_brings_it() {
        check(
            vec![package("openssl", "1.0.0", "MIT")],
            &["openssl is banned"],
        );
        let with_tokio = |user: &str, said: &[&str]| {
            let packages = ["MIT", "Apache-2.0"].map(|licence| package(licence, "1.0.0", licence));
            let mut metadata = metadata(packages.into());
            metadata
                .packages
                .extend([user, "tokio"].map(|name| package(name, "1.0.0", "MIT")));
            metadata.resolve.nodes.push(Node {
                id: format!("{user}@1.0.0"),
                dependencies: vec!["tokio@1.0.0".to_owned()],
            });
            check_metadata(&metadata, said);
        };
        with_tokio("hyper", &[]);
        with_tokio("other", &["[\"other\"]"]);
    }

    #[test]
    fn a_crate_from_elsewhere_is_found() {
        let mut package = package("c", "1.0.0", "MIT");
        package.source = Some("git+https://example.org/c".to_owned());
        check(vec![package], &["c: from git"]);
    }
}
