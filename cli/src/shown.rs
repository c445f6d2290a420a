//! The settings in force, as the server shows them to its operator: each with its value, the place
//! that it is from, and whether a running server takes over another one. No secret is among them.

use std::path::Path;

use guildhall_server::{SettingOrigin, ShownSetting, ShownSettings};

use crate::arguments::environment::{Origin, Setting};

/// The settings that are taken over. The others need a restart.
const RELOADED: [&str; 19] = [
    "accounts",
    "allow_host",
    "allow_origin",
    "api.key",
    "api.key_file",
    "api.metrics_key",
    "api.metrics_key_file",
    "api.open_metrics",
    "filters",
    "hook",
    "log",
    "moderation",
    "page_server",
    "proxy_protocol",
    "rooms",
    "system_name",
    "tls.cert",
    "tls.key",
    "trusted_proxies",
];

/// How the keys of a table begin whose settings are taken over, too.
const RELOADED_TABLE: &str = "rates.";

/// Whether the setting with this key is taken over when a running server reads its settings again.
#[must_use]
pub fn is_reloaded(key: &str) -> bool {
    RELOADED.contains(&key) || key.starts_with(RELOADED_TABLE)
}

/// These settings of this file, as the server shows them.
#[must_use]
pub fn shown(settings: &[Setting], file: Option<&Path>) -> ShownSettings {
    let setting = |setting: &Setting| ShownSetting {
        name: setting.key.clone(),
        value: without_secrets(&setting.value),
        origin: match setting.origin {
            Origin::Default => SettingOrigin::Default,
            Origin::File(line) => SettingOrigin::File(line),
            Origin::Variable => SettingOrigin::Variable(setting.variable()),
            Origin::Flag => SettingOrigin::Flag(setting.flag()),
        },
        is_reloaded: is_reloaded(&setting.key),
    };
    ShownSettings {
        file: file.map(|file| file.display().to_string()),
        settings: settings.iter().map(setting).collect(),
    }
}

/// A value of a settings file without the secrets of webhooks, and the passwords of addresses, in
/// it.
#[must_use]
pub fn without_secrets(value: &str) -> String {
    let mut parts = value.split("whsec_");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_secret = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
        shown.push_str("whsec_…");
        shown.push_str(part.trim_start_matches(is_secret));
    }
    without_passwords(&shown)
}

/// The same text without what is in front of an `@` in the authority of its addresses.
fn without_passwords(text: &str) -> String {
    let mut parts = text.split("://");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_end = |letter: char| "/?#\"' ".contains(letter);
        let (authority, rest) = part.split_at(part.find(is_end).unwrap_or(part.len()));
        shown.push_str("://");
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                shown.push_str("…@");
                shown.push_str(host);
            }
            None => shown.push_str(authority),
        }
        shown.push_str(rest);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, value: &str, origin: Origin, expected: (&str, SettingOrigin, bool)) {
        let setting = Setting {
            key: key.into(),
            value: value.into(),
            origin,
        };
        let shown = shown(&[setting], None).settings.remove(0);
        assert_eq!(shown.name, key);
        let found = (&*shown.value, shown.origin, shown.is_reloaded);
        assert_eq!(found, expected);
    }

    #[test]
    fn a_setting_names_the_flag_the_variable_or_the_line_that_it_is_from() {
        let flag = SettingOrigin::Flag("--rates-say".into());
        check("rates.say", "\"8\"", Origin::Flag, ("\"8\"", flag, true));
        let variable = SettingOrigin::Variable("GUILDHALL_MAX_ROOMS".into());
        check("max_rooms", "9", Origin::Variable, ("9", variable, false));
        check(
            "log",
            "\"info\"",
            Origin::File(7),
            ("\"info\"", SettingOrigin::File(7), true),
        );
        check(
            "port",
            "8080",
            Origin::Default,
            ("8080", SettingOrigin::Default, false),
        );
    }

    #[test]
    fn no_secret_is_shown() {
        for (value, shown) in [
            (
                "[{ secret = \"whsec_Abc+/=9\" }]",
                "[{ secret = \"whsec_…\" }]",
            ),
            (
                "\"https://me:pass@a.example/x?y\"",
                "\"https://…@a.example/x?y\"",
            ),
            ("[\"https://a.example/@me\"]", "[\"https://a.example/@me\"]"),
            (
                "[\"wss://a\", \"wss://b:c@d\"]",
                "[\"wss://a\", \"wss://…@d\"]",
            ),
        ] {
            assert_eq!(without_secrets(value), shown);
        }
    }
}
