//! What a player looks up in a packet.

use std::collections::BTreeMap;

use guildhall_protocol::{ErrorCode, Member, ReplyResult, RequestBody};

/// The members by ID.
pub(super) fn by_id(members: Vec<Member>) -> BTreeMap<u64, Member> {
    let members = members.into_iter();
    members.map(|member| (member.id, member)).collect()
}

/// The room or the receiver of a message.
pub(super) fn recipient(ask: &RequestBody) -> String {
    match ask {
        RequestBody::Say(say) => say.room.clone(),
        RequestBody::Whisper(whisper) => whisper.to.to_string(),
        other => panic!("no message: {other:?}"),
    }
}

pub(super) fn is_temporary(result: &ReplyResult) -> bool {
    let ReplyResult::Error(error) = result else {
        return false;
    };
    let temporary = [ErrorCode::RateLimited, ErrorCode::ReceiverBehind];
    assert_eq!(error.temporary, temporary.contains(&error.code()));
    error.temporary
}
