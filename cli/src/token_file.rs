//! The file that `--token-file` names.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// The token in the first line of a file.
///
/// # Errors
///
/// The file cannot be read.
pub(crate) fn read_token(file: &Path) -> anyhow::Result<String> {
    let cannot = || format!("cannot read a token from {}", file.display());
    let text = fs::read_to_string(file).with_context(cannot)?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}
