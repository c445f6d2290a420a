//! What several network threads have in common: the IDs, the order of rooms
//! that have members on more than one thread, and mail between the threads.
//!
//! A thread owns its clients alone. What is said on one thread is handed over
//! once to each other thread that has members in the room, as framed bytes. The
//! room's `Crossing` sees to it that all threads have the same order. With
//! one thread, which is the default, nothing of this is ever locked but the
//! registry.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};

use crate::registry::SharedCollection;
use crate::signal::Signal;

/// The common ground of a server's network threads.
#[derive(Debug)]
pub struct Exchange {
    /// Which thread has which client.
    clients: SharedCollection<usize>,
    posts: Arc<[Post]>,
    crossings: Mutex<HashMap<Arc<str>, Arc<Crossing>>>,
}

/// One thread's letter box.
#[derive(Debug, Default)]
struct Post {
    mail: Mutex<Vec<Mail>>,
    /// Notified when there is something to fan out, or mail.
    turn: Signal,
}

/// What one thread tells another.
#[derive(Debug)]
pub(crate) enum Mail {
    /// Something was said in this room.
    Said(Arc<str>),
    /// Frames for one client.
    Deliver {
        /// The client's ID.
        peer: u64,
        /// Whole frames.
        frames: Bytes,
    },
}

/// The order of one room across threads.
///
/// Who says something holds the lock while it takes over what was said on
/// other threads, adds its own, and hands that to the others: so whatever comes
/// second anywhere comes second everywhere.
#[derive(Debug)]
pub(crate) struct Crossing {
    room: Arc<str>,
    posts: Arc<[Post]>,
    /// By thread: frames it has not taken over yet; `None` where it has no
    /// member in the room.
    inboxes: Mutex<Vec<Option<BytesMut>>>,
}

/// One thread's place at a crossing.
#[derive(Debug)]
pub(crate) struct Seat {
    crossing: Arc<Crossing>,
    thread: usize,
}

impl Exchange {
    /// The common ground of this many threads.
    ///
    /// # Panics
    ///
    /// Where there is not even one.
    #[must_use]
    pub fn new(threads: usize) -> Arc<Self> {
        assert!(threads > 0, "somebody has to do the work");
        Arc::new(Self {
            clients: SharedCollection::new(),
            posts: (0..threads).map(|_| Post::default()).collect(),
            crossings: Mutex::default(),
        })
    }

    /// How many threads there are.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.posts.len()
    }

    /// Which thread has which client.
    pub(crate) fn clients(&self) -> &SharedCollection<usize> {
        &self.clients
    }

    /// What wakes a thread to fan out.
    pub(crate) fn turn(&self, thread: usize) -> &Signal {
        &self.posts[thread].turn
    }

    /// Sends mail to another thread.
    pub(crate) fn send(&self, thread: usize, mail: Mail) {
        self.posts[thread].send(mail);
    }

    /// Whether there is mail for this thread.
    pub(crate) fn has_mail(&self, thread: usize) -> bool {
        self.threads() > 1 && !lock(&self.posts[thread].mail).is_empty()
    }

    /// Takes this thread's mail.
    pub(crate) fn take_mail(&self, thread: usize) -> Vec<Mail> {
        if self.threads() == 1 {
            return Vec::new();
        }
        std::mem::take(&mut *lock(&self.posts[thread].mail))
    }

    /// Takes a seat for the thread's first member of a room. `None` where
    /// there is but one thread.
    pub(crate) fn enter(&self, room: &str, thread: usize) -> Option<Seat> {
        if self.threads() == 1 {
            return None;
        }
        let mut crossings = lock(&self.crossings);
        let crossing = if let Some(crossing) = crossings.get(room) {
            Arc::clone(crossing)
        } else {
            let name: Arc<str> = room.into();
            let crossing = Arc::new(Crossing {
                room: Arc::clone(&name),
                posts: Arc::clone(&self.posts),
                inboxes: Mutex::new(vec![None; self.threads()]),
            });
            crossings.insert(name, Arc::clone(&crossing));
            crossing
        };
        lock(&crossing.inboxes)[thread].get_or_insert_default();
        Some(Seat { crossing, thread })
    }

    /// Gives up the seat of a thread's last member of a room.
    pub(crate) fn exit(&self, seat: &Seat) {
        let mut crossings = lock(&self.crossings);
        let mut inboxes = lock(&seat.crossing.inboxes);
        inboxes[seat.thread] = None;
        if inboxes.iter().all(Option::is_none) {
            crossings.remove(&seat.crossing.room);
        }
    }
}

impl Post {
    fn send(&self, mail: Mail) {
        lock(&self.mail).push(mail);
        self.turn.notify();
    }
}

impl Seat {
    /// Appends to `pending` what was said on other threads.
    pub(crate) fn take_over(&self, pending: &mut BytesMut) {
        let mut inboxes = lock(&self.crossing.inboxes);
        take_over(inboxes[self.thread].as_mut(), pending);
    }

    /// Appends to `pending` what was said on other threads, then what `say`
    /// appends, and hands the latter to the other threads. Gives back where it
    /// begins.
    pub(crate) fn say(&self, pending: &mut BytesMut, say: impl FnOnce(&mut BytesMut)) -> usize {
        let mut inboxes = lock(&self.crossing.inboxes);
        take_over(inboxes[self.thread].as_mut(), pending);
        let start = pending.len();
        say(pending);
        for (thread, inbox) in inboxes.iter_mut().enumerate() {
            let Some(inbox) = inbox.as_mut().filter(|_| thread != self.thread) else {
                continue;
            };
            if inbox.is_empty() {
                let room = Arc::clone(&self.crossing.room);
                self.crossing.posts[thread].send(Mail::Said(room));
            }
            inbox.extend_from_slice(&pending[start..]);
        }
        start
    }

    /// How many bytes the thread that is furthest behind has to take over.
    pub(crate) fn backlog(&self) -> usize {
        let inboxes = lock(&self.crossing.inboxes);
        let waiting = inboxes.iter().flatten().map(BytesMut::len);
        waiting.max().unwrap_or_default()
    }
}

fn take_over(inbox: Option<&mut BytesMut>, pending: &mut BytesMut) {
    if let Some(inbox) = inbox {
        pending.extend_from_slice(inbox);
        inbox.clear();
    }
}

/// No caller's code that could panic runs under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(seat: &Seat, pending: &mut BytesMut, text: &str) -> usize {
        seat.say(pending, |pending| {
            pending.extend_from_slice(text.as_bytes());
        })
    }

    #[test]
    fn all_threads_have_the_same_order() {
        let exchange = Exchange::new(3);
        let seats = [0, 1, 2].map(|thread| exchange.enter("hall", thread).unwrap());
        let mut pending = [(); 3].map(|()| BytesMut::new());
        assert_eq!(say(&seats[0], &mut pending[0], "a"), 0);
        assert_eq!(say(&seats[1], &mut pending[1], "b"), 1);
        assert_eq!(say(&seats[0], &mut pending[0], "c"), 2);
        for (seat, pending) in seats.iter().zip(&mut pending) {
            seat.take_over(pending);
            assert_eq!(&pending[..], b"abc");
        }
    }

    #[test]
    fn a_thread_gets_one_letter_until_it_has_taken_over() {
        let exchange = Exchange::new(2);
        let seats = [0, 1].map(|thread| exchange.enter("hall", thread).unwrap());
        let (mut here, mut there) = (BytesMut::new(), BytesMut::new());
        say(&seats[0], &mut here, "a");
        say(&seats[0], &mut here, "b");
        assert!(exchange.has_mail(1));
        assert!(matches!(&exchange.take_mail(1)[..], [Mail::Said(room)] if &**room == "hall"));
        assert_eq!(seats[0].backlog(), 2);
        seats[1].take_over(&mut there);
        assert_eq!(seats[0].backlog(), 0);
        say(&seats[0], &mut here, "c");
        assert_eq!(exchange.take_mail(1).len(), 1);
        assert!(!exchange.has_mail(0), "nobody writes to oneself");
    }

    #[test]
    fn threads_without_members_get_nothing_and_empty_crossings_go() {
        let exchange = Exchange::new(2);
        let seat = exchange.enter("hall", 0).unwrap();
        say(&seat, &mut BytesMut::new(), "a");
        assert!(!exchange.has_mail(1));
        exchange.exit(&seat);
        assert!(lock(&exchange.crossings).is_empty());
    }

    #[test]
    fn one_thread_has_no_crossings() {
        assert!(Exchange::new(1).enter("hall", 0).is_none());
    }
}
