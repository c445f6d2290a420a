//! The rows about what was changed of rooms while the server runs.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, params};

use crate::journal::RoomSettingsRow;
use crate::policy::ChangedSettings;

/// Puts the settings of a room in place of those of before. Nothing is kept of a room that has none.
pub(super) fn put(connection: &Connection, row: &RoomSettingsRow) -> rusqlite::Result<()> {
    let RoomSettingsRow {
        room,
        settings,
        is_open,
    } = row;
    if settings.is_empty() && !is_open {
        connection
            .prepare_cached("DELETE FROM room_settings WHERE room = ?1")?
            .execute([room])?;
        return Ok(());
    }
    let slow_mode = settings.slow_mode.map(|slow| slow.as_secs());
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO room_settings (room, topic, slow_mode, announce_only, is_open)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            room,
            settings.topic,
            slow_mode,
            settings.announce_only,
            is_open
        ])?;
    Ok(())
}

/// Reads the settings of all rooms.
pub(super) fn known(connection: &Connection) -> rusqlite::Result<Vec<RoomSettingsRow>> {
    let mut rows = connection.prepare(
        "SELECT room, topic, slow_mode, announce_only, is_open FROM room_settings ORDER BY room",
    )?;
    let rows = rows.query_map([], |row| {
        Ok(RoomSettingsRow {
            room: row.get::<_, Arc<str>>(0)?,
            settings: ChangedSettings {
                topic: row.get(1)?,
                slow_mode: row.get::<_, Option<u64>>(2)?.map(Duration::from_secs),
                announce_only: row.get(3)?,
            },
            is_open: row.get(4)?,
        })
    })?;
    rows.collect()
}
