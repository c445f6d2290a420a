//! The connections of one network thread, and what each of them is sent that is
//! no room's. Called by the hub.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;

use crate::close::Close;
use crate::member::{Deadlines, Member};
use crate::outbox::Wire;

/// Connections by ID. `waits` as in [`Hub`](crate::hub::Hub).
#[derive(Debug)]
pub(crate) struct Crowd<W> {
    members: HashMap<u64, Rc<Member<W>>>,
    /// How many there were at most, see [`Crowd::take_most`].
    most: usize,
}

impl<W: Wire> Crowd<W> {
    /// Nobody.
    pub(crate) fn new() -> Self {
        Self {
            members: HashMap::new(),
            most: 0,
        }
    }

    /// Adds a connection.
    pub(crate) fn add(&mut self, member: Rc<Member<W>>) {
        self.members.insert(member.id(), member);
        self.most = self.most.max(self.members.len());
    }

    /// Forgets a connection.
    pub(crate) fn remove(&mut self, id: u64) {
        self.members.remove(&id);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// How many there were at most since this was asked last.
    pub(crate) fn take_most(&mut self) -> usize {
        std::mem::replace(&mut self.most, self.members.len())
    }

    /// Sends whole frames to one connection, if it is still there.
    pub(crate) fn hand_over(
        &self,
        peer: u64,
        frames: &Bytes,
        now: Instant,
        waits: impl FnOnce(&Rc<Member<W>>),
    ) {
        if let Some(member) = self.members.get(&peer) {
            do_to(member, |member| member.send_all(frames, now), waits);
        }
    }

    /// Closes one connection, if it is still there.
    pub(crate) fn close(
        &self,
        peer: u64,
        close: &Close,
        now: Instant,
        waits: impl FnOnce(&Rc<Member<W>>),
    ) {
        if let Some(member) = self.members.get(&peer) {
            do_to(member, |member| member.close(close.clone(), now), waits);
        }
    }

    /// Closes all of them.
    pub(crate) fn close_all(&self, close: &Close, now: Instant, waits: impl FnMut(&Rc<Member<W>>)) {
        self.each(|member| member.close(close.clone(), now), waits);
    }

    /// Pings, closes and cuts what is due, see [`Member::sweep`].
    pub(crate) fn sweep(
        &self,
        deadlines: &Deadlines,
        now: Instant,
        waits: impl FnMut(&Rc<Member<W>>),
    ) {
        self.each(|member| member.sweep(deadlines, now), waits);
    }

    fn each(&self, act: impl Fn(&Member<W>), mut waits: impl FnMut(&Rc<Member<W>>)) {
        for member in self.members.values() {
            do_to(member, &act, &mut waits);
        }
    }
}

/// Does something to a connection, and passes it on if something waits for it
/// then.
fn do_to<W: Wire>(
    member: &Rc<Member<W>>,
    act: impl FnOnce(&Member<W>),
    waits: impl FnOnce(&Rc<Member<W>>),
) {
    act(member);
    if member.begin_drain() {
        waits(member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Form;
    use crate::test_wire::TestWire;

    fn crowd(ids: std::ops::RangeInclusive<u64>) -> (Crowd<TestWire>, Vec<Rc<Member<TestWire>>>) {
        let (mut crowd, now) = (Crowd::new(), Instant::now());
        let member = |id| Rc::new(Member::new(id, Form::V1, TestWire::open(), 1_000, now));
        let members: Vec<_> = ids.map(member).collect();
        for member in &members {
            crowd.add(Rc::clone(member));
        }
        (crowd, members)
    }

    #[test]
    fn one_is_reached_and_no_other() {
        let (mut crowd, members) = crowd(1..=3);
        let frames = Bytes::from_static(b"\x82\0");
        let send = |crowd: &Crowd<_>, peer| {
            crowd.hand_over(peer, &frames, Instant::now(), |_| panic!("nothing waits"));
        };
        send(&crowd, 2);
        send(&crowd, 9);
        crowd.remove(3);
        send(&crowd, 3);
        let written = members.iter().map(|member| member.wire().written().len());
        assert!(written.eq([0, 2, 0]));
        assert_eq!(
            (crowd.len(), crowd.take_most(), crowd.take_most()),
            (2, 3, 2)
        );
    }

    #[test]
    fn who_has_something_waiting_is_passed_on_once() {
        let (crowd, members) = crowd(1..=2);
        members[1].wire().take(0);
        for expected in [&[2][..], &[]] {
            let mut waiting = Vec::new();
            crowd.close_all(&Close::GOING_AWAY, Instant::now(), |member| {
                waiting.push(member.id());
            });
            assert_eq!(waiting, expected);
        }
    }
}
