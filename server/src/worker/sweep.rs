//! The sweep of one network thread: deadlines, memory, and what is over.

use std::rc::Rc;
use std::time::Instant;

use smol::Timer;

use crate::config::Config;
use crate::ids::ConnectionId;
use crate::memory::Memory;
use crate::sync::moment::Moment;

use super::{CONNECTIONS_PER_TURN, PAUSE, Worker};

/// Checks all deadlines, and memory: one timer for all connections.
///
/// A sweep that comes late was kept by a process that was paused, or by one that had too
/// much to do. That time does not count against anybody, because what clients have sent
/// meanwhile lies in the sockets.
pub(super) async fn sweep(worker: Rc<Worker>) {
    let mut memory = Memory::default();
    loop {
        let Config {
            sweep_every,
            deadlines,
            ..
        } = worker.config();
        let due = Instant::now() + *sweep_every;
        Timer::after(*sweep_every).await;
        let excused = Instant::now().saturating_duration_since(due);
        let peak = worker.hub.borrow_mut().take_peak();
        let clients = worker.hub.borrow().len();
        memory.look(clients, peak, worker.threads.connections());
        if worker.thread == 0 {
            worker.threads.log_limit.report();
            // After a pause, users that are away may be about to come back.
            if excused < PAUSE {
                worker.threads.shared.note_time(Moment::present());
                worker.threads.shared.sweep(Instant::now());
            }
            let unix_millis = Moment::present().unix_millis;
            worker.threads.shared.sanctions().sweep(unix_millis);
        }
        worker.step(|hub| hub.catch_up(Instant::now()));
        let mut last = Some(ConnectionId(0));
        while let Some(after) = last {
            let now = Instant::now();
            let most = CONNECTIONS_PER_TURN;
            last = worker.step(|hub| hub.sweep(after, most, deadlines, excused, now));
            worker.reactor.rest().await;
        }
    }
}
