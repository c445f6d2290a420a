//! The steps of a test, and how they are chosen.

use guildhall_protocol::{LineRef, RequestBody, Say};
use guildhall_server::policy::Who;
use proptest::prelude::*;

/// How many clients there are.
pub(crate) const PLAYERS: usize = 4;
/// The names of the rooms.
pub(crate) const ROOMS: [&str; 3] = ["red", "green", "blue"];

/// A step of a test.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A player connects to a thread, if it has no connection. `has_cap` says whether its
    /// token, if it has one, allows to join the room with a rule.
    Connect {
        player: usize,
        thread: usize,
        has_cap: bool,
    },
    /// A player asks for something.
    Ask { player: usize, command: Command },
    /// The server handles this many of a player's requests.
    Handle { player: usize, count: usize },
    /// A player reads this many packets.
    Read { player: usize, count: usize },
    /// A connection breaks when the server has handled this many more requests. The
    /// bytes that are written and not read are lost.
    Cut { player: usize, handled: usize },
    /// A player says goodbye. Its next connection is another session's.
    Goodbye { player: usize },
    /// A connection breaks, and the server does not notice yet.
    Vanish { player: usize },
    /// The server handles requests of a connection that its player has lost.
    HandleLate { count: usize },
    /// The server notices that such a connection is broken.
    Notice,
    /// A thread fans out.
    FanOut { thread: usize },
    /// A thread tells the changes of presence.
    TellChanges { thread: usize },
    /// A player's socket takes no bytes, or takes them again.
    Stall { player: usize, is_stalled: bool },
    /// A player sends again what was refused for now.
    SendAgain { player: usize },
    /// Members catch up that have read what waited for them.
    Sweep { thread: usize },
    /// Time passes.
    Pass { seconds: u64 },
    /// The rules of rooms change, or a thread takes them over.
    Rule(RuleStep),
    /// A room is cleared by the game, or a player's user is purged there.
    Remove { room: usize, player: Option<usize> },
    /// Something happens to the journal, if there is one.
    Journal(JournalStep),
}

/// A step of a journal.
#[derive(Debug, Clone)]
pub(crate) enum JournalStep {
    /// It decides this many lines.
    Decide { count: usize },
    /// It keeps nothing from now on.
    Fail,
    /// It is well again.
    Heal,
    /// The server is killed, and begins again with what the journal has kept.
    Restart,
}

/// A step that changes the rules of rooms, or applies them.
#[derive(Debug, Clone)]
pub(crate) enum RuleStep {
    /// There are other rules. `join` is who may be in the room.
    Change { join: Who },
    /// A thread takes over the rules, and has to check its members then.
    Take { thread: usize },
    /// A thread checks a few members.
    Check { thread: usize },
}

/// What a player asks for.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Join {
        room: usize,
    },
    Leave {
        room: usize,
    },
    Say {
        room: usize,
        is_long: bool,
    },
    /// It replies to the line that is so far back, or changes it.
    About {
        room: usize,
        back: u64,
        what: About,
    },
    Flood {
        room: usize,
    },
    Whisper {
        to: usize,
        is_long: bool,
    },
    Rename,
    /// It brings a token that allows to join the room with a rule, or one that does not.
    Refresh {
        has_cap: bool,
    },
    Members {
        room: usize,
    },
    History {
        room: usize,
        back: u64,
        limit: u32,
    },
}

/// Something that a player does about a line.
#[derive(Debug, Clone)]
pub(crate) enum About {
    Reply,
    Edit { is_long: bool },
    Remove,
    React { reaction: usize, take_back: bool },
}

fn about() -> impl Strategy<Value = About> {
    prop_oneof![
        1 => Just(About::Reply),
        4 => any::<bool>().prop_map(|is_long| About::Edit { is_long }),
        2 => Just(About::Remove),
        5 => (0..3_usize, any::<bool>())
            .prop_map(|(reaction, take_back)| About::React { reaction, take_back }),
    ]
}

/// Something about one of the last lines of a room.
fn about_a_line() -> impl Strategy<Value = Command> {
    (0..ROOMS.len(), 1..6_u64, about()).prop_map(|(room, back, what)| Command::About {
        room,
        back,
        what,
    })
}

fn command() -> impl Strategy<Value = Command> {
    let room = 0..ROOMS.len();
    prop_oneof![
        3 => room.clone().prop_map(|room| Command::Join { room }),
        2 => Just(Command::Join { room: 0 }),
        // That with a rule, of which only some are limited by it.
        5 => Just(Command::Join { room: 2 }),
        8 => any::<bool>().prop_map(|is_long| Command::Say { room: 2, is_long }),
        1 => room.clone().prop_map(|room| Command::Leave { room }),
        8 => (room.clone(), any::<bool>())
            .prop_map(|(room, is_long)| Command::Say { room, is_long }),
        6 => Just(Command::Flood { room: 0 }),
        2 => Just(Command::Flood { room: 2 }),
        12 => about_a_line(),
        3 => (0..PLAYERS, any::<bool>()).prop_map(|(to, is_long)| Command::Whisper { to, is_long }),
        1 => Just(Command::Rename),
        1 => any::<bool>().prop_map(|has_cap| Command::Refresh { has_cap }),
        1 => room.clone().prop_map(|room| Command::Members { room }),
        1 => (room, 0..12_u64, 1..6_u32)
            .prop_map(|(room, back, limit)| Command::History { room, back, limit }),
    ]
}

fn rule() -> impl Strategy<Value = RuleStep> {
    let join = prop_oneof![2 => Just(Who::Everyone), 1 => Just(Who::Users), 2 => Just(Who::Caps)];
    prop_oneof![
        2 => join.prop_map(|join| RuleStep::Change { join }),
        3 => (0..2_usize).prop_map(|thread| RuleStep::Take { thread }),
        3 => (0..2_usize).prop_map(|thread| RuleStep::Check { thread }),
    ]
}

/// Any step.
pub(crate) fn step() -> impl Strategy<Value = Step> {
    let player = 0..PLAYERS;
    let few = prop_oneof![1..4_usize, Just(usize::MAX)];
    prop_oneof![
        8 => (player.clone(), 0..2_usize, any::<bool>())
            .prop_map(|(player, thread, has_cap)| Step::Connect { player, thread, has_cap }),
        24 => (player.clone(), command())
            .prop_map(|(player, command)| Step::Ask { player, command }),
        14 => (player.clone(), few.clone())
            .prop_map(|(player, count)| Step::Handle { player, count }),
        14 => (player.clone(), few.clone())
            .prop_map(|(player, count)| Step::Read { player, count }),
        2 => (player.clone(), 0..4_usize)
            .prop_map(|(player, handled)| Step::Cut { player, handled }),
        1 => player.clone().prop_map(|player| Step::Goodbye { player }),
        2 => player.clone().prop_map(|player| Step::Vanish { player }),
        2 => few.prop_map(|count| Step::HandleLate { count }),
        2 => Just(Step::Notice),
        10 => (0..2_usize).prop_map(|thread| Step::FanOut { thread }),
        4 => (0..2_usize).prop_map(|thread| Step::TellChanges { thread }),
        4 => player.clone().prop_map(|player| Step::SendAgain { player }),
        2 => (0..2_usize).prop_map(|thread| Step::Sweep { thread }),
        6 => (player.clone(), any::<bool>())
            .prop_map(|(player, is_stalled)| Step::Stall { player, is_stalled }),
        2 => (0..25_u64).prop_map(|seconds| Step::Pass { seconds }),
        6 => rule().prop_map(Step::Rule),
        3 => remove(),
    ]
}

/// A room is cleared, or a user purged.
fn remove() -> impl Strategy<Value = Step> {
    let player = prop::option::weighted(0.7, 0..PLAYERS);
    (0..ROOMS.len(), player).prop_map(|(room, player)| Step::Remove { room, player })
}

/// Any step, with a journal.
pub(crate) fn durable_step() -> impl Strategy<Value = Step> {
    let count = prop_oneof![2 => 1..4_usize, 3 => Just(usize::MAX)];
    let journal = prop_oneof![
        40 => count.prop_map(|count| JournalStep::Decide { count }),
        3 => Just(JournalStep::Fail),
        6 => Just(JournalStep::Heal),
        1 => Just(JournalStep::Restart),
    ];
    prop_oneof![
        5 => step(),
        1 => journal.prop_map(Step::Journal),
    ]
}

/// The steps by which all players join the room with a rule, from which tests of rights begin.
pub(crate) fn all_in_the_ruled_room() -> Vec<Step> {
    all_in(2)
}

/// The steps by which all players join a room.
pub(crate) fn all_in(room: usize) -> Vec<Step> {
    let (count, has_cap) = (usize::MAX, true);
    let joins = |player| {
        let connect = Step::Connect {
            player,
            thread: player,
            has_cap,
        };
        let command = Command::Join { room };
        let handle = Step::Handle { player, count };
        let read = Step::Read { player, count };
        let ask = Step::Ask { player, command };
        [connect, handle.clone(), read.clone(), ask, handle, read]
    };
    (0..PLAYERS).flat_map(joins).collect()
}

/// A step about who may be in the room with a rule. Few connections break.
pub(crate) fn rights_step() -> impl Strategy<Value = Step> {
    let (player, room, count) = (0..PLAYERS, 2, usize::MAX);
    let command = prop_oneof![
        1 => Just(Command::Join { room }),
        3 => any::<bool>().prop_map(move |is_long| Command::Say { room, is_long }),
        2 => any::<bool>().prop_map(|has_cap| Command::Refresh { has_cap }),
    ];
    prop_oneof![
        1 => step(),
        3 => (player.clone(), command)
            .prop_map(|(player, command)| Step::Ask { player, command }),
        3 => player.clone().prop_map(move |player| Step::Handle { player, count }),
        2 => player.prop_map(move |player| Step::Read { player, count }),
        2 => rule().prop_map(Step::Rule),
    ]
}

/// A step about lines that change, among players that are in the same room.
pub(crate) fn changes_step() -> impl Strategy<Value = Step> {
    let (player, count) = (0..PLAYERS, usize::MAX);
    let say = (0..ROOMS.len()).prop_map(|room| Command::Say {
        room,
        is_long: false,
    });
    let command = prop_oneof![2 => say, 5 => about_a_line()];
    prop_oneof![
        1 => step(),
        6 => (player.clone(), command)
            .prop_map(|(player, command)| Step::Ask { player, command }),
        4 => player.clone().prop_map(move |player| Step::Handle { player, count }),
        2 => player.prop_map(move |player| Step::Read { player, count }),
        2 => (0..2_usize).prop_map(|thread| Step::FanOut { thread }),
        1 => remove(),
    ]
}

/// A say in a room, which may reply to a line.
pub(crate) fn say(room: usize, text: String, reply_to: Option<LineRef>) -> RequestBody {
    RequestBody::Say(Say {
        room: ROOMS[room].into(),
        text,
        action: false,
        reply_to,
    })
}
