//! How many files a server may have open, and so how many clients.

use anyhow::ensure;
use guildhall_server::Config;
use rlimit::Resource;

/// The limit that is taken for granted if the system does not say it.
const USUAL: u64 = 1024;

/// Raises the limit as far as the system lets us. Returns it.
#[must_use]
pub fn raise() -> usize {
    let raised = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot raise the limit of open files");
        USUAL
    });
    usize::try_from(raised).unwrap_or(usize::MAX)
}

/// The limit that [`raise`] would reach.
pub(crate) fn allowed() -> usize {
    let (_, hard) = rlimit::getrlimit(Resource::NOFILE).unwrap_or((USUAL, USUAL));
    usize::try_from(hard).unwrap_or(usize::MAX)
}

/// The settings of a server that may have so many files open.
///
/// # Errors
///
/// If that is not enough for a single client.
pub fn within(config: Config, max_files: usize) -> anyhow::Result<Config> {
    let config = config.within_open_files(max_files);
    ensure!(
        config.caps.total > 0,
        "{max_files} open files are allowed, which leaves none for clients: raise the limit \
         (ulimit -n) or lower --threads"
    );
    Ok(config)
}
