//! The answers to requests: what was asked for, or why it was refused.

use alloc::boxed::Box;
use alloc::string::String;

use super::delayed::again_at;
use super::pending_requests::PendingRequest;
use super::room::Room;
use super::{Action, Event, FailReason, RequestKind, Session};
use crate::RequestId;
use guildhall_protocol::{
    CloseCode, ErrorCode, Purged, Reply, ReplyResult, Reported, RequestError,
};

/// Whether this is an answer to a request of this kind.
fn is_answer(kind: RequestKind, result: &ReplyResult) -> bool {
    matches!(
        (kind, result),
        (
            RequestKind::Block | RequestKind::Unblock | RequestKind::ListBlocks,
            ReplyResult::Blocks(_)
        ) | (RequestKind::Report, ReplyResult::Reported(_))
            | (RequestKind::Impose, ReplyResult::Imposed(_))
            | (RequestKind::Lift, ReplyResult::Lifted(_))
            | (RequestKind::ChangeRoom, ReplyResult::RoomChanged(_))
            | (RequestKind::Clear, ReplyResult::Cleared(_))
            | (RequestKind::Purge, ReplyResult::Purged(_))
            | (RequestKind::SetRole, ReplyResult::RoleSet(_))
            | (RequestKind::ListModerators, ReplyResult::Moderators(_))
            | (RequestKind::ListSanctions, ReplyResult::Sanctions(_))
    )
}

impl Session {
    pub(super) fn reply(&mut self, Reply { id, result }: Reply, now: u64) {
        let id = RequestId(id);
        let Some(pending) = self.pending_requests.take(id) else {
            return self.answer_message(id, result, now);
        };
        match (pending, result) {
            (pending, Some(ReplyResult::Error(error))) => {
                self.refuse(pending, id, error, now);
            }
            (PendingRequest::Hello { name }, Some(ReplyResult::Welcome(welcome))) => {
                self.lost_hello.forget();
                self.welcome(welcome, !name.is_empty(), now);
            }
            (PendingRequest::Join(_), Some(ReplyResult::Joined(joined))) => self.joined(id, joined),
            (PendingRequest::Leave(_), Some(ReplyResult::Left(left))) => self.left(&left.room),
            (PendingRequest::Rename(_), Some(ReplyResult::Renamed(renamed))) => {
                self.name.clone_from(&renamed.name);
                self.chosen_name.clone_from(&renamed.name);
                self.emit(Event::RenamedSelf(renamed.name));
            }
            (PendingRequest::Refresh, Some(ReplyResult::Refreshed(refreshed))) => {
                self.tokens.taken(refreshed.ttl, now);
            }
            (PendingRequest::ListRooms, Some(ReplyResult::Rooms(list))) => {
                self.emit(Event::RoomList {
                    rooms: list.rooms,
                    total: list.total,
                });
            }
            (PendingRequest::Check, Some(ReplyResult::Rooms(_))) => {}
            (PendingRequest::ListMembers(room), Some(ReplyResult::Members(list))) => {
                self.member_list(&room, list);
            }
            (PendingRequest::FetchHistory { room, position }, Some(ReplyResult::History(page))) => {
                self.history(&room, position, page);
            }
            (PendingRequest::MarkRead(room), Some(ReplyResult::MarkedRead(_))) => {
                self.marked_read(&room, now);
            }
            (PendingRequest::ListUnread, Some(ReplyResult::Unread(list))) => {
                self.emit(Event::UnreadList(list.rooms));
            }
            (PendingRequest::Search { is_first }, Some(ReplyResult::Found(page))) => {
                self.found(id, is_first, page);
            }
            (PendingRequest::HistoryOf(room), Some(ReplyResult::History(page))) => {
                self.history_of(room, page);
            }
            (PendingRequest::Other { kind, subject }, Some(result)) if is_answer(kind, &result) => {
                self.answered(kind, subject, result);
            }
            (pending, _) => {
                self.pending_requests.push(id, pending);
                self.emit(Event::BadMessage("an answer to something else"));
            }
        }
    }

    /// A reply to none of the pending requests, perhaps to a message.
    fn answer_message(&mut self, nonce: RequestId, result: Option<ReplyResult>, now: u64) {
        match result {
            Some(ReplyResult::Error(error))
                if error.temporary && self.messages.delayed(nonce, error.retry_after, now) =>
            {
                if error.code() == ErrorCode::SlowMode {
                    self.slowed(&error, now);
                }
                self.fail_in_unwanted_rooms();
            }
            Some(ReplyResult::Error(error)) => {
                if let Ok(event) = self.messages.refused(nonce, error) {
                    self.emit(event);
                    self.send_unblocked();
                }
            }
            Some(ReplyResult::Repeated(_)) => drop(self.stored(nonce)),
            Some(ReplyResult::Held(_)) => {
                let session = self.own().session_number();
                let events = &mut self.events;
                let tell = |event| events.push_back(event);
                if self.messages.held(nonce, session, tell) {
                    self.emit(Event::Held { nonce });
                    self.send_unblocked();
                }
            }
            // An answer that is of no use any more.
            _ => {}
        }
    }

    /// The server has stored a message. Returns whether that is news.
    pub(super) fn stored(&mut self, nonce: RequestId) -> bool {
        let is_news = self.messages.stored(nonce);
        if is_news {
            self.emit(Event::Sent { nonce });
            self.send_unblocked();
        }
        is_news
    }

    /// The answer to a request of which only the kind and the subject were kept.
    fn answered(&mut self, request: RequestKind, subject: String, result: ReplyResult) {
        match result {
            ReplyResult::Blocks(blocks) if request == RequestKind::ListBlocks => {
                self.set_blocks(blocks.users.clone());
                self.emit(Event::BlockList(blocks.users));
            }
            ReplyResult::Blocks(blocks) => {
                self.set_blocks(blocks.users);
                self.emit(Event::Done { request, subject });
            }
            ReplyResult::Reported(Reported { id }) => self.emit(Event::Reported { id }),
            ReplyResult::Imposed(imposed) => {
                let sanction = Box::new(imposed.sanction.unwrap_or_default());
                self.emit(Event::Imposed(sanction));
            }
            ReplyResult::RoomChanged(changed) => {
                self.room_changed(changed);
                self.emit(Event::Done { request, subject });
            }
            ReplyResult::Purged(Purged { rooms }) => self.emit(Event::Purged {
                user: subject,
                rooms,
            }),
            ReplyResult::Moderators(list) => self.emit(Event::ModeratorList {
                room: subject,
                moderators: list.moderators,
            }),
            ReplyResult::Sanctions(list) => self.emit(Event::SanctionList {
                room: subject,
                sanctions: list.sanctions,
                more: list.more,
            }),
            _ => self.emit(Event::Done { request, subject }),
        }
    }

    fn refuse(&mut self, pending: PendingRequest, id: RequestId, error: RequestError, now: u64) {
        let is_about_name = matches!(
            error.code(),
            ErrorCode::BadName
                | ErrorCode::NameTaken
                | ErrorCode::NameFixed
                // A filter has found something in it.
                | ErrorCode::RefusedText
        );
        let is_about_token = error.code() == ErrorCode::BadToken;
        match &pending {
            PendingRequest::Hello { name } if is_about_name && !name.is_empty() => {
                if error.code() == ErrorCode::NameTaken
                    && let Some(again_at) = self.lost_hello.again_at(name, now)
                {
                    self.hello_at = Some(again_at);
                    return;
                }
                self.pending_name = None;
                self.chosen_name.clear();
                self.emit(Event::NameRefused(error));
                self.send_hello(String::new());
                return;
            }
            // The server's close says whether another token helps.
            PendingRequest::Hello { .. } | PendingRequest::Refresh if is_about_token => {
                self.tokens.forget();
            }
            PendingRequest::Hello { .. } if error.temporary => {
                self.hello_at = Some(again_at(&error, 0, now));
                return;
            }
            PendingRequest::Refresh if error.temporary => {
                return self.tokens.delay(again_at(&error, 0, now));
            }
            PendingRequest::Hello { .. } => {
                let code = match error.code() {
                    // The server would close with this code, too.
                    ErrorCode::Banned => CloseCode::Banned.code(),
                    // It knows later requests of the session, which another client has sent.
                    ErrorCode::BadRequest if !self.secret.is_empty() => CloseCode::Replaced.code(),
                    _ => 0,
                };
                if code != CloseCode::Replaced.code() {
                    self.emit_refused(pending, error);
                }
                self.actions
                    .push_back(Action::Close(CloseCode::Normal.code()));
                self.link.close(code, "");
                self.disconnected();
                return;
            }
            PendingRequest::Join(_) => {
                let is_it = |room: &Room| room.joining == Some(id);
                let Some(index) = self.rooms.iter().position(is_it) else {
                    return;
                };
                if error.temporary {
                    return self.delay_join(index, error, now);
                }
                let name = self.rooms.remove(index).view.name;
                self.given_rooms.retain(|given| *given != name);
            }
            PendingRequest::Rename(name) if error.temporary => {
                return self.delay_rename(name.clone(), error, now);
            }
            // An error is an answer, too.
            PendingRequest::Check => return,
            PendingRequest::MarkRead(room) => return self.mark_refused(room, &error, now),
            PendingRequest::Search { .. } if !self.search_refused(id) => return,
            // The user wanted that.
            PendingRequest::Leave(_) if error.code() == ErrorCode::NotInRoom => return,
            PendingRequest::FetchHistory { room, .. } => {
                if let Some(index) = self.room_index(room) {
                    self.rooms[index].stop_fetching();
                }
            }
            _ => {}
        }
        self.emit_refused(pending, error);
        self.fail_in_unwanted_rooms();
    }

    fn emit_refused(&mut self, request: PendingRequest, error: RequestError) {
        self.emit(Event::RequestFailed {
            request: request.kind(),
            subject: request.into_subject(),
            reason: FailReason::Refused(error),
        });
    }
}
