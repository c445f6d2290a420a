//! The tables `[[filters]]` of the settings file, as they are there.

use std::path::PathBuf;

use guildhall_server::filter::{FilterAct, Repeats, WordMatch};
use serde::Deserialize;
use toml::Spanned;

use crate::accounts::table::OneOrMany;
use crate::rooms::table::Number;

/// An entry of `[[filters]]`: what it looks for is exactly one of the first five.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct FilterTable {
    /// A file with words.
    pub file: Option<Spanned<PathBuf>>,
    /// Links, but for those that are allowed.
    pub links: Option<Spanned<LinksTable>>,
    /// The same again and again.
    pub repeats: Option<RepeatsTable>,
    /// Capitals.
    pub capitals: Option<CapitalsTable>,
    /// Mentions of users.
    pub mentions: Option<MentionsTable>,
    /// The act that follows if something is found.
    pub act: Spanned<ActSetting>,
    /// The language of the words, for moderators.
    pub language: Option<Spanned<String>>,
    /// Whether an entry of the file is a whole word.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<MatchSetting>>,
    /// The rooms in which it looks.
    pub rooms: Option<Spanned<OneOrMany>>,
}

/// The setting `act`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActSetting {
    /// The text is refused.
    Block,
    /// It waits for a moderator.
    Hold,
    /// The part that was found is hidden.
    Mask,
    /// Moderators get a report.
    Flag,
}

/// The setting `match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchSetting {
    /// An entry is a whole word.
    #[default]
    Word,
    /// It may be a part of one.
    Part,
}

/// The setting `links`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct LinksTable {
    /// The hosts that are allowed.
    pub allow: OneOrMany,
}

/// The setting `repeats`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct RepeatsTable {
    /// How often the same may be said.
    pub times: Number<1, { Repeats::MOST_TIMES as u64 }>,
    /// Within so many seconds.
    pub seconds: Number<1, 86_400>,
}

/// The setting `capitals`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct CapitalsTable {
    /// The most of a hundred letters.
    pub percent: Number<0, 99>,
    /// In texts of at least so many letters.
    pub least: Number<1, 2_000>,
}

/// The setting `mentions`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct MentionsTable {
    /// The most.
    pub most: Number<0, 1_000>,
}

impl From<ActSetting> for FilterAct {
    fn from(act: ActSetting) -> Self {
        match act {
            ActSetting::Block => Self::Block,
            ActSetting::Hold => Self::Hold,
            ActSetting::Mask => Self::Mask,
            ActSetting::Flag => Self::Flag,
        }
    }
}

impl From<MatchSetting> for WordMatch {
    fn from(matches: MatchSetting) -> Self {
        match matches {
            MatchSetting::Word => Self::Word,
            MatchSetting::Part => Self::Part,
        }
    }
}
