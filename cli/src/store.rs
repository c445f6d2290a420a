//! `guildhall store`: looks after the folder in which durable rooms are kept. What it does is the
//! server's; this says it in words.

use std::fmt::{self, Display};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use guildhall_server::store::{self, Checked, Erased, StoreError, StoredUser};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::json;

use crate::arguments::environment::parse_file;
use crate::arguments::{StoreArguments, StoreCommand, StorePlace, UserArguments};
use crate::output::print;

/// Does what the arguments say.
///
/// # Errors
///
/// A sentence for the user: it cannot be done, or the check has found something.
pub fn store(arguments: &StoreArguments) -> anyhow::Result<()> {
    match &arguments.command {
        StoreCommand::Check { place, json } => check(&folder(place)?, *json),
        StoreCommand::Backup { file, place, json } => backup(&folder(place)?, file, *json),
        StoreCommand::Restore {
            file,
            place,
            replace,
        } => restore(&folder(place)?, file, *replace),
        StoreCommand::Reindex { place } => reindex(&folder(place)?),
        StoreCommand::Export { user, place } => export(&folder(place)?, user),
        StoreCommand::Erase {
            user,
            place,
            yes,
            json,
        } => erase(&folder(place)?, user, *yes, *json),
    }
}

/// The folder of the store.
pub(crate) fn folder(place: &StorePlace) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &place.data {
        return Ok(folder.clone());
    }
    let settings = parse_file(place.config.as_deref()).map_err(anyhow::Error::msg)?;
    let folder = settings.arguments.serve.data;
    folder.context(
        "which store? Name its folder: --data DIR, GUILDHALL_DATA, or `data` in the settings file \
         that --config names",
    )
}

fn check(folder: &Path, is_json: bool) -> anyhow::Result<()> {
    let checked = busy("reading the store", || store::check(folder))?;
    let Checked {
        rooms,
        lines,
        problems,
    } = &checked;
    if is_json {
        let checked = json!({ "rooms": rooms, "lines": lines, "problems": problems });
        print(format_args!("{checked}\n"))?;
    } else {
        for problem in problems {
            print(format_args!("{problem}\n"))?;
        }
        let (lines, rooms) = (Counted(*lines, "line"), Counted(*rooms, "room"));
        print(format_args!("{lines} in {rooms}\n"))?;
        if problems.is_empty() {
            print("The store is in order.\n")?;
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!(
        "the store is not in order. Stop the server, keep a copy of {}, and bring the last good \
         backup back: guildhall store restore FILE --replace",
        folder.display()
    )
}

fn backup(folder: &Path, file: &Path, is_json: bool) -> anyhow::Result<()> {
    busy("copying the store", || store::backup(folder, file))?;
    let bytes = fs::metadata(file)?.len();
    if is_json {
        let backup = json!({ "file": file.display().to_string(), "bytes": bytes });
        print(format_args!("{backup}\n"))?;
    } else {
        let (file, size) = (file.display(), HumanBytes(bytes));
        print(format_args!("The store is copied into {file} ({size}).\n"))?;
    }
    Ok(())
}

fn restore(folder: &Path, file: &Path, may_replace: bool) -> anyhow::Result<()> {
    let restored = busy("copying the backup", || {
        if may_replace {
            store::restore_in_place(file, folder)
        } else {
            store::restore(file, folder)
        }
    });
    match restored {
        Err(StoreError::Exists(there)) => bail!(
            "{} is a store already, and it stays. To put the backup in its place, say --replace",
            there.display()
        ),
        restored => restored.map_err(explained)?,
    }
    print(format_args!(
        "{} is the store of {} now. Each room begins a new epoch when the server starts.\n",
        folder.display(),
        file.display()
    ))?;
    Ok(())
}

fn reindex(folder: &Path) -> anyhow::Result<()> {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} rooms");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut all = 0;
    let done = store::reindex(folder, |rooms_done, rooms| {
        all = rooms as u64;
        bar.set_length(all);
        bar.set_position(rooms_done as u64);
    });
    bar.finish_and_clear();
    done.map_err(explained)?;
    print(format_args!("{} can be searched.\n", Counted(all, "room")))?;
    Ok(())
}

fn export(folder: &Path, user: &UserArguments) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let count = store::export_user(folder, named(user), &mut out);
    let count = match count {
        // As behind `| head`.
        Err(StoreError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return Ok(());
        }
        count => count.map_err(explained)?,
    };
    out.flush()?;
    if count == 0 {
        bail!("the store has nothing of {}", Named(user));
    }
    Ok(())
}

fn erase(folder: &Path, user: &UserArguments, is_sure: bool, is_json: bool) -> anyhow::Result<()> {
    if !is_sure {
        bail!(
            "this erases {} for good: its lines lose their text and its name. Look at what it is \
             with `guildhall store export`, and then say --yes",
            Named(user)
        );
    }
    let erased = busy("erasing", || store::erase_user(folder, named(user)));
    let Erased {
        lines,
        whispers,
        sessions,
        reports,
    } = erased.map_err(explained)?;
    if is_json {
        let erased = json!({
            "lines": lines,
            "whispers": whispers,
            "sessions": sessions,
            "reports": reports,
        });
        print(format_args!("{erased}\n"))?;
        return Ok(());
    }
    print(format_args!(
        "Erased {}: {}, {}, {}. The search index is made again when the server starts.\n",
        Named(user),
        Counted(lines, "line"),
        Counted(whispers, "whisper"),
        Counted(sessions, "session"),
    ))?;
    if reports > 0 {
        print(format_args!(
            "{} by the user or about it, with the evidence, and the audit log stay until their \
             time is over.\n",
            Counted(reports, "report")
        ))?;
    }
    Ok(())
}

/// Says what the user should do about an error.
fn explained(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::InUse(folder) => anyhow::anyhow!(
            "a server runs with {}: stop it first. While it runs, `check`, `backup` and `export` \
             can be used",
            folder.display()
        ),
        error => error.into(),
    }
}

fn named(user: &UserArguments) -> StoredUser<'_> {
    match (&user.account, user.guest) {
        (Some(account), _) => StoredUser::Account(account),
        (None, guest) => StoredUser::Guest(guest.unwrap_or_default()),
    }
}

/// Shows somebody at a terminal that work goes on.
pub(crate) fn busy<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(200));
    let done = work();
    spinner.finish_and_clear();
    done
}

/// A user, in words.
struct Named<'a>(&'a UserArguments);

impl Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.account, self.0.guest) {
            (Some(account), _) => write!(f, "the user with the account {account:?}"),
            (None, guest) => write!(f, "the guest {}", guest.unwrap_or_default()),
        }
    }
}

/// A number of things.
pub(crate) struct Counted(pub(crate) u64, pub(crate) &'static str);

impl Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, thing) = self;
        let end = if *count == 1 { "" } else { "s" };
        write!(f, "{count} {thing}{end}")
    }
}
