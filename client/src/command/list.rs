//! Which commands there are.

/// A command, for a list of them. [`texts`](crate::texts) has a text for what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandHelp {
    /// The name with the slash, then its other names.
    pub names: &'static [&'static str],
    /// How it is used.
    pub usage: &'static str,
    /// Whether it is of use to moderators alone.
    pub for_moderators: bool,
}

/// A command for everybody.
const fn all(names: &'static [&'static str], usage: &'static str) -> CommandHelp {
    let for_moderators = false;
    CommandHelp {
        names,
        usage,
        for_moderators,
    }
}

/// A command that is of use to moderators alone.
const fn moderators(names: &'static [&'static str], usage: &'static str) -> CommandHelp {
    let for_moderators = true;
    CommandHelp {
        names,
        usage,
        for_moderators,
    }
}

/// Every command, in the order of docs/client.md.
pub const COMMANDS: &[CommandHelp] = &[
    all(&["/w", "/whisper", "/msg"], "/w NAME TEXT"),
    all(&["/r", "/reply"], "/r TEXT"),
    all(&["/join", "/j"], "/join ROOM"),
    all(&["/leave", "/part"], "/leave [ROOM]"),
    all(&["/me"], "/me TEXT"),
    all(&["/who"], "/who [ROOM]"),
    all(&["/nick"], "/nick NAME"),
    all(&["/rooms"], "/rooms"),
    all(&["/quote"], "/quote [NUMBER] TEXT"),
    all(&["/edit"], "/edit [NUMBER] TEXT"),
    all(&["/delete", "/remove"], "/delete [NUMBER]"),
    all(&["/react"], "/react [NUMBER] EMOJI"),
    all(&["/unreact"], "/unreact [NUMBER] EMOJI"),
    all(&["/search", "/find"], "/search [WORDS]"),
    all(&["/unread"], "/unread"),
    all(&["/block"], "/block NAME"),
    all(&["/unblock"], "/unblock NAME"),
    all(&["/blocks"], "/blocks"),
    all(&["/report"], "/report NAME|NUMBER|-w [WHY]"),
    all(&["/mods"], "/mods"),
    all(&["/help"], "/help"),
    moderators(&["/timeout"], "/timeout [-all] [-ip] NAME [TIME] [WHY]"),
    moderators(&["/mute"], "/mute [-all] [-ip] NAME [TIME] [WHY]"),
    moderators(&["/unmute"], "/unmute [-all] NAME"),
    moderators(&["/kick"], "/kick [-all] NAME [WHY]"),
    moderators(&["/ban"], "/ban [-all] [-ip] NAME [TIME] [WHY]"),
    moderators(&["/unban"], "/unban [-all] NAME"),
    moderators(&["/slow"], "/slow [TIME|off]"),
    moderators(&["/announce"], "/announce [on|off]"),
    moderators(&["/topic"], "/topic [TEXT]"),
    moderators(&["/clear"], "/clear"),
    moderators(&["/purge"], "/purge [-all] NAME"),
    moderators(&["/mod"], "/mod [-all] NAME"),
    moderators(&["/unmod"], "/unmod [-all] NAME"),
    moderators(&["/sanctions"], "/sanctions [-all]"),
];

/// The command with this name.
pub(super) fn find(name: &str) -> Option<&'static CommandHelp> {
    let is_it = |other: &str| other.eq_ignore_ascii_case(name);
    COMMANDS
        .iter()
        .find(|help| help.names.iter().any(|other| is_it(other)))
}
