//! Packets and bytes of a hostile server, between calls in any order: nothing panics, and
//! what the session keeps stays bounded.

mod packets;

use guildhall_client::command::Command;
use guildhall_client::conversations::{Conversation, Conversations, Layout};
use guildhall_client::session::{
    Action, Event, Imposition, MessageKind, Query, Recipient, Reportable, RoomChange, Session,
    State,
};
use guildhall_client::{RequestId, UserId};
use guildhall_protocol::{
    Joined, Member, Message as _, Packet, PacketBody, Presence, Reason, Reply, ReplyResult,
    SanctionKind, Welcome, decode,
};
use packets::{any_body, any_name, any_number};
use proptest::prelude::*;

/// One act of a hostile server or of a user.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    Packet(Box<PacketBody>),
    Bytes(Vec<u8>),
    Call(u8, String, u64),
}

pub(crate) fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        6 => any_body().prop_map(|body| Input::Packet(Box::new(body))).boxed(),
        1 => prop::collection::vec(any::<u8>(), 0..64).prop_map(Input::Bytes),
        5 => (0..38_u8, any_name(), any_number())
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
        17 => drop(session.reply_to(name, number, "hi", MessageKind::Text)),
        18 => drop(session.edit(name, number, "hi")),
        19 => drop(session.remove(name, number)),
        20 => drop(session.react(name, number, name, number.is_multiple_of(2))),
        21 => session.mark_read(name, number),
        22 => drop(session.list_unread()),
        23 => {
            let speaker = Some(Recipient::Name(name)).filter(|_| number.is_multiple_of(2));
            drop(session.search(&Query {
                room: name,
                text: name,
                speaker,
                before_time: number,
                after_time: number,
            }));
        }
        24 => drop(session.search_on()),
        25 => drop(session.fetch_history_of(name, number, number)),
        26..=35 => moderate(session, call, name, number),
        _ => session.tick(number, 0.5),
    }
}

fn moderate(session: &mut Session, call: u8, name: &str, number: u64) {
    let user = if number.is_multiple_of(2) {
        Recipient::Id(UserId(number))
    } else {
        Recipient::Name(name)
    };
    let asked = match call {
        26 => session.block(user, number.is_multiple_of(3)),
        27 => session.list_blocks(),
        28 => session.report(
            Reportable::Line {
                room: name,
                seq: number,
            },
            Reason::Spam,
            name,
        ),
        29 => session.report(Reportable::Whisper(number), Reason::Other, ""),
        30 => session.impose(&Imposition {
            kind: SanctionKind::Mute,
            room: name,
            user,
            seconds: 9,
            reason: Reason::Hate,
            rule: name,
            note: name,
            address: true,
            report: number,
        }),
        31 => session.change_room(
            name,
            RoomChange {
                topic: Some(name.into()),
                ..RoomChange::default()
            },
        ),
        32 => session.clear(name),
        33 => session.purge(name, user),
        34 => session.list_moderators(name),
        _ => session.list_sanctions(name),
    };
    drop(asked);
}

/// Plays all inputs. The session is always connected or connecting.
pub(crate) fn play(inputs: Vec<Input>) -> Result<(), TestCaseError> {
    let mut session = Session::new("");
    let mut kept = 0;
    for input in inputs {
        session.connect(0);
        session.opened(0);
        // Of each that ends the user is told, also if one short message ends all of them.
        let holding = session.sanctions().len();
        let size = match input {
            Input::Packet(body) => {
                let bytes = Packet::from(*body).encode_to_vec();
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
        let most = kept + holding + size;
        prop_assert!(told <= most, "{told} events for {size} bytes");
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
            let can_say = session.muted(&room.name).is_none() && !room.settings.read_only;
            prop_assert_eq!(session.can_say(&room.name), can_say);
        }
        prop_assert!(session.rooms().count() <= 1_000);
        prop_assert!(session.sanctions().len() <= 64);
        for sanction in session.sanctions() {
            prop_assert!(sanction.rule.len() <= 1_024 && sanction.appeal.len() <= 1_024);
            prop_assert!(sanction.by.is_empty() && sanction.note.is_empty());
        }
        for blocked in session.blocks().unwrap_or_default() {
            prop_assert!(blocked.name.len() <= 1_024 && blocked.info.len() <= 1_024);
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
            Input::Packet(body) => session.received(&Packet::from(*body).encode_to_vec(), 0),
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
        conversations.keep_up(&mut session);
        while session.next_action().is_some() {}
        for line in conversations.iter().flat_map(Conversation::lines) {
            prop_assert!(line.reactions.len() <= 64 && (!line.removed || line.text.is_empty()));
        }
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
