//! One network thread's chat: who comes and goes, what they do in rooms, and what
//! others send here. Its `Crowd` has the connections and its `Rooms` the rooms;
//! no runtime and no clock.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use guildhall_protocol::{Packet, WhisperLine};

use crate::arrival::{Arrival, Position};
use crate::close::Close;
use crate::crowd::Crowd;
pub use crate::exchange::LOBBY;
use crate::exchange::{Exchange, Mail, RoomLimits, RoomsFull};
use crate::frame::{self, Form};
use crate::history::Saying;
use crate::member::{Deadlines, Member};
use crate::outbox::Wire;
use crate::person::{Name, Person, Place};
use crate::room::Room;
use crate::rooms::Rooms;
pub use crate::rooms::SharedRoom;

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
    crowd: Crowd<W>,
    rooms: Rooms<W>,
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
            crowd: Crowd::new(),
            rooms: Rooms::new(),
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
        self.crowd.add(Rc::clone(&member));
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
        self.crowd.remove(id);
        self.exchange.clients().remove(id);
    }

    /// How many connections there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.crowd.len()
    }

    /// How many connections there were at most since this was asked last: a
    /// crowd may come and go between two looks at [`Hub::len`].
    pub fn take_most(&mut self) -> usize {
        self.crowd.take_most()
    }

    /// Whether there is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        let room = self
            .rooms
            .open(room, || self.exchange.enter(room, self.thread))?;
        let replay = self.exchange.limits().replay;
        // The newcomer hears what is said from now on, on whichever thread.
        let join = |room: &mut Room<W>| room.join(member, who, position, replay, time);
        let arrival = self.rooms.change(&room, join);
        Ok((room, arrival))
    }

    /// Takes the client with this ID out of a room. An empty room goes, or keeps
    /// its history for a while.
    pub fn leave(&mut self, room: &SharedRoom<W>, id: u64, member: &Member<W>, now: Instant) {
        self.rooms.change(room, |room| room.leave(id, member));
        if room.borrow().is_empty() && self.rooms.close(room) {
            self.exchange.exit(room.borrow().seat(), now);
        }
    }

    /// Says something in a room at the next fan-out, over this connection.
    pub fn say(&mut self, room: &SharedRoom<W>, connection: u64, saying: &Saying<'_>) {
        self.rooms
            .change_quietly(room, |room| room.say(connection, saying));
    }

    /// Gives the client with this ID another name in a room.
    pub fn rename(&mut self, room: &SharedRoom<W>, id: u64, name: Name) {
        self.rooms.change(room, |room| room.rename(id, name));
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
            self.crowd.hand_over(peer, &frames, now, waits);
        }
    }

    /// Closes the connection at this place, whose session goes on with another.
    pub fn replace(&self, place: Place, now: Instant, waits: impl FnOnce(&Rc<Member<W>>)) {
        let peer = place.connection;
        if place.thread == self.thread {
            self.crowd.close(peer, &Close::REPLACED, now, waits);
        } else {
            self.exchange.send(place.thread, Mail::Replaced { peer });
        }
    }

    /// Whether something is pending in some room, or came from a thread.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        self.rooms.has_pending() || self.exchange.has_mail(self.thread)
    }

    /// Whether members of some room are to be told who came and left: a short
    /// time from now, so that what comes together is told together.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.rooms.has_news()
    }

    /// Has the next fan-out tell the news.
    pub fn tell_news(&mut self) {
        self.rooms.tell_news();
    }

    /// Sends all that is pending in all rooms. There may be news then.
    pub fn fan_out(&mut self, now: Instant, mut waits: impl FnMut(&Rc<Member<W>>)) {
        for mail in self.exchange.take_mail(self.thread) {
            match mail {
                Mail::Said(room) => self.rooms.take_over(&room),
                Mail::News(room) => self.rooms.note_news_of(&room),
                Mail::Deliver { peer, frames } => {
                    self.crowd.hand_over(peer, &frames, now, &mut waits);
                }
                Mail::Replaced { peer } => {
                    self.crowd.close(peer, &Close::REPLACED, now, &mut waits);
                }
            }
        }
        self.rooms.fan_out(now, waits);
    }

    /// Pings, closes and cuts what is due, see [`Member::sweep`].
    pub fn sweep(&self, deadlines: &Deadlines, now: Instant, waits: impl FnMut(&Rc<Member<W>>)) {
        self.crowd.sweep(deadlines, now, waits);
    }

    /// Closes every client, behind all that was said so far.
    pub fn close_all(
        &mut self,
        close: &Close,
        now: Instant,
        mut waits: impl FnMut(&Rc<Member<W>>),
    ) {
        self.fan_out(now, &mut waits);
        self.crowd.close_all(close, now, waits);
    }
}

impl<W: Wire> Default for Hub<W> {
    /// The hub of a server with one thread.
    fn default() -> Self {
        Self::new(Exchange::new(1, RoomLimits::default()), 0)
    }
}

#[cfg(test)]
mod tests;
