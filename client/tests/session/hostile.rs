//! Packets and bytes of a hostile server, between calls in any order: nothing panics, and
//! what the session keeps stays bounded.

use guildhall_client::command::Command;
use guildhall_client::conversations::{Conversation, Conversations, Layout};
use guildhall_client::session::{Action, Event, MessageKind, Recipient, Session, State};
use guildhall_client::{RequestId, UserId};
use guildhall_protocol::{
    Gap, HistoryPage, Joined, Left, Limits, Line, Member, MemberList, Message as _, Packet,
    PacketBody, Ping, Presence, Refreshed, Removed, Renamed, Repeated, Reply, ReplyResult,
    RequestError, RoomChanged, RoomInfo, RoomList, RoomSettings, Welcome, WhisperLine, decode,
};
use proptest::prelude::*;

/// One act of a hostile server or of a user.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    Packet(PacketBody),
    Bytes(Vec<u8>),
    Call(u8, String, u64),
}

fn any_number() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..12_u64, 1 => Just(u64::MAX), 1 => Just(u64::MAX - 1), 1 => any::<u64>()]
}

fn any_count() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0..4_u32, 1 => Just(u32::MAX)]
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(vec!["a", "b", ""]).prop_map(String::from),
        1 => Just("x".repeat(2_000)),
    ]
}

fn any_members() -> impl Strategy<Value = Vec<Member>> {
    let member = (any_number(), any_name(), any_name(), any_name());
    let member = member.prop_map(|(id, name, user, info)| Member {
        id,
        name,
        user,
        info,
    });
    prop::collection::vec(member, 0..4)
}

prop_compose! {
    fn any_line()(
        room in any_name(),
        epoch in any_count(),
        seq in any_number(),
        sender in any_number(),
        nonce in any_number(),
        session in any_number(),
        info in any_name(),
    ) -> Line {
        Line { room, epoch, seq, sender, nonce, session, info, ..Line::default() }
    }
}

prop_compose! {
    fn any_gap()(from in any_number(), to in any_number()) -> Gap {
        Gap { from, to }
    }
}

prop_compose! {
    fn any_settings()(
        topic in any_name(),
        slow_mode in any_count(),
        text_bytes in any_count(),
        read_only: bool,
    ) -> RoomSettings {
        RoomSettings { topic, slow_mode, text_bytes, read_only, ..RoomSettings::default() }
    }
}

prop_compose! {
    fn any_joined()(
        room in any_name(),
        epoch in any_count(),
        first_seq in any_number(),
        last_seq in any_number(),
        resumed: bool,
        gap in prop::option::of(any_gap()),
        listed: bool,
        members in any_members(),
        settings in prop::option::of(any_settings()),
    ) -> Joined {
        Joined { room, epoch, first_seq, last_seq, resumed, gap, count: 1, listed, members, settings }
    }
}

prop_compose! {
    fn any_welcome()(
        id in any_number(),
        name in any_name(),
        resumed: bool,
        whisper_seq in any_number(),
        whisper_gap in prop::option::of(any_gap()),
        session in prop_oneof![Just(vec![7; 8]), Just(vec![7; 2_000])],
        (text_bytes, heartbeat_seconds, unanswered) in (any_count(), any_count(), any_count()),
        (ttl, user, info) in (any_count(), any_name(), any_name()),
        rooms in prop::collection::vec(any_name(), 0..3),
    ) -> Welcome {
        let limits = Limits { text_bytes, heartbeat_seconds, unanswered, ..Limits::default() };
        let limits = Some(limits);
        Welcome { id, name, resumed, whisper_seq, whisper_gap, session, limits, ttl, user, info, rooms, ..Welcome::default() }
    }
}

// The large strategies are boxed: unboxed, they are values within values, and too
// large for a test's stack.
fn any_result() -> impl Strategy<Value = ReplyResult> {
    let error = (
        any::<i32>(),
        0..24_i32,
        any::<(bool, bool)>(),
        any_name(),
        any_count(),
    );
    prop_oneof![
        3 => any_welcome().prop_map(ReplyResult::Welcome).boxed(),
        4 => any_joined().prop_map(ReplyResult::Joined).boxed(),
        1 => any_name().prop_map(|room| ReplyResult::Left(Left { room })),
        1 => any_name().prop_map(|name| ReplyResult::Renamed(Renamed { name })),
        1 => any_count().prop_map(|ttl| ReplyResult::Refreshed(Refreshed { ttl })),
        1 => Just(ReplyResult::Repeated(Repeated {})),
        2 => error.prop_map(|(any, known, (is_known, temporary), argument, retry_after)| {
            ReplyResult::Error(RequestError {
                code: if is_known { known } else { any },
                arguments: vec![argument],
                temporary,
                retry_after,
            })
        }),
        1 => (any_name(), any_count()).prop_map(|(room, count)| {
            let rooms = vec![RoomInfo { room, count }];
            ReplyResult::Rooms(RoomList { rooms, total: count })
        }),
        1 => (any_name(), any::<bool>(), any_members()).prop_map(|(room, listed, members)| {
            ReplyResult::Members(MemberList { room, count: 0, listed, members })
        }),
        1 => (any_name(), any_count(), prop::collection::vec(any_line(), 0..4)).prop_map(
            |(room, epoch, lines)| {
                ReplyResult::History(HistoryPage { room, epoch, lines, more: true })
            }
        ),
    ]
}

fn any_body() -> impl Strategy<Value = PacketBody> {
    let presence = (
        any_name(),
        any::<(bool, bool)>(),
        any_members(),
        any_number(),
    );
    let whisper = (any_number(), any_number(), any_number(), any_name());
    prop_oneof![
        8 => (0..20_u64, prop::option::of(any_result().boxed()))
            .prop_map(|(id, result)| PacketBody::Reply(Reply { id, result })),
        4 => any_line().prop_map(PacketBody::Line),
        2 => whisper.prop_map(|(seq, sender, nonce, sender_name)| {
            PacketBody::Whisper(WhisperLine {
                seq,
                sender,
                nonce,
                sender_name,
                ..WhisperLine::default()
            })
        }),
        2 => presence.prop_map(|(room, (listed, whole), joined, left)| {
            let left = vec![left];
            PacketBody::Presence(Presence { room, count: 7, listed, joined, left, whole })
        }),
        1 => Just(PacketBody::Ping(Ping {})),
        1 => any_name().prop_map(|name| PacketBody::Renamed(Renamed { name })),
        1 => (any_name(), any::<i32>())
            .prop_map(|(room, reason)| PacketBody::Removed(Removed { room, reason })),
        1 => (any_name(), prop::option::of(any_settings()))
            .prop_map(|(room, settings)| PacketBody::RoomChanged(RoomChanged { room, settings })),
    ]
}

pub(crate) fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        6 => any_body().prop_map(Input::Packet).boxed(),
        1 => prop::collection::vec(any::<u8>(), 0..64).prop_map(Input::Bytes),
        5 => (0..18_u8, any_name(), any_number())
            .prop_map(|(call, name, number)| Input::Call(call, name, number)),
    ]
}

fn call(session: &mut Session, call: u8, name: &str, number: u64) {
    match call {
        0..=2 => session.join(name),
        3 => session.leave(name),
        4 | 5 => drop(session.say(name, "hi", MessageKind::Text)),
        6 => drop(session.whisper(Recipient::Name(name), "hi", MessageKind::Action)),
        7 => drop(session.whisper(Recipient::Id(UserId(number)), "hi", MessageKind::Action)),
        8 => drop(session.retry(RequestId(number))),
        9 => session.discard(RequestId(number)),
        10 => drop(session.rename(name)),
        11 => drop(session.list_rooms()),
        12 => drop(session.list_members(name)),
        13 => drop(session.fetch_history(name)),
        14 => session.closed(1006, name, number, 0.5),
        15 => session.set_token(name, number),
        16 => session.no_token(name, number, 0.5),
        _ => session.tick(number, 0.5),
    }
}

/// Plays all inputs. The session is always connected or connecting.
pub(crate) fn play(inputs: Vec<Input>) -> Result<(), TestCaseError> {
    let mut session = Session::new("");
    let mut kept = 0;
    for input in inputs {
        session.connect(0);
        session.opened(0);
        let size = match input {
            Input::Packet(body) => {
                let bytes = Packet::from(body).encode_to_vec();
                session.received(&bytes, 0);
                bytes.len()
            }
            Input::Bytes(bytes) => {
                session.received(&bytes, 0);
                bytes.len()
            }
            Input::Call(which, name, number) => {
                call(&mut session, which, &name, number);
                0
            }
        };
        let told = std::iter::from_fn(|| session.next_event()).count();
        kept += 3;
        prop_assert!(told <= kept + size, "{told} events for {size} bytes");
        while let Some(action) = session.next_action() {
            if let Action::Send(bytes) = action {
                prop_assert!(bytes.len() < 16 * 1024);
                prop_assert!(decode(&bytes).is_ok());
            }
        }
        let is_due = session.wake_at().is_some();
        let is_closed = matches!(session.state(), State::Closed { .. });
        prop_assert_eq!(is_due, !is_closed);
        for room in session.rooms() {
            prop_assert!(room.listed || room.members.is_empty());
            for member in room.members.values() {
                prop_assert!(member.name.len() <= 1_024 && member.info.len() <= 1_024);
                prop_assert!(member.user.len() <= 128);
            }
            prop_assert!(room.settings.topic.len() <= 1_024);
        }
    }
    Ok(())
}

/// Plays all inputs, with a user that acts through the conversations of one layout.
pub(crate) fn play_conversations(layout: Layout, inputs: Vec<Input>) -> Result<(), TestCaseError> {
    let mut session = Session::new("");
    let mut conversations = Conversations::new(layout);
    for input in inputs {
        session.connect(0);
        session.opened(0);
        match input {
            Input::Packet(body) => session.received(&Packet::from(body).encode_to_vec(), 0),
            Input::Bytes(bytes) => session.received(&bytes, 0),
            Input::Call(which, name, number) => {
                act(&mut conversations, &mut session, which, name, number);
            }
        }
        while let Some(event) = session.next_event() {
            let update = conversations.apply(&session, &event, number_of(&event) == 1);
            let known = |id| conversations.get(id).is_some();
            prop_assert!(update.conversation.is_none_or(known));
        }
        while session.next_action().is_some() {}
        let is_empty = conversations.iter().next().is_none();
        // A room that the user wants to see may not be there yet.
        let is_awaited = session.rooms().any(|room| !room.joined);
        prop_assert!(!is_empty || conversations.current().is_none());
        prop_assert!(conversations.current().is_some() || is_empty || is_awaited);
        let mut rooms: Vec<_> = conversations
            .iter()
            .filter_map(Conversation::room)
            .collect();
        let count = rooms.len();
        rooms.sort_unstable();
        rooms.dedup();
        prop_assert_eq!(rooms.len(), count, "one conversation for each room");
        for own in conversations.own_messages() {
            let known = |id| conversations.get(id).is_some();
            prop_assert!(layout == Layout::Stream || own.conversation.is_none_or(known));
        }
    }
    Ok(())
}

/// Something to choose by, whatever the event is.
fn number_of(event: &Event) -> usize {
    event.room().map_or(0, str::len) % 2
}

fn act(
    conversations: &mut Conversations,
    session: &mut Session,
    which: u8,
    name: String,
    number: u64,
) {
    let text = || "hi".to_owned();
    let command = match which {
        0 | 1 => Command::Join(name),
        2 => Command::Leave(None),
        3 => Command::Leave(Some(name)),
        4 => Command::Say(text()),
        5 => Command::Whisper {
            to: name,
            text: text(),
        },
        6 => Command::Reply(text()),
        7 => {
            let own = conversations.own_messages().next().map(|own| own.nonce);
            if let Some(own) = own {
                let _ = conversations.retry(session, own);
            }
            return;
        }
        8 => {
            let ids = conversations.iter().map(Conversation::id);
            let last = ids.last();
            if let Some(last) = last {
                conversations.select(last);
                conversations.mark_read(last);
            }
            return;
        }
        _ => return call(session, which, &name, number),
    };
    let _ = conversations.run(session, command, None);
}

/// A session that was told of more members than it keeps, one packet after another.
pub(crate) fn crowd() -> Session {
    let mut session = Session::new("");
    session.join("a");
    session.connect(0);
    session.opened(0);
    let reply = |id, result| {
        PacketBody::Reply(Reply {
            id,
            result: Some(result),
        })
    };
    let mut packets = vec![
        reply(1, ReplyResult::Welcome(Welcome::default())),
        reply(
            2,
            ReplyResult::Joined(Joined {
                room: "a".into(),
                epoch: 1,
                listed: true,
                ..Joined::default()
            }),
        ),
    ];
    for group in 0..100 {
        let joined = (0..100).map(|member| Member {
            id: group * 100 + member,
            name: "x".into(),
            ..Member::default()
        });
        packets.push(PacketBody::Presence(Presence {
            room: "a".into(),
            count: 9,
            listed: true,
            joined: joined.collect(),
            ..Presence::default()
        }));
    }
    for body in packets {
        session.received(&Packet::from(body).encode_to_vec(), 0);
        let room = session.rooms().next();
        assert!(room.is_none_or(|room| room.members.len() <= 4_096));
    }
    session
}
