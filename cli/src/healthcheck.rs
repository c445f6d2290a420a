//! `guildhall healthcheck`: asks a server whether it delivers, and says it in one line. It is for
//! containers and scripts, which have no other program to ask with.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use guildhall_server::Proxies;
use http::{StatusCode, Uri};
use serde::Deserialize;
use smol::{Timer, future};

use crate::arguments::HealthcheckArguments;
use crate::arguments::environment::{Parsed, parse_file};
use crate::http_get;
use crate::tls::Trust;

/// The path that is asked unless something else is named.
const PATH: &str = "/readyz";

/// Begins a connection of a proxy that is not a client's, such as this one: version 1 of the PROXY
/// protocol, section 2.1.
const PROXY_HEADER: &str = "PROXY UNKNOWN\r\n";

/// The most bytes of an answer.
const MAX_BYTES: usize = 16 * 1024;

/// The most characters that are shown of an answer that is another one than ours.
const SHOWN: usize = 200;

/// Asks the server that the arguments name. Returns a line that says that it is healthy.
///
/// # Errors
///
/// A sentence for the user: the server is not healthy, or it does not answer.
pub fn healthcheck(arguments: &HealthcheckArguments) -> anyhow::Result<String> {
    let server = match &arguments.url {
        Some(url) if !url.starts_with('/') => elsewhere(url, arguments)?,
        path => {
            let file = arguments.config.as_deref();
            let parsed = parse_file(file).map_err(anyhow::Error::msg)?;
            here(&parsed, path.as_deref().unwrap_or(PATH))?
        }
    };
    let within = Duration::from_secs(arguments.timeout);
    let answer = smol::block_on(future::or(server.ask(), async {
        Timer::after(within).await;
        Err(anyhow!("no answer within {} s", within.as_secs()))
    }));
    let uri = server.uri;
    let (status, body) = answer.with_context(|| format!("{uri} is not healthy"))?;
    let told = told(&body);
    if status != StatusCode::OK {
        bail!("{uri} is not healthy: {} {told}", status.as_u16());
    }
    Ok(format!("{uri} is healthy: {told}"))
}

/// The server that is asked.
struct Server {
    uri: Uri,
    /// If it speaks TLS.
    trust: Option<Trust>,
    /// The proxies in front of it, of which this machine may be one.
    proxies: Proxies,
}

impl Server {
    async fn ask(&self) -> anyhow::Result<(StatusCode, String)> {
        let accept = "application/json, text/plain";
        let header = |own: SocketAddr| {
            if self.proxies.begin_with_header(own.ip()) {
                PROXY_HEADER
            } else {
                ""
            }
        };
        let trust = self.trust.as_ref();
        let (status, body) =
            http_get::get_behind(header, &self.uri, trust, accept, MAX_BYTES).await?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// The server of this machine that has these settings.
fn here(parsed: &Parsed, path: &str) -> anyhow::Result<Server> {
    let authority = authority(parsed)?;
    // The API's listener knows no PROXY protocol.
    let proxies = match parsed.api.listen {
        None => parsed.arguments.serve.proxies.config(),
        Some(_) => Proxies::default(),
    };
    let (scheme, trust) = if parsed.https.is_on() {
        ("https", Some(Trust::of_own_server()?))
    } else {
        ("http", None)
    };
    Ok(Server {
        uri: address(&format!("{scheme}://{authority}{path}"))?,
        trust,
        proxies,
    })
}

/// A server at an address. With https://, its certificate has to be good.
fn elsewhere(url: &str, arguments: &HealthcheckArguments) -> anyhow::Result<Server> {
    let uri = address(url)?;
    if arguments.config.is_some() {
        bail!("--config says which server of this machine to ask: leave out {url}, or name a path");
    }
    let trust = match uri.scheme_str() {
        Some("https") => Some(Trust::new(None, "SSL_CERT_FILE names others")?),
        _ => None,
    };
    Ok(Server {
        uri,
        trust,
        proxies: Proxies::default(),
    })
}

/// Takes an address apart. One without a path is that of the check for readiness.
fn address(url: &str) -> anyhow::Result<Uri> {
    let wrong = || format!("\"{url}\" is no address: it looks like http://localhost:8080{PATH}");
    let uri: Uri = url.parse().with_context(wrong)?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    if !is_web || uri.host().is_none_or(str::is_empty) {
        bail!("{}", wrong());
    }
    let mut parts = uri.into_parts();
    if parts.path_and_query.as_ref().is_none_or(|path| path == "/") {
        parts.path_and_query = Some(PATH.parse()?);
    }
    Ok(Uri::from_parts(parts)?)
}

/// The host and the port of a server of this machine that has these settings: those of its API,
/// which says more, or else those of its chat.
fn authority(parsed: &Parsed) -> anyhow::Result<String> {
    let serve = &parsed.arguments.serve;
    let (host, port) = match &parsed.api.listen {
        Some(address) => (address.host.as_str(), address.port),
        None => (serve.host.trim_matches(['[', ']']), serve.port),
    };
    if port == 0 {
        bail!("the port is a free one: name the address, as http://localhost:8080{PATH}");
    }
    let host = match host {
        "0.0.0.0" => "127.0.0.1".to_owned(),
        "::" => "[::1]".to_owned(),
        host if host.contains(':') => format!("[{host}]"),
        host => host.to_owned(),
    };
    Ok(format!("{host}:{port}"))
}

/// The answer of a health check.
#[derive(Debug, Deserialize)]
struct Body {
    status: String,
    checks: Vec<Check>,
}

#[derive(Debug, Deserialize)]
struct Check {
    name: String,
    ok: bool,
    milliseconds: u64,
    #[serde(default)]
    problem: Option<String>,
}

/// An answer in words, on one line.
fn told(body: &str) -> String {
    let Ok(Body { status, checks }) = serde_json::from_str(body) else {
        let line = body.lines().next().unwrap_or_default();
        let shown = line.chars().filter(|letter| !letter.is_control());
        return shown.take(SHOWN).collect();
    };
    let checks: Vec<_> = checks.iter().map(Check::told).collect();
    let told = if checks.is_empty() {
        status
    } else {
        format!("{status} ({})", checks.join(", "))
    };
    told.replace(char::is_control, " ")
}

impl Check {
    fn told(&self) -> String {
        let Self {
            name,
            ok,
            milliseconds,
            problem,
        } = self;
        match (ok, problem) {
            (true, _) => format!("{name}: {milliseconds} ms"),
            (false, Some(problem)) => format!("{name}: {problem}"),
            (false, None) => format!("{name}: failed after {milliseconds} ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_path_asks_for_readiness() {
        for (url, expected) in [
            (
                "http://localhost:8080",
                Some("http://localhost:8080/readyz"),
            ),
            ("http://[::1]:8080/", Some("http://[::1]:8080/readyz")),
            (
                "https://chat.example/livez",
                Some("https://chat.example/livez"),
            ),
            ("localhost:8080", None),
            ("ws://localhost:8080/ws", None),
            ("http://", None),
            ("", None),
        ] {
            let found = address(url).ok().map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn an_answer_is_told_in_one_line() {
        let check = |body: &str, expected: &str| assert_eq!(told(body), expected, "{body}");
        check(
            r#"{"status":"ready","checks":[{"name":"threads","ok":true,"milliseconds":0},
                {"name":"store","ok":true,"milliseconds":4}]}"#,
            "ready (threads: 0 ms, store: 4 ms)",
        );
        check(
            r#"{"status":"not ready","checks":[
                {"name":"store","ok":false,"milliseconds":1,"problem":"the disk\nis full"},
                {"name":"delivery","ok":false,"milliseconds":2000}]}"#,
            "not ready (store: the disk is full, delivery: failed after 2000 ms)",
        );
        check(r#"{"status":"stopping","checks":[]}"#, "stopping");
        check("ok\n", "ok");
        check("\u{1b}[31mred\nmore", "[31mred");
        check(&"x".repeat(999), &"x".repeat(200));
    }
}
