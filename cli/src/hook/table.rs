//! The table `[hook]` of the settings file, as it is there.

use std::path::PathBuf;
use std::time::Duration;

use guildhall_server::hook::OnFailure;
use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use crate::accounts::table::OneOrMany;
use crate::rooms::table::Number;

use super::post::HttpUrl;

/// The table `[hook]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct HookTable {
    /// The address that is asked.
    pub url: UrlText,
    /// The secret that signs what is asked, or several while one follows another.
    pub secret: Option<Spanned<OneOrMany>>,
    /// A file with it.
    pub secret_file: Option<Spanned<PathBuf>>,
    /// A variable with it.
    pub secret_env: Option<Spanned<String>>,
    /// The rooms in which it is asked.
    pub rooms: Option<Spanned<OneOrMany>>,
    /// How long an answer may take.
    #[serde(default)]
    pub timeout: Timeout,
    /// The act that follows if there is none.
    #[serde(default)]
    pub on_failure: OnFailureSetting,
    /// How many questions are asked at a time.
    #[serde(default = "at_once")]
    pub at_once: Number<1, 1_024>,
}

fn at_once() -> Number<1, 1_024> {
    Number(64)
}

/// The setting `url`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct UrlText(pub HttpUrl);

impl TryFrom<String> for UrlText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

/// The setting `timeout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Timeout(pub Duration);

impl Default for Timeout {
    fn default() -> Self {
        Self(Duration::from_secs(1))
    }
}

impl TryFrom<String> for Timeout {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let duration = text.parse::<SignedDuration>().ok();
        let duration = duration.and_then(|duration| Duration::try_from(duration).ok());
        let is_possible = |duration: &Duration| {
            (Duration::from_millis(50)..=Duration::from_secs(30)).contains(duration)
        };
        (duration.filter(is_possible).map(Self))
            .ok_or_else(|| "expected a time from \"50ms\" to \"30s\"".to_owned())
    }
}

/// The setting `on_failure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailureSetting {
    /// The text is said.
    #[default]
    Publish,
    /// It is refused.
    Reject,
    /// It waits for a moderator.
    Hold,
}

impl From<OnFailureSetting> for OnFailure {
    fn from(setting: OnFailureSetting) -> Self {
        match setting {
            OnFailureSetting::Publish => Self::Publish,
            OnFailureSetting::Reject => Self::Reject,
            OnFailureSetting::Hold => Self::Hold,
        }
    }
}
