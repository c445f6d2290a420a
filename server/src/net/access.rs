//! By which names a server may be called, which pages may connect, and which proxies may speak
//! for clients: the settings that can change while it runs. `threads` keeps them, and `http` asks.

use super::host::Hosts;
use super::origin::AllowedOrigin;
use super::page_server::PageServer;
use super::proxies::Proxies;

/// The hosts and the pages by which a server may be reached.
#[derive(Debug)]
pub(crate) struct Access {
    /// The hosts that requests may be for.
    pub(crate) hosts: Hosts,
    /// The origins of pages that may connect, besides the server's own.
    pub(crate) origins: Vec<AllowedOrigin>,
    /// The chat servers that the page may connect to, besides its own.
    pub(crate) page_servers: Vec<PageServer>,
    /// The proxies in front of the server.
    pub(crate) proxies: Proxies,
}
