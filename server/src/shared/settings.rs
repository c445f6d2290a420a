//! The settings of accounts as the network threads ask for them. A reload replaces them as
//! one. No message takes the lock: what guests may do can be asked without it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::accounts::config::Revoked;
use crate::accounts::{AccountsConfig, Guests};
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

    /// What guests may do now.
    pub(crate) fn guests(&self) -> Guests {
        let guests = self.guests.load(Ordering::Relaxed);
        let all = [Guests::Allow, Guests::ReadOnly, Guests::Deny];
        let is_it = |one: &Guests| *one as u8 == guests;
        all.into_iter().find(is_it).unwrap_or_default()
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
