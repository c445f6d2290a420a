//! The check of a room's members after the room got another rule, or a member other rights:
//! a member that may not be there any more is removed, and each other one whose settings
//! change is told.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use guildhall_protocol::{Packet, PacketBody, Removed, RemovedReason, RoomChanged};

use crate::events::LeaveReason;
use crate::ids::ConnectionId;
use crate::outgoing::close::Close;
use crate::outgoing::connection::{Connection, NeedsDrain};
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Rights, Rule};
use crate::shared::subscriber_kind::SubscriberKind;

use super::super::subscribers::Subscriber;
use super::{Room, pending};

/// A place among the members of one room: the next one to be checked is in front of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecheckFrom {
    /// How many kinds of subscribers are not done.
    kinds: usize,
    /// How many subscribers of the last of these kinds are not done.
    members: usize,
}

/// The result of a member's check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rechecked {
    /// It may do this from now on.
    Stays(Access),
    /// It is not in the room.
    Gone,
}

/// The message that tells members of another setting: encoded once for all that are told the
/// same by the same rule.
#[derive(Debug, Default)]
struct Encoded(Option<(Access, Arc<Rule>, Bytes)>);

impl RecheckFrom {
    /// Nothing is done yet.
    pub(crate) const START: Self = Self {
        kinds: SubscriberKind::COUNT,
        members: usize::MAX,
    };
}

impl<W: Wire> Room<W> {
    /// The version of the rules that the room's rule is from.
    pub(crate) fn rules_version(&self) -> u32 {
        self.rules_version
    }

    /// From now on this rule holds, from this version of the rules. The members are not
    /// checked yet. `unix_millis` is the time, in milliseconds since 1970.
    pub(crate) fn set_rule(&mut self, rule: &Arc<Rule>, rules_version: u32, unix_millis: u64) {
        self.rules_version = rules_version;
        self.handle.set_rule(rule, unix_millis);
        if !Arc::ptr_eq(&self.rule, rule) {
            self.rule = Arc::clone(rule);
            self.is_rule_new = true;
        }
    }

    /// Whether there may be members that were not told of the rule.
    pub(crate) fn is_rule_new(&self) -> bool {
        self.is_rule_new
    }

    /// Checks members by the room's rule, at most `most` of them, from a place on. Returns how
    /// many, and the place to go on from; `None` if all are done.
    pub(crate) fn recheck(
        &mut self,
        from: RecheckFrom,
        most: usize,
        now: Instant,
        needs_drain: &mut NeedsDrain<W>,
    ) -> (usize, Option<RecheckFrom>) {
        let (mut encoded, mut checked) = (Encoded::default(), 0);
        let RecheckFrom {
            mut kinds,
            mut members,
        } = from;
        while kinds > 0 {
            let kind = SubscriberKind::ALL[kinds - 1];
            // From the last one to the first: a member that is removed leaves its place to the
            // last one, which is done.
            members = members.min(self.subscribers[kind as usize].len());
            while members > 0 {
                if checked == most {
                    return (checked, Some(RecheckFrom { kinds, members }));
                }
                members -= 1;
                checked += 1;
                if let Some(subscriber) = self.subscribers[kind as usize].at(members) {
                    let rights = subscriber.membership.rights.clone();
                    self.recheck_at(kind, members, &rights, &mut encoded, now, needs_drain);
                }
            }
            kinds -= 1;
            members = usize::MAX;
        }
        self.is_rule_new = false;
        (checked, None)
    }

    /// Checks one member, which has these rights from now on.
    pub(crate) fn recheck_one(
        &mut self,
        connection: ConnectionId,
        rights: &Rights,
        now: Instant,
        needs_drain: &mut NeedsDrain<W>,
    ) -> Rechecked {
        let Some((kind, place)) = self.place_of(connection) else {
            return Rechecked::Gone;
        };
        if let Some(Subscriber { membership, .. }) = self.subscribers[kind as usize].at(place)
            && membership.rights == *rights
            && Arc::ptr_eq(&membership.rule, &self.rule)
        {
            return Rechecked::Stays(membership.access);
        }
        let encoded = &mut Encoded::default();
        self.recheck_at(kind, place, rights, encoded, now, needs_drain)
    }

    /// Checks the member at this place, which has these rights.
    fn recheck_at(
        &mut self,
        kind: SubscriberKind,
        place: usize,
        rights: &Rights,
        encoded: &mut Encoded,
        now: Instant,
        needs_drain: &mut NeedsDrain<W>,
    ) -> Rechecked {
        let name = Arc::clone(self.handle.name());
        let rule = Arc::clone(&self.rule);
        let subscribers = &mut self.subscribers[kind as usize];
        let Some(Subscriber {
            connection,
            membership,
            ..
        }) = subscribers.at(place)
        else {
            return Rechecked::Gone;
        };
        let connection = Rc::clone(connection);
        let before = membership.access.settings(&membership.rule);
        let Some(access) = Access::of(rights, &name, &rule) else {
            // Its says are answered first, and those that a journal has not decided later.
            if self.is_durable() {
                self.take_inbox();
            }
            self.send_pending(now, needs_drain);
            self.remove(kind, &connection, RemovedReason::Forbidden, now);
            needs_drain.note(&connection);
            return Rechecked::Gone;
        };
        let membership = self.membership(rights, access);
        self.subscribers[kind as usize].set_membership(place, membership);
        if kind == SubscriberKind::Tutorial {
            return Rechecked::Stays(access);
        }
        if before != access.settings(&rule) {
            let frame = encoded.changed(&name, self.reading(access), &rule);
            connection.send_all(&frame, now);
            needs_drain.note(&connection);
        }
        let kind_now = SubscriberKind::of(connection.protocol(), access);
        if kind_now != kind {
            self.change_kind(&connection, kind, kind_now, now, needs_drain);
        }
        Rechecked::Stays(access)
    }

    /// Gives a member the frames of another kind from now on.
    fn change_kind(
        &mut self,
        connection: &Connection<W>,
        from: SubscriberKind,
        to: SubscriberKind,
        now: Instant,
        needs_drain: &mut NeedsDrain<W>,
    ) {
        self.handle
            .change_kind(pending(&mut self.subscribers), from, to);
        // It gets the lines that were said before as a member of the old kind.
        self.send_pending(now, needs_drain);
        if let Some(subscriber) = self.subscribers[from as usize].leave(connection.id()) {
            self.subscribers[to as usize].take_over(subscriber);
        }
    }

    /// Removes a member, and tells it why. A client of the tutorial has no room but this one, and
    /// is closed.
    fn remove(
        &mut self,
        kind: SubscriberKind,
        connection: &Connection<W>,
        reason: RemovedReason,
        now: Instant,
    ) {
        self.leave_because(connection, LeaveReason::Removed);
        if kind == SubscriberKind::Tutorial {
            connection.close(Close::NOT_IN_LOBBY, now);
            return;
        }
        let removed = Packet::from(PacketBody::Removed(Removed {
            room: self.name().to_string(),
            reason: reason.into(),
            sanction: None,
        }));
        connection.send_all(&frame::packet(&removed), now);
    }
}

impl Encoded {
    fn changed(&mut self, room: &str, access: Access, rule: &Arc<Rule>) -> Bytes {
        match &self.0 {
            Some((of, by, frame)) if *of == access && Arc::ptr_eq(by, rule) => frame.clone(),
            _ => {
                let frame = frame::packet(&Packet::from(PacketBody::RoomChanged(RoomChanged {
                    room: room.to_owned(),
                    settings: access.settings(rule),
                })));
                self.0 = Some((access, Arc::clone(rule), frame.clone()));
                frame
            }
        }
    }
}
