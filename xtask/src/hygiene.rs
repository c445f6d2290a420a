//! `cargo xtask hygiene`: the repository holds sources and nothing else. No
//! path of somebody's machine, no registry's host, no build output.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::repository;
use crate::workspace::Workspace;

/// The largest file git may hold, in bytes.
const MAX_BYTES: u64 = 600 * 1024;
/// Folders that builds and installers fill.
const OUTPUT_FOLDERS: [&str; 4] = ["dist", "node_modules", "target", "__pycache__"];
/// How a path into one machine begins, and how an npm lock file or a pip file
/// names where a package came from. In halves, so that this file passes too.
const TELL_TALES: [(&str, &str); 9] = [
    ("/ho", "me/"),
    ("/ro", "ot/"),
    ("/Use", "rs/"),
    ("/wo", "rk/"),
    ("/tm", "p/"),
    ("\"reso", "lved\":"),
    ("registry.", "npmjs"),
    ("index.crates", ".io"),
    ("files.python", "hosted"),
];

/// Looks at every file git tracks or would track.
///
/// # Errors
///
/// When any is out of place: the error names them all.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut faults = Vec::new();
    let names = repository::names(workspace)?;
    for name in &names {
        let path = workspace.root.join(name);
        let metadata = fs::symlink_metadata(&path)?;
        if metadata.len() > MAX_BYTES {
            faults.push(format!(
                "{name}: {} bytes, above {MAX_BYTES}",
                metadata.len()
            ));
        }
        faults.extend(faults_of(
            Path::new(name),
            &fs::read(&path).unwrap_or_default(),
        ));
    }
    if faults.is_empty() {
        println!("{} files are in order.", names.len());
        return Ok(());
    }
    for fault in &faults {
        println!("{fault}");
    }
    bail!("{} faults in the repository's files", faults.len())
}

/// What is wrong with a file of this name and content.
fn faults_of(name: &Path, content: &[u8]) -> Vec<String> {
    let mut faults = Vec::new();
    let shown = name.display();
    if name
        .iter()
        .any(|part| OUTPUT_FOLDERS.iter().any(|folder| part == *folder))
    {
        faults.push(format!("{shown}: build output"));
    }
    // Pictures and the like are not read.
    let Ok(text) = str::from_utf8(content) else {
        return faults;
    };
    for (number, line) in text.lines().enumerate() {
        for (head, tail) in TELL_TALES {
            let tell_tale = [head, tail].concat();
            // After a letter it is the middle of some other path.
            let begins = |at| !line[..at].ends_with(char::is_alphanumeric);
            if line.match_indices(&tell_tale).any(|(at, _)| begins(at)) {
                faults.push(format!("{shown}:{}: {head}{tail}", number + 1));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{TELL_TALES, faults_of};

    #[test]
    fn each_tell_tale_is_found_with_its_line() {
        for (head, tail) in TELL_TALES {
            let content = format!("first\nsecond {head}{tail}x\n");
            let faults = faults_of(Path::new("docs/a.md"), content.as_bytes());
            assert_eq!(faults, [format!("docs/a.md:2: {head}{tail}")]);
        }
        let (head, tail) = TELL_TALES[0];
        let inside = format!("https://example.org/at{head}{tail}");
        assert_eq!(faults_of(Path::new("a.md"), inside.as_bytes()).len(), 0);
    }

    #[test]
    fn build_output_is_found_by_its_folder() {
        assert_eq!(faults_of(Path::new("web-client/dist/a.js"), b"").len(), 1);
        assert_eq!(faults_of(Path::new("web-client/distance.rs"), b"").len(), 0);
    }
}
