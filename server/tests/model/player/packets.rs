//! The parts of packets that a player looks up.

use std::collections::BTreeMap;

use guildhall_protocol::{ErrorCode, Member, ReplyResult, RequestBody};

/// The members by ID.
pub(super) fn by_id(members: Vec<Member>) -> BTreeMap<u64, Member> {
    let members = members.into_iter();
    members.map(|member| (member.id, member)).collect()
}

/// The room or the receiver of a message or a change.
pub(super) fn recipient(ask: &RequestBody) -> String {
    match ask {
        RequestBody::Whisper(whisper) => whisper.to.to_string(),
        other => room_of(other).expect("a message").to_owned(),
    }
}

/// The room of a say or a change. `None`: it is in no room.
pub(super) fn room_of(ask: &RequestBody) -> Option<&str> {
    match ask {
        RequestBody::Say(say) => Some(&say.room),
        RequestBody::Edit(edit) => Some(&edit.room),
        RequestBody::Remove(remove) => Some(&remove.room),
        RequestBody::React(react) => Some(&react.room),
        _ => None,
    }
}

pub(super) fn is_temporary(result: &ReplyResult) -> bool {
    let ReplyResult::Error(error) = result else {
        return false;
    };
    let temporary = [
        ErrorCode::RateLimited,
        ErrorCode::ReceiverBehind,
        ErrorCode::Unavailable,
    ];
    assert_eq!(error.temporary, temporary.contains(&error.code()));
    error.temporary
}
