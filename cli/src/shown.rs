//! The settings in force, as the server shows them to its operator: each with its value, the place
//! that it is from, and whether a running server takes over another one. No secret is among them.

use std::path::Path;

use guildhall_server::{SettingOrigin, ShownSetting, ShownSettings};

use crate::arguments::environment::{Origin, Setting};
use crate::redact::without_secrets;

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
}
