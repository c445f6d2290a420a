//! The rows about sanctions and roles. Sanctions that have ended stay for the record, without the
//! addresses; roles that were taken do not.

use std::sync::Arc;

use guildhall_protocol::{Reason, Role, SanctionKind};
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Connection, Row, params};

use crate::ids::UserId;
use crate::moderation::{Author, Ended, RoleRow, Sanction, SanctionRow, UserSnapshot};
use crate::network::Network;
use crate::store::meta;
use crate::store::stored_user::StoredUser;

/// The key of the first number that no sanction has had, if the newest ones are erased.
const NEXT_SANCTION: &str = "next_sanction";

/// Puts a sanction, in place of what was known of it.
pub(super) fn put_sanction(connection: &Connection, row: &SanctionRow) -> rusqlite::Result<()> {
    let SanctionRow { sanction, ended } = row;
    let addresses: Vec<_> = (sanction.networks.iter())
        .map(ToString::to_string)
        .collect();
    let holds = Ended {
        time: 0,
        by: Author::default(),
        note: "".into(),
    };
    let ended = ended.as_ref().unwrap_or(&holds);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO sanction
             (id, kind, room, user, account, name, addresses, since, until, reason, rule, note,
              automated, by_account, by_name, report, ended, ended_by_account, ended_by_name,
              ended_note)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                     ?18, ?19, ?20)",
        )?
        .execute(params![
            sanction.id,
            i32::from(sanction.kind),
            sanction.room,
            sanction.user.id.0,
            sanction.user.account,
            sanction.user.name,
            addresses.join(" "),
            sanction.since,
            sanction.until,
            i32::from(sanction.reason),
            sanction.rule,
            sanction.note,
            sanction.is_automated,
            sanction.by.account,
            sanction.by.name,
            sanction.report,
            ended.time,
            ended.by.account,
            ended.by.name,
            ended.note,
        ])?;
    Ok(())
}

/// Puts a role, or takes it away.
pub(super) fn put_role(connection: &Connection, row: &RoleRow) -> rusqlite::Result<()> {
    if row.role == Role::Unspecified {
        connection
            .prepare_cached("DELETE FROM role WHERE account = ?1 AND room = ?2")?
            .execute(params![row.account, row.room])?;
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO role (account, room, role, since, by_account, by_name)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            row.account,
            row.room,
            i32::from(row.role),
            row.since,
            row.by.account,
            row.by.name,
        ])?;
    Ok(())
}

/// The sanctions that have not ended, in the order of their numbers.
pub(super) fn holding(connection: &Connection) -> rusqlite::Result<Vec<Sanction>> {
    let mut holding = connection.prepare(
        "SELECT id, kind, room, user, account, name, addresses, since, until, reason, rule, note,
                automated, by_account, by_name, report
         FROM sanction WHERE ended = 0 ORDER BY id",
    )?;
    let holding = holding.query_map([], sanction)?;
    holding.collect()
}

fn sanction(row: &Row<'_>) -> rusqlite::Result<Sanction> {
    let addresses: String = row.get(6)?;
    let network = |text: &str| text.parse::<Network>().map_err(|_| wrong(6));
    Ok(Sanction {
        id: row.get(0)?,
        kind: SanctionKind::try_from(row.get::<_, i32>(1)?).map_err(|_| wrong(1))?,
        room: row.get(2)?,
        user: UserSnapshot {
            id: UserId(row.get(3)?),
            account: row.get(4)?,
            name: row.get(5)?,
        },
        networks: (addresses.split_whitespace())
            .map(network)
            .collect::<rusqlite::Result<_>>()?,
        since: row.get(7)?,
        until: row.get(8)?,
        // One that this program does not know is as good as none.
        reason: Reason::try_from(row.get::<_, i32>(9)?).unwrap_or_default(),
        rule: row.get(10)?,
        note: row.get(11)?,
        is_automated: row.get(12)?,
        by: Author {
            account: row.get(13)?,
            name: row.get(14)?,
        },
        report: row.get(15)?,
    })
}

fn wrong(column: usize) -> rusqlite::Error {
    let why = Box::new(FromSqlError::InvalidType);
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why)
}

/// The first number that no sanction has had; 0: there was none.
pub(super) fn next_sanction(connection: &Connection) -> rusqlite::Result<u64> {
    let kept = meta::get::<String>(connection, NEXT_SANCTION)?;
    let kept = kept.and_then(|next| next.parse().ok()).unwrap_or(0);
    let mut newest = connection.prepare("SELECT ifnull(max(id) + 1, 0) FROM sanction")?;
    let next: u64 = newest.query_row([], |row| row.get(0))?;
    Ok(next.max(kept))
}

/// The roles that were given.
pub(super) fn roles(connection: &Connection) -> rusqlite::Result<Vec<RoleRow>> {
    let mut roles = connection.prepare(
        "SELECT account, room, role, since, by_account, by_name FROM role ORDER BY account, room",
    )?;
    let roles = roles.query_map([], |row| {
        Ok(RoleRow {
            account: row.get::<_, Arc<str>>(0)?,
            room: row.get(1)?,
            role: Role::try_from(row.get::<_, i32>(2)?).map_err(|_| wrong(2))?,
            since: row.get(3)?,
            by: Author {
                account: row.get(4)?,
                name: row.get(5)?,
            },
        })
    })?;
    roles.collect()
}

/// Erases a user from these rows. A sanction that holds keeps the account or the number, the rule
/// and the addresses, so that nobody lifts it by asking for this; all others are gone. What the
/// user has done as a moderator stays, without its name.
pub(crate) fn erase(connection: &Connection, user: StoredUser<'_>) -> rusqlite::Result<()> {
    // The newest may be one of those that go, and its number is never given again.
    let next = next_sanction(connection)?;
    meta::set(connection, NEXT_SANCTION, &next.to_string())?;
    let whose = params![user.account(), user.guest()];
    connection.execute(
        "DELETE FROM sanction WHERE account = ?1 AND (?1 <> '' OR user = ?2) AND ended > 0",
        whose,
    )?;
    connection.execute(
        "UPDATE sanction SET name = '', note = ''
         WHERE account = ?1 AND (?1 <> '' OR user = ?2)",
        whose,
    )?;
    let account = user.account();
    if account.is_empty() {
        return Ok(());
    }
    for sql in [
        "UPDATE sanction SET by_account = '', by_name = '' WHERE by_account = ?1",
        "UPDATE sanction SET ended_by_account = '', ended_by_name = '' WHERE ended_by_account = ?1",
        "UPDATE role SET by_account = '', by_name = '' WHERE by_account = ?1",
        "DELETE FROM role WHERE account = ?1",
    ] {
        connection.execute(sql, [account])?;
    }
    Ok(())
}
