//! The requests of this connection that have no answer yet, but for says and
//! whispers, which [`message`](super::message) keeps.

use alloc::string::String;
use alloc::vec::Vec;

use super::RequestKind;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whether with a name.
    Hello {
        named: bool,
    },
    /// The room. It knows the request's ID.
    Join(String),
    Leave(String),
    Rename(String),
    ListRooms,
    ListMembers(String),
    /// Lines of this epoch before this number.
    FetchHistory {
        room: String,
        position: (u32, u64),
    },
}

impl Asked {
    pub(super) fn kind(&self) -> RequestKind {
        match self {
            Self::Hello { .. } => RequestKind::Hello,
            Self::Join(_) => RequestKind::Join,
            Self::Leave(_) => RequestKind::Leave,
            Self::Rename(_) => RequestKind::Rename,
            Self::ListRooms => RequestKind::ListRooms,
            Self::ListMembers(_) => RequestKind::ListMembers,
            Self::FetchHistory { .. } => RequestKind::FetchHistory,
        }
    }

    /// The room or the name that it is about.
    pub(super) fn into_subject(self) -> String {
        match self {
            Self::Hello { .. } | Self::ListRooms => String::new(),
            Self::Join(subject)
            | Self::Leave(subject)
            | Self::Rename(subject)
            | Self::ListMembers(subject)
            | Self::FetchHistory { room: subject, .. } => subject,
        }
    }

    /// Whether it is lost with its connection: nobody sees to it in the next.
    pub(super) fn is_lost(&self) -> bool {
        !matches!(self, Self::Hello { .. } | Self::Join(_) | Self::Leave(_))
    }
}

/// Requests by their IDs.
#[derive(Debug, Default)]
pub(super) struct Unanswered(Vec<(u64, Asked)>);

impl Unanswered {
    /// Whether the user has to wait.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= 256
    }

    /// Keeps them in the order of their IDs, also one that was taken.
    pub(super) fn push(&mut self, id: u64, asked: Asked) {
        let index = self.0.partition_point(|(other, _)| *other < id);
        self.0.insert(index, (id, asked));
    }

    pub(super) fn take(&mut self, id: u64) -> Option<Asked> {
        let index = self.0.iter().position(|(asked, _)| *asked == id)?;
        Some(self.0.remove(index).1)
    }

    /// The connection is lost: all of them.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = Asked> + use<> {
        let all = core::mem::take(&mut self.0);
        all.into_iter().map(|(_, asked)| asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_stay_in_their_order() {
        let mut unanswered = Unanswered::default();
        for id in [1, 2, 4] {
            unanswered.push(id, Asked::Join(String::new()));
        }
        assert_eq!(unanswered.take(3), None);
        let first = unanswered.take(1);
        unanswered.push(1, first.unwrap());
        unanswered.push(3, Asked::ListRooms);
        let all: Vec<_> = unanswered.take_all().collect();
        assert_eq!(all.len(), 4);
        assert_eq!(all[2], Asked::ListRooms);
        assert_eq!(unanswered.take(1), None);
    }

    #[test]
    fn a_user_has_to_wait_at_some_time() {
        let mut unanswered = Unanswered::default();
        for id in 0..256 {
            assert!(!unanswered.is_full());
            unanswered.push(id, Asked::ListRooms);
        }
        assert!(unanswered.is_full());
    }

    #[test]
    fn what_the_next_connection_sees_to_is_not_lost() {
        let kept = [
            Asked::Hello { named: true },
            Asked::Join("hall".into()),
            Asked::Leave("hall".into()),
        ];
        assert!(kept.iter().all(|asked| !asked.is_lost()));
        let lost = Asked::Rename("bob".into());
        assert!(lost.is_lost());
        assert_eq!(lost.into_subject(), "bob");
    }
}
