//! Settings of single rooms that were changed while the server runs: they hold over the rule of
//! the settings file, until they are changed again.

use std::sync::Arc;
use std::time::Duration;

use super::{Rule, Rules};

/// The longest time between two messages of a member, as the protocol allows it.
pub(crate) const MOST_SLOW_MODE: Duration = Duration::from_hours(6);

/// The longest topic, in bytes.
pub(crate) const MOST_TOPIC_BYTES: usize = 1_024;

/// The most rooms whose settings can be changed.
pub(crate) const MOST_CHANGED: usize = 16_384;

/// Settings of a room that were changed while the server runs. What is `None` is as the rule
/// says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ChangedSettings {
    /// The room's purpose.
    pub(crate) topic: Option<String>,
    /// How long a member waits between two messages; zero: not at all.
    pub(crate) slow_mode: Option<Duration>,
    /// Whether only those who may moderate may say something.
    pub(crate) announce_only: Option<bool>,
}

/// Why settings are not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadSettings {
    /// The topic is too long.
    #[error("a topic has at most {MOST_TOPIC_BYTES} bytes")]
    LongTopic,
    /// The topic has control characters.
    #[error("a topic has no control characters")]
    ControlInTopic,
    /// Slow mode is too slow.
    #[error("slow mode is at most {} seconds", MOST_SLOW_MODE.as_secs())]
    TooSlow,
}

/// The rule of a room whose settings were changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChangedRule {
    settings: ChangedSettings,
    /// The rule of the settings file.
    base: Arc<Rule>,
    /// The same with the settings.
    rule: Arc<Rule>,
}

impl ChangedSettings {
    /// Whether no setting is changed.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Why they are not.
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        if let Some(topic) = &self.topic {
            if topic.len() > MOST_TOPIC_BYTES {
                return Err(BadSettings::LongTopic);
            }
            if topic.chars().any(crate::names::is_control) {
                return Err(BadSettings::ControlInTopic);
            }
        }
        match self.slow_mode {
            Some(slow) if slow > MOST_SLOW_MODE => Err(BadSettings::TooSlow),
            _ => Ok(()),
        }
    }

    /// These settings, and of `before` those that these do not have.
    #[must_use]
    pub(crate) fn over(self, before: &Self) -> Self {
        Self {
            topic: self.topic.or_else(|| before.topic.clone()),
            slow_mode: self.slow_mode.or(before.slow_mode),
            announce_only: self.announce_only.or(before.announce_only),
        }
    }

    fn rule(&self, base: &Rule) -> Arc<Rule> {
        let mut rule = base.clone();
        if let Some(topic) = &self.topic {
            rule.topic.clone_from(topic);
        }
        rule.slow_mode = self.slow_mode.unwrap_or(rule.slow_mode);
        rule.announce_only = self.announce_only.unwrap_or(rule.announce_only);
        Arc::new(rule)
    }
}

impl ChangedRule {
    fn new(settings: ChangedSettings, base: &Arc<Rule>) -> Self {
        Self {
            rule: settings.rule(base),
            base: Arc::clone(base),
            settings,
        }
    }

    pub(super) fn rule(&self) -> &Arc<Rule> {
        &self.rule
    }
}

impl Rules {
    /// The settings of this room that were changed while the server runs.
    pub(crate) fn changed_settings(&self, room: &str) -> Option<&ChangedSettings> {
        self.changed.get(room).map(|changed| &changed.settings)
    }

    /// How many rooms have changed settings.
    pub(crate) fn changed_rooms(&self) -> usize {
        self.changed.len()
    }

    /// These rules with other settings of some rooms, in place of those that each had. If a room
    /// has none of its own any more, the settings file holds again.
    #[must_use]
    pub(crate) fn with_settings(
        &self,
        rooms: impl IntoIterator<Item = (Arc<str>, ChangedSettings)>,
    ) -> Self {
        let mut rules = self.clone();
        for (room, settings) in rooms {
            if settings.is_empty() {
                rules.changed.remove(&room);
            } else {
                let changed = ChangedRule::new(settings, self.of_file(&room));
                rules.changed.insert(room, changed);
            }
        }
        rules
    }

    /// Takes the changed settings of `before` over.
    pub(super) fn keep_changed(&mut self, before: &Self) {
        let kept = before.changed.iter().map(|(room, changed)| {
            let base = self.of_file(room);
            let changed = if Arc::ptr_eq(base, &changed.base) {
                changed.clone()
            } else {
                ChangedRule::new(changed.settings.clone(), base)
            };
            (Arc::clone(room), changed)
        });
        self.changed = kept.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Pattern;

    fn topic(topic: &str) -> ChangedSettings {
        ChangedSettings {
            topic: Some(topic.into()),
            ..ChangedSettings::default()
        }
    }

    fn rules(slow_mode: u64) -> Rules {
        Rules::new(vec![Rule {
            slow_mode: Duration::from_secs(slow_mode),
            topic: "of the file".into(),
            ..Rule::open(Pattern::exact("hall"))
        }])
    }

    #[test]
    fn changed_settings_hold_over_the_file_and_over_a_reload_of_it() {
        let rules = rules(1).with_settings([("hall".into(), topic("now"))]);
        let rule = rules.of("hall");
        assert_eq!((&*rule.topic, rule.slow_mode.as_secs()), ("now", 1));
        assert_eq!(rules.of("other").topic, "");
        let reloaded = self::rules(9).in_place_of(&rules);
        let rule = reloaded.of("hall");
        assert_eq!((&*rule.topic, rule.slow_mode.as_secs()), ("now", 9));
        let again = self::rules(9).in_place_of(&reloaded);
        assert!(Arc::ptr_eq(again.of("hall"), reloaded.of("hall")));
        assert_eq!(again, reloaded);
        let back = again.with_settings([("hall".into(), ChangedSettings::default())]);
        assert_eq!(back.of("hall").topic, "of the file");
        assert_eq!(back.changed_rooms(), 0);
    }

    #[test]
    fn what_is_not_changed_stays_as_it_was_changed_before() {
        let slow = ChangedSettings {
            slow_mode: Some(Duration::ZERO),
            ..ChangedSettings::default()
        };
        let both = slow.over(&topic("now"));
        assert_eq!(both.topic.as_deref(), Some("now"));
        assert_eq!(topic("later").over(&both).slow_mode, Some(Duration::ZERO));
    }

    #[test]
    fn settings_that_are_too_large_are_refused() {
        let check = |settings: &ChangedSettings| settings.check().err();
        assert_eq!(check(&topic(&"x".repeat(MOST_TOPIC_BYTES))), None);
        let long = topic(&"x".repeat(MOST_TOPIC_BYTES + 1));
        assert_eq!(check(&long), Some(BadSettings::LongTopic));
        assert_eq!(check(&topic("a\nb")), Some(BadSettings::ControlInTopic));
        let slow = |seconds| ChangedSettings {
            slow_mode: Some(Duration::from_secs(seconds)),
            ..ChangedSettings::default()
        };
        assert_eq!(check(&slow(21_600)), None);
        assert_eq!(check(&slow(21_601)), Some(BadSettings::TooSlow));
    }
}
