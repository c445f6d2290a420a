//! Packets of a hostile server: any packet, with small numbers and names that often fit together,
//! and some that are far too large.

use guildhall_protocol::{
    Blocks, Change, Cleared, Gap, Held, HistoryPage, Imposed, Joined, Left, Lifted, Limits, Line,
    LineRef, MarkedRead, Member, MemberList, Moderator, ModeratorList, Moved, PacketBody, Ping,
    Presence, Purged, Reaction, ReadMark, Refreshed, Rejected, Removed, Renamed, Repeated, Reply,
    ReplyResult, ReportDecided, Reported, RequestError, RoleSet, RoomChanged, RoomInfo, RoomList,
    RoomSettings, Sanction, SanctionList, Sanctions, SearchPage, Unread, UnreadList, Welcome,
    WhisperLine,
};
use proptest::prelude::*;

pub(super) fn any_number() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..12_u64, 1 => Just(u64::MAX), 1 => Just(u64::MAX - 1), 1 => any::<u64>()]
}

fn any_count() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0..4_u32, 1 => Just(u32::MAX)]
}

pub(super) fn any_name() -> impl Strategy<Value = String> {
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

fn any_reaction() -> impl Strategy<Value = Reaction> {
    let reaction = (any_name(), any_count());
    reaction.prop_map(|(reaction, count)| Reaction { reaction, count })
}

/// Sometimes more than any client keeps.
fn any_reactions() -> impl Strategy<Value = Vec<Reaction>> {
    let many = (0..200_u32).map(|number| Reaction {
        reaction: number.to_string(),
        count: 1,
    });
    prop_oneof![
        8 => prop::collection::vec(any_reaction(), 0..3),
        1 => Just(many.collect::<Vec<_>>()),
    ]
}

fn any_change() -> impl Strategy<Value = Change> {
    let change = (
        any_number(),
        -1..9_i32,
        prop::option::of(any_reaction()),
        any_number(),
    );
    change.prop_map(|(seq, kind, reaction, user)| Change {
        user,
        seq,
        kind,
        reaction,
    })
}

fn any_line_ref() -> impl Strategy<Value = LineRef> {
    (any_count(), any_number()).prop_map(|(epoch, seq)| LineRef { epoch, seq })
}

prop_compose! {
    fn any_line()(
        room in any_name(),
        epoch in any_count(),
        seq in any_number(),
        sender in any_number(),
        nonce in any_number(),
        session in any_number(),
        (info, text) in (any_name(), any_name()),
        (reply_to, edited) in (any_number(), any_number()),
        (removed, hidden) in (any::<bool>(), prop::bool::weighted(0.1)),
        reactions in any_reactions(),
        change in prop::option::of(any_change()),
    ) -> Line {
        Line { room, epoch, seq, sender, nonce, session, info, text, reply_to, edited, removed, hidden, reactions, change, ..Line::default() }
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
        (read_only, may_remove, may_moderate) in any::<(bool, bool, bool)>(),
    ) -> RoomSettings {
        RoomSettings { topic, slow_mode, text_bytes, read_only, may_remove, may_moderate, ..RoomSettings::default() }
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
        (read_seq, durable) in (any_number(), any::<bool>()),
    ) -> Joined {
        Joined { room, epoch, first_seq, last_seq, resumed, gap, count: 1, listed, members, settings, read_seq, durable }
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
        (edit_seconds, reactions, reaction_bytes) in (any_count(), any_count(), any_count()),
        (ttl, user, info) in (any_count(), any_name(), any_name()),
        (rooms, sanctions) in (prop::collection::vec(any_name(), 0..3), any_sanctions()),
        (role, time, note_bytes) in (-1..4_i32, any_number(), any_count()),
    ) -> Welcome {
        let limits = Limits { text_bytes, heartbeat_seconds, unanswered, edit_seconds, reactions, reaction_bytes, note_bytes, ..Limits::default() };
        let limits = Some(limits);
        Welcome { id, name, resumed, whisper_seq, whisper_gap, session, limits, ttl, user, info, rooms, sanctions, role, time, ..Welcome::default() }
    }
}

prop_compose! {
    fn any_unread()(
        room in any_name(),
        read in prop::option::of(any_line_ref()),
        (lines, mentions) in (any_count(), any_count()),
        more: bool,
    ) -> Unread {
        Unread { room, read, lines, mentions, more }
    }
}

prop_compose! {
    fn any_sanction()(
        id in any_number(),
        (kind, reason) in (-1..5_i32, -1..15_i32),
        room in any_name(),
        until in any_number(),
        (rule, appeal, by, note) in (any_name(), any_name(), any_name(), any_name()),
    ) -> Sanction {
        let since = until / 2;
        Sanction { id, kind, reason, room, since, until, rule, appeal, by, note, ..Sanction::default() }
    }
}

/// Sometimes more than any client keeps.
fn any_sanctions() -> impl Strategy<Value = Vec<Sanction>> {
    let many = (0..200_u64).map(|id| Sanction {
        id,
        kind: 1,
        ..Sanction::default()
    });
    prop_oneof![
        8 => prop::collection::vec(any_sanction(), 0..3).boxed(),
        1 => Just(many.collect::<Vec<_>>()).boxed(),
    ]
}

fn any_moderators() -> impl Strategy<Value = Vec<Moderator>> {
    let moderator = (any_members(), -1..4_i32, any::<(bool, bool)>());
    let moderator = moderator.prop_map(|(members, role, (everywhere, present))| Moderator {
        member: members.into_iter().next(),
        role,
        everywhere,
        present,
    });
    prop::collection::vec(moderator, 0..3)
}

/// The answers to requests of and about users.
fn any_answer_of_moderation() -> impl Strategy<Value = ReplyResult> {
    prop_oneof![
        2 => any_members().prop_map(|users| ReplyResult::Blocks(Blocks { users })),
        1 => any_number().prop_map(|id| ReplyResult::Reported(Reported { id })),
        1 => prop::option::of(any_sanction())
            .prop_map(|sanction| ReplyResult::Imposed(Imposed { sanction })),
        1 => Just(ReplyResult::Lifted(Lifted {})),
        1 => (any_name(), prop::option::of(any_settings()))
            .prop_map(|(room, settings)| ReplyResult::RoomChanged(RoomChanged { room, settings })),
        1 => Just(ReplyResult::Cleared(Cleared {})),
        1 => any_count().prop_map(|rooms| ReplyResult::Purged(Purged { rooms })),
        1 => Just(ReplyResult::RoleSet(RoleSet {})),
        1 => (any_name(), any_moderators()).prop_map(|(room, moderators)| {
            ReplyResult::Moderators(ModeratorList { room, moderators })
        }),
        1 => (any_sanctions(), any::<bool>()).prop_map(|(sanctions, more)| {
            ReplyResult::Sanctions(SanctionList { sanctions, more })
        }),
        4 => Just(ReplyResult::Held(Held {})),
    ]
}

/// The packets about users that a server sends unasked.
fn any_push_of_moderation() -> impl Strategy<Value = PacketBody> {
    let rejected = (any_name(), any_number(), any_number(), any_name());
    prop_oneof![
        2 => any_sanctions().prop_map(|sanctions| PacketBody::Sanctions(Sanctions { sanctions })),
        2 => rejected.prop_map(|(room, nonce, session, words)| {
            PacketBody::Rejected(Rejected { room, nonce, session, words })
        }),
        1 => any_members().prop_map(|users| PacketBody::Blocks(Blocks { users })),
        1 => (any_number(), any::<bool>(), any_name()).prop_map(|(id, acted, words)| {
            PacketBody::ReportDecided(ReportDecided { id, acted, words })
        }),
        2 => (any_name(), prop::option::of(any_joined()))
            .prop_map(|(from, joined)| PacketBody::Moved(Moved { from, joined })),
    ]
}

/// A position at which a search goes on.
fn any_position() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![Just(Vec::new()), Just(vec![7; 8]), Just(vec![7; 20_000])]
}

// The large strategies are boxed: unboxed, they are values within values, and too
// large for a test's stack.
fn any_result() -> impl Strategy<Value = ReplyResult> {
    let error = (
        any::<i32>(),
        0..37_i32,
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
        2 => Just(ReplyResult::MarkedRead(MarkedRead {})),
        1 => prop::collection::vec(any_unread(), 0..3)
            .prop_map(|rooms| ReplyResult::Unread(UnreadList { rooms })),
        2 => (prop::collection::vec(any_line(), 0..4), any_position())
            .prop_map(|(lines, next)| ReplyResult::Found(SearchPage { lines, next })),
        2 => error.prop_map(|(any, known, (is_known, temporary), argument, retry_after)| {
            ReplyResult::Error(RequestError {
                code: if is_known { known } else { any },
                arguments: vec![argument],
                temporary,
                retry_after,
            })
        }),
        4 => any_answer_of_moderation().boxed(),
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

pub(super) fn any_body() -> impl Strategy<Value = PacketBody> {
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
        1 => any_joined().prop_map(PacketBody::CatchUp).boxed(),
        1 => (any_name(), prop::option::of(any_line_ref()))
            .prop_map(|(room, line)| PacketBody::ReadMark(ReadMark { room, line })),
        1 => Just(PacketBody::Ping(Ping {})),
        1 => any_name().prop_map(|name| PacketBody::Renamed(Renamed { name })),
        4 => any_push_of_moderation().boxed(),
        1 => (any_name(), any::<i32>(), prop::option::of(any_sanction()))
            .prop_map(|(room, reason, sanction)| PacketBody::Removed(Removed {
                room,
                reason,
                sanction,
            }))
            .boxed(),
        1 => (any_name(), prop::option::of(any_settings()))
            .prop_map(|(room, settings)| PacketBody::RoomChanged(RoomChanged { room, settings })),
    ]
}
