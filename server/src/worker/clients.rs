//! Answers the operator's questions about the clients of one network thread.

use std::rc::Rc;
use std::time::Instant;

use crate::hub::FoundClients;
use crate::threads::health::ClientsQuestion;

use super::{CONNECTIONS_PER_TURN, Worker};

/// Answers one question. Between pieces of a long list, the clients have their turns.
pub(super) async fn answer(worker: Rc<Worker>, asked: ClientsQuestion) {
    // The answers fail if nobody waits any more.
    match asked {
        ClientsQuestion::List {
            filter,
            order,
            most,
            answer,
        } => {
            let mut found = FoundClients::new(order, most);
            let mut last = Some(found.start());
            while let Some(after) = last {
                let most = CONNECTIONS_PER_TURN;
                last = (worker.hub.borrow()).find_clients(after, most, &filter, &mut found);
                worker.reactor().rest().await;
            }
            let count = found.count();
            let clients = worker.hub.borrow().clients(found, Instant::now());
            let _ = answer.try_send((count, clients));
        }
        ClientsQuestion::One { id, answer } => {
            let client = worker.hub.borrow().client(id, Instant::now());
            let _ = answer.try_send(client);
        }
        ClientsQuestion::Close { id, answer } => {
            let closed = worker.step(|hub| hub.close_client(id, Instant::now()));
            let _ = answer.try_send(closed);
        }
    }
}
