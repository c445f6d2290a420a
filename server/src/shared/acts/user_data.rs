//! The data of a user: given out, and erased, while the server runs.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use guildhall_protocol::{Line, Role};
use serde_json::{Value, json};

use crate::ids::Seq;
use crate::journal::Failure;
use crate::journal::user_data::{DataOwner, ErasedData};
use crate::moderation::{Act, ActKind, Actor, UserSnapshot};
use crate::outgoing::frame;
use crate::policy::Rank;
use crate::shared::Shared;
use crate::shared::join::Position;
use crate::sync::moment::Moment;

use super::By;
use super::rooms::RoomActError;

/// How long the connections of a user have to end.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// How often it is looked whether they have.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The data of a user that were erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Erasure {
    /// How many connections were closed.
    pub(crate) connections: usize,
    /// How many sessions have ended.
    pub(crate) sessions: usize,
    /// In how many rooms lines were removed, in front of everybody.
    pub(crate) rooms: usize,
    /// The data that were erased on the disk. `None`: there is no disk.
    pub(crate) on_disk: Option<ErasedData>,
}

/// Whose data these are.
pub(crate) fn owner(user: &UserSnapshot) -> DataOwner {
    if user.account.is_empty() {
        DataOwner::Guest(user.id)
    } else {
        DataOwner::Account(Arc::clone(&user.account))
    }
}

impl Shared {
    /// All that is known of a user in memory and is not in a store: with a store, the lines of rooms
    /// that are in memory only.
    pub(crate) fn data_in_memory(&self, user: &UserSnapshot, at: Moment) -> Vec<Value> {
        let mut data = Vec::new();
        let known = match &*user.account {
            "" => self.users.with_id(user.id),
            account => self.users.with_account(account),
        };
        if let Some(known) = known.filter(|_| self.journal.is_none()) {
            let name = known.name();
            data.push(json!({
                "kind": "user",
                "id": known.id.0,
                "account": name.account().map(|account| &*account.user),
                "chosen": name.chosen(),
                "info": name.info(),
            }));
            let sessions = known.sessions();
            let session = |id: u64| json!({ "kind": "session", "id": id });
            data.extend(sessions.iter().map(|one| session(one.id.0)));
        }
        let rooms: Vec<_> = self.directory.lock().rooms().map(Arc::clone).collect();
        for room in rooms.iter().filter(|room| !room.is_durable()) {
            let newest = Position {
                epoch: room.facts().newest.epoch,
                seq: Seq(0),
            };
            let page = room.in_memory(newest, usize::MAX, usize::MAX, at.unix_millis);
            let lines = frame::lines(&page.frames).into_iter();
            data.extend(lines.filter(|line| is_of(line, user)).map(|line| {
                json!({
                    "kind": "line",
                    "room": line.room,
                    "epoch": line.epoch,
                    "seq": line.seq,
                    "time": line.time,
                    "name": line.name,
                    "text": line.text,
                    "edited": line.edited,
                    "removed": line.removed,
                    "is_change": line.change.is_some(),
                })
            }));
        }
        data
    }

    /// Notes that a user's data were given out.
    pub(crate) fn note_export(&self, by: &Actor, user: &UserSnapshot, at: Moment) {
        self.note_user_act(by, ActKind::Exported, user, Vec::new(), at);
    }

    /// Erases a user: its connections are closed, its sessions, its name and its roles are gone, all
    /// that it has said is removed in front of everybody, and then from the disk. With `anew`, the
    /// disk is written anew. What holds against the user goes on holding, and reports and the audit
    /// log are kept for as long as they are. Waits for network threads and for the journal.
    ///
    /// # Errors
    ///
    /// [`RoomActError`]. A part of it may be done; it can be done again.
    pub(crate) fn erase_user(
        &self,
        by: &Actor,
        user: &UserSnapshot,
        anew: bool,
        at: Moment,
    ) -> Result<Erasure, RoomActError> {
        // No act that follows says its name.
        let nameless = UserSnapshot {
            name: "".into(),
            ..user.clone()
        };
        let connections = self.close_connections(by, &nameless, at);
        for role in self.roles.of(&user.account) {
            let by = By {
                actor: by,
                rank: Rank::Game,
            };
            // A role of its token is none of those.
            let _ = self.set_role(by, &nameless, &role.room, Role::Unspecified, at);
        }
        let sessions = self.users.erase(user.id, &user.account);
        if let Some(feed) = &self.feed {
            feed.forget_places(user.id);
        }
        let held = self.erase_held(user);
        self.sanctions.erase(user);
        let rooms = self.purge_user(by, &nameless, None, at)?;
        let mut on_disk = None;
        if let Some(journal) = &self.journal {
            let (done, erased) = mpsc::channel();
            // It is waited for, below.
            let done = Box::new(move |result| drop(done.send(result)));
            journal.erase(owner(user), anew, done);
            on_disk = Some(erased.recv().unwrap_or(Err(Failure::Closed))?);
        }
        let lines = on_disk.map_or(0, |erased| erased.lines);
        let details = vec![
            ("rooms", rooms.to_string()),
            ("lines", lines.to_string()),
            ("held", held.to_string()),
        ];
        self.note_user_act(by, ActKind::Erased, &nameless, details, at);
        if let Some(feed) = &self.feed {
            feed.erase(user);
        }
        self.gone_guests.forget(user.id);
        Ok(Erasure {
            connections,
            sessions,
            rooms,
            on_disk,
        })
    }

    /// Closes the connections of a user, and waits until they have ended. Returns how many they
    /// were.
    fn close_connections(&self, by: &Actor, user: &UserSnapshot, at: Moment) -> usize {
        let Some(known) = self.users.with_id(user.id) else {
            return 0;
        };
        let count = self.disconnect_user(by, &known, at);
        let until = Instant::now() + CLOSE_WITHIN;
        while !known.connections(None).is_empty() && Instant::now() < until {
            thread::sleep(LOOK_EVERY);
        }
        count
    }

    fn note_user_act(
        &self,
        by: &Actor,
        kind: ActKind,
        user: &UserSnapshot,
        details: Vec<(&'static str, String)>,
        at: Moment,
    ) {
        self.note_act(&Act {
            time: at.unix_millis,
            by: by.clone(),
            kind,
            user: Some(UserSnapshot {
                name: "".into(),
                ..user.clone()
            }),
            room: "".into(),
            details,
        });
    }
}

fn is_of(line: &Line, user: &UserSnapshot) -> bool {
    if user.account.is_empty() {
        line.user.is_empty() && line.sender == user.id.0
    } else {
        *line.user == *user.account
    }
}
