//! A user whose data somebody asks for, or asks to erase, and which rows are the user's.

use guildhall_protocol::{PacketBody, WhisperLine};
use rusqlite::{Connection, params};

use crate::journal::user_data::DataOwner;
use crate::outgoing::frame;

/// A user, as who runs the server names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredUser<'a> {
    /// The user with this account: the `sub` of its tokens.
    Account(&'a str),
    /// The guest with this number.
    Guest(u64),
}

/// A whisper that a user has sent or received.
#[derive(Debug)]
pub(crate) struct OwnWhisper {
    pub(crate) session: u64,
    pub(crate) seq: u64,
    pub(crate) whisper: WhisperLine,
}

impl<'a> From<&'a DataOwner> for StoredUser<'a> {
    fn from(owner: &'a DataOwner) -> Self {
        match owner {
            DataOwner::Account(account) => Self::Account(account),
            DataOwner::Guest(id) => Self::Guest(id.0),
        }
    }
}

impl StoredUser<'_> {
    /// The account; empty: a guest. As in `line.user`.
    pub(crate) fn account(&self) -> &str {
        match self {
            Self::Account(account) => account,
            Self::Guest(_) => "",
        }
    }

    /// The guest's number; 0: a user with an account. As in `reaction.guest`.
    pub(crate) fn guest(&self) -> u64 {
        match self {
            Self::Account(_) => 0,
            Self::Guest(id) => *id,
        }
    }

    /// Makes the tables `own_user`, of the user's numbers, and `own_session`, which this
    /// connection alone sees.
    pub(crate) fn find(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute_batch(
            "CREATE TEMP TABLE own_user (id INTEGER PRIMARY KEY);
             CREATE TEMP TABLE own_session (id INTEGER PRIMARY KEY);",
        )?;
        connection.execute(
            "INSERT INTO own_user SELECT id FROM person
             WHERE CASE ?1 WHEN '' THEN account IS NULL AND id = ?2 ELSE account = ?1 END",
            params![self.account(), self.guest()],
        )?;
        if let Self::Guest(id) = self {
            connection.execute("INSERT OR IGNORE INTO own_user VALUES (?1)", [id])?;
        }
        connection.execute_batch(
            "INSERT INTO own_session SELECT id FROM session
             WHERE user IN (SELECT id FROM own_user);",
        )
    }

    /// The whispers that the user has sent or received. Sessions that have ended are not in the
    /// store, so each whisper itself is looked at.
    pub(crate) fn whispers(&self, connection: &Connection) -> rusqlite::Result<Vec<OwnWhisper>> {
        let mut whispers = connection.prepare(
            "SELECT session, seq, frame,
                    session IN (SELECT id FROM own_session)
                    OR sender_session IN (SELECT id FROM own_session)
             FROM whisper ORDER BY session, seq",
        )?;
        let mut rows = whispers.query([])?;
        let mut own = Vec::new();
        while let Some(row) = rows.next()? {
            let frame: Vec<u8> = row.get(2)?;
            let whisper = frame::packets(&frame).into_iter().find_map(whisper_in);
            let whisper = whisper.unwrap_or_default();
            if row.get(3)? || self.is_in(&whisper) {
                own.push(OwnWhisper {
                    session: row.get(0)?,
                    seq: row.get(1)?,
                    whisper,
                });
            }
        }
        Ok(own)
    }

    fn is_in(&self, whisper: &WhisperLine) -> bool {
        match self {
            Self::Account(account) => {
                whisper.sender_user == *account || whisper.receiver_user == *account
            }
            Self::Guest(id) => {
                (whisper.sender_user.is_empty() && whisper.sender == *id)
                    || (whisper.receiver_user.is_empty() && whisper.receiver == *id)
            }
        }
    }
}

fn whisper_in(packet: PacketBody) -> Option<WhisperLine> {
    match packet {
        PacketBody::Whisper(whisper) => Some(whisper),
        _ => None,
    }
}
