//! A member of a room.

use guildhall_protocol::Member;
use serde::Serialize;
use utoipa::ToSchema;

use super::object;

/// A member of a room.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberModel {
    /// The user's number.
    id: u64,
    /// Its name.
    name: String,
    /// Its account: the `sub` of its token. A guest has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The game's facts about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    info: Option<serde_json::Value>,
}

impl From<Member> for MemberModel {
    fn from(member: Member) -> Self {
        Self {
            id: member.id,
            name: member.name,
            account: (!member.user.is_empty()).then_some(member.user),
            info: object(&member.info),
        }
    }
}
