//! Answers questions to one network thread: those of health checks, whether it turns, and whether
//! what is said in a room comes out of a socket; and those of the operator about its clients.

use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Instant;

use guildhall_protocol::Protocol;

use crate::net::socket::HttpStream;
use crate::network::ClientAddress;
use crate::outgoing::connection::Connection;
use crate::sync::moment::Moment;
use crate::threads::health::{ProbeJoin, Question};

use super::{Worker, clients};

/// The most bytes that may wait for such a connection: it gets one line.
const MAX_WAITING: usize = 64 * 1024;

/// Answers questions for as long as the server runs.
pub(super) async fn answer(worker: Rc<Worker>) {
    loop {
        let health = &worker.threads().health;
        let mut turns = Vec::new();
        for question in health.questions(worker.thread()).await {
            match question {
                Question::Turns(answer) => turns.push(answer),
                Question::Join(join) => worker.spawn(stay(Rc::clone(&worker), join)),
                // A task of its own: a list of many clients takes a while.
                Question::Clients(asked) => {
                    worker.spawn(clients::answer(Rc::clone(&worker), asked));
                }
            }
        }
        // Not those who have hung up: a flood of them makes no real one wait.
        turns.retain(|answer| !answer.is_closed());
        if !turns.is_empty() {
            // One look answers all of them.
            worker.reactor().rest().await;
        }
        for answer in turns {
            // Fails if nobody waits any more.
            let _ = answer.try_send(());
        }
    }
}

/// Puts a connection into a room until its other end is closed.
async fn stay(worker: Rc<Worker>, join: ProbeJoin) {
    let ProbeJoin {
        room,
        stream,
        joined,
    } = join;
    // Whoever asks learns from the channel's end that this has failed.
    let Ok(stream) = worker.reactor().register(stream) else {
        return;
    };
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let Ok(socket) = HttpStream::new(stream, peer).into_socket(ClientAddress::of(peer)) else {
        return;
    };
    let id = worker.hub.borrow().probe_id();
    let now = Instant::now();
    let connection = Connection::new(id, Protocol::V1, socket, MAX_WAITING, now);
    let connection = Rc::new(connection);
    let joined_room = worker.step(|hub| hub.join_probe(&room, &connection, Moment::of(now)));
    // Fails if nobody waits any more.
    let _ = joined.try_send(());
    let mut ignored = [0; 64];
    while let Ok(1..) = connection.wire().read(&mut ignored).await {}
    worker.step(|hub| hub.leave_probe(&joined_room, &connection));
}
