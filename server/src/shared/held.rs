//! Texts that wait for a moderator. They are no lines of their rooms: nobody sees them but
//! moderators, and their users know that they wait. With a journal they are kept over a restart,
//! and a user is told that its text waits when it is kept.
//!
//! [`acts::held`](super::acts::held) has what moderators do with them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use guildhall_protocol::{Held, ReplyResult};

use crate::filter::FilterKind;
use crate::ids::{RequestId, SessionId, UserId};
use crate::journal::{Failure, HeldText, Row};
use crate::moderation::{Act, ActKind, Actor, UserSnapshot};
use crate::outgoing::frame;
use crate::sync::lock::Lock;

use super::Shared;
use super::records::Records;
use super::room_state::durable::unavailable;
use super::user::session::{ConnectionRef, UserSession};

/// The most texts that wait.
const MOST: usize = 10_000;

/// The most of them of all guests together: anybody can be hundreds of guests.
const MOST_OF_GUESTS: usize = MOST / 2;

/// The most of them of one user.
const MOST_OF_USER: usize = 32;

/// How many rejected texts are remembered, for clients that send them again.
const MOST_REJECTED: usize = 1_024;

/// The texts that wait.
#[derive(Debug, Default)]
pub(crate) struct HeldTexts {
    inner: Lock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    by_id: BTreeMap<u64, Entry>,
    by_request: HashMap<(SessionId, RequestId), u64>,
    of_user: HashMap<UserId, usize>,
    of_guests: usize,
    rejected: VecDeque<Rejected>,
    /// The last number that a text got.
    last: u64,
}

#[derive(Debug)]
struct Entry {
    held: Arc<HeldText>,
    state: State,
}

/// How far a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The journal has not kept it.
    Unkept,
    /// It waits for a moderator.
    Waits,
    /// A moderator is about to publish it.
    Taken,
}

#[derive(Debug)]
struct Rejected {
    request: (SessionId, RequestId),
    filter: FilterKind,
    words: Arc<str>,
}

/// The state of a request whose text was held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeldState {
    /// It waits.
    Waits,
    /// It was rejected, with these words.
    Rejected(FilterKind, Arc<str>),
}

impl HeldTexts {
    /// Takes over the texts of before the start of the server, and the first number that no text
    /// has had.
    pub(crate) fn restore(&self, waiting: Vec<HeldText>, next: u64) {
        let mut inner = self.inner.lock();
        inner.last = next.saturating_sub(1);
        for held in waiting {
            inner.add(Arc::new(held), State::Waits);
        }
    }

    /// Whether no more texts of this user can wait.
    pub(crate) fn is_full_for(&self, user: &UserSnapshot) -> bool {
        let inner = self.inner.lock();
        let own = inner.of_user.get(&user.id).copied().unwrap_or(0);
        let are_guests_full = user.account.is_empty() && inner.of_guests >= MOST_OF_GUESTS;
        inner.by_id.len() >= MOST || own >= MOST_OF_USER || are_guests_full
    }

    /// Returns the state of a request, if its text was held.
    pub(crate) fn state_of(&self, session: SessionId, nonce: RequestId) -> Option<HeldState> {
        let (inner, request) = (self.inner.lock(), (session, nonce));
        if inner.by_request.contains_key(&request) {
            return Some(HeldState::Waits);
        }
        let mut rejected = inner.rejected.iter().rev();
        let rejected = rejected.find(|rejected| rejected.request == request)?;
        let words = Arc::clone(&rejected.words);
        Some(HeldState::Rejected(rejected.filter, words))
    }

    /// The texts that wait behind this number, the oldest first, at most so many; of this room, if
    /// one is named.
    pub(crate) fn after(
        &self,
        id: u64,
        most: usize,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Vec<Arc<HeldText>> {
        let inner = self.inner.lock();
        let waiting = inner.by_id.range(id.saturating_add(1)..);
        let waiting = waiting
            .filter(|(_, entry)| entry.state != State::Unkept && is_wanted(&entry.held.room));
        let held = waiting.map(|(_, entry)| Arc::clone(&entry.held));
        held.take(most).collect()
    }

    /// Takes a text, so that nobody else decides about it meanwhile. The caller gives it back or
    /// removes it.
    pub(crate) fn take(&self, id: u64) -> Option<Arc<HeldText>> {
        let mut inner = self.inner.lock();
        let entry = inner.by_id.get_mut(&id)?;
        (entry.state == State::Waits).then(|| {
            entry.state = State::Taken;
            Arc::clone(&entry.held)
        })
    }

    /// A text waits again.
    pub(crate) fn give_back(&self, id: u64) {
        if let Some(entry) = self.inner.lock().by_id.get_mut(&id) {
            entry.state = State::Waits;
        }
    }

    /// The numbers of this user's texts.
    pub(crate) fn of_user(&self, user: &UserSnapshot) -> Vec<u64> {
        let inner = self.inner.lock();
        let own = inner
            .by_id
            .values()
            .filter(|entry| entry.held.user.is_same_user(user));
        own.map(|entry| entry.held.id).collect()
    }

    /// A text waits no more. If it was rejected, `words` say why.
    pub(crate) fn remove(&self, id: u64, words: Option<&Arc<str>>) {
        let mut inner = self.inner.lock();
        let Some(held) = inner.remove(id) else {
            return;
        };
        let Some(words) = words else {
            return;
        };
        if inner.rejected.len() == MOST_REJECTED {
            inner.rejected.pop_front();
        }
        inner.rejected.push_back(Rejected {
            request: (held.session, held.nonce),
            filter: held.filter,
            words: Arc::clone(words),
        });
    }

    /// Adds a text, and gives it its number.
    fn add_new(&self, held: HeldText, state: State) -> Arc<HeldText> {
        let mut inner = self.inner.lock();
        inner.last += 1;
        let held = Arc::new(HeldText {
            id: inner.last,
            ..held
        });
        inner.add(Arc::clone(&held), state);
        held
    }
}

impl Inner {
    fn add(&mut self, held: Arc<HeldText>, state: State) {
        self.by_request.insert((held.session, held.nonce), held.id);
        *self.of_user.entry(held.user.id).or_default() += 1;
        self.of_guests += usize::from(held.user.account.is_empty());
        self.by_id.insert(held.id, Entry { held, state });
    }

    fn remove(&mut self, id: u64) -> Option<Arc<HeldText>> {
        let Entry { held, .. } = self.by_id.remove(&id)?;
        self.by_request.remove(&(held.session, held.nonce));
        self.of_guests -= usize::from(held.user.account.is_empty());
        if let Some(own) = self.of_user.get_mut(&held.user.id) {
            *own -= 1;
            if *own == 0 {
                self.of_user.remove(&held.user.id);
            }
        }
        Some(held)
    }
}

impl Shared {
    /// The texts that wait.
    pub(crate) fn held(&self) -> &HeldTexts {
        &self.held
    }

    /// Holds a text that its session has accepted; with a journal, as waiting. Returns whether it
    /// is held already: with a journal, the connection gets the answer when it is kept.
    pub(crate) fn hold(
        self: &Arc<Self>,
        held: HeldText,
        session: &Arc<UserSession>,
        connection: ConnectionRef,
    ) -> bool {
        if self.journal.is_none() {
            let held = self.held.add_new(held, State::Waits);
            self.note_held(&held);
            return true;
        }
        let held = self.held.add_new(held, State::Unkept);
        let (shared, session, row) = (Arc::clone(self), Arc::clone(session), (*held).clone());
        let done = move |result: Result<(), Failure>| {
            let (nonce, is_kept) = (held.nonce, result.is_ok());
            let result = if is_kept {
                shared.held.give_back(held.id);
                session.decide(nonce, true);
                shared.note_held(&held);
                ReplyResult::Held(Held {})
            } else {
                shared.held.remove(held.id, None);
                session.fail(&held.room, nonce);
                ReplyResult::Error(unavailable(Some(&held.room)))
            };
            let frames = frame::packet(&frame::reply(nonce, result));
            let ConnectionRef { thread, id } = connection;
            shared.mailboxes.deliver(thread, id, frames);
        };
        let rows = move || vec![Row::Held(Box::new(row))];
        Records::new(self.journal.clone()).try_note(rows, Box::new(done));
        false
    }

    fn note_held(&self, held: &HeldText) {
        self.note_act(&Act {
            time: held.time,
            by: Actor::Server,
            kind: ActKind::Held,
            user: Some(held.user.clone()),
            room: Arc::clone(&held.room),
            details: vec![
                ("held", held.id.to_string()),
                ("filter", held.filter.word().to_owned()),
            ],
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(user: u64, nonce: u64) -> HeldText {
        HeldText {
            id: 0,
            time: 7,
            room: "red".into(),
            user: UserSnapshot {
                id: UserId(user),
                account: "".into(),
                name: "ann".into(),
            },
            info: "".into(),
            session: SessionId(user),
            nonce: RequestId(nonce),
            text: "hello".into(),
            action: false,
            about: None,
            is_edit: false,
            filter: FilterKind::Words,
        }
    }

    fn ids(held: &HeldTexts, after: u64, most: usize) -> Vec<u64> {
        let texts = held.after(after, most, |_| true);
        texts.iter().map(|text| text.id).collect()
    }

    #[test]
    fn texts_have_numbers_and_are_listed_when_they_are_kept() {
        let held = HeldTexts::default();
        held.add_new(text(1, 1), State::Waits);
        let unkept = held.add_new(text(1, 2), State::Unkept);
        held.add_new(text(2, 1), State::Waits);
        assert_eq!(ids(&held, 0, 9), [1, 3]);
        held.give_back(unkept.id);
        assert_eq!(ids(&held, 0, 9), [1, 2, 3]);
        assert_eq!(ids(&held, 1, 1), [2]);
        assert_eq!(ids(&held, u64::MAX, 9), [0; 0]);
        assert_eq!(held.after(0, 9, |room| room == "blue").len(), 0);
        assert_eq!(held.after(0, 9, |room| room == "red").len(), 3);
    }

    #[test]
    fn one_moderator_decides() {
        let held = HeldTexts::default();
        held.add_new(text(1, 1), State::Waits);
        assert!(held.take(9).is_none());
        assert_eq!(held.take(1).unwrap().nonce, RequestId(1));
        assert!(held.take(1).is_none(), "somebody else decides");
        held.give_back(1);
        assert!(held.take(1).is_some());
        held.remove(1, None);
        assert!(held.take(1).is_none());
        assert_eq!(held.state_of(SessionId(1), RequestId(1)), None);
    }

    #[test]
    fn a_request_is_known_as_waiting_and_as_rejected() {
        let held = HeldTexts::default();
        held.add_new(text(1, 5), State::Waits);
        let state = |nonce| held.state_of(SessionId(1), RequestId(nonce));
        assert_eq!(state(5), Some(HeldState::Waits));
        assert_eq!(state(4), None);
        let ann = text(1, 5).user;
        assert_eq!(held.of_user(&ann), [1]);
        let words: Arc<str> = "no".into();
        held.remove(1, Some(&words));
        let rejected = HeldState::Rejected(FilterKind::Words, words);
        assert_eq!(state(5), Some(rejected));
        for nonce in 10..3_000 {
            let id = held.add_new(text(1, nonce), State::Waits).id;
            held.remove(id, Some(&"".into()));
        }
        assert_eq!(state(5), None);
        assert_eq!(held.inner.lock().rejected.len(), MOST_REJECTED);
    }

    #[test]
    fn a_user_and_all_users_together_have_only_so_many() {
        let held = HeldTexts::default();
        let with_account = |user| HeldText {
            user: UserSnapshot {
                id: UserId(user),
                account: format!("account-{user}").into(),
                name: "".into(),
            },
            ..text(user, 1)
        };
        let is_full = |text: &HeldText| held.is_full_for(&text.user);
        for nonce in 0..MOST_OF_USER as u64 {
            assert!(!is_full(&text(1, 0)));
            held.add_new(text(1, nonce), State::Waits);
        }
        assert!(is_full(&text(1, 0)) && !is_full(&text(2, 0)));
        held.remove(1, None);
        assert!(!is_full(&text(1, 0)));
        for user in 0..MOST_OF_GUESTS as u64 {
            held.add_new(text(user + 2, 1), State::Waits);
        }
        // Guests leave a part of the places to users with an account.
        assert!(is_full(&text(99_999, 0)) && !is_full(&with_account(99_999)));
        for user in 0..MOST as u64 {
            held.add_new(with_account(100_000 + user), State::Waits);
        }
        assert!(is_full(&with_account(99_999)));
    }
}
