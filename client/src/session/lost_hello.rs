//! A Hello whose connection was lost before its answer. The server may have accepted it: then a
//! session has the name that nobody can resume, until the server notices that its client is gone.

use alloc::string::String;

/// For how long the server may take to notice it, in milliseconds: it pings after 25 s, and waits
/// for 10 s (docs/protocol.md, Limits).
const HELD_FOR: u64 = 40_000;

/// How long the session waits before it asks for the name again, in milliseconds.
const AGAIN_AFTER: u64 = 2_000;

/// The last Hello that was lost in this way.
#[derive(Debug, Default)]
pub(super) struct LostHello {
    /// The name that it asked for; empty: none was lost.
    name: String,
    /// Until when a refusal of the name may be its doing; `None`: it was not refused so far.
    until: Option<u64>,
}

impl LostHello {
    /// A Hello for this name was lost. If others were, it does not take longer than with them.
    pub(super) fn note(&mut self, name: String) {
        if self.name != name {
            *self = Self { name, until: None };
        }
    }

    /// The name is another user's: when to ask for it again, because that may be nobody else than
    /// this session. `None`: it is refused for good.
    pub(super) fn again_at(&mut self, name: &str, now: u64) -> Option<u64> {
        if self.name.is_empty() || self.name != name {
            return None;
        }
        let until = *self.until.get_or_insert(now.saturating_add(HELD_FOR));
        if now < until {
            return Some(now.saturating_add(AGAIN_AFTER));
        }
        self.forget();
        None
    }

    /// The server has accepted a Hello.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
