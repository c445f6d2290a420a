//! The requests of this connection that have no answer yet, except for messages, which
//! [`message`](super::message) keeps.

use alloc::string::String;
use alloc::vec::Vec;

use super::RequestKind;
use super::room::Position;
use crate::RequestId;

/// A request without an answer, and what the session needs when the answer comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PendingRequest {
    Hello {
        /// The name that it asked for; empty: none.
        name: String,
    },
    /// The room's name. The room keeps the request's ID.
    Join(String),
    Leave(String),
    Rename(String),
    Refresh,
    ListRooms,
    ListMembers(String),
    /// A list of rooms that nobody wants to see.
    Check,
    FetchHistory {
        room: String,
        /// Lines before this one.
        position: Position,
    },
    /// Lines of a room of a certain time.
    HistoryOf(String),
    /// A room. The room keeps what was marked.
    MarkRead(String),
    ListUnread,
    Search {
        is_first: bool,
    },
    /// Whatever the session needs nothing more of when the answer comes.
    Other {
        kind: RequestKind,
        subject: String,
    },
}

impl PendingRequest {
    pub(super) fn kind(&self) -> RequestKind {
        match self {
            Self::Hello { .. } => RequestKind::Hello,
            Self::Join(_) => RequestKind::Join,
            Self::Leave(_) => RequestKind::Leave,
            Self::Rename(_) => RequestKind::Rename,
            Self::Refresh => RequestKind::Refresh,
            Self::ListRooms | Self::Check => RequestKind::ListRooms,
            Self::ListMembers(_) => RequestKind::ListMembers,
            Self::FetchHistory { .. } | Self::HistoryOf(_) => RequestKind::FetchHistory,
            // Nobody is told of a mark that was not stored.
            Self::MarkRead(_) | Self::ListUnread => RequestKind::ListUnread,
            Self::Search { .. } => RequestKind::Search,
            Self::Other { kind, .. } => *kind,
        }
    }

    /// The room or the name that the request is about.
    pub(super) fn into_subject(self) -> String {
        match self {
            Self::Hello { .. }
            | Self::Refresh
            | Self::ListRooms
            | Self::Check
            | Self::ListUnread
            | Self::Search { .. } => String::new(),
            Self::Join(subject)
            | Self::Leave(subject)
            | Self::Rename(subject)
            | Self::ListMembers(subject)
            | Self::HistoryOf(subject)
            | Self::MarkRead(subject)
            | Self::FetchHistory { room: subject, .. }
            | Self::Other { subject, .. } => subject,
        }
    }

    /// Whether the request is lost with its connection, because the session does not
    /// repeat it on the next one by itself.
    pub(super) fn is_lost(&self) -> bool {
        !matches!(
            self,
            Self::Hello { .. }
                | Self::Refresh
                | Self::Join(_)
                | Self::Leave(_)
                | Self::Check
                | Self::MarkRead(_)
        )
    }
}

/// Pending requests, in the order of their IDs.
#[derive(Debug, Default)]
pub(super) struct PendingRequests(Vec<(RequestId, PendingRequest)>);

impl PendingRequests {
    /// Whether the user cannot make another request.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= 256
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a request, or puts back one that was taken.
    pub(super) fn push(&mut self, id: RequestId, request: PendingRequest) {
        let index = self.0.partition_point(|(other, _)| *other < id);
        self.0.insert(index, (id, request));
    }

    pub(super) fn take(&mut self, id: RequestId) -> Option<PendingRequest> {
        let index = self.0.iter().position(|(request, _)| *request == id)?;
        Some(self.0.remove(index).1)
    }

    /// The connection is lost: takes all of them.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = PendingRequest> + use<> {
        let all = core::mem::take(&mut self.0);
        all.into_iter().map(|(_, request)| request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_keep_the_order_of_their_ids() {
        let mut requests = PendingRequests::default();
        for id in [1, 2, 4] {
            requests.push(RequestId(id), PendingRequest::Join(String::new()));
        }
        assert_eq!(requests.take(RequestId(3)), None);
        let first = requests.take(RequestId(1));
        requests.push(RequestId(1), first.unwrap());
        requests.push(RequestId(3), PendingRequest::ListRooms);
        let all: Vec<_> = requests.take_all().collect();
        assert_eq!(all.len(), 4);
        assert_eq!(all[2], PendingRequest::ListRooms);
        assert_eq!(requests.take(RequestId(1)), None);
    }

    #[test]
    fn the_number_of_requests_is_limited() {
        let mut requests = PendingRequests::default();
        for id in 0..256 {
            assert!(!requests.is_full());
            requests.push(RequestId(id), PendingRequest::ListRooms);
        }
        assert!(requests.is_full());
    }

    #[test]
    fn requests_that_the_next_connection_repeats_are_not_lost() {
        let kept = [
            PendingRequest::Hello {
                name: "alice".into(),
            },
            PendingRequest::Join("hall".into()),
            PendingRequest::Leave("hall".into()),
        ];
        assert!(kept.iter().all(|request| !request.is_lost()));
        let lost = PendingRequest::Rename("bob".into());
        assert!(lost.is_lost());
        assert_eq!(lost.into_subject(), "bob");
    }
}
