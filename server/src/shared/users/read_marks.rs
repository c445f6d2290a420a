//! The read marks of users, and when the journal gets them.

use std::sync::Arc;
use std::time::Instant;

use crate::shared::join::Position;
use crate::shared::user::{HandOver, User};

use super::Users;

impl Users {
    /// Records that a user has read a room up to this line. Returns false if it was known
    /// already.
    pub(crate) fn mark_read(
        &self,
        user: &Arc<User>,
        room: &Arc<str>,
        read: Position,
        now: Instant,
    ) -> bool {
        if !user.mark_read(room, read) {
            return false;
        }
        if self.records.journal().is_some() {
            match user.begin_hand_over(now) {
                HandOver::Waiting => {}
                HandOver::Now => self.hand_over_marks_of(Arc::clone(user)),
                HandOver::Later => self.late_marks.lock().push(Arc::clone(user)),
            }
        } else {
            user.forget_lost_marks();
        }
        true
    }

    /// Hands over the read marks that wait for it.
    pub(crate) fn hand_over_marks(&self) {
        let late = std::mem::take(&mut *self.late_marks.lock());
        for user in late {
            self.hand_over_marks_of(user);
        }
    }

    fn hand_over_marks_of(&self, user: Arc<User>) {
        self.records.note_later(move || user.take_new_marks());
    }
}
