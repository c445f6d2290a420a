//! Clients, for the operator: which are connected, what waits for them and what they were refused,
//! and the end of one. The network threads are asked, each for its own.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use smol::channel::{Receiver, Sender, bounded};
use smol::future::FutureExt as _;
use utoipa::{IntoParams, ToSchema};

use crate::hub::{ClientFilter, ClientOrder};
use crate::ids::ConnectionId;
use crate::threads::Threads;
use crate::threads::health::{ClientsQuestion, Question};

use super::super::call::{Call, Reply, room_name};
use super::super::models::client::{ClientDetails, ClientModel};
use super::super::models::user::{By, find};
use super::super::numbers::{exact, named};
use super::super::problem::{Problem, ProblemKind};
use super::rooms::limit;

/// The most clients of one page.
const MOST: u64 = 1_000;

/// How long the network threads have to answer.
const WITHIN: Duration = Duration::from_secs(2);

/// The query of the list of clients.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClientsQuery {
    /// Only clients with this address, or of this network: `192.0.2.7`, `192.0.2.0/24`,
    /// `2001:db8::/48`.
    #[param(min_length = 1, max_length = 64)]
    address: Option<String>,
    /// Only clients of this user: its account, unless `by` says otherwise.
    #[param(min_length = 1, max_length = 128)]
    user: Option<String>,
    /// The key that `user` is.
    #[param(inline)]
    by: By,
    /// Only clients that are in this room.
    #[param(min_length = 1, max_length = 64)]
    room: Option<String>,
    /// `queue`: those with the longest queues first. `refused`: those with most refused requests
    /// first. `number`: in the order of their numbers, with
    /// which `after` reads all of them, one page after the other.
    #[param(inline)]
    order: Order,
    /// Only clients with a higher number than this one: the last of the page before. With
    /// `order=number` alone.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    after: u64,
    /// The most clients of the page.
    #[param(minimum = 1, maximum = 1000, default = 1000)]
    limit: Option<u64>,
}

/// The order of a list of clients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Order {
    /// Those with the longest queues first.
    #[default]
    Queue,
    /// Those with most refused requests first.
    Refused,
    /// By number.
    Number,
}

/// A page of clients.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Clients {
    /// How many there are that the query is for; with `after`, behind that one.
    count: u64,
    /// The first of them.
    clients: Vec<ClientModel>,
}

/// The clients that are connected
#[utoipa::path(
    get, path = "/api/v1/clients", tag = "operation", operation_id = "listClients",
    params(ClientsQuery),
    responses((status = 200, description = "A page of clients.", body = Clients)),
)]
pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let query: ClientsQuery = call.query()?;
    let most = limit(query.limit, MOST)?;
    let after = exact("after", query.after)?;
    let order = match query.order {
        Order::Queue | Order::Refused if after > 0 => {
            let detail = "`after` needs `order=number`: the others change all the time";
            return Err(Problem::bad_request(detail));
        }
        Order::Queue => ClientOrder::Queue,
        Order::Refused => ClientOrder::Refused,
        Order::Number => ClientOrder::Number(ConnectionId(after)),
    };
    let user = query.user.as_deref();
    let user = user.map(|user| find(call.shared(), query.by, named("user", user)?));
    let filter = ClientFilter {
        within: query.address.as_deref().map(network).transpose()?,
        user: user.transpose()?.map(|user| user.id),
        room: query.room.as_deref().map(room_name).transpose()?,
    };
    let answers = ask(&call.threads, |answer| ClientsQuestion::List {
        filter: filter.clone(),
        order,
        most,
        answer,
    });
    let answers = answers.await?;
    let count: usize = answers.iter().map(|(count, _)| count).sum();
    let mut clients: Vec<_> = (answers.into_iter())
        .flat_map(|(_, clients)| clients)
        .collect();
    match order {
        ClientOrder::Queue => clients.sort_by_key(|facts| (Reverse(facts.queued), facts.id)),
        ClientOrder::Refused => {
            clients.sort_by_key(|facts| (Reverse(facts.refused.total()), facts.id));
        }
        ClientOrder::Number(_) => clients.sort_by_key(|facts| facts.id),
    }
    clients.truncate(most);
    let model = |facts| ClientModel::of(call.shared(), facts, call.at);
    Ok(Reply::json(&Clients {
        count: count as u64,
        clients: clients.iter().map(model).collect(),
    }))
}

/// One client, its rooms and what it was refused
#[utoipa::path(
    get, path = "/api/v1/clients/{client}", tag = "operation", operation_id = "getClient",
    params(("client" = u64, Path, description = "The number of its connection.", maximum = 9_007_199_254_740_991_u64)),
    responses((status = 200, description = "The client.", body = ClientDetails)),
)]
pub(crate) async fn get(call: Call) -> Result<Reply, Problem> {
    let id = ConnectionId(call.number("client")?);
    let answers = ask(&call.threads, |answer| ClientsQuestion::One { id, answer });
    let found = answers.await?.into_iter().flatten().next();
    let (facts, rooms) = found.ok_or_else(Problem::no_such_client)?;
    let details = ClientDetails::of(call.shared(), facts, &rooms, call.at);
    Ok(Reply::json(&details))
}

/// Close the connection of a client
///
/// With 3504, or 1008 for a client of the tutorial. A client of `guildhall.v1` does not come back by
/// itself, and keeps nobody from coming back.
#[utoipa::path(
    delete, path = "/api/v1/clients/{client}", tag = "operation", operation_id = "closeClient",
    params(("client" = u64, Path, description = "The number of its connection.", maximum = 9_007_199_254_740_991_u64)),
    responses((status = 204, description = "It is closed.")),
)]
pub(crate) async fn close(call: Call) -> Result<Reply, Problem> {
    let id = ConnectionId(call.number("client")?);
    let answers = ask(&call.threads, |answer| ClientsQuestion::Close {
        id,
        answer,
    });
    let found = answers.await?.into_iter().flatten().next();
    let facts = found.ok_or_else(Problem::no_such_client)?;
    let user = facts.user.map(|(user, _)| user);
    call.act(move |shared, by, at| shared.note_client_closed(by, id, user, at))
        .await;
    Ok(Reply::empty())
}

/// Asks each network thread, and waits for all answers.
async fn ask<T>(
    threads: &Threads,
    question: impl Fn(Sender<T>) -> ClientsQuestion,
) -> Result<Vec<T>, Problem> {
    let count = threads.health.threads();
    let (answer, answers) = bounded(count);
    for thread in 0..count {
        let question = question(answer.clone());
        threads.health.ask(thread, Question::Clients(question));
    }
    drop(answer);
    let late = async {
        smol::Timer::after(WITHIN).await;
        None
    };
    collect(&answers, count).or(late).await.ok_or_else(|| {
        let detail = "a network thread does not answer: it has too much to do, or the server stops";
        Problem::new(ProblemKind::Unavailable, detail)
    })
}

/// So many answers. `None`: there will not be as many.
async fn collect<T>(answers: &Receiver<T>, count: usize) -> Option<Vec<T>> {
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        all.push(answers.recv().await.ok()?);
    }
    Some(all)
}

/// An address or a network that a caller has given.
fn network(text: &str) -> Result<IpNet, Problem> {
    let address = text.parse().map(|address: IpAddr| address.to_canonical());
    let network = address.map(IpNet::from).or_else(|_| text.parse());
    network.map_err(|_| {
        Problem::bad_request("`address` is an IP address, or a network such as 192.0.2.0/24")
    })
}
