//! Chains of hashes: each link is the hash of the one before it and of what it is about. So whoever
//! changes, removes or exchanges something in the database leaves a chain that does not fit any
//! more, unless it calculates all that follows anew; then its head is another one than before.
//! [`verify`](super::verify) looks at them.

use ring::digest::{self, SHA256};
use rusqlite::{Connection, OptionalExtension as _, params};

/// A SHA-256 hash.
pub(crate) type Hash = [u8; 32];

/// The name of the chain of the audit log.
pub(crate) const AUDIT: &str = "audit";

/// The name of the chain of a room's evidence; of what is in no room, if the name is empty.
pub(crate) fn of_room(room: &str) -> String {
    format!("room:{room}")
}

/// Both ends of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chain {
    /// The number of the first link that is kept; that of the next one if none is.
    pub(crate) first: u64,
    /// The hash in front of it.
    pub(crate) before: Hash,
    /// The number of the newest link.
    pub(crate) last: u64,
    /// Its hash.
    pub(crate) head: Hash,
}

/// The hash of what a link is about, value by value.
pub(crate) struct Content(digest::Context);

impl Content {
    pub(crate) fn new() -> Self {
        Self(digest::Context::new(&SHA256))
    }

    /// Adds a text, with its length, so that no two lists of texts are the same bytes.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
        self
    }

    /// Adds a number.
    pub(crate) fn number(mut self, number: u64) -> Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    pub(crate) fn finish(self) -> Hash {
        finish(self.0)
    }
}

/// The hash of the link with this number, behind one with the hash `before`.
pub(crate) fn link(before: &Hash, number: u64, content: &Hash) -> Hash {
    let mut hasher = digest::Context::new(&SHA256);
    hasher.update(before);
    hasher.update(&number.to_le_bytes());
    hasher.update(content);
    finish(hasher)
}

fn finish(context: digest::Context) -> Hash {
    let digest = context.finish();
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

impl Chain {
    /// A chain with this name that has no link. It begins with its name, so that no chain can be
    /// passed off as another.
    fn new(name: &str) -> Self {
        let start = Content::new().text(name).finish();
        Self {
            first: 1,
            before: start,
            last: 0,
            head: start,
        }
    }

    /// The chain with this name.
    pub(crate) fn get(connection: &Connection, name: &str) -> rusqlite::Result<Self> {
        let chain = connection
            .prepare_cached("SELECT first, before, last, head FROM chain WHERE name = ?1")?
            .query_row([name], |row| {
                Ok(Self {
                    first: row.get(0)?,
                    before: row.get(1)?,
                    last: row.get(2)?,
                    head: row.get(3)?,
                })
            })
            .optional()?;
        Ok(chain.unwrap_or_else(|| Self::new(name)))
    }

    /// Keeps the chain.
    pub(crate) fn put(&self, connection: &Connection, name: &str) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO chain (name, first, before, last, head)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![name, self.first, self.before, self.last, self.head])?;
        Ok(())
    }

    /// Appends a link about this. Its number is `last` then, and its hash is `head`.
    pub(crate) fn append(&mut self, content: &Hash) {
        self.last += 1;
        self.head = link(&self.head, self.last, content);
    }
}
