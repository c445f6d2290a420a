//! Which chat servers the page may connect to besides the one that serves it, if its
//! address names another (`?server=`).
//!
//! By default there are none: a link could show a stranger's server under an address that
//! users trust. The browser enforces it, because the list is in the page's policy, which
//! `http` sends.

use std::str::FromStr;

use hyper::Uri;

use super::host::Target;

/// A chat server that the page may connect to if `?server=` names it.
///
/// ```
/// use guildhall_server::PageServer;
///
/// let server: PageServer = "wss://Chat.Example/ws".parse()?;
/// assert_eq!(server, "wss://chat.example".parse()?);
/// assert!("https://chat.example".parse::<PageServer>().is_err());
/// # Ok::<(), guildhall_server::InvalidPageServer>(())
/// ```
// What stands for it in the policy (Content Security Policy Level 3, section 2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageServer(String);

/// The text is not the address of a chat server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a chat server: expected something like wss://chat.example, or *")]
pub struct InvalidPageServer;

impl FromStr for PageServer {
    type Err = InvalidPageServer;

    fn from_str(text: &str) -> Result<Self, InvalidPageServer> {
        if text == "*" {
            return Ok(Self("ws: wss:".to_owned()));
        }
        let uri: Uri = text.parse().map_err(|_| InvalidPageServer)?;
        let scheme = uri.scheme_str().unwrap_or_default().to_ascii_lowercase();
        let ("ws" | "wss", Some(authority)) = (scheme.as_str(), uri.authority()) else {
            return Err(InvalidPageServer);
        };
        let target: Target = authority.as_str().parse().map_err(|_| InvalidPageServer)?;
        // Without the path: a policy names servers.
        Ok(Self(format!("{scheme}://{target}").to_ascii_lowercase()))
    }
}

impl PageServer {
    /// What stands for the server in the page's policy.
    pub(crate) fn source(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let server = text.parse::<PageServer>().ok();
        assert_eq!(server.as_ref().map(PageServer::source), expected, "{text}");
    }

    #[test]
    fn a_server_has_a_scheme_and_a_host() {
        check("wss://chat.example", Some("wss://chat.example"));
        check("wss://Chat.Example/ws", Some("wss://chat.example"));
        check("WSS://chat.example", Some("wss://chat.example"));
        check("ws://localhost:8081/ws", Some("ws://localhost:8081"));
        check("ws://[::1]:8081", Some("ws://[::1]:8081"));
        check("*", Some("ws: wss:"));
        for text in [
            "",
            "chat.example",
            "https://chat.example",
            "wss://",
            "wss://user@chat.example",
            "wss://chat.example:80800",
            "wss://chat.example:+80",
            "wss://chat.example:80x",
            "wss://a;script-src",
            "wss://a,b",
            "wss://a b",
        ] {
            check(text, None);
        }
    }
}
