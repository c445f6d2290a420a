//! Which store a database is: its ID, and whether it is a copy. A copy that is opened as a store
//! is another one: its rooms begin new epochs, since the numbers behind those in the copy may have
//! been used by the first one.

use rusqlite::{Connection, TransactionBehavior};

use super::folder::StoreId;
use super::meta;

/// The key in `meta` of the store's ID.
pub(crate) const ID: &str = "store";

/// The key in `meta` of the mark of a copy.
const COPY: &str = "copy";

/// The store's ID. A new store gets one, and a copy becomes a store.
pub(crate) fn own_id(connection: &mut Connection) -> rusqlite::Result<StoreId> {
    if meta::get::<String>(connection, COPY)?.is_some() {
        begin_anew(connection)?;
    }
    if let Some(id) = meta::get(connection, ID)? {
        return Ok(StoreId(id));
    }
    let id = StoreId::random();
    meta::set(connection, ID, &id.0)?;
    Ok(id)
}

/// Marks a database as a copy, and returns the ID of the store that it will be.
pub(crate) fn mark_as_copy(connection: &mut Connection) -> rusqlite::Result<StoreId> {
    let id = StoreId::random();
    let transaction = connection.transaction()?;
    meta::set(&transaction, ID, &id.0)?;
    meta::set(&transaction, COPY, "of a store")?;
    transaction.commit()?;
    Ok(id)
}

/// Draws new epochs for all rooms. What users have read stays read.
fn begin_anew(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TEMP TABLE before AS SELECT name, epoch FROM room;
         UPDATE room SET epoch = 1 + (epoch + 1 + (random() & 2147483647)) % 4294967295;
         UPDATE read_mark SET epoch = room.epoch FROM room, temp.before
         WHERE room.name = read_mark.room AND before.name = read_mark.room
               AND before.epoch = read_mark.epoch;
         DROP TABLE temp.before;",
    )?;
    transaction.execute("DELETE FROM meta WHERE key = ?1", [COPY])?;
    transaction.commit()
}
