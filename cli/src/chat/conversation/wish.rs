//! What the user wants: what was typed becomes calls of the session, and words
//! where nothing can come of it.

use guildhall_client::command::{self, COMMANDS, Command};
use guildhall_client::session::{RequestKind, SendError, Target};
use guildhall_client::texts;

use super::Conversation;
use crate::chat::line::About;
use crate::chat::order::Order;

impl Conversation {
    /// Does what was typed. Texts go to `room`, or to the one that is shown.
    pub(in crate::chat) fn typed(&mut self, text: &str, room: Option<&str>) {
        let room = match room {
            Some(room) => self.asked.get(room).map_or(room, String::as_str).to_owned(),
            None => self.prompt.shown(),
        };
        if let Some(order) = self.orders().find(|order| order.is_typed(text)) {
            return match order {
                Order::Retry => self.retry(),
                Order::Older => self.older(&room),
            };
        }
        match command::parse(text) {
            Ok(None) => {}
            Ok(Some(command)) => self.obey(command, &room),
            Err(error) => self.complain(&texts::command_error(self.language, &error)),
        }
    }

    fn obey(&mut self, command: Command, room: &str) {
        let done = match command {
            Command::Say(text) => self.session.say(room, &text, false).map(drop),
            Command::Me(text) => self.session.say(room, &text, true).map(drop),
            Command::Whisper { to, text } => self
                .session
                .whisper(Target::Name(&to), &text, false)
                .map(drop),
            Command::Reply(text) => match self.session.last_whisperer().map(|(id, _)| id) {
                Some(id) => self.session.whisper(Target::Id(id), &text, false).map(drop),
                None => return self.complain(self.language.get(texts::NOBODY_WHISPERED)),
            },
            Command::Join(wanted) => {
                self.session.join(&wanted);
                self.prompt.show(wanted);
                Ok(())
            }
            Command::Leave(named) => {
                let room = named.unwrap_or_else(|| room.to_owned());
                self.session.leave(&room);
                self.show_another();
                Ok(())
            }
            Command::Who(named) => {
                let room = named.as_deref().unwrap_or(room);
                let asked = self.session.list_members(room);
                self.awaits(RequestKind::ListMembers, asked)
            }
            Command::Nick(name) => {
                let asked = self.session.rename(&name);
                self.awaits(RequestKind::Rename, asked)
            }
            Command::Rooms => {
                let asked = self.session.list_rooms();
                self.awaits(RequestKind::ListRooms, asked)
            }
            Command::Help => {
                self.help();
                Ok(())
            }
        };
        if let Err(error) = done {
            self.complain(&texts::send_error(self.language, &error));
        }
    }

    fn awaits(&mut self, kind: RequestKind, asked: Result<(), SendError>) -> Result<(), SendError> {
        if asked.is_ok() {
            self.unanswered.request(kind);
        }
        asked
    }

    /// Sends everything again that failed, in its order.
    fn retry(&mut self) {
        let failed = self.unanswered.take_failed();
        if failed.is_empty() {
            return self.complain(self.language.get(texts::NOTHING_FAILED));
        }
        for (nonce, message) in failed {
            if let Err(error) = self.session.retry(nonce) {
                self.complain(&texts::send_error(self.language, &error));
                self.unanswered.keep(nonce, message);
            }
        }
    }

    fn older(&mut self, room: &str) {
        let asked = self.session.fetch_history(room);
        if let Err(error) = self.awaits(RequestKind::FetchHistory, asked) {
            self.complain(&texts::send_error(self.language, &error));
        }
    }

    /// The orders that are of use here.
    fn orders(&self) -> impl Iterator<Item = Order> + use<> {
        let interactive = self.interactive;
        let of_use = move |order: &Order| interactive || !order.is_interactive();
        Order::ALL.into_iter().filter(of_use)
    }

    fn help(&mut self) {
        for command in COMMANDS {
            let does = texts::command_help(self.language, command);
            self.say(&format!("{} – {does}", command.usage), About::Chat);
        }
        for order in self.orders() {
            let does = order.help(self.language);
            self.say(&format!("{} – {does}", order.name()), About::Chat);
        }
    }

    /// Tells the user that something was not done.
    fn complain(&mut self, text: &str) {
        self.unanswered.trouble();
        self.say(text, About::Connection);
    }

    fn say(&mut self, text: &str, about: About) {
        self.lines.push(self.view.system(text, about));
    }
}

#[cfg(test)]
mod tests {
    use crate::chat::test_hall::Hall;
    use guildhall_protocol::{HistoryPage, Line, ReplyResult, RequestBody};

    #[test]
    fn what_failed_is_sent_again_on_request() {
        let mut hall = Hall::open(true);
        hall.typed("/retry");
        assert_eq!(hall.shown, ["-- Nothing has failed."]);
        hall.typed("hello");
        hall.refuse();
        let failed = hall.shown.last().unwrap();
        assert!(failed.starts_with("!! [lobby] hello – "), "{failed}");
        assert!(failed.ends_with("/retry"), "{failed}");
        hall.typed("/retry");
        assert_eq!(hall.says(), [("lobby", "hello")]);
        assert!(!hall.conversation.all_done());
    }

    #[test]
    fn texts_go_to_the_room_of_their_prompt() {
        let mut hall = Hall::open(true);
        hall.typed("/join Inn");
        // It is shown at once; the server has its own way to write it.
        assert_eq!(hall.conversation.prompt.shown(), "Inn");
        hall.join("inn");
        assert_eq!(hall.conversation.prompt.shown(), "inn");
        hall.conversation.typed("to the old prompt", Some("Inn"));
        hall.conversation.typed("to the lobby", Some("lobby"));
        hall.conversation.typed("to what is shown", None);
        hall.drain();
        let expected = [("inn", "to the old prompt"), ("lobby", "to the lobby")];
        assert_eq!(hall.says(), expected, "two at a time");
    }

    #[test]
    fn older_lines_are_asked_for_and_told() {
        // Also by a script, which has its turn when they are there.
        for interactive in [true, false] {
            let mut hall = Hall::open(interactive);
            hall.typed("/older");
            assert!(!hall.conversation.is_settled());
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
            let asked = hall.answer(ReplyResult::History(page));
            let RequestBody::FetchHistory(asked) = asked else {
                panic!("{asked:?}");
            };
            assert_eq!((asked.room.as_str(), asked.before), ("lobby", 3));
            assert_eq!(hall.shown.len(), 3, "{:?}", hall.shown);
            assert_eq!(hall.shown[1], "· [lobby] Bob: early");
            assert!(hall.conversation.is_settled() && hall.conversation.all_done());
        }
    }

    #[test]
    fn a_room_that_is_not_joined_has_no_older_lines() {
        let mut hall = Hall::open(true);
        hall.conversation.typed("/older", Some("elsewhere"));
        hall.drain();
        assert_eq!(hall.shown, ["-- You are not in this room."]);
        assert!(hall.asked.is_empty());
    }

    #[test]
    fn help_lists_what_is_of_use() {
        let lists = |interactive, usage: &str| {
            let mut hall = Hall::open(interactive);
            hall.typed("/help");
            hall.shown.iter().any(|line| line.starts_with(usage))
        };
        assert!(lists(true, "-- /w NAME TEXT – "));
        assert!(lists(true, "-- /retry – ") && !lists(false, "-- /retry"));
        assert!(lists(true, "-- /older – ") && lists(false, "-- /older – "));
    }

    #[test]
    fn nobody_to_reply_to_is_said() {
        let mut hall = Hall::open(true);
        hall.typed("/r hello");
        assert_eq!(hall.shown, ["-- Nobody has whispered to you yet."]);
        assert!(hall.asked.is_empty());
    }
}
