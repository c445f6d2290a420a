//! The clients, and the list of sanctions that the server is compared with.

use std::collections::BTreeSet;
use std::rc::Rc;

use guildhall_protocol::SanctionKind;
use guildhall_server::accounts::{Cap, Claims, Right};
use guildhall_server::testing::{Connection, Network, V1Session};

use crate::pipe::Pipe;
use crate::step::STAFF;

/// A client's end of a connection, and the server's.
pub(crate) struct Link {
    pub(crate) thread: usize,
    pub(crate) connection: Rc<Connection<Pipe>>,
    pub(crate) session: V1Session<Pipe>,
}

/// A client.
#[derive(Default)]
pub(crate) struct Client {
    pub(crate) account: String,
    pub(crate) network: Option<Network>,
    /// Its user's number, when it had a welcome.
    pub(crate) user: u64,
    pub(crate) secret: Vec<u8>,
    pub(crate) last_request: u64,
    pub(crate) link: Option<Link>,
    /// Whether a connection of it was ever welcome.
    pub(crate) was_there: bool,
}

/// A sanction, as the model has it.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) kind: SanctionKind,
    pub(crate) room: &'static str,
    pub(crate) account: String,
    pub(crate) user: u64,
    pub(crate) networks: BTreeSet<Network>,
    /// In milliseconds; `None`: no end.
    pub(crate) until: Option<u64>,
}

impl Held {
    pub(crate) fn is_of(&self, account: &str, user: u64) -> bool {
        match account {
            "" => self.account.is_empty() && self.user == user,
            account => self.account == account,
        }
    }

    pub(crate) fn is_against(&self, client: &Client) -> bool {
        let is_guest = client.account.is_empty();
        let is_address = client.network.is_some_and(|it| self.networks.contains(&it));
        self.is_of(&client.account, client.user) || (is_guest && is_address)
    }
}

pub(crate) fn kind(is_ban: bool) -> SanctionKind {
    if is_ban {
        SanctionKind::Ban
    } else {
        SanctionKind::Mute
    }
}

pub(crate) fn claims(account: &str) -> Claims {
    let cap = Cap {
        rooms: vec!["*".into()],
        allow: vec![Right::Mod],
    };
    Claims {
        user: account.into(),
        name: None,
        info: None,
        rooms: Vec::new(),
        caps: (account == STAFF[0]).then_some(cap).into_iter().collect(),
        expires: 1_000_000,
        issued: None,
    }
}
