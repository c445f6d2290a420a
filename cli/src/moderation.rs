//! Moderation: the table `[moderation]` of the settings file, and what it means in words. What
//! follows from it is decided in the server.

use std::time::Duration;

use guildhall_server::{KeepEvidence, ModerationConfig};
use indicatif::HumanDuration;
use serde::Deserialize;

use crate::events::table::Age;

/// How many seconds a day has.
const DAY: u64 = 24 * 60 * 60;

/// The most bytes of `appeal`, so that it fits into each sanction that a user is told of.
const MAX_APPEAL_BYTES: usize = 200;

/// The table `[moderation]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct ModerationTable {
    /// The text that says where and how a user appeals against a sanction.
    appeal: Appeal,
    /// How long a report is kept with its evidence.
    keep_reports: Option<KeepTime>,
    /// How long an entry of the audit log is kept.
    keep_audit: Option<KeepTime>,
}

/// A time such as `"180d"`, or `"forever"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct KeepTime(Option<Age>);

/// The setting `appeal`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
struct Appeal(String);

impl ModerationTable {
    /// The settings of the server.
    pub(crate) fn config(&self) -> ModerationConfig {
        ModerationConfig {
            appeal: self.appeal.0.clone(),
            keep: self.keep(),
        }
    }

    fn keep(&self) -> KeepEvidence {
        let time = |setting: &KeepTime| setting.0.as_ref().map(|age| age.time);
        let default = KeepEvidence::default();
        KeepEvidence {
            reports: self.keep_reports.as_ref().map_or(default.reports, time),
            audit: self.keep_audit.as_ref().map_or(default.audit, time),
        }
    }

    /// A sentence about what is kept, behind "the server".
    pub(crate) fn kept(&self) -> String {
        let time = |time: Option<Duration>| match time.map(|time| (time, time.as_secs() / DAY)) {
            Some((_, days @ 2..)) => format!("for {days} days"),
            Some((time, _)) => format!("for {}", HumanDuration(time)),
            None => "for ever".into(),
        };
        let KeepEvidence { reports, audit } = self.keep();
        format!(
            "keeps reports with their evidence {}, and the audit log {}",
            time(reports),
            time(audit)
        )
    }

    /// A sentence, behind "the server".
    pub(crate) fn meaning(&self) -> String {
        match self.appeal.0.as_str() {
            "" => "tells nobody where to appeal against a mute or a ban".into(),
            appeal => format!("tells who is muted or banned where to appeal: \"{appeal}\""),
        }
    }
}

impl TryFrom<String> for KeepTime {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "forever" => Ok(Self(None)),
            _ => Ok(Self(Some(Age::try_from(text)?))),
        }
    }
}

impl TryFrom<String> for Appeal {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.chars().any(char::is_control) {
            return Err("what users are told of appeals is one line of text".into());
        }
        match text.len() {
            0..=MAX_APPEAL_BYTES => Ok(Self(text)),
            long => Err(format!(
                "what users are told of appeals has at most {MAX_APPEAL_BYTES} bytes, and not {long}"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        let table = toml::from_str::<ModerationTable>(text);
        match (table, expected) {
            (Ok(table), Ok(sentence)) => assert_eq!(table.meaning(), sentence),
            (Err(error), Err(word)) => assert!(error.message().contains(word), "{error}"),
            (table, _) => panic!("{text}: {table:?}"),
        }
    }

    #[test]
    fn an_appeal_is_a_line_that_is_not_too_long() {
        check(
            "",
            Ok("tells nobody where to appeal against a mute or a ban"),
        );
        check(
            "appeal = \"Write to help@game.example\"",
            Ok("tells who is muted or banned where to appeal: \"Write to help@game.example\""),
        );
        check("appeal = \"two\\nlines\"", Err("one line"));
        check(
            &format!("appeal = \"{}\"", "x".repeat(201)),
            Err("200 bytes"),
        );
        check("appeal = 7", Err("expected a string"));
        check("apeal = \"x\"", Err("unknown field"));
    }
    #[test]
    fn what_is_kept_has_a_time_or_is_kept_for_ever() {
        #[track_caller]
        fn kept(text: &str, sentence: &str) {
            let table = toml::from_str::<ModerationTable>(text).unwrap();
            assert_eq!(table.kept(), sentence);
        }
        kept(
            "",
            "keeps reports with their evidence for 180 days, and the audit log for 365 days",
        );
        kept(
            "keep_reports = \"30d\"\nkeep_audit = \"forever\"",
            "keeps reports with their evidence for 30 days, and the audit log for ever",
        );
        for wrong in ["0d", "180", "never", ""] {
            let text = format!("keep_reports = \"{wrong}\"");
            assert!(toml::from_str::<ModerationTable>(&text).is_err(), "{wrong}");
        }
    }
}
