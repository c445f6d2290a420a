//! Members of a room that read too slowly are left out of fan-outs. When they have read nearly all
//! that waited for them, they are told what they have missed.

use std::time::Instant;

use bytes::BytesMut;
use guildhall_protocol::{Packet, PacketBody, Repeated, Reply, ReplyResult};

use crate::ids::RequestId;
use crate::outgoing::connection::{Connection, NeedsDrain};
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::shared::subscriber_kind::SubscriberKind;

use super::super::membership::Membership;
use super::super::sent::Sent;
use super::super::subscribers::Subscribers;
use super::{Room, pending};

/// Which part of what may wait for a member it gets of the lines that it has missed.
const CATCH_UP_PART: usize = 4;

impl<W: Wire> Room<W> {
    /// Whether a member of this half of the room is left out of fan-outs because it reads too
    /// slowly.
    #[must_use]
    pub(crate) fn has_left_out(&self) -> bool {
        self.subscribers.iter().any(Subscribers::has_left_out)
    }

    /// Tells the members what they have missed that were left out and have read nearly
    /// all that waited for them. From now on, they get what is said.
    pub(super) fn catch_up(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) -> Sent {
        for kind in SubscriberKind::OF_V1.map(|kind| kind as usize) {
            for (id, missed) in self.subscribers[kind].caught_up() {
                // It is added again below.
                let Some(subscriber) = self.subscribers[kind].leave(id) else {
                    continue;
                };
                let Membership { access, rule, .. } = &*subscriber.membership;
                let (connection, blocked) = (subscriber.connection, subscriber.blocked);
                // It cannot be said any more what it would have heard.
                let most = if self.handle.is_near_without_history() {
                    0
                } else {
                    connection.max_waiting() / CATCH_UP_PART
                };
                let pending = pending(&mut self.subscribers);
                let mut snapshot = (self.handle).catch_up(pending, *access, missed, most);
                if let Some(blocked) = &blocked {
                    snapshot.hide(blocked);
                }
                let lines = snapshot.lines.clone();
                let settings = self.reading(*access).settings(rule);
                let message = snapshot.message(self.name().to_string(), settings);
                let mut frames = BytesMut::new();
                frame::put_packet(&mut frames, &Packet::from(PacketBody::CatchUp(message)));
                frames.extend_from_slice(&lines);
                connection.send_all(&frames.freeze(), now);
                // Its own lines that have just come back from the journal may be in the gap.
                for own in self.handle.take_own() {
                    if own.connection == id {
                        answer_repeated(&connection, own.nonce, now);
                    } else {
                        self.note_own_line(own);
                    }
                }
                needs_drain.note(&connection);
                let (user, membership) = (subscriber.user, subscriber.membership);
                self.subscribers[kind].join(connection, user, membership, blocked);
            }
        }
        // The lines of other threads, said meanwhile.
        self.send_pending(now, needs_drain)
    }

    /// Answers the says of members that are left out, whose own lines would be the answers.
    pub(super) fn answer_left_out(&mut self, now: Instant, needs_drain: &mut NeedsDrain<W>) {
        for subscribers in &mut self.subscribers {
            for (connection, nonce) in subscribers.take_unanswered() {
                answer_repeated(&connection, nonce, now);
                needs_drain.note(&connection);
            }
        }
    }
}

/// Tells a client that what it has said with this ID is stored.
fn answer_repeated<W: Wire>(connection: &Connection<W>, nonce: RequestId, now: Instant) {
    let reply = Packet::from(PacketBody::Reply(Reply {
        id: nonce.0,
        result: Some(ReplyResult::Repeated(Repeated {})),
    }));
    connection.send_all(&frame::packet(&reply), now);
}
