//! Sockets: how a network thread waits for them, and which connections are allowed.

pub(crate) mod access;
pub(crate) mod exhaustion;
pub(crate) mod gate;
pub(crate) mod half_open;
pub(crate) mod handshakes;
pub(crate) mod host;
pub(crate) mod origin;
pub(crate) mod page_server;
pub(crate) mod proxies;
pub(crate) mod reactor;
pub(crate) mod shown;
pub(crate) mod socket;
pub(crate) mod tls;
pub(crate) mod turns;
pub(crate) mod upgraded;
pub(crate) mod verifier;
