//! The accounts of a server: the table `[accounts]` of its settings file, the keys that this
//! names, and sets of keys that are fetched while the server runs. It does the I/O; what a
//! token is worth is decided in the server's `accounts`.

mod fetched_keys;
pub mod https_get;
pub mod read_key;
pub mod table;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use guildhall_server::accounts::{Accounts, AccountsConfig, Guests, Key, KeySet, Revocation};

use fetched_keys::FetchedKeys;
use https_get::HttpsUrl;
use read_key::{KeySource, ReadKey};
use table::{AccountsTable, GuestsSetting};

/// A mistake in the table.
#[derive(Debug)]
pub struct Mistake {
    /// The index of its first byte in the file.
    pub at: usize,
    /// The mistake, in words.
    pub text: String,
}

/// The accounts that the settings ask for, with the keys that they name.
#[derive(Debug, Clone, Default)]
pub struct AccountsSettings {
    table: AccountsTable,
    keys: Vec<ReadKey>,
}

/// The sets of keys that are fetched, by address, so that a set outlives a change of other
/// settings.
#[derive(Debug, Default)]
pub struct KeySets(Mutex<HashMap<HttpsUrl, Weak<FetchedKeys>>>);

impl AccountsSettings {
    /// Reads the keys that the table names. Paths begin at `folder`, that of the settings file.
    ///
    /// # Errors
    ///
    /// The first [`Mistake`].
    pub fn read(table: AccountsTable, folder: &Path) -> Result<Self, Mistake> {
        let keys = table.keys.iter().map(|key| ReadKey::read(key, folder));
        let keys = keys.collect::<Result<_, _>>()?;
        Ok(Self { table, keys })
    }

    /// The server's settings. Sets of keys at an address are fetched from now on.
    #[must_use]
    pub fn config(&self, sets: &KeySets) -> AccountsConfig {
        let urls = self.urls().map(|url| sets.get(url) as Arc<dyn KeySet>);
        let accounts = (!self.keys.is_empty()).then(|| Accounts {
            sets: urls.collect(),
            ..self.accounts()
        });
        let revoked = self.table.revoked.iter().map(|revoked| Revocation {
            user: revoked.user.clone(),
            before: revoked.before.0,
        });
        AccountsConfig {
            guests: self.guests(),
            may_rename: self.table.may_rename,
            revoked: revoked.collect(),
            ..AccountsConfig::new(accounts)
        }
    }

    /// The keys of files and variables, and what tokens have to say.
    #[must_use]
    pub fn accounts(&self) -> Accounts {
        Accounts {
            keys: self.keys.iter().flat_map(ReadKey::keys).cloned().collect(),
            sets: Vec::new(),
            issuer: self.table.issuer.clone(),
            audiences: self.table.audience.0.clone(),
        }
    }

    /// Whether a user's token that was issued at this time was revoked.
    #[must_use]
    pub fn is_revoked(&self, user: &str, issued: Option<u64>) -> bool {
        let mut revoked = self.table.revoked.iter();
        revoked.any(|it| it.user == user && issued.is_none_or(|issued| issued < it.before.0))
    }

    /// The rights of guests.
    fn guests(&self) -> Guests {
        match self.table.guests {
            Some(GuestsSetting::Allow) => Guests::Allow,
            Some(GuestsSetting::ReadOnly) => Guests::ReadOnly,
            Some(GuestsSetting::Deny) => Guests::Deny,
            None => Guests::with_keys(!self.keys.is_empty()),
        }
    }

    /// The addresses of sets of keys.
    fn urls(&self) -> impl Iterator<Item = &HttpsUrl> {
        self.keys.iter().filter_map(|key| match &key.source {
            KeySource::Url(url) => Some(url),
            _ => None,
        })
    }

    /// Fetches each set of keys once, and returns the address and its keys, or why there are
    /// none. It waits for the network.
    pub fn try_urls(&self) -> impl Iterator<Item = (&HttpsUrl, Result<Vec<Key>, String>)> {
        self.urls().map(|url| (url, fetched_keys::fetch(url)))
    }

    /// The keys, in the order of the settings.
    #[must_use]
    pub fn keys(&self) -> &[ReadKey] {
        &self.keys
    }

    /// The issuer (`iss`) that a token has to have, and the audiences (`aud`), one of which it
    /// has to name.
    #[must_use]
    pub fn issuer_and_audiences(&self) -> (Option<&str>, &[String]) {
        (self.table.issuer.as_deref(), &self.table.audience.0)
    }

    /// Whether a secret comes from the variable of this name.
    #[must_use]
    pub fn has_variable(&self, name: &str) -> bool {
        let is_it = |key: &ReadKey| matches!(&key.source, KeySource::Env(env) if env == name);
        self.keys.iter().any(is_it)
    }

    /// A number that is another one if the content of a key's file or variable is.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let digests: Vec<_> = self.keys.iter().map(|key| key.digest).collect();
        digests.hash(&mut hasher);
        hasher.finish()
    }

    /// Warnings about settings that are right each by itself.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let table = &self.table;
        let mut warnings: Vec<String> = Vec::new();
        for key in &self.keys {
            warnings.extend(key.warning());
        }
        if self.keys.is_empty() {
            let unused = [
                ("issuer", table.issuer.is_some()),
                ("audience", !table.audience.0.is_empty()),
                ("may_rename", table.may_rename),
                ("revoked", !table.revoked.is_empty()),
            ];
            for (name, _) in unused.iter().filter(|(_, is_set)| *is_set) {
                warnings.push(format!(
                    "accounts.{name} means nothing without accounts.keys"
                ));
            }
            if self.guests() == Guests::Deny {
                warnings.push(
                    "nobody can connect: there are no accounts.keys, and accounts.guests is \
                     \"deny\""
                        .into(),
                );
            }
        }
        let is_of_others =
            |key: &ReadKey| matches!(key.source, KeySource::Jwks(_) | KeySource::Url(_));
        if table.audience.0.is_empty() && self.keys.iter().any(is_of_others) {
            warnings.push(
                "whoever signs in with another program of the same provider has a token that \
                 holds here too: set accounts.audience to this game's ID"
                    .into(),
            );
        }
        warnings
    }

    /// The meaning of the settings, each sentence behind "the server".
    #[must_use]
    pub fn meaning(&self) -> Vec<String> {
        let guests = match self.guests() {
            Guests::Allow => "lets guests, who have no token, chat like users",
            Guests::ReadOnly => "lets guests, who have no token, read, and say nothing",
            Guests::Deny => "closes the connections of guests, who have no token",
        };
        if self.keys.is_empty() {
            return vec!["knows no accounts".into(), guests.into()];
        }
        let keys: Vec<_> = self.keys.iter().map(ToString::to_string).collect();
        let mut meaning = vec![format!(
            "knows a user by a token that is signed with {}",
            keys.join(", or ")
        )];
        if let Some(issuer) = &self.table.issuer {
            meaning.push(format!("takes tokens of the issuer \"{issuer}\" alone"));
        }
        if let audiences @ [_, ..] = &*self.table.audience.0 {
            let audiences: Vec<_> = audiences.iter().map(|it| format!("\"{it}\"")).collect();
            let audiences = audiences.join(" or ");
            meaning.push(format!("takes tokens for {audiences} alone"));
        }
        meaning.push(guests.into());
        meaning.push(if self.table.may_rename {
            "lets a user take another name than that of its token".into()
        } else {
            "gives a user the name of its token, and no other".into()
        });
        if let revoked @ [_, ..] = &*self.table.revoked {
            let users: Vec<_> = revoked
                .iter()
                .map(|it| format!("\"{}\"", it.user))
                .collect();
            let users = users.join(", ");
            meaning.push(format!("refuses older tokens of these users: {users}"));
        }
        meaning
    }
}

impl KeySets {
    /// The set at this address, which is fetched if it is new.
    fn get(&self, url: &HttpsUrl) -> Arc<FetchedKeys> {
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sets.retain(|_, set| set.strong_count() > 0);
        if let Some(set) = sets.get(url).and_then(Weak::upgrade) {
            return set;
        }
        let set = Arc::new(FetchedKeys::start(url));
        sets.insert(url.clone(), Arc::downgrade(&set));
        set
    }

    /// Fetches all sets again.
    pub fn fetch(&self) {
        let sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for set in sets.values().filter_map(Weak::upgrade) {
            set.fetch();
        }
    }
}

#[cfg(test)]
mod tests;
