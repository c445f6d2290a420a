//! The data of a journal in memory: the lines of rooms, and the facts about users. It decides about
//! lines, and finds them again. No lock: the journal has one around it.

mod feed;
mod known;
mod room_lines;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use guildhall_protocol::Line;

use crate::events::{
    self, Event, EventsRead, FeedTerms, KeptEvents, NumberedEvent, PresentRow, WebhookRow,
};
use crate::ids::{Epoch, RequestId, Seq, SessionId, UserId};
use crate::moderation::blocked::AuthorId;
use crate::moderation::{RoleRow, SanctionRow};
use crate::outgoing::frame;

use super::super::audit::AuditBook;
use super::super::change::{self, Author, Changed, Terms};
use super::super::reports::book::ReportBook;
use super::super::reports::evidence::{FoundLines, changed_by};
use super::super::reports::{
    DecisionNotice, FoundSubject, KeptLine, Location, Report, ReportError, ReportRows, ReportWork,
    Subject,
};
use super::super::{
    BlockRow, ChangeError, Decision, HeldText, KeptLines, KeptRoom, LinesRead, NewLine,
    ReadMarkRow, RoomSettingsRow, Row, SessionRow, SpeakersRead, UserRow, Which, WhisperRow,
    session_of,
};

use self::feed::KeptFeed;

/// For how long a line can be edited, unless a test sets another time.
const EDIT_WITHIN: Duration = Duration::from_mins(15);

/// All that is kept.
#[derive(Debug, Default)]
pub(super) struct Kept {
    rooms: HashMap<Arc<str>, RoomLines>,
    /// The session and the ID of each line that was said with an ID.
    said: HashSet<(SessionId, RequestId)>,
    next_id: u64,
    held: BTreeMap<u64, HeldText>,
    next_held: u64,
    users: BTreeMap<u64, UserRow>,
    sessions: BTreeMap<u64, SessionRow>,
    whispers: Vec<WhisperRow>,
    read_marks: BTreeMap<(u64, Arc<str>), ReadMarkRow>,
    sanctions: BTreeMap<u64, SanctionRow>,
    roles: BTreeMap<(Arc<str>, Arc<str>), RoleRow>,
    room_settings: BTreeMap<Arc<str>, RoomSettingsRow>,
    /// By the user that blocks and the one that is blocked.
    blocks: BTreeMap<(AuthorId, AuthorId), BlockRow>,
    /// For how long a line can be edited, if a test has set that.
    edit_within: Option<Duration>,
    reports: ReportBook,
    /// The decisions about reports of which their reporters are not told.
    notices: BTreeMap<u64, DecisionNotice>,
    audit: AuditBook,
    feed: KeptFeed,
}

/// The lines of a room: number 1 is the first.
#[derive(Debug)]
struct RoomLines {
    epoch: Epoch,
    lines: Vec<Line>,
    /// The reactions to each line, with their users: an account, or the number of a guest.
    reacted: HashSet<(u64, String, u64, String)>,
}

impl Kept {
    /// Keeps a line as the next one of its room, unless it was said before, or is a change that
    /// is not possible.
    pub(super) fn decide(&mut self, new: NewLine) -> Decision {
        let NewLine {
            room,
            line: mut said,
            may_change_others,
        } = new;
        let id = (session_of(&said), RequestId(said.nonce));
        if id.1.is_valid() && self.said.contains(&id) {
            return Decision::Repeated;
        }
        let begin = || RoomLines {
            epoch: room.epoch(),
            lines: Vec::new(),
            reacted: HashSet::new(),
        };
        let kept = self.rooms.entry(Arc::clone(room.name()));
        let kept = kept.or_insert_with(begin);
        if kept.epoch != room.epoch() {
            *kept = begin();
        }
        let mut changed = None;
        if change::sweeps(&said) {
            kept.sweep(&mut said);
        } else if said.change.is_some() {
            let edit_within = self.edit_within.unwrap_or(EDIT_WITHIN);
            match kept.change(&mut said, may_change_others, edit_within) {
                Ok(target) => changed = Some(Box::new(target)),
                Err(refused) => return Decision::Refused(refused),
            }
        }
        if id.1.is_valid() {
            self.said.insert(id);
        }
        said.epoch = kept.epoch.0;
        said.seq = kept.lines.len() as u64 + 1;
        kept.lines.push((*said).clone());
        self.feed.note_line(room.name(), &said);
        Decision::Stored {
            line: said,
            changed,
        }
    }

    /// For how long a line can be edited from now on.
    pub(super) fn set_edit_within(&mut self, edit_within: Duration) {
        self.edit_within = Some(edit_within);
    }

    /// Keeps facts about users.
    pub(super) fn add(&mut self, rows: Vec<Row>) {
        for row in rows {
            self.add_row(row);
        }
    }

    fn add_row(&mut self, row: Row) {
        match row {
            Row::NextId(next) => self.next_id = self.next_id.max(next),
            Row::HealthCheck(_) => {}
            Row::Held(held) => {
                self.next_held = self.next_held.max(held.id + 1);
                self.held.insert(held.id, *held);
            }
            Row::ForgetHeld(id) => drop(self.held.remove(&id)),
            Row::User(user) => {
                self.users.insert(user.id.0, user);
            }
            Row::ForgetUser(user) => {
                self.users.remove(&user.0);
                self.read_marks.retain(|(id, _), _| *id != user.0);
                let guest = AuthorId::new(user, "");
                self.blocks.retain(|(owner, _), _| *owner != guest);
            }
            Row::Session(session) => {
                self.sessions.insert(session.id.0, session);
            }
            Row::EndSession(id) => {
                self.sessions.remove(&id.0);
                self.whispers.retain(|whisper| whisper.session != id);
            }
            Row::Whisper(whisper) => self.whispers.push(whisper),
            Row::ForgetWhispers(id, seq) => {
                let is_kept = |whisper: &WhisperRow| whisper.session != id || seq.0 < whisper.seq.0;
                self.whispers.retain(is_kept);
            }
            Row::ReadMark(mark) => {
                let key = (mark.user.0, Arc::clone(&mark.room));
                self.read_marks.insert(key, mark);
            }
            Row::Act(act) => self.audit.note(&act),
            Row::ReportTold(id) => drop(self.notices.remove(&id)),
            Row::Sanction(row) => {
                self.sanctions.insert(row.sanction.id, *row);
            }
            Row::Role(row) => {
                let key = (Arc::clone(&row.account), Arc::clone(&row.room));
                self.roles.insert(key, *row);
            }
            Row::RoomSettings(row) => {
                let room = Arc::clone(&row.room);
                self.room_settings.insert(room, row);
            }
            Row::Block(block) => {
                let key = (block.owner.clone(), block.author.clone());
                if block.time == 0 {
                    self.blocks.remove(&key);
                } else {
                    self.blocks.insert(key, block);
                }
            }
            Row::Event(event) => self.feed.add(event),
            Row::Present(row) => {
                let key = (Arc::clone(&row.room), row.user.id.0);
                self.feed.present.insert(key, row);
            }
            Row::Absent(room, user) => drop(self.feed.present.remove(&(room, user.0))),
            Row::Webhook(row) => {
                self.feed.webhooks.insert(Arc::clone(&row.url), row);
            }
            Row::ForgetWebhook(url) => drop(self.feed.webhooks.remove(&url)),
        }
    }

    /// The feed of events is kept from now on.
    pub(super) fn set_feed(&mut self, terms: &FeedTerms) {
        self.feed.terms = Some(terms.clone());
    }

    /// Some events.
    pub(super) fn events(&self, read: EventsRead) -> KeptEvents {
        let all = (1..).zip(&self.feed.events);
        let found = all.filter(|(number, _)| *number > read.after);
        let found = found.take(read.most).map(|(number, event)| NumberedEvent {
            number,
            event: event.clone(),
            text: None,
        });
        KeptEvents {
            events: found.collect(),
            newest: self.feed.events.len() as u64,
        }
    }

    /// Does something with a report, and notes it in the audit log.
    pub(super) fn report(
        &mut self,
        work: ReportWork,
        also: ReportRows,
    ) -> Result<Report, ReportError> {
        let rooms = &self.rooms;
        let (report, act) = (self.reports).carry_out(work, |subject| subject_in(rooms, subject))?;
        self.audit.note(&act);
        if let Some(notice) = report.notice() {
            self.notices.insert(report.id, notice);
        }
        self.add(also(&report));
        Ok(report)
    }

    /// The reports.
    pub(super) fn reports(&self) -> &ReportBook {
        &self.reports
    }

    /// The audit log.
    pub(super) fn audit(&self) -> &AuditBook {
        &self.audit
    }

    /// A room and its newest lines; `None` if nothing was ever said in it.
    pub(super) fn room(&self, name: &str, most: usize, bytes: usize) -> Option<KeptRoom> {
        let room = self.rooms.get(name)?;
        let mut left = bytes;
        let fits = |line: &&Line| {
            let length = frame_length(line);
            let fits = length <= left;
            left = left.saturating_sub(length);
            fits
        };
        let newest = room.lines.iter().rev().take(most).take_while(fits);
        let mut lines: Vec<_> = newest.cloned().collect();
        lines.reverse();
        Some(KeptRoom {
            epoch: room.epoch,
            last: Seq(room.lines.len() as u64),
            lines,
        })
    }

    /// The rooms in which a user has said something, with the number that it had there.
    pub(super) fn speakers(&self, read: &SpeakersRead) -> Vec<(Arc<str>, UserId)> {
        let is_wanted = |room: &&Arc<str>| read.room.as_ref().is_none_or(|wanted| wanted == *room);
        let mut found = BTreeSet::new();
        for room in self.rooms.keys().filter(is_wanted) {
            for line in &self.rooms[room].lines {
                let is_its = line.sender == read.user.0
                    || (!read.account.is_empty() && *line.user == *read.account);
                if is_its && line.sender != 0 {
                    found.insert((Arc::clone(room), UserId(line.sender)));
                }
            }
        }
        found.into_iter().collect()
    }

    /// Some of a room's lines.
    pub(super) fn lines(&self, read: &LinesRead) -> KeptLines {
        let Some(room) = self.rooms.get(&read.room) else {
            return KeptLines {
                epoch: read.epoch,
                oldest: Seq(1),
                first: Seq(1),
                ..KeptLines::default()
            };
        };
        let mut found = KeptLines {
            epoch: room.epoch,
            oldest: Seq(1),
            first: Seq(room.lines.len() as u64 + 1),
            ..KeptLines::default()
        };
        if room.epoch != read.epoch {
            return found;
        }
        let (newest_first, first, last, times) = match read.which {
            Which::NewestBefore {
                seq,
                before_time,
                after_time,
            } => {
                let end = if seq.0 == 0 { u64::MAX } else { seq.0 };
                (true, 0, end, (after_time, before_time))
            }
            Which::OldestFrom {
                seq,
                before_time,
                after_time,
            } => (false, seq.0, u64::MAX, (after_time, before_time)),
        };
        let belongs = |line: &&Line| {
            (first..last).contains(&line.seq)
                && times.0 <= line.time
                && (times.1 == 0 || line.time < times.1)
        };
        let mut all: Vec<&Line> = room.lines.iter().filter(belongs).collect();
        if newest_first {
            all.reverse();
        }
        let mut taken: Vec<&Line> = Vec::new();
        let mut bytes = 0;
        for line in &all {
            bytes += frame_length(line);
            let follows = taken
                .last()
                .is_none_or(|before| before.seq.abs_diff(line.seq) == 1);
            if taken.len() == read.most || !follows || (!taken.is_empty() && bytes > read.bytes) {
                found.more = true;
                break;
            }
            taken.push(line);
        }
        if newest_first {
            taken.reverse();
        }
        if let Some(line) = taken.first() {
            found.first = Seq(line.seq);
        }
        found.count = taken.len();
        let mut frames = BytesMut::new();
        for line in taken {
            frame::put_line(&mut frames, line);
        }
        found.frames = frames.freeze();
        found
    }
}

fn frame_length(line: &Line) -> usize {
    let mut frame = BytesMut::new();
    frame::put_line(&mut frame, line);
    frame.len()
}

/// Finds what a report is about, without earlier versions, which this journal does not keep.
fn subject_in(rooms: &HashMap<Arc<str>, RoomLines>, subject: &Subject) -> Option<FoundSubject> {
    let Subject::Kept { room, line } = subject else {
        return None;
    };
    let kept = rooms.get(room)?;
    let mut lines = kept.lines.iter();
    let found = match *line {
        KeptLine::At(epoch, seq) => lines.find(|line| epoch == kept.epoch && line.seq == seq.0),
        KeptLine::Of(session, request) => {
            lines.find(|line| session_of(line) == session && line.nonce == request.0)
        }
    };
    let line = |seq: u64| kept.lines.iter().find(|line| line.seq == seq);
    let line = found.and_then(|found| changed_by(found).map_or(Some(found), line))?;
    let found = FoundLines {
        line: line.clone(),
        versions: Vec::new(),
        around: kept.lines.clone(),
    };
    Some(FoundSubject {
        place: Location {
            room: Arc::clone(room),
            epoch: kept.epoch,
            seq: Seq(line.seq),
            whisper: 0,
        },
        user: found.user()?,
        evidence: found.into_evidence(),
    })
}
