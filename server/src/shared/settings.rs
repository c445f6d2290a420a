//! The settings of accounts, and of what is looked at before something is said, as the network
//! threads ask for them. A reload replaces each of the two as one. What guests may do, and whether
//! anything is looked at, can be asked without a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::accounts::config::Revoked;
use crate::accounts::{AccountsConfig, Guests};
use crate::filter::Filters;
use crate::hook::Hook;
use crate::sync::lock::Lock;

/// The settings of accounts now.
#[derive(Debug, Default)]
pub(crate) struct AccountSettings {
    now: Lock<Arc<Settings>>,
    /// [`Guests`], as a number.
    guests: AtomicU8,
}

/// The settings of accounts between two reloads.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    pub(crate) config: AccountsConfig,
    pub(crate) revoked: Revoked,
}

impl AccountSettings {
    /// Replaces the settings.
    pub(crate) fn replace(&self, config: AccountsConfig) {
        let guests = config.guests;
        let revoked = Revoked::new(&config.revoked);
        *self.now.lock() = Arc::new(Settings { config, revoked });
        self.guests.store(guests as u8, Ordering::Relaxed);
    }

    /// The settings now.
    pub(crate) fn get(&self) -> Arc<Settings> {
        Arc::clone(&self.now.lock())
    }

    /// The rights of guests now.
    pub(crate) fn guests(&self) -> Guests {
        let guests = self.guests.load(Ordering::Relaxed);
        let all = [Guests::Allow, Guests::ReadOnly, Guests::Deny];
        let is_it = |one: &Guests| *one as u8 == guests;
        all.into_iter().find(is_it).unwrap_or_default()
    }
}

/// The filters and the hook that decide on each text before it is said. A server without them
/// asks no lock.
#[derive(Debug, Default)]
pub(crate) struct PublicationSettings {
    is_any: AtomicBool,
    now: Lock<Arc<Publication>>,
}

/// The filters and the hook between two reloads.
#[derive(Debug, Default)]
pub(crate) struct Publication {
    pub(crate) filters: Filters,
    pub(crate) hook: Option<Hook>,
}

impl PublicationSettings {
    /// Replaces the settings.
    pub(crate) fn replace(&self, publication: Publication) {
        let is_any = !publication.filters.is_empty() || publication.hook.is_some();
        *self.now.lock() = Arc::new(publication);
        self.is_any.store(is_any, Ordering::Release);
    }

    /// The settings now. `None`: nothing is looked at.
    pub(crate) fn get(&self) -> Option<Arc<Publication>> {
        let is_any = self.is_any.load(Ordering::Acquire);
        is_any.then(|| Arc::clone(&self.now.lock()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_guests_may_do_is_what_the_last_settings_say() {
        let settings = AccountSettings::default();
        assert_eq!(settings.guests(), Guests::Allow);
        for guests in [Guests::Deny, Guests::ReadOnly, Guests::Allow] {
            settings.replace(AccountsConfig {
                guests,
                ..AccountsConfig::default()
            });
            assert_eq!(settings.guests(), guests);
            assert_eq!(settings.get().config.guests, guests);
        }
    }
}
