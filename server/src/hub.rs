//! Who is connected to a network thread, and which rooms it has. All of the
//! thread's chat goes through here; no runtime and no clock.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use guildhall_protocol::Packet;

use crate::close::Close;
use crate::exchange::{Exchange, Mail};
use crate::frame;
use crate::member::{Deadlines, Member};
use crate::outbox::Wire;
use crate::room::Room;

/// The room that every client without a subprotocol is in.
pub const LOBBY: &str = "lobby";

/// A room, shared by the hub and the connections of its members.
pub type SharedRoom<W> = Rc<RefCell<Room<W>>>;

/// Clients and rooms.
///
/// Several methods take a `waits` callback: it is called with each member that
/// has bytes waiting now and nobody to write them, see
/// [`Member::begin_drain`].
#[derive(Debug)]
pub struct Hub<W> {
    /// What this thread shares with the others, and its number there.
    exchange: Arc<Exchange>,
    thread: usize,
    clients: HashMap<u64, Rc<Member<W>>>,
    rooms: HashMap<String, SharedRoom<W>>,
    /// Rooms in which something is pending.
    pending: Vec<SharedRoom<W>>,
}

/// There is no client with this ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no client {0}")]
pub struct NoSuchClient(pub u64);

impl<W: Wire> Hub<W> {
    /// The hub of one thread, with nobody in it.
    #[must_use]
    pub fn new(exchange: Arc<Exchange>, thread: usize) -> Self {
        Self {
            exchange,
            thread,
            clients: HashMap::new(),
            rooms: HashMap::new(),
            pending: Vec::new(),
        }
    }

    /// Gives a new client its ID, and tells it: the ID packet is the first
    /// thing it gets. At most `max_waiting` bytes will wait for it.
    pub fn connect(
        &mut self,
        wire: W,
        max_waiting: usize,
        now: Instant,
        waits: impl FnOnce(&Rc<Member<W>>),
    ) -> Rc<Member<W>> {
        let member = self.add(wire, max_waiting, now);
        Self::greet(&member, now, waits);
        member
    }

    /// The same for a client that is in the room of this name by the time it
    /// has its ID: whatever is said from then on, it hears. Told first, it
    /// could miss what another thread's client says at that moment.
    pub fn connect_to(
        &mut self,
        name: &str,
        wire: W,
        max_waiting: usize,
        now: Instant,
        waits: impl FnOnce(&Rc<Member<W>>),
    ) -> (Rc<Member<W>>, SharedRoom<W>) {
        let member = self.add(wire, max_waiting, now);
        let room = self.join(name, Rc::clone(&member));
        Self::greet(&member, now, waits);
        (member, room)
    }

    fn add(&mut self, wire: W, max_waiting: usize, now: Instant) -> Rc<Member<W>> {
        let id = self.exchange.clients().add(self.thread);
        let member = Rc::new(Member::new(id, wire, max_waiting, now));
        self.clients.insert(id, Rc::clone(&member));
        member
    }

    fn greet(member: &Rc<Member<W>>, now: Instant, waits: impl FnOnce(&Rc<Member<W>>)) {
        member.send_all(&frame::packet(&Packet::id(member.id())), now);
        if member.begin_drain() {
            waits(member);
        }
    }

    /// Forgets a client that has left its rooms.
    pub fn disconnect(&mut self, id: u64) {
        self.clients.remove(&id);
        self.exchange.clients().remove(id);
    }

    /// How many clients there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// Whether there is no client.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Puts a client into the room of this name, which comes to be if it is
    /// not there.
    pub fn join(&mut self, name: &str, member: Rc<Member<W>>) -> SharedRoom<W> {
        let room = if let Some(room) = self.rooms.get(name) {
            Rc::clone(room)
        } else {
            let room = Room::new(self.exchange.enter(name, self.thread));
            let room = Rc::new(RefCell::new(room));
            self.rooms.insert(name.to_owned(), Rc::clone(&room));
            room
        };
        // The newcomer hears what is said from now on, on whichever thread.
        if room.borrow_mut().take_over() {
            self.pending.push(Rc::clone(&room));
        }
        room.borrow_mut().join(member);
        room
    }

    /// Takes a client out of the room of this name. An empty room goes.
    pub fn leave(&mut self, name: &str, id: u64) {
        let Some(room) = self.rooms.get(name) else {
            return;
        };
        room.borrow_mut().leave(id);
        if room.borrow().is_empty() {
            if let Some(seat) = room.borrow().seat() {
                self.exchange.exit(seat);
            }
            self.rooms.remove(name);
        }
    }

    /// Says `text` to all in `room` but its speaker, at the next fan-out. True
    /// if there was nothing to fan out before: then somebody has to call
    /// [`Hub::fan_out`].
    #[must_use]
    pub fn say(&mut self, room: &SharedRoom<W>, speaker: u64, text: String) -> bool {
        let packet = Packet::chat(speaker, text);
        if !room.borrow_mut().say(speaker, &packet) {
            return false;
        }
        self.pending.push(Rc::clone(room));
        self.pending.len() == 1
    }

    /// Delivers `text` to one client, with the sender's ID, and to nobody
    /// else. What is pending in a room may come behind it.
    ///
    /// # Errors
    ///
    /// Where there is no such client.
    pub fn pass_to_peer(
        &self,
        sender: u64,
        peer: u64,
        text: String,
        now: Instant,
        waits: impl FnOnce(&Rc<Member<W>>),
    ) -> Result<(), NoSuchClient> {
        let thread = self
            .exchange
            .clients()
            .get(peer)
            .ok_or(NoSuchClient(peer))?;
        let frames = frame::packet(&Packet::chat(sender, text));
        if thread == self.thread {
            self.deliver(peer, &frames, now, waits);
        } else {
            self.exchange.send(thread, Mail::Deliver { peer, frames });
        }
        Ok(())
    }

    fn deliver(&self, peer: u64, frames: &Bytes, now: Instant, waits: impl FnOnce(&Rc<Member<W>>)) {
        if let Some(member) = self.clients.get(&peer) {
            member.send_all(frames, now);
            if member.begin_drain() {
                waits(member);
            }
        }
    }

    /// Whether something is pending in some room, or was said on another
    /// thread.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty() || self.exchange.has_mail(self.thread)
    }

    /// Sends all that is pending in all rooms.
    pub fn fan_out(&mut self, now: Instant, mut waits: impl FnMut(&Rc<Member<W>>)) {
        for mail in self.exchange.take_mail(self.thread) {
            match mail {
                Mail::Said(name) => {
                    // A room whose last member here has just left is gone.
                    if let Some(room) = self.rooms.get(&*name)
                        && room.borrow_mut().take_over()
                    {
                        self.pending.push(Rc::clone(room));
                    }
                }
                Mail::Deliver { peer, frames } => self.deliver(peer, &frames, now, &mut waits),
            }
        }
        for room in self.pending.drain(..) {
            room.borrow_mut().fan_out(now, &mut waits);
        }
    }

    /// Pings, closes and cuts what is due, see [`Member::sweep`].
    pub fn sweep(
        &self,
        deadlines: &Deadlines,
        now: Instant,
        mut waits: impl FnMut(&Rc<Member<W>>),
    ) {
        for member in self.clients.values() {
            member.sweep(deadlines, now);
            if member.begin_drain() {
                waits(member);
            }
        }
    }

    /// Closes every client, behind all that was said so far.
    pub fn close_all(
        &mut self,
        close: &Close,
        now: Instant,
        mut waits: impl FnMut(&Rc<Member<W>>),
    ) {
        self.fan_out(now, &mut waits);
        for member in self.clients.values() {
            member.close(close.clone(), now);
            if member.begin_drain() {
                waits(member);
            }
        }
    }
}

impl<W: Wire> Default for Hub<W> {
    /// The hub of a server with one thread.
    fn default() -> Self {
        Self::new(Exchange::new(1), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_wire::TestWire;

    fn connect(hub: &mut Hub<TestWire>) -> Rc<Member<TestWire>> {
        hub.connect(TestWire::open(), 10_000, Instant::now(), |_| {
            panic!("an open wire takes everything")
        })
    }

    fn id_frame(id: u64) -> Vec<u8> {
        frame::packet(&Packet::id(id)).to_vec()
    }

    fn chat_frame(speaker: u64, text: &str) -> Vec<u8> {
        frame::packet(&Packet::chat(speaker, text)).to_vec()
    }

    #[test]
    fn a_client_hears_its_id_first_and_then_the_others() {
        let mut hub = Hub::default();
        let (one, two) = (connect(&mut hub), connect(&mut hub));
        let room = hub.join(LOBBY, Rc::clone(&one));
        hub.join(LOBBY, Rc::clone(&two));
        assert!(hub.say(&room, 1, "hello".into()));
        assert!(hub.has_pending());
        hub.fan_out(Instant::now(), |_| panic!("nobody waits"));
        assert!(!hub.has_pending());
        assert_eq!(one.wire().written(), id_frame(1));
        let expected = [id_frame(2), chat_frame(1, "hello")].concat();
        assert_eq!(two.wire().written(), expected);
    }

    #[test]
    fn a_peer_gets_what_is_passed_to_it_and_nobody_else_does() {
        let mut hub = Hub::default();
        let clients = [connect(&mut hub), connect(&mut hub), connect(&mut hub)];
        let pass = |peer| hub.pass_to_peer(1, peer, "psst".into(), Instant::now(), |_| {});
        assert_eq!(pass(2), Ok(()));
        assert_eq!(pass(9), Err(NoSuchClient(9)));
        let expected = [id_frame(2), chat_frame(1, "psst")].concat();
        assert_eq!(clients[1].wire().written(), expected);
        assert_eq!(clients[2].wire().written(), id_frame(3));
    }

    #[test]
    fn rooms_do_not_hear_each_other() {
        let mut hub = Hub::default();
        let clients = [connect(&mut hub), connect(&mut hub), connect(&mut hub)];
        let red = hub.join("red", Rc::clone(&clients[0]));
        hub.join("red", Rc::clone(&clients[1]));
        let blue = hub.join("blue", Rc::clone(&clients[2]));
        assert!(hub.say(&red, 1, "r".into()));
        assert!(!hub.say(&blue, 3, "b".into()), "one fan-out serves both");
        hub.fan_out(Instant::now(), |_| {});
        let expected = [id_frame(2), chat_frame(1, "r")].concat();
        assert_eq!(clients[1].wire().written(), expected);
        assert_eq!(clients[2].wire().written(), id_frame(3));
    }

    #[test]
    fn an_empty_room_goes_and_a_client_is_forgotten() {
        let mut hub = Hub::default();
        let one = connect(&mut hub);
        hub.join("red", Rc::clone(&one));
        hub.leave("red", one.id());
        assert!(hub.rooms.is_empty());
        hub.disconnect(one.id());
        assert!(hub.is_empty());
        assert_eq!(connect(&mut hub).id(), 2, "IDs are never given twice");
    }

    #[test]
    fn closing_all_delivers_what_was_said_first() {
        let mut hub = Hub::default();
        let (one, two) = (connect(&mut hub), connect(&mut hub));
        let room = hub.join(LOBBY, Rc::clone(&one));
        hub.join(LOBBY, Rc::clone(&two));
        let _ = hub.say(&room, 1, "last words".into());
        hub.close_all(&Close::GOING_AWAY, Instant::now(), |_| {});
        let goodbye = Close::GOING_AWAY.frame();
        let expected = [id_frame(2), chat_frame(1, "last words"), goodbye.to_vec()].concat();
        assert_eq!(two.wire().written(), expected);
    }

    /// Fans out on all threads until there is nothing left to do.
    fn settle(hubs: &mut [Hub<TestWire>]) {
        while let Some(hub) = hubs.iter_mut().find(|hub| hub.has_pending()) {
            hub.fan_out(Instant::now(), |_| {});
        }
    }

    #[test]
    fn clients_of_all_threads_hear_the_same_in_the_same_order() {
        let exchange = Exchange::new(2);
        let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
        let speakers = [0, 1].map(|thread| connect(&mut hubs[thread]));
        let listeners = [0, 1].map(|thread| connect(&mut hubs[thread]));
        let rooms = [0, 1].map(|thread| {
            hubs[thread].join(LOBBY, Rc::clone(&listeners[thread]));
            hubs[thread].join(LOBBY, Rc::clone(&speakers[thread]))
        });
        let mut expected = Vec::new();
        for round in 0..100 {
            let thread = round * 7 % 3 % 2;
            let (speaker, text) = (speakers[thread].id(), round.to_string());
            expected.extend(chat_frame(speaker, &text));
            let _ = hubs[thread].say(&rooms[thread], speaker, text);
            if round % 5 == 0 {
                hubs[round % 2].fan_out(Instant::now(), |_| {});
            }
        }
        settle(&mut hubs);
        for listener in listeners {
            let expected = [id_frame(listener.id()), expected.clone()].concat();
            assert_eq!(listener.wire().written(), expected);
        }
    }

    #[test]
    fn a_newcomer_on_another_thread_hears_only_what_comes_after() {
        let exchange = Exchange::new(2);
        let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
        let (one, two) = (connect(&mut hubs[0]), connect(&mut hubs[1]));
        let room = hubs[0].join(LOBBY, Rc::clone(&one));
        hubs[1].join(LOBBY, Rc::clone(&two));
        let _ = hubs[0].say(&room, 1, "before".into());
        let late = connect(&mut hubs[1]);
        hubs[1].join(LOBBY, Rc::clone(&late));
        let _ = hubs[0].say(&room, 1, "after".into());
        settle(&mut hubs);
        let after = chat_frame(1, "after");
        let both = [id_frame(2), chat_frame(1, "before"), after.clone()].concat();
        assert_eq!(two.wire().written(), both);
        assert_eq!(late.wire().written(), [id_frame(3), after].concat());
    }

    #[test]
    fn a_peer_on_another_thread_is_reached() {
        let exchange = Exchange::new(2);
        let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
        let (one, two) = (connect(&mut hubs[0]), connect(&mut hubs[1]));
        let passed = hubs[0].pass_to_peer(1, two.id(), "psst".into(), Instant::now(), |_| {});
        assert_eq!(passed, Ok(()));
        settle(&mut hubs);
        let expected = [id_frame(2), chat_frame(one.id(), "psst")].concat();
        assert_eq!(two.wire().written(), expected);
    }
}
