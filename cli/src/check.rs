//! `guildhall check`: what is wrong with the settings, or what they mean in words.

mod machine;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use guildhall_server::accounts::Accounts;
use guildhall_server::{RequestRate, SYSTEM_NAME, store};
use indicatif::{BinaryBytes, HumanDuration};

use crate::accounts::AccountsSettings;
use crate::arguments::environment::{Origin, Parsed, parse_settings};
use crate::arguments::{CheckArguments, ProxyArguments, RateArguments, ServeArguments};
use crate::hook::HookSettings;
use crate::redact::without_secrets;
use crate::rooms;
use crate::switch::Switch;
use crate::token::{describe, now};
use crate::token_file::read_token;

/// The settings of the file and of this environment's variables, for the user to read.
#[derive(Debug)]
pub struct Checked {
    parsed: Parsed,
    /// A line for each address of a set of keys, and one for the token.
    tried: Vec<String>,
}

/// Reads the settings as a server would that is started here with this file and these flags.
///
/// # Errors
///
/// A line that says what is wrong.
pub fn check(arguments: &CheckArguments) -> Result<Checked, String> {
    let parsed = parse_settings(arguments.file.as_deref(), &arguments.flags)?;
    let few_files = machine::check_open_files(&parsed)?;
    let data = parsed.arguments.serve.data.as_deref();
    let in_use = data.map(machine::check_folder).transpose()?.flatten();
    if let Some(folder) = parsed.https.cache() {
        machine::check_writable(folder, "tls.acme_cache")?;
    }
    let settings = &parsed.tables.accounts_settings;
    let mut accounts = settings.accounts();
    let mut tried = machine::check_listeners(&parsed)?;
    tried.extend(in_use);
    tried.extend(few_files);
    // One that does not answer is a warning: a server would start, and try again.
    for (url, keys) in settings.try_urls() {
        tried.push(match keys {
            Ok(keys) => {
                let count = keys.len();
                accounts.keys.extend(keys);
                format!("The number of keys at {url}: {count}")
            }
            Err(problem) => format!("Warning: cannot fetch the keys at {url}: {problem}"),
        });
    }
    tried.extend(disabled_webhooks(&parsed));
    if let Some(file) = &arguments.token_file {
        let token = read_token(file).map_err(|error| format!("{error:#}"))?;
        tried.push(check_token(settings, &accounts, &token)?);
    }
    Ok(Checked { parsed, tried })
}

/// A warning for each webhook of the settings that is sent nothing any more.
fn disabled_webhooks(parsed: &Parsed) -> Vec<String> {
    let folder = parsed.arguments.serve.data.as_ref();
    // Without a store, or with one of another version, no webhook was disabled so far.
    let known = folder.and_then(|folder| store::disabled_webhooks(folder).ok());
    let known = known.unwrap_or_default();
    let urls = parsed.tables.events_settings.urls();
    urls.filter(|url| known.contains(url))
        .map(|url| {
            format!(
                "Warning: the webhook {url} is sent nothing any more, because its receiver has \
                 answered 410: to begin anew, start the server once without it"
            )
        })
        .collect()
}

/// Says whose token it is.
///
/// # Errors
///
/// A line that says why a server refuses it.
fn check_token(
    settings: &AccountsSettings,
    accounts: &Accounts,
    token: &str,
) -> Result<String, String> {
    let now = now().map_err(|error| error.to_string())?;
    if settings.keys().is_empty() {
        return Err("the token is refused: the settings have no accounts.keys".into());
    }
    let claims = accounts.verify(token.trim(), now);
    let claims = claims.map_err(|error| format!("the token is refused: {error}"))?;
    if settings.is_revoked(&claims.user, claims.issued) {
        return Err("the token is refused: accounts.revoked has its user".into());
    }
    let mut text = "The token holds. It is one of ".to_owned();
    describe(&mut text, &claims, now).map_err(|error| error.to_string())?;
    Ok(text)
}

/// Warnings, sentences, and a settings file with comments on where each value is from.
impl fmt::Display for Checked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parsed, tried } = self;
        let serve = &parsed.arguments.serve;
        for ignored in &parsed.ignored {
            writeln!(formatter, "Warning: {ignored}")?;
        }
        for warning in parsed.warnings() {
            writeln!(formatter, "Warning: {warning}")?;
        }
        for line in tried {
            writeln!(formatter, "{line}")?;
        }
        writeln!(formatter, "The settings are right. With them, the server")?;
        let value = |key: &str| {
            let mut settings = parsed.settings.iter();
            let setting = settings.find(|setting| setting.key == key);
            setting.map_or("[]", |setting| &setting.value)
        };
        let accounts = &parsed.tables.accounts_settings;
        let sentences = meaning(serve, value).into_iter().chain(accounts.meaning());
        let hook = parsed.tables.hook_settings.as_ref();
        let sentences = sentences
            .chain([parsed.https.meaning(), parsed.api.meaning()])
            .chain(parsed.tables.events_settings.meaning())
            .chain([parsed.tables.moderation.meaning()])
            .chain(serve.data.as_ref().map(|_| parsed.tables.moderation.kept()))
            .chain(rooms::meaning(&parsed.tables.rooms))
            .chain(parsed.tables.filter_settings.meaning().iter().cloned())
            .chain(hook.map(HookSettings::meaning));
        for sentence in sentences {
            writeln!(formatter, "- {sentence}")?;
        }
        writeln!(formatter)?;
        for setting in parsed.settings.iter().filter(|it| !it.value.is_empty()) {
            let origin = match setting.origin {
                Origin::Default => "default".to_owned(),
                Origin::File(line) => format!("line {line} of the file"),
                Origin::Variable => "variable".to_owned(),
                Origin::Flag => "flag".to_owned(),
            };
            let pair = format!("{} = {}", setting.key, without_secrets(&setting.value));
            writeln!(formatter, "{pair:<44} # {origin}")?;
        }
        Ok(())
    }
}

/// The meaning of the settings, each behind "the server". `value` returns that of a list.
fn meaning<'a>(serve: &ServeArguments, value: impl Fn(&str) -> &'a str) -> Vec<String> {
    vec![
        reach(serve),
        clients(serve),
        list(
            value("allow_origin"),
            "lets no pages of other hosts connect",
            "lets pages of these origins connect besides its own",
        ),
        list(
            value("allow_host"),
            "may be called localhost and by its IP addresses, and by any name unless only this \
             machine can reach it",
            "may be called localhost, by its IP addresses, and by these names",
        ),
        list(
            value("page_server"),
            "gives out a page that connects to it alone",
            "gives out a page that may connect to these servers besides itself",
        ),
        proxies(&serve.proxies, value("trusted_proxies")),
        all_rooms(serve),
        data(serve),
        stopping(serve),
        sessions(serve),
        edits(serve),
        rates(serve),
        users(serve),
        addresses(serve),
        format!(
            "uses {}, and holds back at most {} for a client that reads slowly",
            rooms::counted(serve.threads.get() as u64, "network thread"),
            bytes(serve.max_waiting),
        ),
    ]
}

fn reach(serve: &ServeArguments) -> String {
    let host = serve.host.trim_matches(['[', ']']);
    let address: Option<IpAddr> = host.parse().ok();
    let port = match serve.port {
        0 => "a free port".to_owned(),
        port => format!("port {port}"),
    };
    match address {
        Some(address) if address.is_unspecified() => {
            format!("listens on {port} of every network of this machine")
        }
        Some(address) if address.is_loopback() => {
            format!("listens on {port} of {address}: only this machine can reach it")
        }
        None if host == "localhost" => {
            format!("listens on {port} of localhost: only this machine can reach it")
        }
        _ => format!("listens on {port} of {host}"),
    }
}

fn clients(serve: &ServeArguments) -> String {
    let most = serve.max_connections;
    match serve.max_connections_per_address {
        0 => format!("takes up to {most} clients, any number of them from one address"),
        share => format!("takes up to {most} clients, and {share} of them from one address"),
    }
}

fn proxies(proxies: &ProxyArguments, listed: &str) -> String {
    if proxies.trusted_proxies.is_empty() {
        return "takes each connection for its client's own, because it trusts no proxy".to_owned();
    }
    let listed = listed.trim_matches(['[', ']']);
    match proxies.proxy_protocol {
        Switch::Off => format!(
            "takes the addresses of clients from X-Forwarded-For and Forwarded, if these proxies \
             send them: {listed}"
        ),
        Switch::On => format!(
            "demands a header of the PROXY protocol, with the client's address, from these \
             proxies: {listed}"
        ),
    }
}

fn list(items: &str, none: &str, some: &str) -> String {
    match items {
        "[]" => none.to_owned(),
        items => format!("{some}: {}", items.trim_matches(['[', ']'])),
    }
}

fn all_rooms(serve: &ServeArguments) -> String {
    let most = serve.max_rooms;
    if serve.history_lines == 0 || serve.history_bytes == 0 || serve.history_seconds == 0 {
        return format!("has up to {most} rooms, which keep no lines");
    }
    let left = match serve.keep_empty_rooms {
        0 => "until everybody has left".to_owned(),
        seconds => format!("{} longer than its last member stays", time(seconds)),
    };
    format!(
        "has up to {most} rooms, each of which keeps its last {} lines ({} at most) for {}, and \
         {left}; whoever joins gets the last {} at once",
        serve.history_lines,
        bytes(serve.history_bytes),
        time(serve.history_seconds),
        serve.replay_lines.min(serve.history_lines),
    )
}

fn data(serve: &ServeArguments) -> String {
    match &serve.data {
        None => "keeps everything in memory only, so a restart forgets what was said".to_owned(),
        Some(folder) => format!(
            "keeps all lines in the folder {} as well, for good and over restarts, unless a rule \
             of the rooms says otherwise; and its users and sessions",
            folder.display()
        ),
    }
}

fn stopping(serve: &ServeArguments) -> String {
    let drain = match serve.stopping.drain {
        0 => "closes its clients at once when it has to stop".to_owned(),
        seconds => format!(
            "goes on for {} when it has to stop, while /healthz says that it is not ready",
            time(seconds)
        ),
    };
    if serve.data.is_none() {
        return drain;
    }
    match serve.stopping.data_wait {
        0 => format!("{drain}; waits for no other server that has its folder"),
        seconds => format!(
            "{drain}; waits for {} when it starts, if another server has its folder",
            time(seconds)
        ),
    }
}

fn sessions(serve: &ServeArguments) -> String {
    match serve.resume_seconds {
        0 => "lets no client continue after a lost connection".to_owned(),
        seconds => format!(
            "keeps a client's name and session for {} after its connection is lost",
            time(seconds)
        ),
    }
}

fn edits(serve: &ServeArguments) -> String {
    let itself = match serve.system_name.as_str() {
        SYSTEM_NAME => String::new(),
        name => format!(", and says itself what the game says as \"{name}\""),
    };
    let edits = match serve.edit_seconds {
        0 => "lets nobody edit what it has said, but remove it".to_owned(),
        seconds => format!(
            "lets a user edit what it has said for {}, and remove it at any time",
            time(seconds)
        ),
    };
    edits + &itself
}

fn rates(serve: &ServeArguments) -> String {
    let rate = |rate: u64, burst: u64| match rate {
        0 => "as much as it likes".to_owned(),
        rate => format!(
            "{} a second ({} at once)",
            BinaryBytes(rate),
            BinaryBytes(burst)
        ),
    };
    format!(
        "lets a client say {}, and all of a room together {}",
        rate(serve.client_rate, serve.client_burst),
        rate(serve.room_rate, serve.room_burst)
    )
}

fn users(serve: &ServeArguments) -> String {
    let RateArguments {
        rates_say,
        rates_whisper,
        rates_join,
        rates_rename,
        rates_search,
        rates_report,
        rates_request,
        rates_refused,
        ..
    } = &serve.rates;
    format!(
        "lets a user say something {}, whisper {}, join rooms {}, change its name {}, search {}, \
         report something {}, and ask for anything else {}; and refuses a connection {} before it closes it",
        often(*rates_say),
        often(*rates_whisper),
        often(*rates_join),
        often(*rates_rename),
        often(*rates_search),
        often(*rates_report),
        often(*rates_request),
        often(*rates_refused),
    )
}

fn addresses(serve: &ServeArguments) -> String {
    match serve.config().rates.address_share {
        0 => "does not count what users of one address ask for together".to_owned(),
        share => format!(
            "lets an address open a connection {}, and all of its guests together ask for {share} \
             times as much as one user",
            often(serve.rates.rates_handshake)
        ),
    }
}

fn often(rate: RequestRate) -> String {
    match rate.frequency() {
        Some((times, unit)) => {
            let unit = match unit {
                "s" => "a second",
                "min" => "a minute",
                _ => "an hour",
            };
            let count = |times: u128| match times {
                1 => "once".to_owned(),
                times => format!("{times} times"),
            };
            format!(
                "{} at once and then {} {unit}",
                count(rate.burst.into()),
                count(times)
            )
        }
        None => "as often as it likes".to_owned(),
    }
}

fn bytes(number: usize) -> BinaryBytes {
    BinaryBytes(u64::try_from(number).unwrap_or(u64::MAX))
}

fn time(seconds: u64) -> HumanDuration {
    HumanDuration(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests;
