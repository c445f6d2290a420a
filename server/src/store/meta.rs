//! The table `meta`, which a store and its search index have: values with names.

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _};

/// The value with this key.
pub(crate) fn get<T: FromSql>(connection: &Connection, key: &str) -> rusqlite::Result<Option<T>> {
    let sql = "SELECT value FROM meta WHERE key = ?1";
    let value = connection.query_row(sql, [key], |row| row.get(0));
    value.optional()
}

/// Gives a key this value.
pub(crate) fn set(connection: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)";
    connection.execute(sql, [key, value])?;
    Ok(())
}
