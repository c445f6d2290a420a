//! The requests of devices.

use guildhall_protocol::{
    Block, Edit, FetchHistory, Join, Leave, LineRef, ListMembers, React, Remove, RequestBody, Say,
    Search, Whisper,
};
use guildhall_server::testing::UserId;

use super::World;
use crate::step::{Command, ROOMS};

impl World {
    pub(super) fn command(&mut self, device: usize, command: &Command) {
        // The server reads no request of a client that is behind.
        let served = self.links.get(&device);
        if served.is_none_or(|link| link.connection.is_behind()) {
            return;
        }
        let user = self.devices[device].user;
        match *command {
            Command::Join { room, has_position } => {
                let positions = &self.devices[device].positions;
                let position = positions.get(ROOMS[room]).filter(|_| has_position);
                let &(epoch, seq) = position.unwrap_or(&(0, 0));
                let room = ROOMS[room].into();
                self.ask(device, RequestBody::Join(Join { room, epoch, seq }));
            }
            Command::Leave { room } => {
                let room = ROOMS[room].into();
                self.ask(device, RequestBody::Leave(Leave { room }));
            }
            Command::Say { room, times } => {
                for _ in 0..times {
                    if self.links[&device].connection.is_behind() {
                        return;
                    }
                    let text = self.text(user, times > 1);
                    let say = Say {
                        room: ROOMS[room].into(),
                        text,
                        ..Say::default()
                    };
                    self.ask(device, RequestBody::Say(say));
                }
                if times > 1 {
                    self.fan_out_all();
                }
            }
            Command::Edit { room } => {
                let line = Some(self.own_line(device, room));
                let edit = Edit {
                    room: ROOMS[room].into(),
                    line,
                    text: self.text(user, false),
                };
                self.ask(device, RequestBody::Edit(edit));
            }
            Command::Remove { room } => {
                let line = Some(self.own_line(device, room));
                let room = ROOMS[room].into();
                self.ask(device, RequestBody::Remove(Remove { room, line }));
            }
            Command::React { room } => {
                let position = self.devices[device].positions.get(ROOMS[room]);
                let line = position.map(|&(epoch, seq)| LineRef { epoch, seq });
                if line.is_some_and(|line| line.seq > 0) {
                    let react = React {
                        room: ROOMS[room].into(),
                        line,
                        reaction: "gg".into(),
                        take_back: false,
                    };
                    self.ask(device, RequestBody::React(react));
                }
            }
            Command::Whisper { to } => self.whisper(device, to),
            Command::Block { user: other } => {
                if let Some(UserId(id)) = self.id_of(other).filter(|_| other != user) {
                    self.ask(device, block(id, false));
                    self.blocks[user].insert(other);
                    self.ever_blocked[user].insert(other);
                }
            }
            Command::Unblock { user: other } => {
                if let Some(UserId(id)) = self.id_of(other) {
                    // So that no device knows of it late.
                    self.read_all();
                    self.ask(device, block(id, true));
                    self.blocks[user].remove(&other);
                    self.read_all();
                }
            }
            Command::Members { room } => {
                let room = ROOMS[room].into();
                self.ask(device, RequestBody::ListMembers(ListMembers { room }));
            }
            Command::History { room, limit } => {
                let fetch = FetchHistory {
                    room: ROOMS[room].into(),
                    limit,
                    ..FetchHistory::default()
                };
                self.ask(device, RequestBody::FetchHistory(fetch));
            }
            // The journal of the tests has no index.
            Command::Search if self.journal.is_some() => {}
            Command::Search => self.ask(device, RequestBody::Search(Search::default())),
        }
    }

    fn own_line(&self, device: usize, room: usize) -> LineRef {
        let own = self.devices[device].own.get(ROOMS[room]);
        let &(epoch, seq) = own.unwrap_or(&(1, 1));
        LineRef { epoch, seq }
    }

    fn whisper(&mut self, device: usize, to: usize) {
        let Some(UserId(id)) = self.id_of(to) else {
            return;
        };
        let user = self.devices[device].user;
        // A journal decides about it when it is kept, which is at once here.
        self.decide_all();
        let is_blocked = to != user && self.blocks[to].contains(&user);
        let whisper = Whisper {
            to: id,
            text: if is_blocked { "void" } else { "psst" }.into(),
            ..Whisper::default()
        };
        self.ask(device, RequestBody::Whisper(whisper));
        self.decide_all();
    }

    fn text(&mut self, user: usize, is_long: bool) -> String {
        self.texts += 1;
        let more = "x".repeat(if is_long { 2_400 } else { 0 });
        format!("{}; by {user}, {}{more}", self.hearers_of(user), self.texts)
    }
}

fn block(user: u64, take_back: bool) -> RequestBody {
    RequestBody::Block(Block {
        user,
        take_back,
        ..Block::default()
    })
}
