//! The labels of `index.html`: which text stands where the markup names a key.

use guildhall_client::texts::{self, Text};

/// A key of the markup, and its text.
pub(in crate::page) const LABELS: &[(&str, Text)] = &[
    ("language", texts::LANGUAGE),
    ("you-are", texts::YOU_ARE),
    ("change-name", texts::CHANGE_NAME),
    ("conversations", texts::CONVERSATIONS),
    ("join-room", texts::JOIN_ROOM),
    ("people", texts::PEOPLE),
    ("people-here", texts::PEOPLE_HERE),
    ("messages", texts::MESSAGES),
    ("quiet", texts::QUIET),
    ("quiet-more", texts::QUIET_MORE),
    ("suggestions", texts::SUGGESTIONS),
    ("message", texts::MESSAGE),
    ("send", texts::SEND),
    ("entry-title", texts::ENTRY_TITLE),
    ("name", texts::NAME),
    ("skip", texts::SKIP),
    ("enter", texts::ENTER),
    ("room-name", texts::ROOM_NAME),
    ("join", texts::JOIN),
    ("close", texts::CLOSE),
    ("open-elsewhere", texts::OPEN_ELSEWHERE),
    ("open-elsewhere-more", texts::OPEN_ELSEWHERE_MORE),
    ("be-another", texts::BE_ANOTHER),
    ("go-on-here", texts::GO_ON_HERE),
];
