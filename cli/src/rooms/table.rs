//! The tables `[[rooms]]` of the settings file, as they are there: the rules of rooms.

use std::fmt;
use std::time::Duration;

use guildhall_protocol::limits::MAX_SAY_BYTES;
use guildhall_server::policy::{InvalidPattern, Keep, Pattern, Rule, Who};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The most characters of a topic.
const MAX_TOPIC_CHARACTERS: usize = 250;

/// The longest time between two messages in slow mode, in seconds: six hours.
const MAX_SLOW_MODE: u64 = 21_600;

/// The most lines, members, or seconds that make sense.
const MANY: u64 = u32::MAX as u64;

/// An entry of `[[rooms]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct RoomTable {
    /// The names of the rooms.
    #[serde(rename = "match")]
    pub pattern: PatternText,
    /// The users that may join them.
    #[serde(default)]
    pub join: WhoSetting,
    /// The users that may say something.
    #[serde(default)]
    pub say: WhoSetting,
    /// The users that may read what was said before.
    #[serde(default)]
    pub history: WhoSetting,
    /// The users that may see the members.
    #[serde(default)]
    pub members: WhoSetting,
    /// The users that find them in the list of rooms.
    #[serde(default)]
    pub find: WhoSetting,
    /// Their purpose, in a line for members.
    #[serde(default)]
    pub topic: Topic,
    /// The seconds between two messages of a member.
    #[serde(default)]
    pub slow_mode: Option<Number<0, MAX_SLOW_MODE>>,
    /// The most members.
    pub max_members: Option<Number<1, MANY>>,
    /// The longest text, in bytes.
    pub text_bytes: Option<Number<1, { MAX_SAY_BYTES as u64 }>>,
    /// Which lines they keep.
    #[serde(default)]
    pub keep: KeepSetting,
    /// Whether only those may say something who moderate.
    #[serde(default)]
    pub announce_only: bool,
    /// The most lines that a member gets when it joins.
    pub replay: Option<Number<0, MANY>>,
}

/// The users that may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhoSetting {
    /// Everybody.
    #[default]
    Everyone,
    /// Users with an account.
    Users,
    /// Users whose token allows it.
    Caps,
    /// Nobody.
    Nobody,
}

/// The setting `match`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PatternText {
    /// As it is in the file.
    pub text: String,
    pattern: Pattern,
}

/// The setting `topic`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Topic(pub String);

/// A number from `LEAST` to `MOST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number<const LEAST: u64, const MOST: u64>(pub u64);

/// The setting `keep`: `"none"`, a number of lines, or a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeepSetting(pub Keep);

/// The setting `keep` as a table.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct KeepTable {
    lines: Option<Number<0, MANY>>,
    seconds: Option<Number<0, MANY>>,
    durable: Option<bool>,
}

impl RoomTable {
    /// The rule that the table says.
    pub(crate) fn rule(&self) -> Rule {
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Rule {
            pattern: self.pattern.pattern.clone(),
            join: self.join.into(),
            say: self.say.into(),
            history: self.history.into(),
            members: self.members.into(),
            find: self.find.into(),
            topic: self.topic.0.clone(),
            slow_mode: Duration::from_secs(self.slow_mode.map_or(0, |number| number.0)),
            max_members: self.max_members.map(|most| number(most.0)),
            text_bytes: self.text_bytes.map(|most| number(most.0)),
            announce_only: self.announce_only,
            keep: self.keep.0,
            replay: self.replay.map(|most| number(most.0)),
        }
    }
}

impl From<WhoSetting> for Who {
    fn from(who: WhoSetting) -> Self {
        match who {
            WhoSetting::Everyone => Self::Everyone,
            WhoSetting::Users => Self::Users,
            WhoSetting::Caps => Self::Caps,
            WhoSetting::Nobody => Self::Nobody,
        }
    }
}

impl PatternText {
    /// The pattern.
    pub(crate) fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// Whether this matches every name that `other` matches.
    pub(crate) fn includes(&self, other: &Self) -> bool {
        // A star of the other one stands for nothing but itself here.
        self.pattern.matches(&other.text.to_lowercase())
    }
}

impl TryFrom<String> for PatternText {
    type Error = InvalidPattern;

    fn try_from(text: String) -> Result<Self, InvalidPattern> {
        let pattern = Pattern::checked(&text)?;
        Ok(Self { text, pattern })
    }
}

impl TryFrom<String> for Topic {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.chars().any(char::is_control) {
            return Err("a topic is one line of text".into());
        }
        match text.chars().count() {
            0..=MAX_TOPIC_CHARACTERS => Ok(Self(text)),
            long => Err(format!(
                "a topic has at most {MAX_TOPIC_CHARACTERS} characters, and not {long}"
            )),
        }
    }
}

impl<const LEAST: u64, const MOST: u64> Number<LEAST, MOST> {
    fn of<E: Error>(number: i64) -> Result<Self, E> {
        let in_range = u64::try_from(number).ok();
        let in_range = in_range.filter(|number| (LEAST..=MOST).contains(number));
        in_range.map(Self).ok_or_else(|| {
            E::custom(format!(
                "expected a whole number from {LEAST} to {MOST}, not {number}"
            ))
        })
    }
}

impl<'de, const LEAST: u64, const MOST: u64> Deserialize<'de> for Number<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(i64::deserialize(deserializer)?)
    }
}

impl<'de> Deserialize<'de> for KeepSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keeps;

        impl<'de> Visitor<'de> for Keeps {
            type Value = KeepSetting;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(
                    "\"none\", a number of lines, or a table with `lines`, `seconds` and `durable`",
                )
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<KeepSetting, E> {
                match text {
                    "none" => Ok(KeepSetting(Keep::NONE)),
                    other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
                }
            }

            fn visit_i64<E: Error>(self, lines: i64) -> Result<KeepSetting, E> {
                let lines = Number::<0, MANY>::of(lines)?;
                Ok(keep(Some(lines), None))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<KeepSetting, A::Error> {
                let table = KeepTable::deserialize(MapAccessDeserializer::new(map))?;
                let mut kept = keep(table.lines, table.seconds);
                kept.0.durable = table.durable;
                if table.durable == Some(true) && kept.0.is_none() {
                    let problem = "a durable room keeps lines: lines and seconds are above 0";
                    return Err(A::Error::custom(problem));
                }
                Ok(kept)
            }
        }

        deserializer.deserialize_any(Keeps)
    }
}

fn keep(lines: Option<Number<0, MANY>>, seconds: Option<Number<0, MANY>>) -> KeepSetting {
    KeepSetting(Keep {
        lines: lines.map(|lines| usize::try_from(lines.0).unwrap_or(usize::MAX)),
        age: seconds.map(|seconds| Duration::from_secs(seconds.0)),
        durable: None,
    })
}
