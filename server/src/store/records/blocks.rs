//! The rows about whom users block.

use std::sync::Arc;

use rusqlite::{Connection, params};

use crate::ids::UserId;
use crate::journal::BlockRow;
use crate::moderation::blocked::AuthorId;

/// Puts a row, or removes one.
pub(super) fn put(connection: &Connection, block: &BlockRow) -> rusqlite::Result<()> {
    let BlockRow {
        owner,
        author,
        id,
        name,
        time,
    } = block;
    if *time == 0 {
        connection
            .prepare_cached(
                "DELETE FROM block
                 WHERE account = ?1 AND guest = ?2 AND blocked_account = ?3 AND blocked_guest = ?4",
            )?
            .execute(params![
                owner.account,
                owner.guest,
                author.account,
                author.guest
            ])?;
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO block
             (account, guest, blocked_account, blocked_guest, blocked_id, blocked_name, time)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            owner.account,
            owner.guest,
            author.account,
            author.guest,
            id.0,
            name,
            time
        ])?;
    Ok(())
}

/// Whether there is no row of this block.
pub(super) fn is_absent(connection: &Connection, block: &BlockRow) -> rusqlite::Result<bool> {
    let BlockRow { owner, author, .. } = block;
    let mut found = connection.prepare_cached(
        "SELECT 1 FROM block
         WHERE account = ?1 AND guest = ?2 AND blocked_account = ?3 AND blocked_guest = ?4",
    )?;
    let key = params![owner.account, owner.guest, author.account, author.guest];
    Ok(!found.exists(key)?)
}

/// Forgets whom a guest blocks. What a user with an account blocks is kept for its return.
pub(super) fn forget_guest(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    super::execute(
        connection,
        "DELETE FROM block WHERE account = '' AND guest = ?1",
        user.0,
    )
}

/// Reads all rows.
pub(super) fn known(connection: &Connection) -> rusqlite::Result<Vec<BlockRow>> {
    let mut blocks = connection.prepare(
        "SELECT account, guest, blocked_account, blocked_guest, blocked_id, blocked_name, time
         FROM block ORDER BY account, guest, time",
    )?;
    let blocks = blocks.query_map([], |row| {
        let author = |account, guest| {
            Ok::<_, rusqlite::Error>(AuthorId {
                account: row.get::<_, Arc<str>>(account)?,
                guest: row.get(guest)?,
            })
        };
        Ok(BlockRow {
            owner: author(0, 1)?,
            author: author(2, 3)?,
            id: UserId(row.get(4)?),
            name: row.get(5)?,
            time: row.get(6)?,
        })
    })?;
    blocks.collect()
}
