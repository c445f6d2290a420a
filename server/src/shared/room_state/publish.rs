//! An edit that waited for a moderator and is published: a change that comes over no connection.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;

use crate::journal::Failure;
use crate::shared::history::NewMessage;
use crate::shared::join::Position;
use crate::shared::subscriber_kind::SubscriberKind;

use super::RoomState;
use super::durable::OutcomeSender;

impl RoomState {
    /// Edits a line of the room. `outcome` is told what has become of it: at once, or when the
    /// journal of a durable room has decided.
    pub(crate) fn edit_outside(
        self: &Arc<Self>,
        edit: &NewMessage<'_>,
        edit_within: Duration,
        outcome: OutcomeSender,
    ) {
        if self.is_durable() {
            return self.say_outside(edit, outcome);
        }
        let inner = &mut *self.lock();
        let edited = match inner.history.prepare(edit, false, edit_within) {
            Ok(prepared) => {
                let mut frames = <[BytesMut; SubscriberKind::COUNT]>::default();
                // Clients of the tutorial get nothing: to them, a change would be a message.
                let [_, v1, unlisted] = &mut frames;
                inner.history.carry_out(prepared, v1);
                if inner.has_subscribers(SubscriberKind::V1Unlisted) {
                    unlisted.extend_from_slice(v1);
                }
                self.put_into_all(inner, &mut frames);
                Ok(Position {
                    epoch: self.epoch,
                    seq: inner.history.last(),
                })
            }
            Err(why) => Err(Failure::Other(why.to_string().into())),
        };
        // Fails if nobody waits for it any more.
        let _ = outcome.send(edited);
    }
}
