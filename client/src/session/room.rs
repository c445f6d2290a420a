//! A room that the user wants to be in: the position in its lines, and its members
//! (docs/client.md, "Rooms"). Decides what to accept of what the server says about it.

use alloc::string::String;
use alloc::vec::Vec;

use litemap::LiteMap;

use super::line::{Own, bound, change_event, changed_line, changes_many, chat_line};
use super::mark::Mark;
use super::presence_notice::EarlySpeakers;
use super::{ChatLine, Event};
use crate::{RequestId, UserId};
use guildhall_protocol::{
    Change, Gap, HistoryPage, Join, Joined, Line, Member, MemberList, Presence, RoomSettings,
};

/// The members of a larger room are only counted, and not kept.
const MOST_MEMBERS: usize = 4096;

/// The longest name of a client that is kept, in bytes. Names that the user gives are cut
/// after so many: no server takes such a long one, and its error for that is clearer than one
/// for a packet that is too big.
const LONGEST_NAME: usize = 1024;

/// So many changes are held back while a page of history is on its way. With more, the page is
/// asked for again.
const MOST_HELD_CHANGES: usize = 64;

pub(super) fn cut(name: &str) -> &str {
    let end = name.floor_char_boundary(LONGEST_NAME);
    name.get(..end).unwrap_or(name)
}

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
    /// The members by their IDs; empty if not `listed`. A flat map: the code of a tree would be
    /// kilobytes of the page.
    pub members: LiteMap<UserId, Member>,
    /// The room's settings for this user; before the first join, the default ones.
    pub settings: RoomSettings,
    /// When the user may say the next thing, in the session's milliseconds, if that is later
    /// than now: the room is in slow mode.
    pub may_say_at: u64,
    /// The last line that the user has read, over any connection; 0: it is not known.
    pub read_seq: u64,
    /// Whether the room's lines are kept when the server starts again.
    pub durable: bool,
}

#[derive(Debug)]
pub(super) struct Room {
    pub(super) view: RoomView,
    /// The name that the user gave.
    requested_name: String,
    /// The ID of the Join that has no answer yet.
    pub(super) joining: Option<RequestId>,
    /// When to send Join again, which was refused for now.
    pub(super) join_at: Option<u64>,
    /// How often in a row, and with what code it was refused last.
    pub(super) delays: u32,
    pub(super) delayed_by: i32,
    /// Lines up to this number are a replay.
    replay_to: u64,
    /// From this number on, the lines of the replay are as they are now.
    replay_from: u64,
    /// Whether a page of history is on its way.
    pub(super) fetching: bool,
    /// Changes of lines before the known ones that came while a page of them was on its way:
    /// the page may be from before them.
    held_changes: Vec<Event>,
    /// Before this time, no line of another epoch makes the client join the room at once.
    pub(super) no_rejoin_before: u64,
    pub(super) mark: Mark,
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
    /// It is of another epoch: the room has begun anew.
    OtherEpoch,
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
    /// The changes of these lines since.
    pub(super) changes: Vec<Event>,
}

/// What Joined means for the lines that the client has.
pub(super) struct JoinOutcome {
    pub(super) resumed: bool,
    pub(super) rejoined: bool,
    /// The lines that are missing.
    pub(super) gap: Option<Gap>,
    /// The room's settings, for [`Session::set_settings`](super::Session::set_settings).
    pub(super) settings: Option<RoomSettings>,
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
                members: LiteMap::new(),
                settings: RoomSettings::default(),
                may_say_at: 0,
                read_seq: 0,
                durable: false,
            },
            requested_name: name.into(),
            joining: None,
            join_at: None,
            delays: 0,
            delayed_by: 0,
            replay_to: 0,
            replay_from: 1,
            fetching: false,
            held_changes: Vec::new(),
            no_rejoin_before: 0,
            mark: Mark::default(),
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
        self.delay_no_more();
        self.no_rejoin_before = 0;
        self.stop_fetching();
        self.mark.disconnected();
    }

    /// No page of history is on its way any more.
    pub(super) fn stop_fetching(&mut self) {
        self.fetching = false;
        self.held_changes = Vec::new();
    }

    fn delay_no_more(&mut self) {
        self.join_at = None;
        self.delays = 0;
        self.delayed_by = 0;
    }

    /// Takes what holds in the room now. Returns whether that is another thing than before.
    pub(super) fn set_settings(&mut self, mut settings: RoomSettings) -> bool {
        let topic = cut(&settings.topic).len();
        settings.topic.truncate(topic);
        if settings.slow_mode == 0 {
            self.view.may_say_at = 0;
        }
        core::mem::replace(&mut self.view.settings, settings) != self.view.settings
    }

    pub(super) fn joined(&mut self, joined: Joined) -> JoinOutcome {
        let view = &mut self.view;
        let rejoined = view.epoch != 0;
        let resumed = rejoined && joined.resumed && joined.epoch == view.epoch;
        let before_first = joined.first_seq.saturating_sub(1);
        let mut gap = None;
        if joined.epoch != view.epoch {
            view.read_seq = 0;
            self.mark.forget();
        }
        self.mark.known(joined.read_seq);
        view.read_seq = view.read_seq.max(joined.read_seq.min(joined.last_seq));
        view.durable = joined.durable;
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
        self.delay_no_more();
        self.replay_to = joined.last_seq;
        self.replay_from = joined.first_seq;
        self.set_members(joined.count, joined.listed, joined.members);
        JoinOutcome {
            resumed,
            rejoined,
            gap,
            settings: joined.settings,
        }
    }

    /// Takes a line, if it is the next one.
    pub(super) fn line(&mut self, line: &Line) -> Place {
        let view = &mut self.view;
        let is_asked = self.joining.is_some() || self.join_at.is_some();
        if !view.joined || is_asked || line.epoch == 0 {
            return Place::Known;
        } else if line.epoch != view.epoch {
            return Place::OtherEpoch;
        }
        match line.seq.checked_sub(view.last_seq) {
            None | Some(0) => Place::Known,
            Some(1) => {
                view.last_seq = line.seq;
                let replay = line.seq <= self.replay_to;
                let sender = UserId(line.sender);
                let is_said = line.change.is_none() && !line.hidden && !line.removed;
                if is_said && !replay && view.listed && !view.members.contains_key(&sender) {
                    self.early_speakers.add(sender);
                }
                Place::Next { replay }
            }
            Some(_) => Place::Ahead,
        }
    }

    /// The change of a line that the client has: `None` if it has it not, or got it with this
    /// change.
    pub(super) fn changed(
        &mut self,
        line: Line,
        change: Change,
        me: &Own,
        replay: bool,
    ) -> Option<Event> {
        let event = change_event(line, change, me, replay)?;
        let changed = changed_line(&event);
        let is_many = changes_many(&event);
        // The lines of a replay are as they are now.
        let from = if is_many {
            self.view.oldest_seq
        } else {
            changed
        };
        if replay && from >= self.replay_from {
            return None;
        }
        let is_of_known = changed >= self.view.oldest_seq;
        let is_of_older = is_many || !is_of_known;
        if is_of_older && self.fetching && self.held_changes.len() < MOST_HELD_CHANGES {
            self.held_changes.push(event.clone());
        }
        is_of_known.then_some(event)
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
        me: &Own,
    ) -> OlderPage {
        let mut changes = core::mem::take(&mut self.held_changes);
        self.stop_fetching();
        let view = &mut self.view;
        let is_as_asked = (page.epoch, epoch, before) == (view.epoch, view.epoch, view.oldest_seq);
        if !is_as_asked || changes.len() >= MOST_HELD_CHANGES {
            // The room began anew meanwhile: these lines do not come before the known
            // ones. Or too much of them has changed since.
            return OlderPage {
                lines: Vec::new(),
                more: true,
                changes: Vec::new(),
            };
        }
        let mut lines: Vec<ChatLine> = Vec::new();
        let mut last = 0;
        for mut line in page.lines {
            if line.seq > last && line.seq < before {
                if last == 0 {
                    view.oldest_seq = line.seq;
                }
                last = line.seq;
                // The lines of a page are as they are now: their changes say nothing new. Of what
                // was removed before, nothing is shown.
                if line.change.is_none() && !line.hidden && !line.removed {
                    line.room.clone_from(&view.name);
                    line.epoch = epoch;
                    lines.push(chat_line(line, me, true));
                }
            }
        }
        changes.retain(|change| changed_line(change) >= view.oldest_seq);
        OlderPage {
            lines,
            more: page.more,
            changes,
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
                if let Some(old) = old.get(id).filter(|old| old.name != new.name) {
                    emit(self.renamed(*id, old.name.clone(), new.name.clone()));
                }
            }
        } else if self.view.listed {
            for id in left.into_iter().map(UserId) {
                if let Some(Member { name, .. }) = self.view.members.remove(&id) {
                    let room = self.view.name.clone();
                    emit(Event::MemberLeft { room, id, name });
                }
            }
            for mut member in joined {
                let (id, name) = (UserId(member.id), member.name.clone());
                bound(&mut member.user, &mut member.info);
                match self.view.members.insert(id, member) {
                    None => {
                        let room = self.view.name.clone();
                        emit(Event::MemberJoined { room, id, name });
                    }
                    Some(old) if old.name != name => emit(self.renamed(id, old.name, name)),
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
        view.members = LiteMap::new();
        if listed {
            // One by one: `collect` would add a sort to the size of the page.
            for mut member in members {
                bound(&mut member.user, &mut member.info);
                view.members.insert(UserId(member.id), member);
            }
        }
        self.forget_too_many();
    }

    /// No server can make a client keep any number of names.
    fn forget_too_many(&mut self) {
        let view = &mut self.view;
        let is_long = |member: &Member| member.name.len() > LONGEST_NAME;
        if view.members.len() > MOST_MEMBERS || view.members.values().any(is_long) {
            view.listed = false;
            view.members = LiteMap::new();
        }
    }
}

#[cfg(test)]
mod tests;
