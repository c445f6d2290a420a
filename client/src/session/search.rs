//! Lines that the user looks for: by words, speaker and time in one room or in all, and the lines
//! of a time. What is found is told, and kept nowhere here.

use alloc::string::String;
use alloc::vec::Vec;

use super::line::chat_line;
use super::pending_requests::PendingRequest;
use super::requests::check_length;
use super::room::cut;
use super::{ChatLine, Event, Recipient, SendError, Session};
use crate::{RequestId, UserId};
use guildhall_protocol::{FetchHistory, HistoryPage, Line, RequestBody, SearchPage};

/// The longest position of a search that is taken from the server: a request has to hold it.
const LONGEST_POSITION: usize = 1024;

/// The lines to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Query<'a> {
    /// The room. Empty: all that the user is in.
    pub room: &'a str,
    /// Words that a line has, all of them. Empty: any.
    pub text: &'a str,
    /// The speaker. `None`: anybody.
    pub speaker: Option<Recipient<'a>>,
    /// Only lines that were said before this time, in milliseconds since 1970; 0: at any time.
    pub before_time: u64,
    /// Only lines that were said at this time or later; 0: at any time.
    pub after_time: u64,
}

/// The search that the user began last.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// With the position of the page that is asked for, or of the next one.
    query: guildhall_protocol::Search,
    /// Whether there is a next page.
    has_more: bool,
    /// The request that has no answer yet.
    asked: Option<RequestId>,
}

impl Session {
    /// Looks for lines, the newest first: [`Event::SearchPage`] is the answer. Whatever was
    /// looked for before is given up, and its answer is not told.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `TooLong`, `NotInRoom`, `TooManyPending`.
    pub fn search(&mut self, query: &Query<'_>) -> Result<(), SendError> {
        self.check_can_request()?;
        check_length(query.text, self.limits.text_bytes)?;
        let room = match query.room {
            "" => String::new(),
            room => self.joined_room(room)?.view.name.clone(),
        };
        let (sender, name) = match query.speaker {
            None => (0, ""),
            Some(Recipient::Id(UserId(id))) => (id, ""),
            Some(Recipient::Name(name)) => (0, cut(name)),
        };
        self.search.query = guildhall_protocol::Search {
            room,
            text: query.text.into(),
            sender,
            name: name.into(),
            before_time: query.before_time,
            after_time: query.after_time,
            limit: 0,
            from: Vec::new(),
        };
        self.request_search(true);
        Ok(())
    }

    /// Looks for the lines behind those that were found last. Returns whether an answer is on
    /// its way now: not if there are no such lines. After an error, [`search`](Self::search)
    /// begins anew.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `TooManyPending`.
    pub fn search_on(&mut self) -> Result<bool, SendError> {
        self.check_can_request()?;
        if self.search.has_more && self.search.asked.is_none() {
            self.request_search(false);
        }
        Ok(self.search.asked.is_some())
    }

    fn request_search(&mut self, is_first: bool) {
        let body = RequestBody::Search(self.search.query.clone());
        let id = self.request(body, PendingRequest::Search { is_first });
        self.search.asked = Some(id);
        self.search.has_more = false;
    }

    pub(super) fn found(&mut self, id: RequestId, is_first: bool, page: SearchPage) {
        if self.search.asked != Some(id) {
            return;
        }
        let more = (1..=LONGEST_POSITION).contains(&page.next.len());
        self.search.asked = None;
        self.search.has_more = more;
        self.search.query.from = page.next;
        let lines = self.chat_lines(page.lines);
        self.emit(Event::SearchPage {
            lines,
            more,
            is_first,
        });
    }

    /// The answer to a search is an error. Returns whether the user still waits for it.
    pub(super) fn search_refused(&mut self, id: RequestId) -> bool {
        self.search.asked.take_if(|asked| *asked == id).is_some()
    }

    /// The connection is lost, and with it the answer.
    pub(super) fn search_lost(&mut self) {
        self.search.asked = None;
    }

    /// Asks for the lines of a joined room that were said at `after_time` or later, from the
    /// first one on; or for the last ones before `before_time`; or for those between the two. In
    /// milliseconds since 1970; 0: at any time. [`Event::HistoryOf`] is the answer. It changes
    /// nothing of what [`fetch_history`](Self::fetch_history) asks for.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `NotInRoom`, `TooManyPending`.
    pub fn fetch_history_of(
        &mut self,
        room: &str,
        before_time: u64,
        after_time: u64,
    ) -> Result<(), SendError> {
        self.check_can_request()?;
        let view = &self.joined_room(room)?.view;
        let (room, epoch) = (view.name.clone(), view.epoch);
        let fetch = FetchHistory {
            room: room.clone(),
            epoch,
            before: 0,
            limit: 0,
            before_time,
            after_time,
        };
        let pending = PendingRequest::HistoryOf(room);
        self.request(RequestBody::FetchHistory(fetch), pending);
        Ok(())
    }

    pub(super) fn history_of(&mut self, room: String, page: HistoryPage) {
        let HistoryPage {
            epoch,
            mut lines,
            more,
            ..
        } = page;
        for line in &mut lines {
            line.room.clone_from(&room);
            line.epoch = epoch;
        }
        let lines = self.chat_lines(lines);
        self.emit(Event::HistoryOf { room, lines, more });
    }

    /// The lines that were said, without the changes and without what is not to be seen.
    fn chat_lines(&self, lines: Vec<Line>) -> Vec<ChatLine> {
        let own = self.own();
        let is_seen = |it: &Line| it.change.is_none() && !it.hidden && !it.removed;
        let said = lines.into_iter().filter(is_seen);
        said.map(|line| chat_line(line, &own, true)).collect()
    }
}
