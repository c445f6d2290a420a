//! The audit log: what moderators, the game and the server have done.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::journal::Failure;
use crate::journal::audit::{AuditEntry, AuditRead, MOST_READ};

use super::super::call::{Call, Reply};
use super::super::models::report::ActorModel;
use super::super::models::user::{By, SnapshotModel, meant};
use super::super::numbers::{named, positive};
use super::super::problem::Problem;
use super::rooms::limit;

/// The query of the audit log.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Only entries behind this number; with `newest`, those before it.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    from: Option<u64>,
    /// Whether the newest come first.
    newest: bool,
    /// Only what was done to the user with this account.
    #[param(min_length = 1, max_length = 128)]
    account: Option<String>,
    /// The most entries of the page.
    #[param(minimum = 1, maximum = 200, default = 200)]
    limit: Option<u64>,
}

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Audit {
    /// The entries.
    entries: Vec<AuditModel>,
    /// Whether there are more.
    more: bool,
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct AuditModel {
    /// Its number.
    id: u64,
    /// When, in milliseconds since 1970.
    time: u64,
    /// Whoever has done it.
    by: ActorModel,
    /// The kind of the act, such as `imposed` or `cleared`.
    kind: String,
    /// The user to whom it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<SnapshotModel>,
    /// The room.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<String>,
    /// More about it, by name.
    details: BTreeMap<String, String>,
}

/// The audit log
///
/// Needs the right to moderate everywhere.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "moderation", operation_id = "listAudit",
    params(AuditQuery),
    responses((status = 200, description = "A page of entries.", body = Audit)),
)]
pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let query: AuditQuery = call.query()?;
    call.caller.moderates("")?;
    let user = query.account.as_deref();
    let user = user.map(|account| meant(&call, By::Account, named("account", account)?));
    let read = AuditRead {
        behind: positive("from", query.from)?,
        newest_first: query.newest,
        user: user.transpose()?,
        most: limit(query.limit, MOST_READ as u64)?,
    };
    let found = call.told(|done| call.shared().audit(read, done)).await;
    let (entries, more) = found.unwrap_or(Err(Failure::Closed))?;
    let entries = entries.into_iter().map(AuditModel::from).collect();
    Ok(Reply::json(&Audit { entries, more }))
}

impl From<AuditEntry> for AuditModel {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id,
            time: entry.time,
            by: (&entry.by).into(),
            kind: entry.kind,
            user: entry.user.as_ref().map(SnapshotModel::from),
            room: (!entry.room.is_empty()).then(|| entry.room.to_string()),
            details: entry.details.into_iter().collect(),
        }
    }
}
