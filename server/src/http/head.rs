//! The findings of the server from the head of a request, for tests that need no connection.

use std::net::SocketAddr;

use hyper::Request;

use crate::config::Config;
use crate::net::host::Target;
use crate::net::origin;
use crate::net::proxies::Sender;
use crate::network::ClientAddress;

use super::upgrade;

/// The findings about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The client's address, in words.
    pub client: String,
    /// The host that the client has asked for; or why the request is a bad one.
    pub host: Result<Option<String>, String>,
    /// Whether a page of this origin may connect.
    pub is_allowed: bool,
    /// Whether the request is a handshake that is accepted.
    pub is_handshake: bool,
}

/// Looks at a request that comes from `peer` as the server does before it answers.
#[must_use]
pub fn read_head<B>(request: &Request<B>, peer: SocketAddr, config: &Config) -> Head {
    let headers = request.headers();
    let peer = ClientAddress::of(peer);
    let Sender {
        address, scheme, ..
    } = config.proxies.sender(peer, headers);
    let scheme = origin::scheme(headers).or(scheme);
    let target = Target::of(request);
    let known = target.as_ref().ok().and_then(Option::as_ref);
    let allowed = origin::check(headers, known, scheme, &config.allowed_origins);
    // Only a handshake says which protocol it wants.
    let _ = upgrade::negotiate(headers);
    Head {
        client: address.to_string(),
        is_allowed: allowed.is_ok(),
        is_handshake: upgrade::accept(request).is_ok(),
        host: match target {
            Ok(target) => Ok(target.map(|target| target.as_str().to_owned())),
            Err(error) => Err(error.to_string()),
        },
    }
}
