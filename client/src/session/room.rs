//! A room that the user wants to be in: the position in its lines, and its members
//! (docs/client.md, "Rooms"). Decides what to accept of what the server says about it.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::presence_notice::EarlySpeakers;
use super::{ChatLine, Event};
use crate::{RequestId, UserId};
use guildhall_protocol::{Gap, HistoryPage, Join, Joined, Line, Member, MemberList, Presence};

/// The members of a larger room are only counted, and not kept.
const MOST_MEMBERS: usize = 4096;

/// The longest name of a client that is kept, in bytes.
const LONGEST_NAME: usize = 1024;

/// A room that the user wants to be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    /// Its name; once it is joined, as the server writes it.
    pub name: String,
    /// Whether the client is in it now.
    pub joined: bool,
    /// What the numbers of lines count in; 0 before the first join.
    pub epoch: u32,
    /// The number of the last line.
    pub last_seq: u64,
    /// The number of the oldest known line; `last_seq + 1` if there is none.
    pub oldest_seq: u64,
    /// How many members the room has, this client included.
    pub count: u32,
    /// Whether `members` is all of them.
    pub listed: bool,
    /// Names by ID; empty if not `listed`.
    pub members: BTreeMap<UserId, String>,
}

#[derive(Debug)]
pub(super) struct Room {
    pub(super) view: RoomView,
    /// The name that the user gave.
    requested_name: String,
    /// The ID of the Join that has no answer yet.
    pub(super) joining: Option<RequestId>,
    /// Lines up to this number are a replay.
    replay_to: u64,
    /// Whether a page of history is on its way.
    pub(super) fetching: bool,
    early_speakers: EarlySpeakers,
}

/// What a room makes of a line.
pub(super) enum Place {
    /// It is the next one.
    Next { replay: bool },
    /// It is known, or has no place in the room.
    Known,
    /// Lines before it are missing.
    Ahead,
}

/// The place of a line in its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    /// What `seq` counts in.
    pub(super) epoch: u32,
    /// The number of the line.
    pub(super) seq: u64,
}

/// The lines of a page of history that go before the known ones.
pub(super) struct OlderPage {
    pub(super) lines: Vec<ChatLine>,
    /// Whether there are lines before these.
    pub(super) more: bool,
}

/// What Joined means for the lines that the client has.
pub(super) struct JoinOutcome {
    pub(super) resumed: bool,
    pub(super) rejoined: bool,
    /// The lines that are lost.
    pub(super) gap: Option<Gap>,
}

impl Room {
    pub(super) fn new(name: &str) -> Self {
        Self {
            view: RoomView {
                name: name.into(),
                joined: false,
                epoch: 0,
                last_seq: 0,
                oldest_seq: 1,
                count: 0,
                listed: false,
                members: BTreeMap::new(),
            },
            requested_name: name.into(),
            joining: None,
            replay_to: 0,
            fetching: false,
            early_speakers: EarlySpeakers::default(),
        }
    }

    /// Whether the room has this name, or was requested by it.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.view.name == name || self.requested_name == name
    }

    /// The request to join the room.
    pub(super) fn join(&self) -> Join {
        Join {
            room: self.view.name.clone(),
            epoch: self.view.epoch,
            seq: self.view.last_seq,
        }
    }

    pub(super) fn disconnected(&mut self) {
        self.view.joined = false;
        self.joining = None;
        self.fetching = false;
    }

    pub(super) fn joined(&mut self, joined: Joined) -> JoinOutcome {
        let view = &mut self.view;
        let rejoined = view.epoch != 0;
        let resumed = rejoined && joined.resumed && joined.epoch == view.epoch;
        let before_first = joined.first_seq.saturating_sub(1);
        let mut gap = None;
        if !resumed {
            view.last_seq = before_first;
            view.oldest_seq = joined.first_seq.max(1);
        } else if before_first > view.last_seq {
            // Not more than u64::MAX: the number before another one.
            gap = Some(Gap {
                from: view.last_seq + 1,
                to: before_first,
            });
            view.last_seq = before_first;
        }
        view.epoch = joined.epoch;
        view.joined = true;
        self.joining = None;
        self.replay_to = joined.last_seq;
        self.set_members(joined.count, joined.listed, joined.members);
        JoinOutcome {
            resumed,
            rejoined,
            gap,
        }
    }

    /// Takes a line, if it is the next one.
    pub(super) fn line(&mut self, line: &Line) -> Place {
        let view = &mut self.view;
        if !view.joined || self.joining.is_some() || line.epoch != view.epoch {
            return Place::Known;
        }
        match line.seq.checked_sub(view.last_seq) {
            None | Some(0) => Place::Known,
            Some(1) => {
                view.last_seq = line.seq;
                let replay = line.seq <= self.replay_to;
                let sender = UserId(line.sender);
                if !replay && view.listed && !view.members.contains_key(&sender) {
                    self.early_speakers.add(sender);
                }
                Place::Next { replay }
            }
            Some(_) => Place::Ahead,
        }
    }

    /// The client keeps no lines before this one any more.
    pub(super) fn forget_before(&mut self, seq: u64) {
        let view = &mut self.view;
        if (view.oldest_seq..=view.last_seq).contains(&seq) {
            view.oldest_seq = seq;
        }
    }

    /// Who has spoken without being listed since the members changed last.
    pub(super) fn early_speakers(&self) -> &EarlySpeakers {
        &self.early_speakers
    }

    /// The members have changed: who is not listed now has left again.
    pub(super) fn forget_early_speakers(&mut self) {
        self.early_speakers = EarlySpeakers::default();
    }

    /// The lines of a page that go before what is known. The page was asked for with
    /// this position.
    pub(super) fn history(
        &mut self,
        page: HistoryPage,
        Position { epoch, seq: before }: Position,
        me: Option<UserId>,
    ) -> OlderPage {
        self.fetching = false;
        let view = &mut self.view;
        if (page.epoch, epoch, before) != (view.epoch, view.epoch, view.oldest_seq) {
            // The room began anew meanwhile: these lines do not come before the known
            // ones.
            return OlderPage {
                lines: Vec::new(),
                more: true,
            };
        }
        let mut lines: Vec<ChatLine> = Vec::new();
        for mut line in page.lines {
            let last = lines.last().map_or(0, |line| line.seq);
            if line.seq > last && line.seq < before {
                line.room.clone_from(&view.name);
                line.epoch = epoch;
                lines.push(chat_line(line, me, true));
            }
        }
        if let Some(first) = lines.first() {
            view.oldest_seq = first.seq;
        }
        OlderPage {
            lines,
            more: page.more,
        }
    }

    pub(super) fn member_list(&mut self, list: &MemberList) {
        self.set_members(list.count, list.listed, list.members.clone());
    }

    /// Members joined, left or have new names: emits events.
    pub(super) fn presence(&mut self, presence: Presence, mut emit: impl FnMut(Event)) {
        let Presence {
            count,
            listed,
            joined,
            left,
            whole,
            ..
        } = presence;
        self.view.count = count;
        if !listed {
            self.set_members(count, false, Vec::new());
        } else if whole {
            let old = core::mem::take(&mut self.view.members);
            self.set_members(count, true, joined);
            for (id, new) in &self.view.members {
                if let Some(old) = old.get(id).filter(|old| *old != new) {
                    emit(self.renamed(*id, old.clone(), new.clone()));
                }
            }
        } else if self.view.listed {
            for id in left.into_iter().map(UserId) {
                if let Some(name) = self.view.members.remove(&id) {
                    let room = self.view.name.clone();
                    emit(Event::MemberLeft { room, id, name });
                }
            }
            for Member { id, name, .. } in joined {
                let id = UserId(id);
                match self.view.members.insert(id, name.clone()) {
                    None => {
                        let room = self.view.name.clone();
                        emit(Event::MemberJoined { room, id, name });
                    }
                    Some(old) if old != name => emit(self.renamed(id, old, name)),
                    Some(_) => {}
                }
            }
            self.forget_too_many();
        }
    }

    fn renamed(&self, id: UserId, old: String, new: String) -> Event {
        let room = self.view.name.clone();
        Event::MemberRenamed { room, id, old, new }
    }

    pub(super) fn set_members(&mut self, count: u32, listed: bool, members: Vec<Member>) {
        let view = &mut self.view;
        view.count = count;
        view.listed = listed;
        view.members = BTreeMap::new();
        if listed {
            // One by one: `collect` would add a sort to the size of the page.
            for Member { id, name, .. } in members {
                view.members.insert(UserId(id), name);
            }
        }
        self.forget_too_many();
    }

    /// No server can make a client keep any number of names.
    fn forget_too_many(&mut self) {
        let view = &mut self.view;
        let is_long = |name: &String| name.len() > LONGEST_NAME;
        if view.members.len() > MOST_MEMBERS || view.members.values().any(is_long) {
            view.listed = false;
            view.members = BTreeMap::new();
        }
    }
}

/// The event's form of a line.
pub(super) fn chat_line(line: Line, me: Option<UserId>, replay: bool) -> ChatLine {
    ChatLine {
        own: me == Some(UserId(line.sender)),
        room: line.room,
        epoch: line.epoch,
        seq: line.seq,
        time: line.time,
        sender: UserId(line.sender),
        name: line.name,
        nonce: RequestId(line.nonce),
        text: line.text,
        action: line.action,
        replay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn joined(first_seq: u64, last_seq: u64, resumed: bool) -> Joined {
        Joined {
            room: "hall".into(),
            epoch: 5,
            first_seq,
            last_seq,
            resumed,
            ..Joined::default()
        }
    }

    /// A room that was joined at these lines.
    fn room(first_seq: u64, last_seq: u64) -> Room {
        let mut room = Room::new("hall");
        room.joined(joined(first_seq, last_seq, false));
        room
    }

    fn line(seq: u64) -> Line {
        Line {
            room: "hall".into(),
            epoch: 5,
            seq,
            ..Line::default()
        }
    }

    #[test]
    fn a_first_join_begins_before_the_first_line() {
        for (first, last, position) in [(1, 0, 0), (1, 1, 0), (8, 9, 7), (10, 9, 9), (0, 0, 0)] {
            let mut room = Room::new("hall");
            let outcome = room.joined(joined(first, last, true));
            assert!(!outcome.resumed && !outcome.rejoined && outcome.gap.is_none());
            assert_eq!(room.view.last_seq, position);
            assert_eq!(room.view.oldest_seq, first.max(1));
        }
    }

    #[test]
    fn a_resumed_room_never_goes_back() {
        for (first, gap, position) in [
            (8, None, 9),
            (10, None, 9),
            (13, Some(Gap { from: 10, to: 12 }), 12),
        ] {
            let mut room = room(1, 9);
            (1..=9).for_each(|seq| assert!(matches!(room.line(&line(seq)), Place::Next { .. })));
            let outcome = room.joined(joined(first, 20, true));
            assert!(outcome.resumed);
            assert_eq!((outcome.gap, room.view.last_seq), (gap, position));
            assert_eq!(room.view.oldest_seq, 1);
        }
    }

    #[test]
    fn each_line_has_one_place() {
        let mut room = room(3, 3);
        assert!(matches!(room.line(&line(2)), Place::Known));
        assert!(matches!(room.line(&line(4)), Place::Ahead));
        assert!(matches!(room.line(&line(3)), Place::Next { replay: true }));
        assert!(matches!(room.line(&line(3)), Place::Known));
        assert!(matches!(room.line(&line(4)), Place::Next { replay: false }));
        assert!(matches!(room.line(&line(u64::MAX)), Place::Ahead));
        room.joining = Some(RequestId(9));
        assert!(matches!(room.line(&line(5)), Place::Known));
        room.joining = None;
        room.disconnected();
        assert!(matches!(room.line(&line(5)), Place::Known));
    }

    #[test]
    fn the_largest_positions_do_not_overflow() {
        let mut room = room(u64::MAX, u64::MAX);
        assert!(matches!(room.line(&line(u64::MAX)), Place::Next { .. }));
        let outcome = room.joined(joined(u64::MAX, 0, true));
        assert_eq!(outcome.gap, None);
        assert_eq!(room.view.last_seq, u64::MAX);
    }

    #[test]
    fn a_room_is_found_by_its_requested_name_and_its_present_one() {
        let mut room = Room::new("Hall ");
        room.view.name = "hall".into();
        assert!(room.is_called("Hall ") && room.is_called("hall") && !room.is_called("Hall"));
    }

    #[test]
    fn a_name_that_is_too_long_is_not_kept() {
        let mut room = room(1, 0);
        let member = |length| Member {
            id: 1,
            name: "x".repeat(length),
            ..Member::default()
        };
        for (length, listed) in [(1_024, true), (1_025, false)] {
            room.member_list(&MemberList {
                room: "hall".into(),
                count: 1,
                listed: true,
                members: vec![member(length)],
            });
            assert_eq!(room.view.listed, listed);
            assert_eq!(room.view.members.is_empty(), !listed);
        }
    }
}
