//! The data of a user: all that the server has of it, and that it is erased.

use std::io::Write as _;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::journal::user_data::ErasedData;
use crate::shared::acts::user_data::{Erasure, owner};

use super::super::call::{Call, Reply};
use super::super::export;
use super::super::models::user::{UserQuery, meant};
use super::super::problem::{Problem, ProblemKind};

/// How a user is erased.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Erase {
    /// Whether the store is written anew, so that nothing of the user is left between its rows.
    /// Meanwhile nothing can be said in durable rooms: seconds for each gigabyte.
    #[serde(default)]
    anew: bool,
}

/// The proof of what was erased.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Erased {
    /// When it was begun, in milliseconds since 1970.
    time: u64,
    /// The account; none if the user was a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The number of the user; 0 if the server did not know it.
    id: u64,
    /// How many connections were closed.
    connections: u64,
    /// How many sessions have ended.
    sessions: u64,
    /// In how many rooms lines were removed, in front of everybody.
    rooms: u64,
    /// The erased data on the disk; absent if the server keeps nothing there.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<ErasedStore>,
}

/// The data that were erased on the disk, and those that are left there on purpose.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErasedStore {
    /// How many lines have neither text nor name any more. Those that were removed in front of
    /// everybody just before had none any more.
    lines: u64,
    /// How many whispers, sent and received, are gone.
    whispers: u64,
    /// How many sessions are gone.
    sessions: u64,
    /// How many rows of the user a search afterwards has found, of those that had to go: 0.
    found_again: u64,
    /// Whether the log of the database is empty as well.
    log_empty: bool,
    /// Whether the store was written anew, so that nothing is left between its rows.
    written_anew: bool,
    /// How many reports of the user or about it are kept, for as long as reports are.
    reports_kept: u64,
    /// How many entries of the audit log of the user or about it are kept, for as long as it is.
    audit_kept: u64,
    /// How many sanctions go on holding, with the account alone.
    sanctions_kept: u64,
}

/// All data of a user
///
/// Lines of JSON, each with its `kind`, as `guildhall store export` prints them. The last one has
/// the kind `end`, the number of the others and their SHA-256: without it, something is missing.
#[utoipa::path(
    get, path = "/api/v1/users/{user}/export", tag = "users", operation_id = "exportUser",
    params(("user" = String, Path, description = "The user: its account, unless `by` says otherwise."), UserQuery),
    responses((status = 200, description = "The data.", body = String, content_type = "application/x-ndjson")),
)]
pub(crate) async fn export(call: Call) -> Result<Reply, Problem> {
    let UserQuery { by } = call.query()?;
    let user = meant(&call, by, call.part("user"))?;
    let kept = call.kept("nothing is given out").await;
    kept.map_err(|problem| Problem::new(ProblemKind::Unavailable, problem.detail))?;
    let (mut writer, pieces) = export::stream();
    let (shared, actor, at) = (call.shared().clone(), call.caller.actor(), call.at);
    let exporting = move || {
        shared.note_export(&actor, &user, at);
        for value in shared.data_in_memory(&user, at) {
            // Fails if the caller is gone, which the journal notices as well.
            let _ = writeln!(writer, "{value}");
        }
        match shared.journal() {
            None => writer.finish(Ok(0)),
            Some(journal) => {
                let end = writer.clone();
                let done = Box::new(move |result| end.finish(result));
                journal.export(owner(&user), Box::new(writer), done);
            }
        }
    };
    let exporting = smol::unblock(exporting);
    exporting.detach();
    match pieces.recv().await {
        Ok(Ok(first)) => Ok(Reply::stream(first, pieces)),
        Ok(Err(error)) => Err(Problem::new(ProblemKind::Unavailable, error.to_string())),
        Err(_) => Err(Problem::no_such_user()),
    }
}

/// Erase a user
///
/// Its connections are closed, and its name, its sessions and its roles are gone. All that it has
/// said is removed in front of everybody and from the disk, with its whispers, reactions, blocks
/// and what it has read. What holds against it goes on holding; reports and the audit log are kept
/// for as long as they are. End its tokens first, so that it does not come back meanwhile.
#[utoipa::path(
    post, path = "/api/v1/users/{user}/erase", tag = "users", operation_id = "eraseUser",
    params(("user" = String, Path, description = "The user: its account, unless `by` says otherwise."), UserQuery),
    request_body = Erase,
    responses((status = 200, description = "It is erased: a proof of what was done.", body = Erased)),
)]
pub(crate) async fn erase(call: Call) -> Result<Reply, Problem> {
    let UserQuery { by } = call.query()?;
    let Erase { anew } = call.body()?;
    let user = meant(&call, by, call.part("user"))?;
    let (account, id) = (user.account.to_string(), user.id.0);
    let erased = call.act(move |shared, by, at| shared.erase_user(by, &user, anew, at));
    let Erasure {
        connections,
        sessions,
        rooms,
        on_disk,
    } = erased.await?;
    Ok(Reply::json(&Erased {
        time: call.at.unix_millis,
        account: (!account.is_empty()).then_some(account),
        id,
        connections: connections as u64,
        sessions: sessions as u64,
        rooms: rooms as u64,
        store: on_disk.map(ErasedStore::from),
    }))
}

impl From<ErasedData> for ErasedStore {
    fn from(erased: ErasedData) -> Self {
        Self {
            lines: erased.lines,
            whispers: erased.whispers,
            sessions: erased.sessions,
            found_again: erased.found_again,
            log_empty: erased.is_log_empty,
            written_anew: erased.is_written_anew,
            reports_kept: erased.reports,
            audit_kept: erased.audit,
            sanctions_kept: erased.sanctions,
        }
    }
}
