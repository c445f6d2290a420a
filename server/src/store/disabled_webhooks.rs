//! Which webhooks are sent nothing any more, for `guildhall check`.

use std::path::Path;

use super::error::StoreError;
use super::open;
use super::records::events::webhooks;

/// The addresses of the webhooks that are sent nothing any more, because their receivers have
/// said so, as the store in this folder has them. A server may have it.
///
/// # Errors
///
/// If there is no store of this version, or it cannot be read.
pub fn disabled_webhooks(folder: &Path) -> Result<Vec<String>, StoreError> {
    let store = open::beside(folder)?;
    let webhooks = webhooks(&store).map_err(|error| StoreError::of(folder, &error))?;
    let disabled = webhooks.iter().filter(|webhook| webhook.disabled > 0);
    Ok(disabled.map(|webhook| webhook.url.to_string()).collect())
}
