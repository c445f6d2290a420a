//! The origin of the page that cannot connect, out of what somebody gives for it.

use anyhow::{anyhow, bail};
use http::Uri;

/// The origin of a page, as browsers write it (RFC 6454 section 6.2), from its address.
///
/// # Errors
///
/// A sentence: this is no page's address.
pub(super) fn origin(typed: &str) -> anyhow::Result<String> {
    let typed = typed.trim();
    // That is the origin of a page from a file.
    if typed == "null" {
        return Ok(typed.to_owned());
    }
    let cannot = || anyhow!("--origin '{typed}' is no origin: it looks like https://game.example");
    if !typed.contains("://") {
        let guess = format!("https://{typed}");
        return match origin(&guess) {
            Ok(guess) => bail!(
                "--origin '{typed}' is no origin: it needs https:// or http:// in front, such as {guess}"
            ),
            Err(_) => Err(cannot()),
        };
    }
    // Browsers send nothing of what is behind '#' either.
    let page = typed.split('#').next().unwrap_or_default();
    let uri: Uri = page.parse().map_err(|_| cannot())?;
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
        return Err(cannot());
    };
    let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    let usual = match &scheme[..] {
        "http" => Some(80),
        "https" => Some(443),
        "ws" | "wss" => bail!(
            "--origin '{typed}' is the address of a chat: name the page that connects to it, such as \
             https://game.example"
        ),
        _ => None,
    };
    match uri.port_u16().filter(|&port| Some(port) != usual) {
        Some(port) => Ok(format!("{scheme}://{host}:{port}")),
        None => Ok(format!("{scheme}://{host}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_page_has_its_origin() {
        for (page, expected) in [
            ("https://game.example", "https://game.example"),
            ("https://game.example/play/?a=b#c", "https://game.example"),
            ("HTTPS://Game.Example:443/", "https://game.example"),
            ("http://localhost:3000/", "http://localhost:3000"),
            ("http://[::1]:80/x", "http://[::1]"),
            ("tauri://localhost", "tauri://localhost"),
            ("null", "null"),
        ] {
            assert_eq!(origin(page).unwrap(), expected, "{page}");
        }
    }

    #[test]
    fn what_is_no_page_is_refused_in_words() {
        for (typed, expected) in [
            ("game.example", "such as https://game.example"),
            ("game.example/play/", "such as https://game.example"),
            ("a\nb", "is no origin"),
            ("https://", "is no origin"),
            ("", "is no origin"),
            ("wss://chat.example/ws", "is the address of a chat"),
        ] {
            let error = origin(typed).unwrap_err().to_string();
            assert!(error.contains(expected), "{typed}: {error}");
        }
    }
}
