//! The requests of players.

use guildhall_protocol::{
    Edit, FetchHistory, LineRef, ListMembers, React, Refresh, Remove, Rename, RequestBody, Whisper,
};

use super::World;
use crate::step::{About, Command, ROOMS, say};
use crate::token::info;

/// How many lines a flooder says at once.
const FLOOD: usize = 18;

impl World {
    pub(super) fn ask(&mut self, player: usize, command: Command) {
        let peers: Vec<Option<u64>> = self.players.iter().map(|player| player.id).collect();
        let text = self.counter.to_string();
        let long = "x".repeat(900);
        let player_at = player;
        let player = &mut self.players[player];
        let Some(link) = &player.link else { return };
        if !link.is_welcome {
            return;
        }
        let is_busy = |room: usize| link.busy.contains_key(ROOMS[room]);
        match command {
            Command::Join { room } if !is_busy(room) => player.join(ROOMS[room]),
            Command::Leave { room } if !is_busy(room) && player.is_in(ROOMS[room]) => {
                player.leave(ROOMS[room]);
            }
            Command::Say { room, is_long } => {
                let text = if is_long { text + &long } else { text };
                player.send(say(room, text, None));
            }
            Command::About { room, back, what } => {
                let (epoch, seq) = player.before(ROOMS[room], back);
                player.send(about(room, LineRef { epoch, seq }, &what, text));
            }
            Command::Flood { room } => {
                for part in 0..FLOOD {
                    player.send(say(room, format!("{text}.{part}{long}"), None));
                }
            }
            Command::Whisper { to, is_long } => {
                // No user has such an ID.
                let to = peers[to].unwrap_or(1 << 40);
                let text = if is_long { "x".repeat(4_000) } else { text };
                player.send(RequestBody::Whisper(Whisper {
                    to,
                    name: String::new(),
                    text,
                    action: true,
                }));
            }
            Command::Rename => player.send(RequestBody::Rename(Rename {
                name: format!("Player {text}"),
            })),
            // As often as a client may at once.
            Command::Refresh { has_cap } if link.refreshes < 8 => {
                if let Some(token) = player.token(has_cap, &info(self.counter)) {
                    player.link.as_mut().unwrap().refreshes += 1;
                    player.send(RequestBody::Refresh(Refresh { token }));
                }
            }
            Command::Join { .. } | Command::Leave { .. } | Command::Refresh { .. } => {}
            Command::Members { room } => {
                let room = ROOMS[room].into();
                player.send(RequestBody::ListMembers(ListMembers { room }));
            }
            Command::History { room, back, limit } => {
                let (epoch, before) = player.before(ROOMS[room], back);
                player.send(RequestBody::FetchHistory(FetchHistory {
                    room: ROOMS[room].into(),
                    epoch,
                    before,
                    limit,
                    before_time: 0,
                    after_time: 0,
                }));
            }
        }
        self.transmit(player_at);
    }
}

/// The request of this kind about a line of a room.
fn about(room: usize, line: LineRef, what: &About, text: String) -> RequestBody {
    let (room_name, place) = (ROOMS[room].to_owned(), Some(line));
    match *what {
        About::Reply => say(room, text, place),
        About::Edit { is_long } => RequestBody::Edit(Edit {
            room: room_name,
            line: place,
            text: if is_long { text.repeat(200) } else { text },
        }),
        About::Remove => RequestBody::Remove(Remove {
            room: room_name,
            line: place,
        }),
        About::React {
            reaction,
            take_back,
        } => RequestBody::React(React {
            room: room_name,
            line: place,
            reaction: ["+1", "gg", "\u{1f98a}"][reaction].into(),
            take_back,
        }),
    }
}
