//! The habits of players.

use std::sync::atomic::Ordering;

use guildhall_client::session::{MessageKind, Query, Recipient, SendError, State};

use crate::clients::{FLOODS, Habit, Io, LOBBY, is_mixed, observers};
use crate::wire::BROKEN;

use super::{Player, observer_name};

/// The reactions that players choose from.
const REACTIONS: [&str; 3] = ["+1", "<3", "haha"];

impl Player {
    /// Does the next thing of its habit.
    pub(super) fn follow_habit(&mut self, io: &Io<'_>, now: u64) {
        match self.session.state() {
            State::Idle | State::Closed { .. } => return self.session.connect(now),
            State::Online => {}
            _ => return,
        }
        self.next = now + fastrand::u64(4_000..14_000);
        if self.leaves_at <= now {
            self.leave(io, now);
            self.begin(now);
            return;
        }
        let habit = match self.habit {
            Habit::Staller | Habit::Breaker if !is_mixed(io.shared) => Habit::Talker,
            habit => habit,
        };
        match habit {
            Habit::Observer => self.observe(),
            Habit::Talker => self.say_next(),
            Habit::Goer => {
                self.next = now + fastrand::u64(1_000..3_000);
                self.say_next();
            }
            Habit::Whisperer => self.whisper(),
            Habit::Renamer => {
                let name = format!("Renamer {} {}", self.number, fastrand::u32(..));
                // Another time, if it cannot be asked for now.
                let _ = self.session.rename(&name);
            }
            Habit::Editor => self.change_own(),
            Habit::Searcher => self.search(),
            Habit::Staller => {
                self.say_next();
                self.stalled_until = now + fastrand::u64(2_000..30_000);
            }
            Habit::Breaker => {
                self.say_next();
                self.act(io, now);
                if let Some(wire) = self.wire.take() {
                    wire.break_off();
                }
                self.lost(BROKEN, now);
            }
            _ => {}
        }
    }

    fn text(&mut self) -> String {
        self.said += 1;
        let habit = self.habit;
        let (number, said) = (self.number, self.said);
        format!("{habit:?} {number} of {} says {said}", self.incarnation)
    }

    fn say_next(&mut self) {
        let (text, room) = (self.text(), self.room.clone());
        // Nothing is said while it is not in the room, or has too much without an answer.
        let _ = self.session.say(&room, &text, MessageKind::Text);
    }

    /// An observer says, changes or removes something.
    fn observe(&mut self) {
        let text = self.text();
        let room = match fastrand::u32(..10) {
            0 => FLOODS.to_owned(),
            1 => LOBBY.to_owned(),
            _ => self.room.clone(),
        };
        let Some(observer) = &mut self.observer else {
            return;
        };
        let session = &mut self.session;
        let (asked, said) = match (fastrand::u32(..10), observer.recent()) {
            (0, Some((room, line))) => (session.edit(&room, line, &text), None),
            (1, Some((room, line))) => {
                let reaction = fastrand::choice(REACTIONS).unwrap_or_default();
                (session.react(&room, line, reaction, fastrand::bool()), None)
            }
            (2, Some((room, line))) => (session.remove(&room, line), None),
            _ => {
                let asked = session.say(&room, &text, MessageKind::Text);
                (asked, Some((room, text)))
            }
        };
        if let Ok(nonce) = asked {
            observer.waiting.insert(nonce, said);
        }
    }

    /// An observer says a line for the round of now, if it has not yet.
    pub(super) fn say_for_the_round(&mut self, io: &Io<'_>) {
        let round = io.shared.round.load(Ordering::SeqCst);
        let Some(observer) = &mut self.observer else {
            return;
        };
        if observer.round == round || observer.round_line.is_some() {
            return;
        }
        self.said += 1;
        let text = format!("Observer {} in round {round}, {}", self.number, self.said);
        let asked: Result<_, SendError> = self.session.say(&self.room, &text, MessageKind::Text);
        if let Ok(nonce) = asked {
            observer.round_line = Some(nonce);
            let said = Some((self.room.clone(), text));
            observer.waiting.insert(nonce, said);
        }
    }

    fn whisper(&mut self) {
        let to = fastrand::usize(..observers(self.clients));
        let text = self.text();
        let name = observer_name(to);
        let asked = (self.session).whisper(Recipient::Name(&name), &text, MessageKind::Text);
        if let Ok(nonce) = asked {
            self.whispers.insert(nonce, (to, text));
        }
    }

    /// Says something, or changes what it has said last.
    fn change_own(&mut self) {
        let (text, room, line) = (self.text(), self.room.clone(), self.own_line);
        // A request that is not possible now is left out.
        let _ = match fastrand::u32(..4) {
            _ if line == 0 => self.session.say(&room, &text, MessageKind::Text),
            0 => self.session.edit(&room, line, &text),
            1 => self.session.react(&room, line, REACTIONS[0], false),
            2 => self.session.remove(&room, line),
            _ => self.session.say(&room, &text, MessageKind::Text),
        };
    }

    fn search(&mut self) {
        // A request that is not possible now is left out.
        let _ = if fastrand::bool() {
            self.session.search(&Query {
                text: "says",
                ..Query::default()
            })
        } else {
            self.session.fetch_history(&self.room)
        };
    }
}
