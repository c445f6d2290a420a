//! The findings of the server from the head of a request, for tests that need no connection.

use std::net::SocketAddr;

use hyper::Request;
use hyper::header::LOCATION;

use crate::config::Config;
use crate::net::host::{Hosts, Target};
use crate::net::origin;
use crate::net::proxies::Sender;
use crate::network::ClientAddress;
use crate::pages::headers::page_policy;

use super::{redirect, upgrade};

/// The findings about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The client's address, in words.
    pub client: String,
    /// The host that the client has asked for; or why the request is a bad one.
    pub host: Result<Option<String>, String>,
    /// Whether a server whose port others reach answers to this host.
    pub is_host_allowed: bool,
    /// The address to which a listener without TLS sends the client on.
    pub location: Option<String>,
    /// The policy by which the browser allows the page something.
    pub policy: String,
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
    let hosts = Hosts::new(&config.allowed_hosts, false);
    let redirect = redirect::to(request, known, 443);
    let location = redirect.headers().get(LOCATION);
    Head {
        client: address.to_string(),
        is_host_allowed: known.is_none_or(|target| hosts.allow(target)),
        location: location.and_then(|it| Some(it.to_str().ok()?.to_owned())),
        policy: (page_policy(known, scheme, &[]).to_str())
            .unwrap_or_default()
            .to_owned(),
        is_allowed: allowed.is_ok(),
        is_handshake: upgrade::accept(request).is_ok(),
        host: match target {
            Ok(target) => Ok(target.map(|target| target.as_str().to_owned())),
            Err(error) => Err(error.to_string()),
        },
    }
}
