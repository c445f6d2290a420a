//! What the user types: commands and texts, done by the client crate's model, and the
//! local commands that only this client has. If nothing can come of it, the user is
//! told why.

use guildhall_client::command::{self, COMMANDS, Command, CommandError, CommandHelp};
use guildhall_client::conversations::{CommandFailure, Conversation, Outcome, OwnMessage};
use guildhall_client::session::{RequestKind, SendError};
use guildhall_client::texts;

use super::ChatState;
use crate::chat::lines::line::About;
use crate::chat::local_command::LocalCommand;

impl ChatState {
    /// Does what was typed. Texts go to `room`, or to the current one.
    pub(in crate::chat) fn typed(&mut self, text: &str, room: Option<&str>) {
        match command::parse(text) {
            Ok(None) => {}
            Ok(Some(command)) => self.run(command, room),
            Err(error) => match self.local_command(&error) {
                Some(LocalCommand::Retry) => self.retry(),
                Some(LocalCommand::Numbers) => self.numbers(room),
                Some(LocalCommand::Older) => self.older(room),
                Some(LocalCommand::Quit) => self.quits = true,
                None => self.complain(&texts::command_error(self.language, &error)),
            },
        }
    }

    /// The local command that the client crate does not know.
    fn local_command(&self, error: &CommandError) -> Option<LocalCommand> {
        let CommandError::Unknown(name) = error else {
            return None;
        };
        self.local_commands().find(|local| local.is_called(name))
    }

    fn run(&mut self, command: Command, room: Option<&str>) {
        let outcome = self.conversations.run(&mut self.session, command, room);
        match outcome {
            // A room that the user is not in is left already.
            Ok(Outcome::Done | Outcome::Sent(_)) | Err(CommandFailure::NothingToLeave) => {}
            Ok(Outcome::Changing(nonce)) => self.waiting.change(nonce),
            Ok(Outcome::Requested(kind)) => self.waiting.request(kind),
            Ok(Outcome::Help) => self.help(),
            Err(CommandFailure::Send(SendError::Muted)) => self.complain_of_mute(room),
            Err(CommandFailure::Send(error)) => self.complain_of(&error),
            Err(CommandFailure::NoConversation) => self.complain_of(&SendError::NotInRoom),
            Err(CommandFailure::NothingToChange) => {
                self.complain(self.language.get(texts::NOTHING_TO_CHANGE));
            }
            Err(CommandFailure::NothingToSearch) => {
                self.complain(self.language.get(texts::NOTHING_MORE_FOUND));
            }
            Err(CommandFailure::NobodyWhispered) => {
                self.complain(self.language.get(texts::NOBODY_WHISPERED));
            }
        }
    }

    /// Sends everything that failed again, in its order.
    fn retry(&mut self) {
        let messages = self.conversations.own_messages();
        let failed = messages.filter(|message| message.has_failed());
        let failed: Vec<_> = failed.map(|message: &OwnMessage| message.nonce).collect();
        if failed.is_empty() {
            return self.complain(self.language.get(texts::NOTHING_FAILED));
        }
        for nonce in failed {
            if let Err(error) = self.conversations.retry(&mut self.session, nonce) {
                self.complain_of(&error);
            }
        }
    }

    /// Asks for older lines of a room, or of the current one.
    fn older(&mut self, room: Option<&str>) {
        let conversation = match room {
            Some(room) => self.conversations.find_room(&self.session, room),
            None => self.conversations.current(),
        };
        let requested = match conversation.map(Conversation::id) {
            Some(id) => self.conversations.fetch_older(&mut self.session, id),
            None => Err(SendError::NotInRoom),
        };
        match requested {
            Ok(()) => self.waiting.request(RequestKind::FetchHistory),
            Err(error) => self.complain_of(&error),
        }
    }

    /// Shows the numbers of messages from now on, and of the newest ones of a room; or hides
    /// them.
    fn numbers(&mut self, room: Option<&str>) {
        let are_shown = self.view.toggle_numbers();
        let words = if are_shown {
            texts::NUMBERS_SHOWN
        } else {
            texts::NUMBERS_HIDDEN
        };
        self.tell(self.language.get(words), About::Chat);
        let conversation = match room {
            Some(room) => self.conversations.find_room(&self.session, room),
            None => self.conversations.current(),
        };
        if let Some(conversation) = conversation.filter(|_| are_shown) {
            self.lines.extend(self.view.numbered(conversation));
        }
    }

    /// The local commands that are of use here.
    fn local_commands(&self) -> impl Iterator<Item = LocalCommand> + use<> {
        let interactive = self.interactive;
        let of_use = move |local: &LocalCommand| interactive || !local.is_interactive();
        LocalCommand::ALL.into_iter().filter(of_use)
    }

    fn help(&mut self) {
        for command in COMMANDS.iter().filter(|it| !it.for_moderators) {
            self.tell_command(command);
        }
        for local in self.local_commands() {
            let does = local.help(self.language);
            self.tell(&format!("{} – {does}", local.name()), About::Chat);
        }
        let room = self.conversations.current().and_then(Conversation::room);
        if room.is_some_and(|room| self.session.may_moderate(room)) {
            self.tell(&texts::moderators_help(self.language), About::Chat);
            for command in COMMANDS.iter().filter(|it| it.for_moderators) {
                self.tell_command(command);
            }
        }
    }

    fn tell_command(&mut self, command: &CommandHelp) {
        let does = texts::command_help(self.language, command);
        self.tell(&format!("{} – {does}", command.usage), About::Chat);
    }

    /// Tells the user why the session did not take something.
    fn complain_of(&mut self, error: &SendError) {
        self.complain(&texts::send_error(self.language, error));
    }

    /// Tells the user until when and why nothing can be said in a room, or in the current one.
    fn complain_of_mute(&mut self, room: Option<&str>) {
        let current = self.conversations.current().and_then(Conversation::room);
        let room = room.or(current).unwrap_or_default();
        // A whisper: the user is muted everywhere.
        let mute = self.session.muted(room).or(self.session.muted(""));
        let words = mute.map(|mute| {
            let end = self.session.ends_at(mute);
            let left = end.map(|end| end.saturating_sub(self.now));
            texts::sanction(self.language, mute, left)
        });
        match words {
            Some(words) => self.complain(&words),
            None => self.complain_of(&SendError::Muted),
        }
    }

    /// Tells the user that something was not done.
    fn complain(&mut self, text: &str) {
        self.waiting.trouble();
        self.tell(text, About::Connection);
    }

    fn tell(&mut self, text: &str, about: About) {
        self.lines.push(self.view.system(text, about));
    }
}

#[cfg(test)]
mod tests {
    use crate::chat::test_chat::TestChat;
    use guildhall_protocol::{HistoryPage, Line, ReplyResult, RequestBody};

    #[test]
    fn retry_sends_failed_messages_again() {
        let mut chat = TestChat::open(true);
        chat.typed("/retry");
        assert_eq!(chat.shown, ["-- Nothing has failed."]);
        chat.typed("hello");
        chat.refuse();
        let failed = chat.shown.last().unwrap();
        assert!(failed.starts_with("!! [lobby] hello – "), "{failed}");
        assert!(failed.ends_with("/retry"), "{failed}");
        chat.typed("/retry");
        assert_eq!(chat.says(), [("lobby", "hello")]);
        assert!(!chat.state.all_done());
    }

    #[test]
    fn quit_ends_the_chat() {
        for typed in ["/quit", "/QUIT  ", "\u{feff}/quit", "/quit bye"] {
            let mut chat = TestChat::open(true);
            assert!(!chat.state.has_quit());
            chat.typed(typed);
            assert!(chat.state.has_quit(), "{typed:?}");
            assert!(chat.shown.is_empty() && chat.requests.is_empty());
            assert!(chat.state.all_done());
        }
        let mut chat = TestChat::open(true);
        chat.typed("//quit");
        assert_eq!(chat.says(), [("lobby", "/quit")]);
        assert!(!chat.state.has_quit());
    }

    #[test]
    fn texts_go_to_the_room_that_their_prompt_showed() {
        let mut chat = TestChat::open(true);
        chat.typed("/join Inn");
        // It is current at once; the server may write its name in another way.
        assert_eq!(chat.state.prompt.shown(), "Inn");
        chat.join("inn");
        assert_eq!(chat.state.prompt.shown(), "inn");
        chat.state.typed("to the old prompt", Some("Inn"));
        chat.state.typed("to the lobby", Some("lobby"));
        chat.state.typed("to what is shown", None);
        chat.drain();
        let expected = [("inn", "to the old prompt"), ("lobby", "to the lobby")];
        assert_eq!(chat.says(), expected, "two at a time");
    }

    #[test]
    fn older_shows_older_lines() {
        // For a script as well, whose next line waits for them.
        for interactive in [true, false] {
            let mut chat = TestChat::open(interactive);
            chat.typed("/older");
            assert!(!chat.state.is_settled());
            let line = Line {
                seq: 1,
                name: "Bob".into(),
                text: "early".into(),
                ..Line::default()
            };
            let page = HistoryPage {
                epoch: 1,
                lines: vec![line],
                ..HistoryPage::default()
            };
            let request = chat.answer(ReplyResult::History(page));
            let RequestBody::FetchHistory(fetch) = request else {
                panic!("{request:?}");
            };
            assert_eq!((fetch.room.as_str(), fetch.before), ("lobby", 3));
            assert_eq!(chat.shown.len(), 3, "{:?}", chat.shown);
            assert_eq!(chat.shown[1], "· [lobby] Bob: early");
            assert!(chat.state.is_settled() && chat.state.all_done());
        }
    }

    #[test]
    fn a_room_that_is_not_joined_has_no_older_lines() {
        let mut chat = TestChat::open(true);
        chat.state.typed("/older", Some("elsewhere"));
        chat.drain();
        assert_eq!(chat.shown, ["-- You are not in this room."]);
        assert!(chat.requests.is_empty());
    }

    #[test]
    fn help_lists_the_commands_that_are_of_use() {
        let lists = |interactive, usage: &str| {
            let mut chat = TestChat::open(interactive);
            chat.typed("/help");
            chat.shown.iter().any(|line| line.starts_with(usage))
        };
        assert!(lists(true, "-- /w NAME TEXT – "));
        assert!(lists(true, "-- /retry – ") && !lists(false, "-- /retry"));
        assert!(lists(true, "-- /older – ") && lists(false, "-- /older – "));
    }

    #[test]
    fn a_reply_without_a_whisper_is_refused() {
        let mut chat = TestChat::open(true);
        chat.typed("/r hello");
        assert_eq!(chat.shown, ["-- Nobody has whispered to you yet."]);
        assert!(chat.requests.is_empty());
    }
}
