//! The names of requests.

use guildhall_client::session::RequestKind;

/// The library's name for a request.
pub(super) fn request_name(what: RequestKind) -> &'static str {
    match what {
        RequestKind::Hello => "hello",
        RequestKind::Join => "join",
        RequestKind::Leave => "leave",
        RequestKind::Rename => "rename",
        RequestKind::Refresh => "refresh",
        RequestKind::ListRooms => "listRooms",
        RequestKind::ListMembers => "listMembers",
        RequestKind::FetchHistory => "fetchHistory",
        RequestKind::ListUnread => "listUnread",
        RequestKind::Search => "search",
        RequestKind::Block => "block",
        RequestKind::Unblock => "unblock",
        RequestKind::ListBlocks => "listBlocks",
        RequestKind::Report => "report",
        RequestKind::Impose => "impose",
        RequestKind::Lift => "lift",
        RequestKind::ChangeRoom => "changeRoom",
        RequestKind::Clear => "clear",
        RequestKind::Purge => "purge",
        RequestKind::SetRole => "setRole",
        RequestKind::ListModerators => "listModerators",
        RequestKind::ListSanctions => "listSanctions",
    }
}
