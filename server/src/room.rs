//! One network thread's half of a room: its members, and what was said but is
//! not sent yet.
//!
//! The room is the unit of order. Whatever is said is encoded and framed once in
//! each form, behind what is pending; one fan-out takes all that is pending and
//! hands it to every member as one write.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use guildhall_protocol::{Line, Member as Listed};

use crate::arrival::{Arrival, Newcomer, Position};
use crate::audience::Audience;
use crate::crossing::Seat;
use crate::frame::Form;
use crate::history::Saying;
use crate::inbox::Pending;
use crate::member::Member;
use crate::outbox::Wire;
use crate::person::Name;

/// What pends in a room at most before its speakers have to wait for the
/// fan-out, in bytes.
const MAX_PENDING: usize = 256 * 1024;

/// Members who hear the same things in the same order.
#[derive(Debug)]
pub struct Room<W> {
    /// The room's place among the halves of other threads.
    seat: Seat,
    /// Its members, by [`Form`].
    audiences: [Audience<W>; 2],
}

impl<W: Wire> Room<W> {
    /// A room with nobody in it.
    pub(crate) fn new(seat: Seat) -> Self {
        Self {
            seat,
            audiences: [Audience::new(), Audience::new()],
        }
    }

    /// The room's name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        self.seat.room()
    }

    /// Adds `member`, whose client has this ID and name, and who gets what is
    /// said from now on. What it finds is in the arrival, with at most
    /// `replay` lines where its position is none of this room's. For one who is
    /// in the room already, it is the arrival that counts, and what pends is
    /// left out.
    pub fn join(
        &mut self,
        member: Rc<Member<W>>,
        (id, name): (u64, &Name),
        position: Position,
        replay: usize,
        time: u64,
    ) -> Arrival {
        let (connection, form) = (member.id(), member.form());
        let audience = &mut self.audiences[form as usize];
        let newcomer = Newcomer {
            id,
            connection,
            name: name.clone(),
            form,
            is_again: audience.has(connection),
        };
        let pending = pending(&mut self.audiences);
        let arrival = (self.seat).arrive(pending, &newcomer, position, replay, time);
        self.audiences[form as usize].join(member);
        arrival
    }

    /// Takes out the member of the client with this ID. What it said last still
    /// goes to the others.
    pub fn leave(&mut self, id: u64, member: &Member<W>) {
        let form = member.form();
        if self.audiences[form as usize].leave(member.id()) {
            self.seat.depart(id, member.id(), form);
        }
    }

    /// How many are in this half of the room.
    #[must_use]
    pub fn len(&self) -> usize {
        self.audiences.iter().map(Audience::len).sum()
    }

    /// Whether nobody is in this half of the room.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Says something at the next fan-out, over this connection: to all members
    /// of `guildhall.v1`, the speaker included, and to all others but the
    /// speaker.
    pub fn say(&mut self, connection: u64, saying: &Saying<'_>) {
        let start = self.seat.say(pending(&mut self.audiences), saying);
        self.audiences[Form::Tutorial as usize].skip_own(connection, start);
    }

    /// Gives the client with this ID another name.
    pub fn rename(&self, id: u64, name: Name) {
        self.seat.rename(id, name);
    }

    /// Tells what has changed among the members, at the next fan-out.
    pub fn tell_news(&mut self) {
        self.seat.tell_news(pending(&mut self.audiences));
    }

    /// Whether members are to be told of changes among them.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.seat.has_news()
    }

    /// Takes over what was said on other threads.
    pub(crate) fn take_over(&mut self) {
        self.seat.take_over(pending(&mut self.audiences));
    }

    /// Whether something is to be fanned out.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        let mut audiences = self.audiences.iter();
        audiences.any(|audience| !audience.pending.is_empty())
    }

    /// Whether so much is pending, here or on a thread that is behind, that
    /// speakers have to wait.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let pending = self.audiences.iter().map(|audience| audience.pending.len());
        pending.sum::<usize>().max(self.seat.backlog()) >= MAX_PENDING
    }

    /// How many are in the room, and who, unless they are too many.
    #[must_use]
    pub fn members(&self) -> (usize, Option<Vec<Listed>>) {
        self.seat.members()
    }

    /// A page of the room's history, see [`Seat::page`].
    pub(crate) fn page(
        &self,
        position: Position,
        most: usize,
        bytes: usize,
        time: u64,
    ) -> (u32, Vec<Line>, bool) {
        self.seat.page(position, most, bytes, time)
    }

    /// The room's place among the halves of other threads.
    pub(crate) fn seat(&self) -> &Seat {
        &self.seat
    }

    /// Sends all that is pending to every member, and passes those to `waits`
    /// whose outbox somebody has to drain.
    pub fn fan_out(&mut self, now: Instant, mut waits: impl FnMut(&Rc<Member<W>>)) {
        for audience in &mut self.audiences {
            audience.fan_out(now, &mut waits);
        }
    }
}

fn pending<W>(audiences: &mut [Audience<W>; 2]) -> Pending<'_> {
    audiences.each_mut().map(|audience| &mut audience.pending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Exchange, RoomLimits};
    use crate::frame;
    use crate::test_wire::TestWire;
    use guildhall_protocol::Packet;

    struct Hall {
        room: Room<TestWire>,
        members: Vec<Rc<Member<TestWire>>>,
    }

    impl Hall {
        fn of(count: u64) -> Self {
            let mut hall = Self {
                room: Room::new(
                    Exchange::new(1, RoomLimits::default())
                        .enter("hall", 0)
                        .unwrap(),
                ),
                members: Vec::new(),
            };
            for id in 1..=count {
                hall.join(id);
            }
            hall
        }

        fn join(&mut self, id: u64) {
            self.join_as(id, Form::Tutorial);
        }

        fn join_as(&mut self, id: u64, form: Form) -> Arrival {
            let wire = TestWire::open();
            let member = Rc::new(Member::new(id, form, wire, 20_000, Instant::now()));
            self.members.push(Rc::clone(&member));
            self.enter(&member, Position::default())
        }

        fn enter(&mut self, member: &Rc<Member<TestWire>>, position: Position) -> Arrival {
            let who = (member.id(), &Name::GUEST);
            self.room.join(Rc::clone(member), who, position, 9, 1)
        }

        fn say(&mut self, speaker: u64, text: &str) {
            let saying = Saying::plain(speaker, text, 1);
            self.room.say(speaker, &saying);
        }

        fn fan_out(&mut self) -> Vec<u64> {
            let mut waiting = Vec::new();
            self.room
                .fan_out(Instant::now(), |member| waiting.push(member.id()));
            waiting
        }

        /// What member `id` heard, as (speaker, text).
        #[track_caller]
        fn check(&self, id: u64, expected: &[(u64, &str)]) {
            let mut bytes = Vec::new();
            for &(speaker, text) in expected {
                bytes.extend(frame::packet(&Packet::chat(speaker, text)));
            }
            let member = self.members.iter().find(|member| member.id() == id);
            assert_eq!(member.unwrap().wire().written(), bytes, "member {id}");
        }

        fn writes(&self) -> Vec<usize> {
            let writes = self.members.iter().map(|member| member.wire().writes());
            writes.collect()
        }
    }

    #[test]
    fn everything_pending_goes_out_as_one_write_without_ones_own() {
        let mut hall = Hall::of(4);
        assert!(!hall.room.has_pending());
        hall.say(1, "a");
        assert!(hall.room.has_pending());
        hall.say(2, "b");
        hall.say(2, "c");
        hall.say(1, "d");
        assert!(hall.fan_out().is_empty());
        hall.check(1, &[(2, "b"), (2, "c")]);
        hall.check(2, &[(1, "a"), (1, "d")]);
        let all = [(1, "a"), (2, "b"), (2, "c"), (1, "d")];
        hall.check(3, &all);
        hall.check(4, &all);
        assert_eq!(hall.writes(), [1, 1, 1, 1]);
    }

    #[test]
    fn a_lone_speaker_gets_nothing_and_no_write() {
        let mut hall = Hall::of(2);
        hall.say(1, "a");
        hall.say(1, "b");
        hall.fan_out();
        hall.check(1, &[]);
        hall.check(2, &[(1, "a"), (1, "b")]);
        assert_eq!(hall.writes(), [0, 1]);
    }

    #[test]
    fn one_turn_leaves_nothing_for_the_next() {
        let mut hall = Hall::of(2);
        hall.say(1, "a");
        hall.fan_out();
        hall.fan_out();
        assert!(!hall.room.has_pending());
        hall.say(2, "b");
        hall.fan_out();
        hall.check(1, &[(2, "b")]);
        hall.check(2, &[(1, "a")]);
    }

    #[test]
    fn a_newcomer_hears_only_what_is_said_afterwards() {
        let mut hall = Hall::of(1);
        hall.say(1, "before");
        hall.join(2);
        hall.say(1, "after");
        hall.say(2, "mine");
        hall.fan_out();
        hall.check(2, &[(1, "after")]);
        hall.check(1, &[(2, "mine")]);
    }

    #[test]
    fn what_a_leaver_said_last_is_still_heard() {
        let mut hall = Hall::of(3);
        hall.say(1, "bye");
        hall.say(3, "wait");
        let leaver = Rc::clone(&hall.members[0]);
        hall.room.leave(1, &leaver);
        hall.fan_out();
        hall.check(1, &[]);
        hall.check(2, &[(1, "bye"), (3, "wait")]);
        hall.check(3, &[(1, "bye")]);
        assert_eq!(hall.room.len(), 2);
    }

    #[test]
    fn a_stalled_member_costs_the_others_nothing() {
        let mut hall = Hall::of(3);
        hall.members[1].wire().take(5);
        hall.say(1, "one");
        assert_eq!(hall.fan_out(), [2], "only member 2 has to be drained");
        hall.say(1, "two");
        assert!(hall.fan_out().is_empty(), "somebody is at it already");
        hall.check(3, &[(1, "one"), (1, "two")]);
        hall.members[1].wire().take(usize::MAX);
        assert!(hall.members[1].drain(Instant::now()));
        hall.check(2, &[(1, "one"), (1, "two")]);
    }

    #[test]
    fn a_room_is_busy_until_its_fan_out() {
        let mut hall = Hall::of(2);
        let text = "x".repeat(16_000);
        while !hall.room.is_busy() {
            hall.say(1, &text);
        }
        hall.fan_out();
        assert!(!hall.room.is_busy());
    }

    /// The texts that member `id`, of `guildhall.v1`, was sent.
    fn lines(hall: &Hall, id: u64) -> Vec<String> {
        let member = hall.members.iter().find(|member| member.id() == id);
        let lines = frame::lines(&member.unwrap().wire().written());
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn each_form_has_its_own_and_the_order_is_one() {
        let mut hall = Hall::of(2);
        hall.join_as(3, Form::V1);
        hall.join_as(4, Form::V1);
        hall.say(1, "a");
        hall.say(3, "b");
        hall.say(2, "c");
        hall.fan_out();
        hall.check(1, &[(3, "b"), (2, "c")]);
        hall.check(2, &[(1, "a"), (3, "b")]);
        assert_eq!(lines(&hall, 3), ["a", "b", "c"], "also one's own");
        assert_eq!(lines(&hall, 4), ["a", "b", "c"]);
        assert_eq!(hall.writes(), [1, 1, 1, 1]);
    }

    #[test]
    fn who_joins_again_gets_nothing_twice_and_misses_nothing() {
        let mut hall = Hall::of(1);
        let arrival = hall.join_as(2, Form::V1);
        hall.say(1, "a");
        hall.fan_out();
        hall.say(1, "b");
        let member = Rc::clone(&hall.members[1]);
        let position = Position {
            epoch: arrival.epoch,
            seq: 1,
        };
        let again = hall.enter(&member, position);
        assert_eq!((again.first, again.last, again.count), (2, 2, 2));
        hall.say(1, "c");
        hall.fan_out();
        // "b" was in the arrival.
        assert_eq!(lines(&hall, 2), ["a", "c"]);
        assert_eq!(hall.room.len(), 2);
    }

    #[test]
    fn news_go_to_those_who_understand_them() {
        let mut hall = Hall::of(2);
        assert!(!hall.room.has_news());
        hall.join_as(3, Form::V1);
        assert!(hall.room.has_news());
        hall.room.tell_news();
        assert!(!hall.room.has_news());
        hall.fan_out();
        assert_eq!(hall.writes(), [0, 0, 1]);
    }
}
