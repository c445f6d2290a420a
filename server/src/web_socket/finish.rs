//! The end of a connection, when nothing more of it is handled.

use std::rc::Rc;
use std::time::{Duration, Instant};

use smol::Timer;

use crate::net::socket::Socket;
use crate::outgoing::connection::Connection;
use crate::outgoing::outbox::Wire as _;
use crate::worker::Worker;

use super::end::End;

/// How long a client that left may take for what waits for it.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// How often the server looks whether a client has taken all.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Closes the connection if the server has to close it, and waits until the client has
/// received the last frames and hung up. The time is limited: the sweep cuts a connection
/// that is closed for too long. Then nothing holds the socket any more.
pub(super) async fn finish(worker: &Worker, connection: &Rc<Connection<Socket>>, end: &End) {
    finish_writing(worker, connection, end).await;
    // A task that waits until the socket takes more has it as long as that lasts: for ever, with a
    // client that has only ended its own direction, and reads nothing.
    connection.wire().hang_up();
}

async fn finish_writing(worker: &Worker, connection: &Rc<Connection<Socket>>, end: &End) {
    let End::Closed(close) = end else {
        if matches!(end, End::Left(_)) && !connection.is_drained() {
            // With the answer to its close frame (RFC 6455 section 5.5.1).
            let until = Instant::now() + ANSWER_WITHIN;
            Box::pin(drained(connection, Some(until))).await;
        }
        // A client that left or was lost gets nothing more.
        connection.abandon();
        // If it fails, the client is gone.
        let _ = connection.wire().say_end();
        return;
    };
    connection.close(close.clone(), Instant::now());
    if connection.begin_end() {
        connection.wire().end_writing().await;
    } else {
        worker.drain_if_queued(connection);
    }
    // Reads until the client hangs up: if a socket is closed while it has unread bytes, what
    // it has sent may be lost. The buffer is on the heap, because it would be a part of
    // every connection's task.
    let mut ignored = vec![0; 512];
    while let Ok(1..) = connection.wire().read(&mut ignored).await {}
    // A client that has ended only its own direction may still take the rest.
    if !connection.is_drained() {
        Box::pin(drained(connection, None)).await;
    }
}

/// Waits until the client has taken what waits for it, but not longer than this. Without a time, the
/// sweep ends it: the server has closed the connection.
async fn drained(connection: &Connection<Socket>, until: Option<Instant>) {
    while !connection.is_drained() && until.is_none_or(|until| Instant::now() < until) {
        // Rare, and a task that drains the outbox waits for the socket already.
        Timer::after(LOOK_EVERY).await;
    }
}
