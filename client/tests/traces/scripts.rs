//! The stories. Alice is client 7, bob is client 9.

mod answers;
mod blocks;
mod changes;
mod connection;
mod held;
mod members;
mod messages;
mod moderation;
mod moved;
mod names;
mod pace;
mod reading;
mod removals;
mod requests;
mod rights;
mod rooms;
mod sanctions;
mod tokens;
mod users;

use crate::script::Script;

pub(crate) const WANTED_NAME: &str = "alice";

type Tell = fn(&mut Script);

/// Name, what is shown, and the story.
pub(crate) const ALL: &[(&str, &str, Tell)] = &[
    (
        "way-in",
        "Connecting, saying hello, joining, lines, an answer to a ping.",
        connection::way_in,
    ),
    (
        "another-run",
        "A program that was stopped and started again goes on with its session; and one whose session is gone.",
        connection::another_run,
    ),
    (
        "overtaken",
        "A program whose session another one has gone on with meanwhile: it is replaced.",
        connection::overtaken,
    ),
    (
        "name-refused",
        "A name that is refused to Hello: the session goes on without one. A name that the user wants offline.",
        names::name_refused,
    ),
    (
        "hello-lost",
        "A Hello whose answer was lost with its connection: its name may be the session's own, and is asked for again.",
        names::hello_lost,
    ),
    (
        "same-name",
        "A name that the user wants offline, and that the resumed session has already.",
        names::same_name,
    ),
    (
        "hello-refused",
        "Another error to Hello ends the session.",
        connection::hello_refused,
    ),
    (
        "close-codes",
        "Which close codes lead to another attempt, and which do not.",
        connection::close_codes,
    ),
    (
        "waits",
        "Waits between attempts: they grow, are random, and begin anew after 5 s online.",
        connection::waits,
    ),
    (
        "going-away",
        "A server that stops says over how much time its clients come back.",
        connection::going_away,
    ),
    (
        "timeouts",
        "No Welcome after 10 s; silence for twice the heartbeat.",
        connection::timeouts,
    ),
    (
        "goodbye",
        "The user closes, in every state; the platform opens no socket.",
        connection::goodbye,
    ),
    (
        "garbage",
        "What is not a packet, or answers nothing, is dropped whole.",
        connection::garbage,
    ),
    (
        "numbers",
        "The smallest and the largest numbers.",
        connection::numbers,
    ),
    (
        "say",
        "Own lines, Repeated, errors, retries, and when a say is sent.",
        messages::say,
    ),
    (
        "loss",
        "A lost connection: the session goes on, the room too, and says are sent again.",
        messages::loss,
    ),
    (
        "uncertain",
        "A lost connection and a new session: what was sent is uncertain.",
        messages::uncertain,
    ),
    (
        "whispers",
        "Whispers: numbers, repetitions, a gap, sending again.",
        messages::whispers,
    ),
    (
        "blank",
        "A text of which nothing can be seen is not sent.",
        messages::blank,
    ),
    (
        "limits",
        "What fails at once, and the limits of Welcome.",
        messages::limits,
    ),
    (
        "order",
        "A missing line is requested; a known one is dropped.",
        rooms::order,
    ),
    ("gap", "Lines that the server no longer has.", rooms::gap),
    (
        "epoch",
        "A room that began anew: lines may be missing.",
        rooms::epoch,
    ),
    (
        "presence",
        "Members that join, leave and are renamed; a room too large for a list.",
        rooms::presence_story,
    ),
    (
        "presence-notices",
        "One notice for all members that joined, left or have new names; none in a large room.",
        members::notices,
    ),
    (
        "no-presence-notice",
        "What needs no notice: who has spoken since joining, and the user's own name.",
        members::no_notice,
    ),
    (
        "answers",
        "A server that does not answer for 5 s, and answers again.",
        answers::answers,
    ),
    (
        "forget",
        "The client keeps no lines before one of them: older ones are fetched before that.",
        members::forget,
    ),
    ("history", "Pages of older lines.", rooms::history),
    (
        "leave",
        "Leaving a room: online, offline, with messages on their way, and joining it again.",
        rooms::leave,
    ),
    (
        "room-names",
        "Rooms are named as the server writes them; two wanted rooms may be one.",
        rooms::room_names,
    ),
    (
        "requests",
        "Lists and names: answers, errors, and what a lost connection does to them.",
        requests::requests,
    ),
    (
        "too-many-requests",
        "At most 256 requests wait for their answers.",
        requests::too_many,
    ),
    (
        "long-names",
        "Names that are far too long are cut.",
        requests::long_names,
    ),
    (
        "too-fast",
        "Messages that the server refuses for now: they are sent again, in their order.",
        pace::too_fast,
    ),
    (
        "catch-up",
        "A client that reads too slowly: the server leaves out lines, and says so.",
        pace::catch_up,
    ),
    (
        "token-given",
        "A token in Hello, the rooms that it names, and another token while online.",
        tokens::given,
    ),
    (
        "token-asked",
        "The session asks for the first token, once, and waits for it.",
        tokens::asked,
    ),
    (
        "token-refresh",
        "Another token before the one before is over; an application that has none now.",
        tokens::refresh,
    ),
    (
        "token-cut",
        "A connection that is lost while the application gets a token, or while it is on its way.",
        tokens::cut,
    ),
    (
        "token-expired",
        "The server closes with 3002: another token helps.",
        tokens::expired,
    ),
    (
        "token-bad",
        "The server closes with 3501 or 3502: the session ends, until the user wants it again.",
        tokens::bad,
    ),
    (
        "token-guest",
        "A guest where a token is needed, and a guest in place of a user.",
        tokens::guest,
    ),
    (
        "room-settings",
        "What holds in a room, and what is not sent because of it.",
        rights::settings,
    ),
    (
        "removed",
        "The server takes the client out of a room.",
        rights::removed,
    ),
    (
        "slow-mode",
        "When the next thing may be said, and a say that comes too early.",
        rights::slow_mode,
    ),
    (
        "join-delayed",
        "A room that cannot be joined now is joined later.",
        rights::join_delayed,
    ),
    (
        "names-given",
        "A name that has to wait, and names that the server gives.",
        rights::names,
    ),
    (
        "two-sessions",
        "What one user says in several sessions.",
        users::two_sessions,
    ),
    (
        "shown-of-users",
        "What a game shows of users, within bounds.",
        users::infos,
    ),
    (
        "other-epoch",
        "A room that begins anew while the client is in it: it joins again, and not all the time.",
        reading::other_epoch,
    ),
    (
        "changes",
        "Lines that change earlier ones: they are no messages, and have their numbers.",
        changes::told,
    ),
    (
        "changes-of-older-lines",
        "Changes of lines that the client does not have, or gets with a page on its way.",
        changes::of_older_lines,
    ),
    (
        "change-requests",
        "What the user edits, removes and reacts to: requests, answers, errors.",
        changes::asked,
    ),
    (
        "changes-lost",
        "Changes over lost connections: sent again, uncertain, refused.",
        changes::lost,
    ),
    (
        "replies",
        "Replies; and a room that is resumed with the newest state of its lines.",
        changes::replies,
    ),
    (
        "read-marks",
        "How far the user has read: one mark at a time, the newest wins, and on other devices.",
        reading::marks,
    ),
    (
        "unread",
        "The list of what the user has not read.",
        reading::unread,
    ),
    (
        "search",
        "Looking for lines, page by page; another search replaces the one before.",
        reading::searches,
    ),
    (
        "history-of-a-time",
        "The lines of a time, which need not stand beside those that are known.",
        reading::history_of,
    ),
    (
        "mutes",
        "What holds against the user: it is told, ends by itself, and keeps what is typed back.",
        sanctions::mutes,
    ),
    (
        "bans",
        "Kicks and bans, from a room and from the server.",
        sanctions::bans,
    ),
    (
        "roles",
        "Whether the user may moderate a room.",
        sanctions::roles,
    ),
    (
        "held",
        "Messages that wait for a moderator: published or rejected, also much later.",
        held::held_back,
    ),
    (
        "held-of-users",
        "What a user with an account hears in a new session of what has waited.",
        held::held_of_users,
    ),
    (
        "hidden-lines",
        "Lines that the user does not get to see: they have their numbers.",
        removals::hidden_lines,
    ),
    (
        "removed-lines",
        "What was removed before the client came shows nothing.",
        removals::removed_lines,
    ),
    (
        "cleared",
        "All lines of a room, or of a user, are removed at once.",
        removals::cleared,
    ),
    (
        "blocks",
        "Whom the user blocks, on this device and on others.",
        blocks::blocks,
    ),
    (
        "reports",
        "Reports of lines, whispers and users, and what was decided.",
        blocks::reports,
    ),
    (
        "moderation",
        "The requests of moderators: answers, errors, and what fails at once.",
        moderation::asked,
    ),
    (
        "moved",
        "The game puts the client into a room, and takes it out of another one.",
        moved::moved_by_the_game,
    ),
];
