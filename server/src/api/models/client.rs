//! A client's connection, as the operator sees it.

use std::sync::Arc;

use guildhall_protocol::{ErrorCode, Protocol};
use serde::Serialize;
use utoipa::ToSchema;

use crate::metrics::State;
use crate::network::ClientAddress;
use crate::outgoing::close::Close;
use crate::outgoing::connection::ClientFacts;
use crate::shared::Shared;
use crate::shared::name::Name;
use crate::sync::moment::Moment;

/// A client.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Client)]
pub(crate) struct ClientModel {
    /// The number of its connection, as in the log.
    id: u64,
    /// The protocol that it speaks.
    protocol: ProtocolModel,
    /// How far it is.
    state: StateModel,
    /// Its address, with the port if that is known.
    address: String,
    /// The proxy that has made the connection for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<String>,
    /// Its user, once it has said hello.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<ClientUser>,
    /// When it has connected, in milliseconds since 1970.
    connected: u64,
    /// When something has come from it last.
    heard: u64,
    /// The bytes that are queued for it.
    queued: u64,
    /// The most that may be queued. It is closed if there is more.
    most_queued: u64,
    /// How many of its requests were refused.
    refused: u64,
}

/// A client with all that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientDetails {
    /// The client.
    client: ClientModel,
    /// The rooms that it is in, by name.
    rooms: Vec<String>,
    /// Its requests that were refused, the most frequent error first.
    refusals: Vec<RefusalModel>,
    /// Why the server has closed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<CloseModel>,
}

/// The user of a client.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientUser {
    /// Its number.
    id: u64,
    /// The name that it has now.
    name: String,
    /// Its account: the `sub` of its token. A guest has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
}

/// The protocol of a client.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ClientProtocol)]
enum ProtocolModel {
    /// That of the tutorial.
    Tutorial,
    /// `guildhall.v1`.
    V1,
}

/// How far a client is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ClientState)]
enum StateModel {
    /// It is about to say hello.
    Hello,
    /// It may do all that clients may.
    Open,
    /// The server has closed it, and it has not hung up yet.
    Closing,
}

/// Requests that were refused for the same reason.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refusal)]
struct RefusalModel {
    /// The error's code, such as `RATE_LIMITED`.
    code: String,
    /// How many there were.
    count: u64,
}

/// Why the server has closed a client.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientClose)]
struct CloseModel {
    /// The code in the close frame.
    code: u16,
    /// The reason, in words.
    reason: String,
}

impl ClientModel {
    /// A client as it was at this moment.
    pub(crate) fn of(shared: &Shared, facts: &ClientFacts, at: Moment) -> Self {
        let user = facts.user.clone();
        let ago = |time: std::time::Duration| {
            let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            at.unix_millis.saturating_sub(millis)
        };
        let address = facts.address.map(|address| address.to_string());
        let proxy = facts.address.and_then(ClientAddress::behind_proxy);
        Self {
            id: facts.id.0,
            protocol: match facts.protocol {
                Protocol::Tutorial => ProtocolModel::Tutorial,
                Protocol::V1 => ProtocolModel::V1,
            },
            state: match facts.state {
                State::Hello => StateModel::Hello,
                State::Open => StateModel::Open,
                State::Closing => StateModel::Closing,
            },
            address: address.unwrap_or_default(),
            proxy: proxy.map(|proxy| proxy.to_string()),
            user: user.map(|(id, account)| {
                let user = shared.users().with_id(id);
                let name = user.map_or(Name::GUEST, |user| user.name());
                ClientUser {
                    id: id.0,
                    name: name.of(id),
                    account: (!account.is_empty()).then_some(account),
                }
            }),
            connected: ago(facts.age),
            heard: ago(facts.silent),
            queued: facts.queued as u64,
            most_queued: facts.most_queued as u64,
            refused: facts.refused.total(),
        }
    }
}

impl ClientDetails {
    /// A client and its rooms as they were at this moment.
    pub(crate) fn of(shared: &Shared, facts: ClientFacts, rooms: &[Arc<str>], at: Moment) -> Self {
        let refusal = |(code, count): (i32, u64)| RefusalModel {
            code: match ErrorCode::try_from(code) {
                Ok(code) => code.as_str_name().replacen("ERROR_CODE_", "", 1),
                Err(_) => code.to_string(),
            },
            count,
        };
        Self {
            client: ClientModel::of(shared, &facts, at),
            rooms: rooms.iter().map(ToString::to_string).collect(),
            refusals: (facts.refused.most_first().into_iter())
                .map(refusal)
                .collect(),
            closed: facts.closed.map(|Close { code, reason }| CloseModel {
                code: code.code(),
                reason: reason.into_owned(),
            }),
        }
    }
}
