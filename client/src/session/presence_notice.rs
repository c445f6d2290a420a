//! What a client may tell its user of the members of a room (docs/client.md, "Rooms"): one
//! notice for all that changed at once, and none that would hide the conversation.

use alloc::string::String;
use alloc::vec::Vec;

use super::Event;
use crate::UserId;

/// In rooms with more members, joins, leaves and new names are not told.
const FEW: u32 = 30;

/// Of so many clients that speak before the server lists them it is known that they spoke.
const MOST_EARLY_SPEAKERS: usize = 64;

/// Who has said something and is not listed as a member yet: their line tells that they are
/// there.
#[derive(Debug, Default)]
pub(super) struct EarlySpeakers(Vec<UserId>);

impl EarlySpeakers {
    pub(super) fn add(&mut self, id: UserId) {
        if self.0.len() < MOST_EARLY_SPEAKERS && !self.0.contains(&id) {
            self.0.push(id);
        }
    }
}

/// The notice for these events of `room`, if there is anything to tell. The room had `before`
/// members, and has `after` now.
pub(super) fn notice<'a>(
    room: &str,
    before: u32,
    after: u32,
    events: impl Iterator<Item = &'a Event>,
    early: &EarlySpeakers,
    me: Option<UserId>,
) -> Option<Event> {
    if before.max(after) > FEW {
        return None;
    }
    let (mut joined, mut left, mut renamed) = (Vec::new(), Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::MemberJoined { id, name, .. } if !early.0.contains(id) && Some(*id) != me => {
                joined.push(name.clone());
            }
            Event::MemberLeft { id, name, .. } if Some(*id) != me => left.push(name.clone()),
            Event::MemberRenamed { id, old, new, .. } if Some(*id) != me => {
                renamed.push((old.clone(), new.clone()));
            }
            _ => {}
        }
    }
    let is_empty = joined.is_empty() && left.is_empty() && renamed.is_empty();
    (!is_empty).then(|| Event::PresenceNotice {
        room: String::from(room),
        joined,
        left,
        renamed,
    })
}

impl Event {
    /// If both are a [`PresenceNotice`](Event::PresenceNotice) of one room, adds the later one
    /// to this one, and returns true: the user sees one notice for both. Of a member that
    /// joined and left, the last is told.
    pub fn add_presence(&mut self, later: &Self) -> bool {
        let Self::PresenceNotice {
            room,
            joined,
            left,
            renamed,
        } = self
        else {
            return false;
        };
        let Self::PresenceNotice {
            room: same,
            joined: more_joined,
            left: more_left,
            renamed: more_renamed,
        } = later
        else {
            return false;
        };
        if room != same {
            return false;
        }
        joined.retain(|name| !more_left.contains(name));
        left.retain(|name| !more_joined.contains(name));
        joined.extend_from_slice(more_joined);
        left.extend_from_slice(more_left);
        renamed.extend_from_slice(more_renamed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(id: u64) -> Event {
        let (room, name) = ("hall".into(), alloc::format!("{id}"));
        let id = UserId(id);
        Event::MemberJoined { room, id, name }
    }

    fn left(id: u64) -> Event {
        let (room, name) = ("hall".into(), alloc::format!("{id}"));
        let id = UserId(id);
        Event::MemberLeft { room, id, name }
    }

    fn names(notice: Option<Event>) -> Option<(Vec<String>, Vec<String>)> {
        match notice? {
            Event::PresenceNotice { joined, left, .. } => Some((joined, left)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_number_of_members_before_counts_as_well_as_the_one_after() {
        let told = |before, after| {
            let events = [left(1)];
            notice(
                "hall",
                before,
                after,
                events.iter(),
                &EarlySpeakers::default(),
                None,
            )
            .is_some()
        };
        assert!(told(30, 29) && told(29, 30));
        assert!(!told(31, 1) && !told(1, 31));
    }

    #[test]
    fn who_has_spoken_needs_no_notice_and_neither_does_the_user() {
        let mut early = EarlySpeakers::default();
        early.add(UserId(2));
        let events = [joined(1), joined(2), joined(7), left(3), left(7)];
        let told =
            |events: &[Event]| names(notice("hall", 5, 6, events.iter(), &early, Some(UserId(7))));
        let (joined, left) = told(&events).unwrap();
        assert_eq!(
            (joined, left),
            (alloc::vec!["1".into()], alloc::vec!["3".into()])
        );
        assert_eq!(told(&events[1..3]), None, "nothing is left to tell");
    }

    #[test]
    fn a_later_notice_is_added_to_an_earlier_one() {
        let notice = |joined: &[&str], left: &[&str]| Event::PresenceNotice {
            room: "hall".into(),
            joined: joined.iter().map(|&name| name.into()).collect(),
            left: left.iter().map(|&name| name.into()).collect(),
            renamed: Vec::new(),
        };
        let mut all = notice(&["Ann"], &["Bob"]);
        assert!(all.add_presence(&notice(&["Bob", "Cid"], &["Ann"])));
        assert_eq!(all, notice(&["Bob", "Cid"], &["Ann"]));
        assert!(all.add_presence(&notice(&[], &["Dan"])));
        assert_eq!(all, notice(&["Bob", "Cid"], &["Ann", "Dan"]));
        let elsewhere = Event::PresenceNotice {
            room: "inn".into(),
            joined: Vec::new(),
            left: Vec::new(),
            renamed: Vec::new(),
        };
        assert!(!all.add_presence(&elsewhere) && !elsewhere.clone().add_presence(&all));
        assert!(!all.add_presence(&joined(1)) && !joined(1).add_presence(&all));
    }

    #[test]
    fn the_early_speakers_are_bounded() {
        let mut early = EarlySpeakers::default();
        (0..1_000).for_each(|id| early.add(UserId(id % 100)));
        assert_eq!(early.0.len(), MOST_EARLY_SPEAKERS);
    }
}
