//! All lines that any client was shown. A number stands for the same line whoever is shown it, and
//! whenever: also after a restart of the server.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use guildhall_protocol::Line;
use guildhall_protocol::limits::MAX_SAY_BYTES;

/// All that clients were shown.
#[derive(Debug)]
pub(super) struct Ledger {
    /// The lines, by room, epoch and number, with their texts: `None` for one that was edited or
    /// removed before it was shown.
    lines: BTreeMap<(String, u32, u64), (Said, Option<String>)>,
    /// The word that the filters let nobody say. `None`: the game may say it in a user's place.
    blocked: Option<&'static str>,
}

/// The part of a line that never changes.
#[derive(Debug, PartialEq)]
struct Said {
    time: u64,
    sender: u64,
    name: String,
    /// The kind of the change, and the number of the line that it changes.
    change: Option<(i32, u64)>,
}

impl Ledger {
    pub(super) fn new(blocked: Option<&'static str>) -> Self {
        Self {
            lines: BTreeMap::new(),
            blocked,
        }
    }

    /// A client is shown this text, which somebody has said.
    pub(super) fn check_text(&self, text: &str) {
        if let Some(blocked) = self.blocked {
            let has_it = text.split_whitespace().any(|word| word == blocked);
            assert!(!has_it, "nobody may say {text}");
        }
    }

    /// A client is shown this line.
    pub(super) fn note(&mut self, line: &Line) {
        if line.hidden {
            let is_bare = line.text.is_empty() && line.sender == 0 && line.name.is_empty();
            assert!(is_bare, "{line:?}");
            return;
        }
        assert!(!line.removed || line.text.is_empty(), "{line:?}");
        self.check_text(&line.text);
        assert!(line.text.len() <= MAX_SAY_BYTES, "{line:?}");
        if line.removed && line.sender == 0 {
            // It was cleared or purged, also if others were shown it before: no trace is left.
            let is_bare = line.name.is_empty() && line.user.is_empty() && line.info.is_empty();
            assert!(is_bare && line.reactions.is_empty(), "{line:?}");
            return;
        }
        self.check_text(&line.name);
        let changed = line.change.iter().filter_map(|it| it.reaction.as_ref());
        for reaction in line.reactions.iter().chain(changed) {
            self.check_text(&reaction.reaction);
        }
        let said = Said {
            time: line.time,
            sender: line.sender,
            name: line.name.clone(),
            change: line.change.as_ref().map(|it| (it.kind, it.seq)),
        };
        let is_as_said = !line.removed && line.edited == 0;
        let text = is_as_said.then(|| line.text.clone());
        match self.lines.entry((line.room.clone(), line.epoch, line.seq)) {
            Entry::Vacant(entry) => drop(entry.insert((said, text))),
            Entry::Occupied(entry) => {
                let (said_before, text_before) = entry.into_mut();
                assert_eq!(*said_before, said, "{line:?}");
                if text_before.is_none() {
                    *text_before = text;
                } else if is_as_said {
                    assert_eq!(*text_before, text, "{line:?}");
                }
            }
        }
    }
}
