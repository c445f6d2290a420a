//! The feed of events for the game, and the webhooks that are sent it: the tables `[events]` and
//! `[[webhooks]]` of the settings file, what they mean in words, and the HTTP client of webhooks.

pub mod post;
pub mod table;

use std::path::Path;
use std::sync::Arc;

use guildhall_server::{EventsConfig, WebhookClient, WebhookConfig};

use crate::accounts::Mistake;
use crate::hook::post::HttpUrl;
use crate::rooms::counted;

use self::post::HttpPost;
use self::table::{EventsTable, ReadSecret, WebhookTable};

/// How long events are kept, unless the settings say otherwise.
const KEEP: &str = "7d";

/// The feed and the webhooks that the settings ask for, with the secrets that they name.
#[derive(Debug, Clone, Default)]
pub struct EventsSettings {
    table: EventsTable,
    webhooks: Vec<ReadWebhook>,
}

/// A webhook with its secrets.
#[derive(Debug, Clone)]
struct ReadWebhook {
    table: WebhookTable,
    url: HttpUrl,
    secrets: Vec<ReadSecret>,
}

impl EventsSettings {
    /// Reads the secrets that the tables name. Paths begin at `folder`, that of the settings file.
    ///
    /// # Errors
    ///
    /// The first [`Mistake`].
    pub fn read(
        table: EventsTable,
        webhooks: Vec<WebhookTable>,
        folder: &Path,
    ) -> Result<Self, Mistake> {
        let mut read: Vec<ReadWebhook> = Vec::new();
        for webhook in webhooks {
            let at = webhook.url.span().start;
            let wrong = |text: String| Mistake { at, text };
            if !table.enabled {
                return Err(wrong(
                    "a webhook is sent what the feed has: set `enabled = true` in [events]".into(),
                ));
            }
            let url: HttpUrl = webhook.url.get_ref().parse().map_err(wrong)?;
            if read.iter().any(|other| other.url == url) {
                return Err(wrong(format!(
                    "there are two webhooks for {url}: name its kinds and rooms in one"
                )));
            }
            if webhook.secrets.is_empty() {
                return Err(wrong(
                    "a webhook has `secrets`, by which its receiver knows this server".into(),
                ));
            }
            let secrets = webhook.secrets.iter();
            let secrets = secrets.map(|secret| ReadSecret::read(secret, folder));
            read.push(ReadWebhook {
                secrets: secrets.collect::<Result<_, _>>()?,
                table: webhook,
                url,
            });
        }
        Ok(Self {
            table,
            webhooks: read,
        })
    }

    /// The server's settings. `None`: it has no feed.
    #[must_use]
    pub fn config(&self) -> Option<EventsConfig> {
        let EventsTable {
            enabled,
            keep,
            most,
            ..
        } = &self.table;
        if !enabled {
            return None;
        }
        let default = EventsConfig::default();
        let webhooks = self.webhooks.iter().map(|webhook| WebhookConfig {
            url: webhook.url.to_string().into(),
            secrets: (webhook.secrets.iter())
                .map(|read| read.secret.clone())
                .collect(),
            selection: webhook.table.choice().selection(),
            client: Arc::new(HttpPost::new(webhook.url.clone())) as Arc<dyn WebhookClient>,
        });
        Some(EventsConfig {
            selection: self.table.choice().selection(),
            keep: keep.as_ref().map_or(default.keep, |keep| keep.time),
            most: most.as_ref().map_or(default.most, |most| most.0),
            webhooks: webhooks.collect(),
        })
    }

    /// Whether a secret comes from the variable of this name.
    #[must_use]
    pub fn has_variable(&self, name: &str) -> bool {
        let mut secrets = self.webhooks.iter().flat_map(|webhook| &webhook.secrets);
        secrets.any(|secret| secret.variable.as_deref() == Some(name))
    }

    /// The addresses of the webhooks.
    pub fn urls(&self) -> impl Iterator<Item = String> {
        self.webhooks.iter().map(|webhook| webhook.url.to_string())
    }

    /// Warnings about settings that are right each by itself.
    #[must_use]
    pub fn warnings(&self, has_data: bool) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.table.enabled && !has_data {
            warnings.push(
                "events are in memory only, because there is no folder for `data`: a restart \
                 forgets them"
                    .to_owned(),
            );
        }
        let feed = self.table.choice().selection();
        for webhook in &self.webhooks {
            let url = &webhook.url;
            if url.is_readable() {
                warnings.push(format!(
                    "anybody on the way can read what the webhook {url} is sent: use https://"
                ));
            }
            for kind in webhook.table.choice().kinds() {
                if !feed.has(kind) {
                    let kind = kind.as_str();
                    warnings.push(format!(
                        "the webhook {url} is never sent `{kind}`: the feed does not have it"
                    ));
                }
            }
        }
        warnings
    }

    /// The meaning of the settings, each sentence behind "the server".
    #[must_use]
    pub fn meaning(&self) -> Vec<String> {
        if !self.table.enabled {
            return vec!["keeps no events for the game".to_owned()];
        }
        let keep = self.table.keep.as_ref();
        let keep = keep.map_or(KEEP, |keep| &keep.text);
        let default = EventsConfig::default().most;
        let most = self.table.most.as_ref().map_or(default, |most| most.0);
        let mut sentences = vec![format!(
            "keeps {} for the game for {keep}, but at most {}",
            self.table.choice().words(),
            counted(most, "event"),
        )];
        sentences.extend(self.webhooks.iter().map(|webhook| {
            format!(
                "sends {} to {}, signed with {}",
                webhook.table.choice().words(),
                webhook.url,
                counted(webhook.secrets.len() as u64, "secret"),
            )
        }));
        sentences
    }
}
