//! One room, as several threads share it. [`durable`] has the tests of a room with a journal.

mod durable;

use super::*;
use crate::events::LeaveReason;
use crate::policy::{Keep, Pattern, Who};
use crate::shared::history::HistoryLimits;
use bytes::BytesMut;

const HISTORY: HistoryLimits = HistoryLimits {
    lines: 3,
    bytes: 10_000,
    age: Duration::from_mins(1),
};

/// One thread's half of a room.
struct Half {
    handle: RoomHandle,
    frames: [BytesMut; SubscriberKind::COUNT],
}

fn halves<const N: usize>() -> ([Half; N], Mailboxes) {
    let mailboxes = Mailboxes::new(N);
    let state = state(&mailboxes, None);
    (halves_of(&state), mailboxes)
}

fn state(mailboxes: &Mailboxes, durable: Option<Durable>) -> Arc<RoomState> {
    let limits = RoomLimits {
        history: HISTORY,
        ..RoomLimits::default()
    };
    let rule = Arc::new(Rule::open(Pattern::ANY));
    let state = RoomState::new("red", mailboxes.clone(), &limits, &rule, durable);
    Arc::new(state)
}

fn halves_of<const N: usize>(state: &Arc<RoomState>) -> [Half; N] {
    let half = |thread| Half {
        handle: RoomHandle::open(Arc::clone(state), thread),
        frames: Default::default(),
    };
    std::array::from_fn(half)
}

impl Half {
    fn join(&mut self, id: u64, protocol: Protocol) -> JoinSnapshot {
        let joining = JoiningMember {
            id: UserId(id),
            connection: ConnectionId(id),
            name: Name::GUEST,
            protocol,
            access: Access::OPEN,
            is_again: false,
        };
        let pending = self.frames.each_mut();
        let joined = (self.handle).join(pending, &joining, Position::default(), 2, None, 1_000);
        joined.unwrap()
    }

    fn say(&mut self, text: &str) {
        let message = NewMessage::plain(UserId(7), text, 1_000);
        self.handle.say(self.frames.each_mut(), &message);
    }

    fn received(&mut self) -> [BytesMut; SubscriberKind::COUNT] {
        self.handle.take_inbox(self.frames.each_mut());
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
        half.join(id, Protocol::V1);
        half.join(10 + id, Protocol::Tutorial);
    }
    a.say("a");
    b.say("b");
    a.say("c");
    let received = [&mut a, &mut b, &mut c].map(Half::received);
    assert_eq!(texts(&received[0][1]), ["a", "b", "c"]);
    assert!(received.iter().all(|frames| *frames == received[0]));
    let mut expected = BytesMut::new();
    for text in ["a", "b", "c"] {
        frame::put_chat(&mut expected, 7, text);
    }
    assert_eq!(received[0][0], expected);
}

#[test]
fn a_thread_is_sent_only_the_protocols_that_it_has_subscribers_for() {
    let ([mut a, mut b], mailboxes) = halves();
    a.join(1, Protocol::Tutorial);
    b.join(2, Protocol::V1);
    a.say("hi");
    assert!(mailboxes.has_messages(1) && !mailboxes.has_messages(0));
    assert!(a.received()[1].is_empty());
    let received = b.received();
    assert!(received[0].is_empty());
    assert_eq!(texts(&received[1]), ["hi"]);
    b.handle.leave(
        UserId(2),
        ConnectionId(2),
        SubscriberKind::V1,
        LeaveReason::Left,
    );
    a.say("anybody?");
    assert!(b.received().iter().all(BytesMut::is_empty));
}

#[test]
fn a_thread_gets_one_message_until_it_has_taken_its_inbox() {
    let ([mut a, mut b], mailboxes) = halves();
    b.join(2, Protocol::V1);
    a.say("a");
    a.say("b");
    assert_eq!(mailboxes.take(1).len(), 1);
    assert!(a.handle.backlog() > 0);
    assert_eq!(texts(&b.received()[1]), ["a", "b"]);
    assert_eq!(a.handle.backlog(), 0);
    a.say("c");
    assert_eq!(mailboxes.take(1).len(), 1);
}

#[test]
fn a_closed_room_has_members_elsewhere_lines_or_nothing() {
    let ([mut half, other], _) = halves();
    assert_eq!(half.handle.close(), Remaining::Members);
    half.say("hi");
    assert_eq!(other.handle.close(), Remaining::Lines);
    let ([half], _) = halves();
    assert_eq!(half.handle.close(), Remaining::Nothing);
}

/// A rule that lets nobody see the members, and keeps lines by `keep`.
fn rule(keep: Keep) -> Arc<Rule> {
    Arc::new(Rule {
        members: Who::Nobody,
        keep,
        ..Rule::open(Pattern::ANY)
    })
}

#[test]
fn a_rule_changes_what_is_kept_at_once() {
    let ([mut half], _) = halves();
    half.join(1, Protocol::V1);
    for _ in 0..3 {
        half.say("hi");
    }
    let kept = |half: &Half, now| {
        let page = half.handle.page(Position::default(), 9, 9_999, now);
        texts(&page.frames).len()
    };
    assert_eq!(kept(&half, 1_000), 3);
    let two = Keep {
        lines: Some(2),
        ..Keep::default()
    };
    half.handle.set_rule(&rule(two), 1_000);
    assert_eq!(kept(&half, 1_000), 2);
    let old = Keep {
        age: Some(Duration::from_secs(5)),
        ..Keep::default()
    };
    half.handle.set_rule(&rule(old), 6_000);
    assert_eq!((kept(&half, 6_000), kept(&half, 6_001)), (2, 0));
    half.say("new");
    half.handle.set_rule(&rule(Keep::NONE), 1_000);
    assert_eq!(kept(&half, 1_000), 0);
    half.handle.set_rule(&rule(Keep::default()), 1_000);
    half.say("again");
    assert_eq!(kept(&half, 1_000), 1);
}

#[test]
fn a_member_of_another_kind_misses_no_line_of_another_thread() {
    let ([mut a, mut b], _) = halves();
    a.join(1, Protocol::V1);
    b.join(2, Protocol::V1);
    b.say("before");
    let (from, to) = (SubscriberKind::V1, SubscriberKind::V1Unlisted);
    a.handle.change_kind(a.frames.each_mut(), from, to);
    b.say("after");
    let received = a.received();
    assert_eq!(texts(&received[1]), ["before"]);
    assert_eq!(texts(&received[2]), ["after"]);
    // It sees who is there again, and all are told.
    b.handle.tell_changes(b.frames.each_mut());
    assert!(!b.handle.has_changes());
    a.handle.change_kind(a.frames.each_mut(), to, from);
    assert!(b.handle.has_changes());
}
