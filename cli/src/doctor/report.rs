//! The doctor's report: steps, each with its outcome, its time and what to do.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::sanitize::sanitize;

/// The longest finding, in characters. A server can send thousands, and nobody reads those.
const MOST: usize = 800;

/// All that was found about a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The address that was tried.
    pub url: String,
    /// Whether no step has failed.
    pub ok: bool,
    /// The steps, in their order; none follows one that has failed, or that is the end.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its name, for programs.
    pub step: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    #[serde(rename = "millis", serialize_with = "millis")]
    pub took: Duration,
    /// The finding, in words.
    pub found: String,
    /// The advice; nothing if all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// All is well.
    Good,
    /// Something is not as it should be, and the chat may work all the same.
    Warning,
    /// As far as this step all is well, and the rules of the server do not let this user try more.
    End,
    /// The chat cannot work.
    Failed,
}

/// The result of a step, without its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    outcome: Outcome,
    found: String,
    advice: Option<String>,
}

impl Finding {
    pub(super) fn good(found: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Good,
            found: found.into(),
            advice: None,
        }
    }

    pub(super) fn warning(found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Warning,
            found: found.into(),
            advice: Some(advice.into()),
        }
    }

    pub(super) fn end(found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::End,
            found: found.into(),
            advice: Some(advice.into()),
        }
    }

    pub(super) fn failed(found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Failed,
            found: found.into(),
            advice: Some(advice.into()),
        }
    }

    /// The finding as a step of this name. Words of a server can be in it, and of whatever answers
    /// in its place: all of them pass here before anybody sees them.
    pub(super) fn step(self, step: &'static str, took: Duration) -> Step {
        Step {
            step,
            outcome: self.outcome,
            took,
            found: shown(&self.found),
            advice: self.advice.as_deref().map(shown),
        }
    }
}

impl Report {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ok: true,
            steps: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, step: Step) {
        self.ok &= step.outcome != Outcome::Failed;
        self.steps.push(step);
    }
}

/// Text without anything that a terminal would obey, and not too long for one.
fn shown(text: &str) -> String {
    let mut shown: String = sanitize(text).chars().take(MOST + 1).collect();
    if let Some((most, _)) = shown.char_indices().nth(MOST) {
        shown.truncate(most);
        shown.push('…');
    }
    shown
}

fn millis<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // Tenths of a millisecond are enough.
    let tenths = took.as_micros() / 100;
    serializer.serialize_f64(f64::from(u32::try_from(tenths).unwrap_or(u32::MAX)) / 10.0)
}

/// A line for each step, and one for what to do.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", sanitize(&self.url))?;
        for step in &self.steps {
            let mark = match step.outcome {
                Outcome::Good => "ok     ",
                Outcome::Warning => "warning",
                Outcome::End => "end    ",
                Outcome::Failed => "FAILED ",
            };
            let (name, millis) = (step.step, step.took.as_secs_f64() * 1_000.0);
            writeln!(
                formatter,
                "{mark} {name:<12} {millis:>8.1} ms  {}",
                step.found
            )?;
            if let Some(advice) = &step.advice {
                writeln!(formatter, "        What to do: {advice}")?;
            }
        }
        let warnings = self
            .steps
            .iter()
            .filter(|it| it.outcome == Outcome::Warning);
        let is_end = |it: &Step| it.outcome == Outcome::End;
        let end = match (self.ok, warnings.count()) {
            (false, _) => "The chat does not work from here.",
            _ if self.steps.last().is_some_and(is_end) => {
                "The way to the chat is free. The last step says why the rest was not tried."
            }
            (true, 0) => "The chat works from here.",
            (true, _) => "The chat works from here, but look at the warnings.",
        };
        writeln!(formatter, "{end}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(findings: impl IntoIterator<Item = Finding>) -> Report {
        let mut report = Report::new("ws://chat.example/ws");
        for finding in findings {
            report.add(finding.step("dns", Duration::from_micros(12_345)));
        }
        report
    }

    #[test]
    fn a_step_has_its_time_and_what_to_do() {
        let failed = report([Finding::good("fine"), Finding::failed("broken", "mend it")]);
        let text = failed.to_string();
        assert!(
            text.contains("ok      dns              12.3 ms  fine"),
            "{text}"
        );
        assert!(
            text.contains("FAILED ") && text.contains("What to do: mend it"),
            "{text}"
        );
        assert!(
            text.ends_with("The chat does not work from here.\n"),
            "{text}"
        );
        let json = serde_json::to_value(&failed).unwrap();
        assert_eq!(json["ok"], false);
        assert_eq!(json["steps"][0]["millis"], 12.3);
        assert_eq!(json["steps"][0].get("advice"), None);
        assert_eq!(json["steps"][1]["outcome"], "failed");
    }

    #[test]
    fn a_warning_is_no_failure() {
        let text = report([Finding::warning("slow", "wait")]).to_string();
        assert!(text.ends_with("but look at the warnings.\n"), "{text}");
        assert!(
            report([Finding::good("fine")])
                .to_string()
                .contains("works from here.\n")
        );
    }

    #[test]
    fn rules_of_the_server_are_no_failure_of_the_way() {
        let ended = report([Finding::good("fine"), Finding::end("no guests", "a token")]);
        let text = ended.to_string();
        assert!(
            ended.ok && text.contains("way to the chat is free"),
            "{text}"
        );
        let json = serde_json::to_value(&ended).unwrap();
        assert_eq!(json["steps"][1]["outcome"], "end");
    }

    #[test]
    fn words_of_a_server_do_nothing_to_a_terminal() {
        let hostile = "\u{1b}]0;title\u{7}\u{9b}2J\u{85}\u{202e}\n";
        let mut failed = report([Finding::failed(hostile, hostile)]);
        failed.url = format!("ws://x/{hostile}");
        let json = serde_json::to_string(&failed.steps).unwrap();
        let text = failed.to_string();
        let is_obeyed = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(
            !text.contains(is_obeyed) && text.lines().count() == 4,
            "{text:?}"
        );
        assert!(!json.contains(is_obeyed), "{json}");
        assert!(text.contains("␛]0;title␇�2J��␊"), "{text}");
    }

    #[test]
    fn words_of_a_server_have_an_end() {
        let long = report([Finding::failed("ä".repeat(100_000), "x".repeat(MOST))]);
        assert_eq!(long.steps[0].found, format!("{}…", "ä".repeat(MOST)));
        assert_eq!(long.steps[0].advice, Some("x".repeat(MOST)));
    }
}
