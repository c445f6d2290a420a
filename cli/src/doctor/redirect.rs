//! The place to which an answer over HTTP sends on: the chat's new place, or the page of a network that wants
//! somebody to sign in first.

use http::Uri;

use super::Patient;

/// The longest address that is shown.
const MOST: usize = 200;

/// The advice if a network wants a sign-in first.
pub(super) const SIGN_IN: &str = "somebody on the way answers in the server's place, mostly the \
    network of a hotel, a train or a company that wants you to sign in: open any website in a \
    browser, do what it asks for, and try again";

/// The place to which an answer sends on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    /// The chat is at this address now.
    Moved(String),
    /// To another page of the same host.
    OtherPage(String),
    /// To another host, at which nothing hints at the chat.
    OtherHost(String),
}

impl Redirect {
    /// Reads a `Location` header.
    pub(super) fn of(location: &str, patient: &Patient) -> Self {
        let shown = location.chars().take(MOST).collect();
        let Ok(uri) = location.parse::<Uri>() else {
            return Self::OtherHost(shown);
        };
        let own = patient.server.host.parse::<http::uri::Authority>().ok();
        let own_name = own.as_ref().map(http::uri::Authority::host);
        let is_same_host = match uri.host() {
            Some(host) => own_name.is_some_and(|own| own.eq_ignore_ascii_case(host)),
            None => true,
        };
        if uri.path() == patient.health() || uri.path() == patient.path() {
            let is_secure = match uri.scheme_str() {
                Some(scheme) => ["https", "wss"].contains(&scheme),
                None => patient.trust.is_some(),
            };
            let scheme = if is_secure { "wss" } else { "ws" };
            let host = uri
                .authority()
                .map_or(&patient.server.host[..], |it| it.as_str());
            return Self::Moved(format!("{scheme}://{host}{}", patient.server.path));
        }
        if is_same_host {
            return Self::OtherPage(shown);
        }
        Self::OtherHost(shown)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::server_url::ServerUrl;

    #[track_caller]
    fn check(location: &str, expected: Redirect) {
        let patient = Patient {
            server: ServerUrl {
                addresses: Vec::new(),
                host: "chat.example:8080".to_owned(),
                path: "/ws".to_owned(),
                secure: None,
            },
            trust: None,
            origin: None,
            patience: Duration::ZERO,
        };
        assert_eq!(Redirect::of(location, &patient), expected, "{location}");
    }

    #[test]
    fn only_what_hints_at_the_chat_is_its_new_place() {
        let moved = |to: &str| Redirect::Moved(to.to_owned());
        for location in ["https://chat.example/ws", "https://chat.example/healthz?x"] {
            check(location, moved("wss://chat.example/ws"));
        }
        check("http://new.example:9/ws", moved("ws://new.example:9/ws"));
        check("/healthz", moved("ws://chat.example:8080/ws"));
        for location in ["/login?next=/ws", "https://CHAT.example/"] {
            check(location, Redirect::OtherPage(location.to_owned()));
        }
        let portal = "http://portal.hotel.example/login?to=http://chat.example/ws";
        for location in [portal, "http://[", ""] {
            check(location, Redirect::OtherHost(location.to_owned()));
        }
    }
}
