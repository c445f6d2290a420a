//! The tables `[events]` and `[[webhooks]]` of the settings file, as they are there.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use guildhall_server::hook::signature::{InvalidSecret, Secret};
use guildhall_server::{EventName, Selection};
use serde::Deserialize;
use toml::Spanned;

use crate::accounts::Mistake;
use crate::io_error::told;
use crate::rooms::table::{Number, PatternText};

/// The most events that a feed can keep.
const MANY: u64 = u32::MAX as u64;

/// The largest file of a secret, in bytes.
const MAX_FILE_BYTES: u64 = 1_024;

/// The table `[events]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct EventsTable {
    /// Whether there is a feed.
    pub enabled: bool,
    /// How long an event is kept.
    pub keep: Option<Age>,
    /// The most events that are kept.
    pub most: Option<Number<1, MANY>>,
    /// The kinds of events that it has.
    pub kinds: Option<Vec<KindSetting>>,
    /// The rooms that they are about.
    pub rooms: Option<Vec<PatternText>>,
}

/// An entry of `[[webhooks]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct WebhookTable {
    /// The address.
    pub url: Spanned<String>,
    /// The secrets that sign what is sent.
    #[serde(default)]
    pub secrets: Vec<Spanned<SecretSetting>>,
    /// The kinds of events that it is sent.
    pub kinds: Option<Vec<KindSetting>>,
    /// The rooms that they are about.
    pub rooms: Option<Vec<PatternText>>,
}

/// The kinds and the rooms of the events that somebody wants.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    kinds: Option<&'a [KindSetting]>,
    rooms: Option<&'a [PatternText]>,
}

/// The name of a kind of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct KindSetting(pub EventName);

/// A time such as `"7d"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Age {
    /// As it is in the file.
    pub text: String,
    /// The time.
    pub time: Duration,
}

/// A secret: as text, or the name of a file or a variable with it.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "a secret is a text, { file = … } or { env = … }: one of them, and nothing else"
)]
pub enum SecretSetting {
    /// The secret itself.
    Text(String),
    /// A file with it.
    File {
        /// The file.
        file: PathBuf,
    },
    /// A variable with it.
    Variable {
        /// The name of the variable.
        env: String,
    },
}

/// A secret that was read.
#[derive(Debug, Clone)]
pub(super) struct ReadSecret {
    pub(super) secret: Secret,
    /// The variable that it is from.
    pub(super) variable: Option<String>,
}

impl ReadSecret {
    /// Reads a secret. A path begins at `folder`.
    pub(super) fn read(setting: &Spanned<SecretSetting>, folder: &Path) -> Result<Self, Mistake> {
        let at = setting.span().start;
        let wrong = |text: String| Mistake { at, text };
        let mut variable = None;
        let text = match setting.get_ref() {
            SecretSetting::Text(text) => text.clone(),
            SecretSetting::File { file } => {
                let file = folder.join(file);
                let shown = file.display().to_string();
                let length = fs::metadata(&file).map(|metadata| metadata.len());
                if length.is_ok_and(|length| length > MAX_FILE_BYTES) {
                    return Err(wrong(format!("{shown} is too large for a secret")));
                }
                let text = fs::read_to_string(&file);
                text.map_err(|error| wrong(format!("cannot read {shown}: {}", told(&error))))?
            }
            SecretSetting::Variable { env } => {
                variable = Some(env.clone());
                let text = std::env::var(env);
                text.map_err(|error| wrong(format!("the variable {env}: {error}")))?
            }
        };
        let secret = text.parse();
        let secret = secret.map_err(|error: InvalidSecret| wrong(error.to_string()))?;
        Ok(Self { secret, variable })
    }
}

impl EventsTable {
    /// The events that the feed has.
    pub(super) fn choice(&self) -> Choice<'_> {
        Choice {
            kinds: self.kinds.as_deref(),
            rooms: self.rooms.as_deref(),
        }
    }
}

impl WebhookTable {
    /// The events that it is sent.
    pub(super) fn choice(&self) -> Choice<'_> {
        Choice {
            kinds: self.kinds.as_deref(),
            rooms: self.rooms.as_deref(),
        }
    }
}

impl Choice<'_> {
    /// The kinds that are named; none if all are wanted.
    pub(super) fn kinds(self) -> impl Iterator<Item = EventName> {
        self.kinds.unwrap_or_default().iter().map(|kind| kind.0)
    }

    /// The events that are chosen.
    pub(super) fn selection(self) -> Selection {
        let kinds: Option<Vec<_>> = self
            .kinds
            .map(|kinds| kinds.iter().map(|kind| kind.0).collect());
        let rooms = self
            .rooms
            .map(|rooms| rooms.iter().map(|room| room.pattern().clone()).collect());
        Selection::new(kinds.as_deref(), rooms)
    }

    /// The choice in words.
    pub(super) fn words(self) -> String {
        let kinds = match self.kinds {
            None => "all events".to_owned(),
            Some(kinds) => {
                let names: Vec<_> = kinds.iter().map(|kind| kind.0.as_str()).collect();
                format!("the events {}", names.join(", "))
            }
        };
        match self.rooms {
            None => kinds,
            Some(rooms) => {
                let rooms: Vec<_> = rooms.iter().map(|room| &*room.text).collect();
                format!("{kinds} of rooms like {}", rooms.join(", "))
            }
        }
    }
}

impl TryFrom<String> for KindSetting {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        EventName::new(&text).map(Self).ok_or_else(|| {
            let names = EventName::ALL.map(EventName::as_str).join(", ");
            format!("there are no events `{text}`: there are {names}")
        })
    }
}

impl TryFrom<String> for Age {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let problem =
            || format!("'{text}' is no time: write \"90s\", \"30min\", \"12h\" or \"7d\"");
        let digits = text.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let number: u64 = digits.parse().map_err(|_| problem())?;
        let unit = match &text[digits.len()..] {
            "s" => 1,
            "min" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => return Err(problem()),
        };
        let seconds = number.checked_mul(unit).filter(|seconds| *seconds > 0);
        let time = Duration::from_secs(seconds.ok_or_else(problem)?);
        Ok(Self { text, time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_in_one_place() {
        let read = |text: &str| {
            let table = format!("url = 'https://a.example'\nsecrets = [{text}]");
            toml::from_str::<WebhookTable>(&table).map(|table| table.secrets.len())
        };
        assert_eq!(
            read("'text', { file = 'a' }, { env = 'A' }").unwrap(),
            3,
            "each of them"
        );
        for wrong in [
            "{ file = 'a', env = 'A' }",
            "{ file = 'a', flie = 1 }",
            "{ env = 'A', flie = 1 }",
            "{}",
            "1",
        ] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("one of them"), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        let seconds = |text: &str| Age::try_from(text.to_owned()).map(|age| age.time.as_secs());
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("30min"), Ok(1_800));
        assert_eq!(seconds("7d"), Ok(604_800));
        for wrong in [
            "",
            "d",
            "7",
            "7w",
            "0d",
            "-1d",
            "1.5h",
            "99999999999999999999d",
            "1 d",
        ] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
