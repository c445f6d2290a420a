//! What the network threads have in common: the IDs, the people, which rooms there
//! are, and mail between the threads.
//!
//! A thread owns its clients alone. What a room's threads share is its
//! [`crossing`](crate::crossing)'s to know.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use guildhall_protocol::{RoomInfo, RoomList};

use crate::crossing::{Crossing, Seat};
use crate::history::HistoryLimits;
use crate::lock::Lock;
use crate::people::People;
use crate::registry::SharedCollection;
use crate::roster;
use crate::signal::Signal;

/// The room that every client without a subprotocol is in. There is always a
/// place for it among the rooms.
pub const LOBBY: &str = "lobby";

/// The most rooms in one list.
const LISTED_ROOMS: usize = 100;

/// A list of the rooms serves everyone who asks within this time.
const LIST_FOR: Duration = Duration::from_secs(1);

/// What rooms and sessions may grow to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomLimits {
    /// How much of what was said is kept in each room.
    pub history: HistoryLimits,
    /// How many lines a newcomer gets.
    pub replay: usize,
    /// How long a room without members keeps its history.
    pub keep_empty: Duration,
    /// How many rooms there may be.
    pub rooms: usize,
    /// How long a session can be resumed.
    pub resume_within: Duration,
    /// How many sessions may be without a connection.
    pub away: usize,
}

impl Default for RoomLimits {
    fn default() -> Self {
        Self {
            history: HistoryLimits {
                lines: 500,
                bytes: 64 * 1024,
                age: Duration::from_hours(24),
            },
            replay: 50,
            keep_empty: Duration::from_mins(10),
            rooms: 4_096,
            resume_within: Duration::from_mins(2),
            away: 16_384,
        }
    }
}

/// The common ground of a server's network threads.
#[derive(Debug)]
pub struct Exchange {
    /// Which thread has which connection.
    clients: SharedCollection<usize>,
    people: People,
    limits: RoomLimits,
    posts: Arc<[Post]>,
    crossings: Lock<HashMap<Arc<str>, Arc<Crossing>>>,
    list: Lock<Option<(Instant, RoomList)>>,
}

/// One thread's letter box.
#[derive(Debug, Default)]
pub(crate) struct Post {
    mail: Lock<Vec<Mail>>,
    /// Notified when there is something to fan out, or mail.
    turn: Signal,
}

/// What one thread tells another.
#[derive(Debug)]
pub(crate) enum Mail {
    /// Something was said in this room.
    Said(Arc<str>),
    /// The members of this room are to be told who came and left: the thread
    /// that noticed has none of them any more.
    News(Arc<str>),
    /// Frames for one connection.
    Deliver {
        /// The connection's ID.
        peer: u64,
        /// Whole frames.
        frames: Bytes,
    },
    /// The session of this connection goes on with another one.
    Replaced {
        /// The connection's ID.
        peer: u64,
    },
}

/// The server has as many rooms as it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomsFull;

impl Exchange {
    /// The common ground of this many threads.
    ///
    /// # Panics
    ///
    /// Where there is not even one.
    #[must_use]
    pub fn new(threads: usize, limits: RoomLimits) -> Arc<Self> {
        assert!(threads > 0, "somebody has to do the work");
        Arc::new(Self {
            clients: SharedCollection::new(),
            people: People::new(limits.resume_within, limits.away),
            limits,
            posts: (0..threads).map(|_| Post::default()).collect(),
            crossings: Lock::default(),
            list: Lock::default(),
        })
    }

    /// How many threads there are.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.posts.len()
    }

    /// What rooms and sessions may grow to.
    #[must_use]
    pub fn limits(&self) -> &RoomLimits {
        &self.limits
    }

    /// Everyone with a session.
    #[must_use]
    pub fn people(&self) -> &People {
        &self.people
    }

    /// Which thread has which connection.
    pub(crate) fn clients(&self) -> &SharedCollection<usize> {
        &self.clients
    }

    /// What wakes a thread to fan out.
    pub(crate) fn turn(&self, thread: usize) -> &Signal {
        &self.posts[thread].turn
    }

    /// Sends mail to a thread.
    pub(crate) fn send(&self, thread: usize, mail: Mail) {
        self.posts[thread].send(mail);
    }

    /// Whether there is mail for this thread.
    pub(crate) fn has_mail(&self, thread: usize) -> bool {
        self.threads() > 1 && self.posts[thread].has_mail()
    }

    /// Takes this thread's mail.
    pub(crate) fn take_mail(&self, thread: usize) -> Vec<Mail> {
        if self.threads() == 1 {
            return Vec::new();
        }
        self.posts[thread].take_mail()
    }

    /// Takes a seat for the thread's first member of a room, which comes to be
    /// if it is not there.
    ///
    /// # Errors
    ///
    /// Where there are too many rooms, and somebody is in each of them.
    pub(crate) fn enter(&self, room: &str, thread: usize) -> Result<Seat, RoomsFull> {
        let mut crossings = self.crossings.lock();
        let crossing = if let Some(crossing) = crossings.get(room) {
            Arc::clone(crossing)
        } else {
            if crossings.len() >= self.limits.rooms && room != LOBBY {
                let longest = crossings
                    .values()
                    .filter_map(|crossing| Some((crossing.empty_since()?, crossing)))
                    .min_by_key(|&(since, _)| since);
                let (_, crossing) = longest.ok_or(RoomsFull)?;
                let room = Arc::clone(crossing.room());
                crossings.remove(&room);
            }
            let posts = Arc::clone(&self.posts);
            let crossing = Arc::new(Crossing::new(room, posts, self.limits.history));
            crossings.insert(Arc::clone(crossing.room()), Arc::clone(&crossing));
            crossing
        };
        Ok(Seat::take(crossing, thread))
    }

    /// Gives up the seat of a thread whose last member has left a room. Where
    /// nothing was said in it, an empty room goes at once.
    pub(crate) fn exit(&self, seat: &Seat, now: Instant) {
        let mut crossings = self.crossings.lock();
        if seat.give_up(now) {
            crossings.remove(seat.room());
        }
    }

    /// Forgets the rooms that were empty and the sessions that were away for
    /// too long. To be called about once a second, on one thread.
    pub fn sweep(&self, now: Instant) {
        self.people.sweep(now);
        let keep = self.limits.keep_empty;
        let is_late = |since| now.saturating_duration_since(since) >= keep;
        self.crossings
            .lock()
            .retain(|_, crossing| !crossing.empty_since().is_some_and(is_late));
    }

    /// The rooms with members, those with the most first.
    #[must_use]
    pub fn rooms(&self, now: Instant) -> RoomList {
        let mut list = self.list.lock();
        if let Some((made, list)) = &*list
            && now.saturating_duration_since(*made) < LIST_FOR
        {
            return list.clone();
        }
        let mut rooms: Vec<RoomInfo> = self
            .crossings
            .lock()
            .values()
            .map(|crossing| RoomInfo {
                room: crossing.room().to_string(),
                count: roster::count(crossing.members()),
            })
            .filter(|room| room.count > 0)
            .collect();
        let total = roster::count(rooms.len());
        rooms.sort_by(|one, other| {
            (Reverse(one.count), &one.room).cmp(&(Reverse(other.count), &other.room))
        });
        rooms.truncate(LISTED_ROOMS);
        let made = RoomList { rooms, total };
        *list = Some((now, made.clone()));
        made
    }
}

impl Post {
    /// Puts mail in, and wakes the thread.
    pub(crate) fn send(&self, mail: Mail) {
        self.mail.lock().push(mail);
        self.turn.notify();
    }

    /// Whether there is mail.
    pub(crate) fn has_mail(&self) -> bool {
        !self.mail.lock().is_empty()
    }

    /// Takes the mail.
    pub(crate) fn take_mail(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.mail.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrival::Position;
    use crate::history::Saying;

    fn exchange(rooms: usize) -> Arc<Exchange> {
        let limits = RoomLimits {
            rooms,
            ..RoomLimits::default()
        };
        Exchange::new(1, limits)
    }

    fn say(seat: &Seat) {
        let mut frames = <[bytes::BytesMut; 2]>::default();
        let saying = Saying::plain(1, "hi", 1);
        seat.say(frames.each_mut(), &saying);
    }

    #[test]
    fn an_empty_room_keeps_its_history_for_a_while() {
        let (exchange, start) = (exchange(10), Instant::now());
        let seat = exchange.enter("hall", 0).unwrap();
        say(&seat);
        exchange.exit(&seat, start);
        let keep = exchange.limits().keep_empty;
        exchange.sweep(start + keep / 2);
        let again = exchange.enter("hall", 0).unwrap();
        let page = |seat: &Seat| seat.page(Position::default(), 9, 999, 1);
        assert_eq!(page(&again).1.len(), 1);
        exchange.sweep(start + keep * 2);
        exchange.exit(&again, start + keep * 2);
        exchange.sweep(start + keep * 3);
        assert!(exchange.crossings.lock().is_empty());
        let anew = exchange.enter("hall", 0).unwrap();
        assert!(page(&anew).1.is_empty());
        assert_ne!(page(&anew).0, page(&again).0, "another epoch");
    }

    #[test]
    fn where_rooms_are_full_the_longest_empty_one_goes() {
        let (exchange, now) = (exchange(2), Instant::now());
        let seats = ["a", "b"].map(|room| exchange.enter(room, 0).unwrap());
        assert_eq!(exchange.enter("c", 0).unwrap_err(), RoomsFull);
        assert!(exchange.enter("a", 0).is_ok(), "it is there already");
        for seat in &seats {
            say(seat);
        }
        exchange.exit(&seats[1], now);
        exchange.exit(&seats[0], now + LIST_FOR);
        assert!(exchange.enter("c", 0).is_ok());
        let crossings = exchange.crossings.lock();
        assert!(crossings.contains_key("a") && !crossings.contains_key("b"));
    }
}
