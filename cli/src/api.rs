//! The HTTP API in the settings of a server: its address and its keys, which are read from files
//! and variables here. The server's `api` is the API itself.

pub mod arguments;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;

use guildhall_server::MetricsAccess;
use guildhall_server::accounts::{ApiKeys, MIN_API_KEY_BYTES, check_api_key};
use guildhall_server::listen::{self, ListenError};

use crate::accounts::read_key::{KeySource, content, others_may_read};
use crate::switch::Switch;

use self::arguments::{ApiAddress, ApiArguments, ApiSecret};

/// The API that the settings ask for.
#[derive(Debug, Clone, Default)]
pub struct ApiSettings {
    /// The address that it listens on; `None`: there is no API.
    pub listen: Option<ApiAddress>,
    keys: ApiKeys,
    count: usize,
    metrics: MetricsAccess,
    /// How many keys are good for the metrics alone.
    metrics_count: usize,
    files: Vec<PathBuf>,
    digest: u64,
}

impl ApiSettings {
    /// Reads the keys.
    ///
    /// # Errors
    ///
    /// A sentence: a key is not good, or there is none.
    pub fn read(arguments: &ApiArguments) -> Result<Self, String> {
        let ApiArguments {
            api_key_file: files,
            api_metrics_key_file: metrics_files,
            ..
        } = arguments;
        let keys = read_keys("api.key", &arguments.api_key, files)?;
        let metrics_keys = read_keys("api.metrics_key", &arguments.api_metrics_key, metrics_files)?;
        let is_open_here = arguments.api_open_metrics == Switch::On;
        let is_usable = !keys.is_empty() || !metrics_keys.is_empty() || is_open_here;
        if !is_usable && arguments.api_listen.is_some() {
            return Err(format!(
                "the HTTP API (api.listen) needs a key of {MIN_API_KEY_BYTES} bytes at least: put \
                 one into a file (openssl rand -hex 32 > api.key) and name it with api.key_file, or \
                 set GUILDHALL_API_KEY"
            ));
        }
        let mut hasher = DefaultHasher::new();
        (&keys, &metrics_keys, is_open_here).hash(&mut hasher);
        Ok(Self {
            listen: arguments.api_listen.clone(),
            count: keys.len(),
            keys: ApiKeys::new(&keys).map_err(|error| format!("api: {error}"))?,
            metrics: MetricsAccess {
                keys: ApiKeys::new(&metrics_keys)
                    .map_err(|error| format!("api.metrics_key: {error}"))?,
                is_open_here,
            },
            metrics_count: metrics_keys.len(),
            files: files.iter().chain(metrics_files).cloned().collect(),
            digest: hasher.finish(),
        })
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &ApiKeys {
        &self.keys
    }

    /// The readers of the metrics besides those who have one of the keys.
    #[must_use]
    pub fn metrics(&self) -> &MetricsAccess {
        &self.metrics
    }

    /// A number that is another one if a key is, or who may read the metrics.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// Listens, if there is an API.
    ///
    /// # Errors
    ///
    /// [`ListenError`].
    pub fn bind(&self) -> Result<Vec<TcpListener>, ListenError> {
        match &self.listen {
            Some(ApiAddress { host, port }) => listen::bind_for("--api-listen", host, *port),
            None => Ok(Vec::new()),
        }
    }

    /// Whether others than this machine may reach it.
    fn is_open(&self) -> bool {
        let is_loopback = |ApiAddress { host, .. }: &ApiAddress| {
            let address: Option<IpAddr> = host.parse().ok();
            host == "localhost" || address.is_some_and(|address| address.is_loopback())
        };
        self.listen
            .as_ref()
            .is_some_and(|address| !is_loopback(address))
    }

    /// Warnings about settings that are right each by itself, for a server with TLS or without.
    #[must_use]
    pub fn warnings(&self, has_tls: bool) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.is_open() && !has_tls {
            warnings.push(
                "the key of the HTTP API travels without encryption, and others than this machine \
                 may reach api.listen: keep it within a private network, set tls.cert, or put it \
                 behind a proxy with TLS"
                    .into(),
            );
        }
        if self.listen.is_none() && self.count + self.metrics_count > 0 {
            warnings.push("the keys of the HTTP API mean nothing without api.listen".into());
        }
        for file in self.files.iter().filter(|file| others_may_read(file)) {
            warnings.push(format!(
                "every user of this machine may read the key of the API in {}: chmod o-rwx it",
                file.display()
            ));
        }
        warnings
    }

    fn metrics_meaning(&self) -> String {
        let own = match self.metrics_count {
            0 => String::new(),
            1 => " or the key for that alone".into(),
            count => format!(" or one of {count} keys for that alone"),
        };
        let open = if self.metrics.is_open_here {
            ", or from this machine without one"
        } else {
            ""
        };
        format!("and shows its metrics at /metrics with a key{own}{open}")
    }

    /// The meaning of the settings, behind "the server".
    #[must_use]
    pub fn meaning(&self) -> String {
        let Some(address) = &self.listen else {
            return "has no HTTP API for the game's own server".into();
        };
        let reach = if self.is_open() {
            ""
        } else {
            ", which only this machine can reach"
        };
        let keys = match self.count {
            0 => format!("has an HTTP API at {address}{reach}, for its metrics and health alone"),
            1 => format!(
                "lets the game's own server do everything by the HTTP API at {address}{reach}, \
                 with the key"
            ),
            count => format!(
                "lets the game's own server do everything by the HTTP API at {address}{reach}, \
                 with one of {count} keys"
            ),
        };
        let page = if self.count > 0 {
            ", has the page for moderators there, at /moderate,"
        } else {
            ","
        };
        format!("{keys}{page} {}", self.metrics_meaning())
    }
}

/// Reads keys that are given as they are, and those in files. `setting` is the key of the first.
fn read_keys(
    setting: &str,
    secrets: &[ApiSecret],
    files: &[PathBuf],
) -> Result<Vec<String>, String> {
    let mut keys = Vec::new();
    for ApiSecret(key) in secrets {
        check_api_key(key).map_err(|error| format!("{setting}: {error}"))?;
        keys.push(key.clone());
    }
    for file in files {
        let wrong = |problem: String| format!("{setting}_file: {}: {problem}", file.display());
        let key = content(&KeySource::Secret(file.clone()))
            .map_err(|problem| format!("{setting}_file: {problem}"))?;
        let key = String::from_utf8(key).map_err(|_| wrong("it is not UTF-8".into()))?;
        check_api_key(&key).map_err(|error| wrong(error.to_string()))?;
        keys.push(key);
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn arguments(listen: Option<&str>, keys: &[&str]) -> ApiArguments {
        ApiArguments {
            api_listen: listen.map(|listen| listen.parse().unwrap()),
            api_key_file: Vec::new(),
            api_key: keys.iter().map(|key| ApiSecret((*key).into())).collect(),
            api_metrics_key_file: Vec::new(),
            api_metrics_key: Vec::new(),
            api_open_metrics: Switch::Off,
        }
    }

    #[test]
    fn an_api_needs_a_key_that_nobody_guesses_and_no_error_prints_it() {
        let read = |listen, keys: &[&str]| ApiSettings::read(&arguments(listen, keys));
        let address = Some("127.0.0.1:8081");
        assert!(read(address, &[KEY]).is_ok());
        assert!(read(None, &[]).is_ok());
        assert!(read(address, &[]).unwrap_err().contains("openssl rand"));
        let error = read(address, &[KEY, "hunter2"]).unwrap_err();
        assert!(
            error.contains("32 bytes") && !error.contains("hunter2"),
            "{error}"
        );
        assert!(read(None, &["hunter2"]).is_err(), "also if nobody uses it");
    }

    #[test]
    fn the_metrics_can_have_a_key_of_their_own_or_be_open_here() {
        let read = |change: fn(&mut ApiArguments)| {
            let mut given = arguments(Some("127.0.0.1:8081"), &[]);
            change(&mut given);
            ApiSettings::read(&given)
        };
        let own = read(|given| given.api_metrics_key = vec![ApiSecret(KEY.into())]).unwrap();
        assert!(own.keys().is_empty() && !own.metrics().keys.is_empty());
        assert!(
            own.meaning().contains("for its metrics and health alone"),
            "{}",
            own.meaning()
        );
        let open = read(|given| given.api_open_metrics = Switch::On).unwrap();
        assert!(open.meaning().ends_with("from this machine without one"));
        assert_ne!(own.digest(), open.digest());
        let error = read(|given| given.api_metrics_key = vec![ApiSecret("hunter2".into())]);
        let error = error.unwrap_err();
        assert!(error.starts_with("api.metrics_key: ") && !error.contains("hunter2"));
    }

    #[test]
    fn what_it_means_and_what_is_dangerous_is_said() {
        let read = |listen, keys: &[&str]| ApiSettings::read(&arguments(listen, keys)).unwrap();
        let local = read(Some("[::1]:8081"), &[KEY]);
        assert!(
            local
                .meaning()
                .contains("at [::1]:8081, which only this machine")
        );
        assert!(local.warnings(false).is_empty());
        let open = read(Some("0.0.0.0:8081"), &[KEY, &KEY.to_uppercase()]);
        assert!(
            open.meaning()
                .contains("with one of 2 keys, has the page for moderators there"),
            "{}",
            open.meaning()
        );
        assert!(open.warnings(false)[0].contains("without encryption"));
        assert!(open.warnings(true).is_empty());
        let unused = read(None, &[KEY]);
        assert!(unused.meaning().contains("no HTTP API"));
        assert!(unused.warnings(false)[0].contains("mean nothing"));
        assert_ne!(local.digest(), open.digest());
    }
}
