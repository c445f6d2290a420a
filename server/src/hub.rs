//! Who is connected to a network thread, and which rooms it has. All of the
//! thread's chat goes through here; no runtime and no clock.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use guildhall_protocol::{Packet, WhisperLine};

use crate::arrival::{Arrival, Position};
use crate::close::Close;
pub use crate::exchange::LOBBY;
use crate::exchange::{Exchange, Mail, RoomLimits, RoomsFull};
use crate::frame::{self, Form};
use crate::history::Saying;
use crate::member::{Deadlines, Member};
use crate::outbox::Wire;
use crate::person::{Name, Person, Place};
use crate::room::Room;

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
    /// How many clients there were at most, see [`Hub::take_most`].
    most: usize,
    rooms: HashMap<Arc<str>, SharedRoom<W>>,
    /// Rooms in which something is pending.
    pending: Vec<SharedRoom<W>>,
    /// Rooms whose members are to be told who came and left.
    news: Vec<SharedRoom<W>>,
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
            most: 0,
            rooms: HashMap::new(),
            pending: Vec::new(),
            news: Vec::new(),
        }
    }

    /// What this thread shares with the others.
    #[must_use]
    pub fn exchange(&self) -> &Arc<Exchange> {
        &self.exchange
    }

    /// Where a connection of this thread is.
    #[must_use]
    pub fn place(&self, connection: u64) -> Place {
        Place {
            thread: self.thread,
            connection,
        }
    }

    /// Gives a new client of the tutorial its ID, and tells it: the ID packet
    /// is the first thing it gets. At most `max_waiting` bytes will wait for it.
    pub fn connect(
        &mut self,
        wire: W,
        max_waiting: usize,
        now: Instant,
        waits: impl FnOnce(&Rc<Member<W>>),
    ) -> Rc<Member<W>> {
        let member = self.add(Form::Tutorial, wire, max_waiting, now);
        Self::greet(&member, now, waits);
        member
    }

    /// The same for a client that is in the room of this name by the time it
    /// has its ID: whatever is said from then on, it hears. Told first, it
    /// could miss what another thread's client says at that moment.
    ///
    /// # Errors
    ///
    /// Where there are too many rooms.
    pub fn connect_to(
        &mut self,
        name: &str,
        wire: W,
        max_waiting: usize,
        now: Instant,
        waits: impl FnOnce(&Rc<Member<W>>),
    ) -> Result<(Rc<Member<W>>, SharedRoom<W>), RoomsFull> {
        let member = self.add(Form::Tutorial, wire, max_waiting, now);
        match self.join(name, Rc::clone(&member)) {
            Ok(room) => {
                Self::greet(&member, now, waits);
                Ok((member, room))
            }
            Err(full) => {
                self.disconnect(member.id());
                Err(full)
            }
        }
    }

    /// A new connection of a `guildhall.v1` client, who will say hello.
    pub fn connect_v1(&mut self, wire: W, max_waiting: usize, now: Instant) -> Rc<Member<W>> {
        self.add(Form::V1, wire, max_waiting, now)
    }

    fn add(&mut self, form: Form, wire: W, max_waiting: usize, now: Instant) -> Rc<Member<W>> {
        let id = self.exchange.clients().add(self.thread);
        let member = Rc::new(Member::new(id, form, wire, max_waiting, now));
        self.clients.insert(id, Rc::clone(&member));
        self.most = self.most.max(self.clients.len());
        member
    }

    fn greet(member: &Rc<Member<W>>, now: Instant, waits: impl FnOnce(&Rc<Member<W>>)) {
        member.send_all(&frame::packet(&Packet::id(member.id())), now);
        if member.begin_drain() {
            waits(member);
        }
    }

    /// Forgets a connection that has left its rooms.
    pub fn disconnect(&mut self, id: u64) {
        self.clients.remove(&id);
        self.exchange.clients().remove(id);
    }

    /// How many connections there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// How many connections there were at most since this was asked last: a
    /// crowd may come and go between two looks at [`Hub::len`].
    pub fn take_most(&mut self) -> usize {
        std::mem::replace(&mut self.most, self.clients.len())
    }

    /// Whether there is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Puts a client of the tutorial into the room of this name, which comes to
    /// be if it is not there.
    ///
    /// # Errors
    ///
    /// Where there are too many rooms.
    pub fn join(&mut self, name: &str, member: Rc<Member<W>>) -> Result<SharedRoom<W>, RoomsFull> {
        let id = member.id();
        let who = (id, &Name::GUEST);
        let (room, _) = self.enter(name, member, who, Position::default(), 0)?;
        Ok(room)
    }

    /// Puts the client with this ID and name into the room of this name, which
    /// comes to be if it is not there, and finds what the client has missed
    /// since its position there. `time` is in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// Where there are too many rooms.
    pub fn enter(
        &mut self,
        room: &str,
        member: Rc<Member<W>>,
        who: (u64, &Name),
        position: Position,
        time: u64,
    ) -> Result<(SharedRoom<W>, Arrival), RoomsFull> {
        let room = if let Some(room) = self.rooms.get(room) {
            Rc::clone(room)
        } else {
            let room = Room::new(self.exchange.enter(room, self.thread)?);
            let name = Arc::clone(room.name());
            let room = Rc::new(RefCell::new(room));
            self.rooms.insert(name, Rc::clone(&room));
            room
        };
        let replay = self.exchange.limits().replay;
        // The newcomer hears what is said from now on, on whichever thread.
        let arrival = self.change(&room, |room| room.join(member, who, position, replay, time));
        self.note_news(&room);
        Ok((room, arrival))
    }

    /// Takes the client with this ID out of a room. An empty room goes, or keeps
    /// its history for a while.
    pub fn leave(&mut self, room: &SharedRoom<W>, id: u64, member: &Member<W>, now: Instant) {
        room.borrow_mut().leave(id, member);
        if !room.borrow().is_empty() {
            self.note_news(room);
            return;
        }
        // What this half would tell, a later one of the same name would miss.
        self.news.retain(|noted| !Rc::ptr_eq(noted, room));
        let room = room.borrow();
        // Not a later one of the same name.
        let is_here = |kept: &SharedRoom<W>| std::ptr::eq(kept.as_ptr(), &raw const *room);
        if self.rooms.get(room.name()).is_some_and(is_here) {
            self.rooms.remove(room.name());
            self.exchange.exit(room.seat(), now);
        }
    }

    /// Says something in a room at the next fan-out, over this connection.
    pub fn say(&mut self, room: &SharedRoom<W>, connection: u64, saying: &Saying<'_>) {
        self.change(room, |room| room.say(connection, saying));
    }

    /// Gives the client with this ID another name in a room.
    pub fn rename(&mut self, room: &SharedRoom<W>, id: u64, name: Name) {
        room.borrow().rename(id, name);
        self.note_news(room);
    }

    /// Does something to a room, and notes if it has something to fan out then.
    fn change<T>(&mut self, room: &SharedRoom<W>, change: impl FnOnce(&mut Room<W>) -> T) -> T {
        let mut changed = room.borrow_mut();
        let was_pending = changed.has_pending();
        let result = change(&mut changed);
        if !was_pending && changed.has_pending() {
            self.pending.push(Rc::clone(room));
        }
        result
    }

    fn note_news(&mut self, room: &SharedRoom<W>) {
        if room.borrow().has_news() && !self.news.iter().any(|noted| Rc::ptr_eq(noted, room)) {
            self.news.push(Rc::clone(room));
        }
    }

    /// Delivers `text` to one client of the tutorial, with the sender's ID, and
    /// to nobody else. What is pending in a room may come behind it.
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
        let place = Place {
            thread,
            connection: peer,
        };
        let frames = frame::packet(&Packet::chat(sender, text));
        self.deliver(place, frames, now, waits);
        Ok(())
    }

    /// Delivers a whisper to a person, wherever it is; it keeps it for later
    /// where it is nowhere.
    pub fn whisper(
        &self,
        person: &Person,
        line: WhisperLine,
        now: Instant,
        waits: impl FnOnce(&Rc<Member<W>>),
    ) {
        person.whisper(line, |place, frame| self.deliver(place, frame, now, waits));
    }

    fn deliver(
        &self,
        place: Place,
        frames: Bytes,
        now: Instant,
        waits: impl FnOnce(&Rc<Member<W>>),
    ) {
        let peer = place.connection;
        // Mail for oneself too, where there are others who write: what comes
        // second is to stay second.
        if self.exchange.threads() > 1 {
            self.exchange
                .send(place.thread, Mail::Deliver { peer, frames });
        } else {
            self.hand_over(peer, &frames, now, waits);
        }
    }

    fn hand_over(
        &self,
        peer: u64,
        frames: &Bytes,
        now: Instant,
        waits: impl FnOnce(&Rc<Member<W>>),
    ) {
        if let Some(member) = self.clients.get(&peer) {
            member.send_all(frames, now);
            if member.begin_drain() {
                waits(member);
            }
        }
    }

    /// Closes the connection at this place, whose session goes on with another.
    pub fn replace(&self, place: Place, now: Instant, waits: impl FnOnce(&Rc<Member<W>>)) {
        let peer = place.connection;
        if place.thread == self.thread {
            self.close(peer, &Close::REPLACED, now, waits);
        } else {
            self.exchange.send(place.thread, Mail::Replaced { peer });
        }
    }

    fn close(
        &self,
        connection: u64,
        close: &Close,
        now: Instant,
        waits: impl FnOnce(&Rc<Member<W>>),
    ) {
        if let Some(member) = self.clients.get(&connection) {
            member.close(close.clone(), now);
            if member.begin_drain() {
                waits(member);
            }
        }
    }

    /// Whether something is pending in some room, or came from a thread.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty() || self.exchange.has_mail(self.thread)
    }

    /// Whether members of some room are to be told who came and left: a short
    /// time from now, so that what comes together is told together.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// Has the next fan-out tell the news.
    pub fn tell_news(&mut self) {
        for room in std::mem::take(&mut self.news) {
            self.change(&room, Room::tell_news);
        }
    }

    /// Sends all that is pending in all rooms. There may be news then.
    pub fn fan_out(&mut self, now: Instant, mut waits: impl FnMut(&Rc<Member<W>>)) {
        for mail in self.exchange.take_mail(self.thread) {
            match mail {
                Mail::Said(name) => {
                    // A room whose last member here has just left is gone.
                    if let Some(room) = self.rooms.get(&name).map(Rc::clone) {
                        self.change(&room, Room::take_over);
                    }
                }
                Mail::News(name) => {
                    if let Some(room) = self.rooms.get(&name).map(Rc::clone) {
                        self.note_news(&room);
                    }
                }
                Mail::Deliver { peer, frames } => self.hand_over(peer, &frames, now, &mut waits),
                Mail::Replaced { peer } => self.close(peer, &Close::REPLACED, now, &mut waits),
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
        Self::new(Exchange::new(1, RoomLimits::default()), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_wire::TestWire;
    use guildhall_protocol::{Presence, packet_arm};

    fn connect(hub: &mut Hub<TestWire>) -> Rc<Member<TestWire>> {
        hub.connect(TestWire::open(), 10_000, Instant::now(), |_| {
            panic!("an open wire takes everything")
        })
    }

    fn join(
        hub: &mut Hub<TestWire>,
        name: &str,
        member: &Rc<Member<TestWire>>,
    ) -> SharedRoom<TestWire> {
        hub.join(name, Rc::clone(member)).unwrap()
    }

    fn say(hub: &mut Hub<TestWire>, room: &SharedRoom<TestWire>, speaker: u64, text: &str) {
        let saying = Saying::plain(speaker, text, 1);
        hub.say(room, speaker, &saying);
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
        let room = join(&mut hub, LOBBY, &one);
        join(&mut hub, LOBBY, &two);
        say(&mut hub, &room, 1, "hello");
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
        let red = join(&mut hub, "red", &clients[0]);
        join(&mut hub, "red", &clients[1]);
        let blue = join(&mut hub, "blue", &clients[2]);
        say(&mut hub, &red, 1, "r");
        say(&mut hub, &blue, 3, "b");
        hub.fan_out(Instant::now(), |_| {});
        let expected = [id_frame(2), chat_frame(1, "r")].concat();
        assert_eq!(clients[1].wire().written(), expected);
        assert_eq!(clients[2].wire().written(), id_frame(3));
    }

    #[test]
    fn an_empty_room_goes_and_a_client_is_forgotten() {
        let mut hub = Hub::default();
        let one = connect(&mut hub);
        let room = join(&mut hub, "red", &one);
        hub.leave(&room, one.id(), &one, Instant::now());
        assert!(hub.rooms.is_empty());
        hub.disconnect(one.id());
        assert!(hub.is_empty());
        assert_eq!((hub.take_most(), hub.take_most()), (1, 0));
        assert_eq!(connect(&mut hub).id(), 2, "IDs are never given twice");
    }

    #[test]
    fn closing_all_delivers_what_was_said_first() {
        let mut hub = Hub::default();
        let (one, two) = (connect(&mut hub), connect(&mut hub));
        let room = join(&mut hub, LOBBY, &one);
        join(&mut hub, LOBBY, &two);
        say(&mut hub, &room, 1, "last words");
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
        let exchange = Exchange::new(2, RoomLimits::default());
        let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
        let speakers = [0, 1].map(|thread| connect(&mut hubs[thread]));
        let listeners = [0, 1].map(|thread| connect(&mut hubs[thread]));
        let rooms = [0, 1].map(|thread| {
            join(&mut hubs[thread], LOBBY, &listeners[thread]);
            join(&mut hubs[thread], LOBBY, &speakers[thread])
        });
        let mut expected = Vec::new();
        for round in 0..100 {
            let thread = round * 7 % 3 % 2;
            let (speaker, text) = (speakers[thread].id(), round.to_string());
            expected.extend(chat_frame(speaker, &text));
            say(&mut hubs[thread], &rooms[thread], speaker, &text);
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
        let exchange = Exchange::new(2, RoomLimits::default());
        let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
        let (one, two) = (connect(&mut hubs[0]), connect(&mut hubs[1]));
        let room = join(&mut hubs[0], LOBBY, &one);
        join(&mut hubs[1], LOBBY, &two);
        say(&mut hubs[0], &room, 1, "before");
        let late = connect(&mut hubs[1]);
        join(&mut hubs[1], LOBBY, &late);
        say(&mut hubs[0], &room, 1, "after");
        settle(&mut hubs);
        let after = chat_frame(1, "after");
        let both = [id_frame(2), chat_frame(1, "before"), after.clone()].concat();
        assert_eq!(two.wire().written(), both);
        assert_eq!(late.wire().written(), [id_frame(3), after].concat());
    }

    #[test]
    fn a_peer_on_another_thread_is_reached() {
        let exchange = Exchange::new(2, RoomLimits::default());
        let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
        let (one, two) = (connect(&mut hubs[0]), connect(&mut hubs[1]));
        let passed = hubs[0].pass_to_peer(1, two.id(), "psst".into(), Instant::now(), |_| {});
        assert_eq!(passed, Ok(()));
        settle(&mut hubs);
        let expected = [id_frame(2), chat_frame(one.id(), "psst")].concat();
        assert_eq!(two.wire().written(), expected);
    }

    /// Puts a new client of `guildhall.v1` into a room.
    fn enter(hub: &mut Hub<TestWire>, room: &str) -> (Rc<Member<TestWire>>, SharedRoom<TestWire>) {
        let member = hub.connect_v1(TestWire::open(), 10_000, Instant::now());
        let who = (member.id(), &Name::GUEST);
        let entered = hub.enter(room, Rc::clone(&member), who, Position::default(), 1);
        (member, entered.unwrap().0)
    }

    #[test]
    fn who_leaves_a_thread_last_is_missed_on_the_others() {
        let exchange = Exchange::new(2, RoomLimits::default());
        let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
        let members = [0, 1].map(|thread| enter(&mut hubs[thread], "red"));
        hubs.iter_mut().for_each(Hub::tell_news);
        settle(&mut hubs);
        let before = members[1].0.wire().written();
        let (leaver, room) = &members[0];
        hubs[0].leave(room, leaver.id(), leaver, Instant::now());
        settle(&mut hubs);
        // By the thread that has members, and at its pace.
        assert!(hubs[1].has_news() && !hubs[0].has_news());
        hubs[1].tell_news();
        settle(&mut hubs);
        let news = Packet::from(packet_arm::Presence(Presence {
            room: "red".into(),
            count: 1,
            listed: true,
            left: vec![leaver.id()],
            ..Presence::default()
        }));
        let expected = [before, frame::packet(&news).to_vec()].concat();
        assert_eq!(members[1].0.wire().written(), expected);
    }

    #[test]
    fn the_news_of_a_half_that_is_gone_take_nothing_from_its_successor() {
        let exchange = Exchange::new(2, RoomLimits::default());
        let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
        let (speaker, here) = enter(&mut hubs[0], "hall");
        let (first, there) = enter(&mut hubs[1], "hall");
        hubs[1].leave(&there, first.id(), &first, Instant::now());
        let (second, _) = enter(&mut hubs[1], "hall");
        say(&mut hubs[0], &here, speaker.id(), "hi");
        hubs[1].tell_news();
        settle(&mut hubs);
        let lines = frame::lines(&second.wire().written());
        assert_eq!(lines.len(), 1, "the line was lost");
    }
}
