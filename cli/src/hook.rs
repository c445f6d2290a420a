//! The game's hook: the table `[hook]` of a server's settings file, and the thread that asks. What
//! follows from an answer is decided in the server's sessions.

mod asker;
pub mod post;
pub mod table;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;

use guildhall_server::hook::Hook;
use guildhall_server::hook::signature::Secret;
use guildhall_server::policy::Pattern;
use toml::Spanned;

use crate::accounts::Mistake;
use crate::filters::patterns;
use crate::io_error::told;

use asker::{Asker, HookOptions};
use table::{HookTable, OnFailureSetting};

/// The largest file with a secret, in bytes.
const MAX_FILE_BYTES: u64 = 4096;

/// The hook that the settings ask for, with its secrets.
#[derive(Debug, Clone)]
pub struct HookSettings {
    table: HookTable,
    rooms: Vec<Pattern>,
    secrets: Vec<Secret>,
    digest: u64,
}

impl HookSettings {
    /// Reads the secrets that the table names. A path begins at `folder`.
    ///
    /// # Errors
    ///
    /// The first [`Mistake`].
    pub fn read(table: Spanned<HookTable>, folder: &Path) -> Result<Self, Mistake> {
        let at = table.span().start;
        let table = table.into_inner();
        let (at, texts) = secrets(&table, folder).unwrap_or_else(|| {
            let text = "the hook needs a `secret`, a `secret_file` or a `secret_env`: one of them";
            (at, Err(text.into()))
        });
        let wrong = |text: String| Mistake { at, text };
        let texts = texts.map_err(wrong)?;
        let secrets = texts.iter().map(|text| text.parse::<Secret>());
        let secrets = secrets.collect::<Result<Vec<_>, _>>();
        let secrets = secrets.map_err(|error| wrong(error.to_string()))?;
        if secrets.is_empty() {
            return Err(wrong("there is no secret".into()));
        }
        let rooms = match &table.rooms {
            Some(rooms) => patterns(rooms)?,
            None => vec![Pattern::ANY],
        };
        let mut hasher = DefaultHasher::new();
        texts.hash(&mut hasher);
        Ok(Self {
            table,
            rooms,
            secrets,
            digest: hasher.finish(),
        })
    }

    /// Whether the secrets are in the variable with this name.
    #[must_use]
    pub fn has_variable(&self, name: &str) -> bool {
        let variable = self.table.secret_env.as_ref();
        variable.is_some_and(|variable| variable.get_ref() == name)
    }

    /// The server's settings. The game is asked from now on.
    #[must_use]
    pub fn config(&self) -> Hook {
        let game = Asker::start(HookOptions {
            url: self.table.url.0.clone(),
            secrets: self.secrets.clone(),
            timeout: self.table.timeout.0,
            at_once: usize::try_from(self.table.at_once.0).unwrap_or(usize::MAX),
        });
        Hook {
            rooms: self.rooms.clone(),
            on_failure: self.table.on_failure.into(),
            game: Arc::new(game),
        }
    }

    /// The meaning of the settings, behind "the server".
    #[must_use]
    pub fn meaning(&self) -> String {
        let HookTable {
            url,
            timeout,
            on_failure,
            ..
        } = &self.table;
        let rooms = match &self.table.rooms {
            None => String::new(),
            Some(rooms) => format!(" in the rooms {}", rooms.get_ref().0.join(", ")),
        };
        let failure = match on_failure {
            OnFailureSetting::Publish => "publishes the text",
            OnFailureSetting::Reject => "refuses the text",
            OnFailureSetting::Hold => "holds the text until a moderator decides",
        };
        format!(
            "asks {} before something is said{rooms}, and {failure} if there is no answer within \
             {:?}",
            url.0, timeout.0
        )
    }

    /// Warnings about settings that are right each by itself.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let url = &self.table.url.0;
        let is_readable = url.is_readable();
        let warning = is_readable.then(|| {
            format!("anybody on the way to {url} can read and change the chat: use https://")
        });
        warning.into_iter().collect()
    }

    /// A number that is another one if a secret is.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.digest
    }
}

/// The secrets, and the place of their setting; `None`: not exactly one is there.
fn secrets(table: &HookTable, folder: &Path) -> Option<(usize, Result<Vec<String>, String>)> {
    let words = |text: String| text.split_whitespace().map(String::from).collect();
    match (&table.secret, &table.secret_file, &table.secret_env) {
        (Some(secret), None, None) => Some((secret.span().start, Ok(secret.get_ref().0.clone()))),
        (None, Some(file), None) => {
            let path = folder.join(file.get_ref());
            let read = std::fs::metadata(&path).and_then(|metadata| {
                if metadata.len() > MAX_FILE_BYTES {
                    return Err(std::io::ErrorKind::FileTooLarge.into());
                }
                std::fs::read_to_string(&path)
            });
            let read =
                read.map_err(|error| format!("cannot read {}: {}", path.display(), told(&error)));
            Some((file.span().start, read.map(words)))
        }
        (None, None, Some(name)) => {
            let value = std::env::var(name.get_ref());
            let value = value.map_err(|_| format!("there is no variable {}", name.get_ref()));
            Some((name.span().start, value.map(words)))
        }
        _ => None,
    }
}
