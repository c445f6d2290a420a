//! The flags about proxies in front of the server.

use clap::Args;
use guildhall_server::{Proxies, TrustedProxy};

use super::item;
use crate::switch::Switch;

/// Which proxies are in front of the server, and how they say whose a connection is.
#[derive(Debug, Args)]
pub struct ProxyArguments {
    /// The address or network of a proxy that may say whose requests it passes on
    /// (X-Forwarded-For, Forwarded), such as 10.0.0.2 or 10.0.0.0/8; may be given
    /// more than once. From anyone else, these headers mean nothing
    #[arg(
        long,
        visible_alias = "trusted-proxy",
        env = "GUILDHALL_TRUSTED_PROXIES",
        value_name = "TRUSTED_PROXY",
        value_delimiter = ',',
        value_parser = item::<TrustedProxy>
    )]
    pub trusted_proxies: Vec<TrustedProxy>,

    /// Whether each connection of a trusted proxy begins with a header of the PROXY
    /// protocol, version 1 or 2: on or off
    #[arg(
        long,
        env = "GUILDHALL_PROXY_PROTOCOL",
        hide_possible_values = true,
        value_enum,
        default_value_t
    )]
    pub proxy_protocol: Switch,
}

impl ProxyArguments {
    /// The settings that these flags ask for.
    pub(crate) fn config(&self) -> Proxies {
        Proxies {
            trusted: self.trusted_proxies.clone(),
            proxy_protocol: self.proxy_protocol == Switch::On,
        }
    }

    /// Warnings about settings that are right each by itself.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.proxy_protocol == Switch::On && self.trusted_proxies.is_empty() {
            warnings.push(
                "nobody speaks the PROXY protocol: --proxy-protocol on is for the proxies that \
                 --trusted-proxies lists, and it lists none"
                    .to_owned(),
            );
        }
        if self.trusted_proxies.iter().any(TrustedProxy::is_everybody) {
            warnings.push(
                "--trusted-proxies trusts everybody: whoever reaches the server may say that it \
                 is anybody else, unless the network lets nobody but your proxies reach it"
                    .to_owned(),
            );
        }
        warnings
    }
}
