//! What the network threads share of one room: its order, its history, its
//! members, and what each thread has yet to take over from the others.
//!
//! What is said on one thread is handed over once to each other thread that has
//! members in the room, as framed bytes. Whoever says something holds the room's
//! lock meanwhile, so all threads have the same order. It is taken once for a
//! message, whatever the number of members.

use std::sync::Arc;

use guildhall_protocol::{Line, Member};

use crate::arrival::{Arrival, Newcomer, Position};
use crate::exchange::{Mail, Post};
use crate::frame::{self, FORMS, Form};
use crate::history::{History, HistoryLimits, Saying};
use crate::inbox::{Inbox, Pending};
use crate::lock::{Lock, MutexGuard};
use crate::person::Name;
use crate::roster::Roster;

/// One room across threads.
///
/// Who says something holds the lock while it takes over what was said on
/// other threads, adds its own, and hands that to the others: so whatever comes
/// second anywhere comes second everywhere.
#[derive(Debug)]
pub(crate) struct Crossing {
    room: Arc<str>,
    posts: Arc<[Post]>,
    shared: Lock<Shared>,
}

/// What the threads share of one room.
#[derive(Debug)]
struct Shared {
    history: History,
    roster: Roster,
    /// By thread.
    inboxes: Vec<Inbox>,
}

/// One thread's place at a crossing.
#[derive(Debug)]
pub(crate) struct Seat {
    crossing: Arc<Crossing>,
    thread: usize,
}

/// What is left of a room when a thread's last member has left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Members on other threads.
    Members,
    /// Nobody, but something was said.
    Lines,
    /// Nobody, and nothing was said.
    Nothing,
}

impl Crossing {
    /// A room with nobody in it.
    pub(crate) fn new(room: &str, posts: Arc<[Post]>, history: HistoryLimits) -> Self {
        // Not the epoch of the last room of this name, if there was one.
        let epoch = fastrand::u32(1..);
        Self {
            room: room.into(),
            shared: Lock::new(Shared {
                history: History::new(room, epoch, history),
                roster: Roster::default(),
                inboxes: posts.iter().map(|_| Inbox::default()).collect(),
            }),
            posts,
        }
    }

    /// The room's name.
    pub(crate) fn room(&self) -> &Arc<str> {
        &self.room
    }

    /// How many are in the room.
    pub(crate) fn members(&self) -> usize {
        self.lock().roster.len()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock()
    }
}

impl Seat {
    /// The thread's seat at this crossing.
    pub(crate) fn take(crossing: Arc<Crossing>, thread: usize) -> Self {
        crossing.lock().inboxes[thread] = Inbox::seated();
        Self { crossing, thread }
    }

    /// Notes that the thread's last member has left; another thread tells the
    /// others. What is left of the room then.
    #[must_use]
    pub(crate) fn give_up(&self) -> Left {
        let mut shared = self.lock();
        shared.inboxes[self.thread] = Inbox::default();
        let heir = shared.inboxes.iter().position(Inbox::is_seated);
        if let Some(heir) = heir
            && shared.roster.has_news()
        {
            let room = Arc::clone(&self.crossing.room);
            self.crossing.posts[heir].send(Mail::News(room));
        }
        match (heir, shared.history.last()) {
            (Some(_), _) => Left::Members,
            (None, 0) => Left::Nothing,
            (None, _) => Left::Lines,
        }
    }

    /// The room's name.
    pub(crate) fn room(&self) -> &Arc<str> {
        &self.crossing.room
    }

    /// Appends to `pending` what was said on other threads.
    pub(crate) fn take_over(&self, mut pending: Pending<'_>) {
        self.lock().inboxes[self.thread].take_over(&mut pending);
    }

    /// Says something behind what was said on other threads. Gives back where
    /// it begins in what pends for the tutorial's clients.
    pub(crate) fn say(&self, mut pending: Pending<'_>, saying: &Saying<'_>) -> usize {
        let shared = &mut *self.lock();
        shared.inboxes[self.thread].take_over(&mut pending);
        let starts = pending.each_ref().map(|pending| pending.len());
        let [tutorial, v1] = &mut pending;
        shared.history.say(saying, v1);
        if shared.has(Form::Tutorial) {
            frame::put_chat(tutorial, saying.speaker, saying.text);
        }
        self.hand_on(shared, &mut pending, starts);
        starts[Form::Tutorial as usize]
    }

    /// Tells the members who understand it what has changed among them.
    pub(crate) fn tell_news(&self, mut pending: Pending<'_>) {
        let shared = &mut *self.lock();
        if !shared.roster.has_news() {
            return;
        }
        shared.inboxes[self.thread].take_over(&mut pending);
        let starts = pending.each_ref().map(|pending| pending.len());
        let news = shared.roster.news(&self.crossing.room);
        frame::put_packet(pending[Form::V1 as usize], &news);
        self.hand_on(shared, &mut pending, starts);
    }

    /// Hands what was appended to `pending` behind `starts` to the other
    /// threads, and drops what nobody on this one is sent.
    fn hand_on(&self, shared: &mut Shared, pending: &mut Pending<'_>, starts: [usize; FORMS]) {
        for (thread, inbox) in shared.inboxes.iter_mut().enumerate() {
            if thread == self.thread {
                continue;
            }
            if inbox.put(pending, starts) {
                let room = Arc::clone(&self.crossing.room);
                self.crossing.posts[thread].send(Mail::Said(room));
            }
        }
        shared.inboxes[self.thread].drop_unwanted(pending, starts);
    }

    /// Counts a member in. What it finds is behind all that pends.
    pub(crate) fn arrive(
        &self,
        mut pending: Pending<'_>,
        newcomer: &Newcomer,
        position: Position,
        replay: usize,
        time: u64,
    ) -> Arrival {
        let shared = &mut *self.lock();
        shared.inboxes[self.thread].take_over(&mut pending);
        if !newcomer.is_again {
            shared.inboxes[self.thread].count_in(newcomer.form);
            shared.roster.enter(
                newcomer.id,
                newcomer.connection,
                newcomer.name.clone(),
                newcomer.form == Form::V1,
            );
        }
        let Shared {
            history, roster, ..
        } = shared;
        Arrival::new(history, roster, newcomer.form, position, replay, time)
    }

    /// Counts a member out.
    pub(crate) fn depart(&self, id: u64, connection: u64, form: Form) {
        let mut shared = self.lock();
        shared.inboxes[self.thread].count_out(form);
        shared.roster.leave(id, connection);
    }

    /// Gives a member another name.
    pub(crate) fn rename(&self, id: u64, name: Name) {
        self.lock().roster.rename(id, name);
    }

    /// Whether members are to be told of changes among them.
    pub(crate) fn has_news(&self) -> bool {
        self.lock().roster.has_news()
    }

    /// How many are in the room, and who, unless they are too many.
    pub(crate) fn members(&self) -> (usize, Option<Vec<Member>>) {
        let roster = &mut self.lock().roster;
        (roster.len(), roster.show())
    }

    /// The room's epoch, a page of its history (see [`History::page`]), and
    /// whether there are lines before it. Of another epoch there are none.
    pub(crate) fn page(
        &self,
        position: Position,
        most: usize,
        bytes: usize,
        time: u64,
    ) -> (u32, Vec<Line>, bool) {
        let history = &mut self.lock().history;
        history.forget_old(time);
        let epoch = history.epoch();
        if position.seq != 0 && position.epoch != epoch {
            return (epoch, Vec::new(), false);
        }
        let lines = history.page(position.seq, most, bytes);
        let more = lines.first().is_some_and(|line| line.seq > history.first());
        (epoch, lines, more)
    }

    /// How many bytes the thread that is furthest behind has to take over.
    pub(crate) fn backlog(&self) -> usize {
        if self.crossing.posts.len() == 1 {
            return 0;
        }
        let shared = self.lock();
        shared.inboxes.iter().map(Inbox::len).max().unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.crossing.lock()
    }
}

impl Shared {
    /// Whether anybody on any thread is sent this form.
    fn has(&self, form: Form) -> bool {
        self.inboxes.iter().any(|inbox| inbox.wants(form))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use std::time::Duration;

    const HISTORY: HistoryLimits = HistoryLimits {
        lines: 3,
        bytes: 10_000,
        age: Duration::from_mins(1),
    };

    /// One thread's half of a room.
    struct Half {
        seat: Seat,
        frames: [BytesMut; FORMS],
    }

    fn halves<const N: usize>() -> ([Half; N], Arc<[Post]>) {
        let posts: Arc<[Post]> = (0..N).map(|_| Post::default()).collect();
        let crossing = Arc::new(Crossing::new("hall", Arc::clone(&posts), HISTORY));
        let half = |thread| Half {
            seat: Seat::take(Arc::clone(&crossing), thread),
            frames: Default::default(),
        };
        (std::array::from_fn(half), posts)
    }

    impl Half {
        fn enter(&mut self, id: u64, form: Form, position: Position) -> Arrival {
            let newcomer = Newcomer {
                id,
                connection: id,
                name: Name::GUEST,
                form,
                is_again: false,
            };
            let pending = self.frames.each_mut();
            self.seat.arrive(pending, &newcomer, position, 2, 1_000)
        }

        fn say(&mut self, text: &str) {
            let saying = Saying::plain(7, text, 1_000);
            self.seat.say(self.frames.each_mut(), &saying);
        }

        fn heard(&mut self) -> [BytesMut; FORMS] {
            self.seat.take_over(self.frames.each_mut());
            std::mem::take(&mut self.frames)
        }
    }

    fn texts(frames: &[u8]) -> Vec<String> {
        let lines = frame::lines(frames).into_iter();
        lines.map(|line| line.text).collect()
    }

    #[test]
    fn all_threads_have_the_same_order() {
        let ([mut a, mut b, mut c], _) = halves();
        for (id, half) in (1..).zip([&mut a, &mut b, &mut c]) {
            half.enter(id, Form::V1, Position::default());
            half.enter(10 + id, Form::Tutorial, Position::default());
        }
        a.say("a");
        b.say("b");
        a.say("c");
        let heard = [&mut a, &mut b, &mut c].map(Half::heard);
        assert_eq!(texts(&heard[0][1]), ["a", "b", "c"]);
        assert!(heard.iter().all(|frames| *frames == heard[0]));
        let mut expected = BytesMut::new();
        for text in ["a", "b", "c"] {
            frame::put_chat(&mut expected, 7, text);
        }
        assert_eq!(heard[0][0], expected);
    }

    #[test]
    fn a_thread_is_sent_only_the_forms_that_it_has_members_for() {
        let ([mut a, mut b], posts) = halves();
        a.enter(1, Form::Tutorial, Position::default());
        b.enter(2, Form::V1, Position::default());
        a.say("hi");
        assert!(posts[1].has_mail() && !posts[0].has_mail());
        assert!(a.heard()[1].is_empty());
        let heard = b.heard();
        assert!(heard[0].is_empty());
        assert_eq!(texts(&heard[1]), ["hi"]);
        b.seat.depart(2, 2, Form::V1);
        a.say("anybody?");
        assert!(b.heard().iter().all(BytesMut::is_empty));
    }

    #[test]
    fn a_thread_gets_one_letter_until_it_has_taken_over() {
        let ([mut a, mut b], posts) = halves();
        b.enter(2, Form::V1, Position::default());
        a.say("a");
        a.say("b");
        assert_eq!(posts[1].take_mail().len(), 1);
        assert!(a.seat.backlog() > 0);
        assert_eq!(texts(&b.heard()[1]), ["a", "b"]);
        assert_eq!(a.seat.backlog(), 0);
        a.say("c");
        assert_eq!(posts[1].take_mail().len(), 1);
    }

    #[test]
    fn what_is_left_of_a_room_is_members_lines_or_nothing() {
        let ([mut half, other], _) = halves();
        assert_eq!(half.seat.give_up(), Left::Members);
        half.say("hi");
        assert_eq!(other.seat.give_up(), Left::Lines);
        let ([half], _) = halves();
        assert_eq!(half.seat.give_up(), Left::Nothing);
    }
}
