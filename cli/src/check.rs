//! `guildhall check`: what is wrong with the settings, or what they mean in words.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use guildhall_server::RequestRate;
use indicatif::{BinaryBytes, HumanDuration};

use guildhall_server::accounts::Accounts;

use crate::accounts::AccountsSettings;
use crate::arguments::environment::{Origin, Other, Parsed, parse};
use crate::arguments::{CheckArguments, ProxyArguments, RateArguments, ServeArguments, Switch};
use crate::rooms;
use crate::token::{describe, now};

/// The settings of the file and of this environment's variables, for the user to read.
#[derive(Debug)]
pub struct Checked {
    parsed: Parsed,
    /// What there is at each address of a set of keys, and what the token says.
    tried: Vec<String>,
}

/// Reads the settings as a server would that is started here with this file.
///
/// # Errors
///
/// A line that says what is wrong.
pub fn check(arguments: &CheckArguments) -> Result<Checked, String> {
    let mut words: Vec<OsString> = vec!["guildhall".into()];
    if let Some(file) = &arguments.file {
        words.push("--config".into());
        words.push(file.into());
    }
    let parsed = match parse(&words) {
        Ok(parsed) => parsed,
        Err(Other::Mistake(line) | Other::Text(line)) => return Err(line),
    };
    let settings = &parsed.tables.accounts_settings;
    let mut accounts = settings.accounts();
    let mut tried = Vec::new();
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
    if let Some(token) = &arguments.token {
        tried.push(check_token(settings, &accounts, token)?);
    }
    Ok(Checked { parsed, tried })
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
        for sentence in sentences.chain(rooms::meaning(&parsed.tables.rooms)) {
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
            let pair = format!("{} = {}", setting.key, setting.value);
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
        sessions(serve),
        rates(serve),
        users(serve),
        addresses(serve),
        format!(
            "uses {} network {}, and holds back at most {} for a client that reads slowly",
            serve.threads,
            if serve.threads.get() == 1 {
                "thread"
            } else {
                "threads"
            },
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

fn sessions(serve: &ServeArguments) -> String {
    match serve.resume_seconds {
        0 => "lets no client continue after a lost connection".to_owned(),
        seconds => format!(
            "keeps a client's name and session for {} after its connection is lost",
            time(seconds)
        ),
    }
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
        rates_request,
        rates_refused,
        ..
    } = &serve.rates;
    format!(
        "lets a user say something {}, whisper {}, join rooms {}, change its name {}, and ask for \
         anything else {}; and refuses a connection {} before it closes it",
        often(*rates_say),
        often(*rates_whisper),
        often(*rates_join),
        often(*rates_rename),
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
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::Parser as _;

    #[track_caller]
    fn check(flags: &[&str], expected: &str) {
        let words = ["guildhall"].iter().chain(flags);
        let serve = Arguments::parse_from(words).serve;
        let value = |key: &str| match key {
            "allow_origin" => r#"["https://a.example", "https://*.b.example"]"#,
            "trusted_proxies" => r#"["10.0.0.2", "fd00::/8"]"#,
            _ => "[]",
        };
        let sentences = meaning(&serve, value);
        assert!(
            sentences.iter().any(|sentence| sentence == expected),
            "{sentences:#?}"
        );
    }

    #[test]
    fn settings_are_told_in_words() {
        check(
            &[],
            "listens on port 8080 of localhost: only this machine can reach it",
        );
        check(
            &["--host", "::", "--port", "0"],
            "listens on a free port of every network of this machine",
        );
        check(
            &["--host", "[::1]"],
            "listens on port 8080 of ::1: only this machine can reach it",
        );
        check(
            &["--host", "chat.example"],
            "listens on port 8080 of chat.example",
        );
        check(
            &[],
            "takes up to 16384 clients, and 256 of them from one address",
        );
        check(
            &["--max-connections-per-address", "0"],
            "takes up to 16384 clients, any number of them from one address",
        );
        check(
            &[],
            "lets pages of these origins connect besides its own: \"https://a.example\", \
             \"https://*.b.example\"",
        );
        check(&[], "gives out a page that connects to it alone");
        check(
            &[],
            "takes each connection for its client's own, because it trusts no proxy",
        );
        check(
            &["--trusted-proxies", "10.0.0.2,fd00::/8"],
            "takes the addresses of clients from X-Forwarded-For and Forwarded, if these proxies \
             send them: \"10.0.0.2\", \"fd00::/8\"",
        );
        check(
            &[
                "--trusted-proxy=10.0.0.2",
                "--trusted-proxy=fd00::/8",
                "--proxy-protocol=on",
            ],
            "demands a header of the PROXY protocol, with the client's address, from these \
             proxies: \"10.0.0.2\", \"fd00::/8\"",
        );
        check(
            &[],
            "has up to 4096 rooms, each of which keeps its last 500 lines (64.00 KiB at most) for \
             24 hours, and 10 minutes longer than its last member stays; whoever joins gets the \
             last 50 at once",
        );
        check(
            &["--history-lines", "0"],
            "has up to 4096 rooms, which keep no lines",
        );
        check(
            &["--resume-seconds", "0"],
            "lets no client continue after a lost connection",
        );
        check(
            &["--client-rate", "0"],
            "lets a client say as much as it likes, and all of a room together 1.00 MiB a second \
             (1.00 MiB at once)",
        );
        check(
            &[
                "--rates-whisper",
                "20, 3/min",
                "--rates-rename",
                "1, 1/h",
                "--rates-join=off",
            ],
            "lets a user say something 8 times at once and then 2 times a second, whisper 20 times \
             at once and then 3 times a minute, join rooms as often as it likes, change its name \
             once at once and then once an hour, and ask for anything else 200 times at once and \
             then 20 times a second; and refuses a connection 2000 times at once and then 50 times \
             a second before it closes it",
        );
        check(
            &[],
            "lets an address open a connection 512 times at once and then 32 times a second, and all \
             of its guests together ask for 64 times as much as one user",
        );
        for flag in ["--max-connections-per-address=0", "--rates-address-share=0"] {
            check(
                &[flag],
                "does not count what users of one address ask for together",
            );
        }
        check(
            &["--threads", "2"],
            "uses 2 network threads, and holds back at most 1.00 MiB for a client that reads \
             slowly",
        );
    }
}
