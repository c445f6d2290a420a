//! The tables of the settings file: what no flag can say. Each field of [`Tables`] is one
//! table, or a list of them. serde reads them, and `toml` knows the place of each mistake: a
//! type that checks its value (`TryFrom`) gets the right line by itself, and what concerns
//! several keys takes a `Spanned` value.

use guildhall_server::Config;
use guildhall_server::policy::Rules;
use std::path::Path;

use clap::CommandFactory as _;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, ValueDeserializer};

use super::{Problem, is_in_no_table, misplaced, nearest};
use crate::accounts::table::AccountsTable;
use crate::accounts::{AccountsSettings, KeySets, Mistake};
use crate::arguments::Arguments;
use crate::events::EventsSettings;
use crate::events::table::{EventsTable, WebhookTable};
use crate::filters::FilterSettings;
use crate::filters::table::FilterTable;
use crate::hook::HookSettings;
use crate::hook::table::HookTable;
use crate::moderation::ModerationTable;
use crate::rooms::table::RoomTable;

/// The tables of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct Tables {
    /// The accounts: the keys of the game's backend, and the rights of guests.
    accounts: AccountsTable,
    /// The same, with the keys that it names.
    #[serde(skip)]
    pub accounts_settings: AccountsSettings,
    /// The settings of moderation.
    pub(crate) moderation: ModerationTable,
    /// The texts that nobody may say, or have as a name.
    filters: Vec<Spanned<FilterTable>>,
    /// The same, with the word lists that they name.
    #[serde(skip)]
    pub filter_settings: FilterSettings,
    /// The game that is asked before something is said.
    hook: Option<Spanned<HookTable>>,
    /// The same, with its secrets.
    #[serde(skip)]
    pub hook_settings: Option<HookSettings>,
    /// The rules of rooms.
    pub rooms: Vec<RoomTable>,
    /// The feed of events for the game.
    events: EventsTable,
    /// The addresses that are sent events.
    webhooks: Vec<WebhookTable>,
    /// The feed and the webhooks, with the secrets that they name.
    #[serde(skip)]
    pub events_settings: EventsSettings,
}

impl Tables {
    /// The names of the tables: those of the fields.
    pub(in crate::arguments) const NAMES: [&str; 7] = [
        "accounts",
        "moderation",
        "filters",
        "hook",
        "rooms",
        "events",
        "webhooks",
    ];

    /// Puts what the tables say into the settings of a server. Sets of keys that are fetched
    /// are in `sets`.
    pub(in crate::arguments) fn apply(&self, config: &mut Config, sets: &KeySets) {
        config.accounts = self.accounts_settings.config(sets);
        config.events = self.events_settings.config();
        config.moderation = self.moderation.config();
        config.filters = self.filter_settings.config();
        config.hook = self.hook_settings.as_ref().map(HookSettings::config);
        config.rules = Rules::new(self.rooms.iter().map(RoomTable::rule).collect());
    }

    /// Reads the tables, and the files that they name. Paths begin at `folder`.
    pub(super) fn parse(tables: Spanned<DeTable<'_>>, folder: &Path) -> Result<Self, Problem> {
        let mut tables = Self::deserialize(Deserializer::from(tables)).map_err(problem)?;
        let accounts = std::mem::take(&mut tables.accounts);
        tables.accounts_settings = AccountsSettings::read(accounts, folder)?;
        let events = std::mem::take(&mut tables.events);
        let webhooks = std::mem::take(&mut tables.webhooks);
        tables.events_settings = EventsSettings::read(events, webhooks, folder)?;
        tables.filter_settings = FilterSettings::read(&tables.filters, folder)?;
        let hook = tables.hook.take();
        let hook = hook.map(|hook| HookSettings::read(hook, folder));
        tables.hook_settings = hook.transpose()?;
        Ok(tables)
    }
}

impl From<Mistake> for Problem {
    fn from(Mistake { at, text }: Mistake) -> Self {
        Self { at, text }
    }
}

/// The mistake that serde has found, with the name that the operator may have meant.
fn problem(error: toml::de::Error) -> Problem {
    let problem = Problem::from(error);
    let Some((kind, names)) = ["field", "variant"].into_iter().find_map(|kind| {
        let names = problem.text.strip_prefix(&format!("unknown {kind} "))?;
        Some((kind, names))
    }) else {
        return problem;
    };
    // serde quotes each name: first the unknown one, which may have quotes of its own, then those
    // that it knows.
    let (name, known) = names.rsplit_once("`, expected ").unwrap_or((names, ""));
    let name = name.strip_prefix('`').unwrap_or(name);
    let known = known.split('`').skip(1).step_by(2);
    let known: Vec<String> = known.map(String::from).collect();
    if kind == "field" && is_in_no_table(name, &Arguments::command()) {
        return Problem {
            text: misplaced(name),
            ..problem
        };
    }
    let list = known.iter().map(|name| format!("`{name}`"));
    let list = list.collect::<Vec<_>>().join(", ");
    // Several may begin with it, such as `secret_file` and `secret_env`.
    let longer = known
        .iter()
        .filter(|it| it.starts_with(&format!("{name}_")));
    let longer: Vec<String> = longer.map(|name| format!("`{name}`")).collect();
    let tip = match nearest(name, known) {
        _ if longer.len() > 1 => format!("did you mean {}?", longer.join(" or ")),
        Some(similar) => format!("did you mean `{similar}`?"),
        None => format!("there are {list}"),
    };
    let what = match kind {
        "field" => format!("there is no setting `{name}` in this table"),
        _ => format!("`{name}` is not a value of this setting"),
    };
    Problem {
        text: format!("{what}: {tip}"),
        ..problem
    }
}

/// The value on one line, as a settings file could have it.
pub(super) fn text_of(value: &Spanned<DeValue<'_>>) -> Result<String, Problem> {
    let mut value = toml::Value::deserialize(ValueDeserializer::from(value.clone()))?;
    // It is shown to whoever checks the settings.
    if let Some(secret) = value.get_mut("secret") {
        *secret = "(hidden)".into();
    }
    Ok(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_its_name_in_the_list() {
        let table = DeTable::parse("zzz = 1").unwrap();
        let error = Tables::deserialize(Deserializer::from(table)).unwrap_err();
        let names = error.message().split('`').skip(3).step_by(2);
        assert_eq!(names.collect::<Vec<_>>(), Tables::NAMES);
    }
}
