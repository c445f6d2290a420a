//! What one network thread has not taken over yet of what others said in a room,
//! and which forms of it are wanted there.

use bytes::BytesMut;

use crate::frame::{FORMS, Form};

/// A buffer is kept from one turn to the next unless it grew above this.
const KEEP_BUFFER: usize = 64 * 1024;

/// What pends in a thread's half of a room, by form.
pub(crate) type Pending<'a> = [&'a mut BytesMut; FORMS];

/// One thread's letters of one room.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// Whether the thread has the room.
    is_seated: bool,
    /// How many members the thread has, by form.
    members: [usize; FORMS],
    /// Frames, by form; none in a form that no member there is sent.
    frames: [BytesMut; FORMS],
}

impl Inbox {
    /// The inbox of a thread that has the room from now on.
    pub(crate) fn seated() -> Self {
        Self {
            is_seated: true,
            ..Self::default()
        }
    }

    /// Whether the thread has the room.
    pub(crate) fn is_seated(&self) -> bool {
        self.is_seated
    }

    /// Counts a member in.
    pub(crate) fn count_in(&mut self, form: Form) {
        self.members[form as usize] += 1;
    }

    /// Counts a member out.
    pub(crate) fn count_out(&mut self, form: Form) {
        self.members[form as usize] -= 1;
    }

    /// Whether any member there is sent this form.
    pub(crate) fn wants(&self, form: Form) -> bool {
        self.members[form as usize] > 0
    }

    /// How many bytes wait.
    pub(crate) fn len(&self) -> usize {
        self.frames.iter().map(BytesMut::len).sum()
    }

    /// Puts in what was appended to `pending` behind `starts`, as far as it is
    /// wanted. Whether the thread has to be told: something waits, and nothing
    /// did.
    pub(crate) fn put(&mut self, pending: &Pending<'_>, starts: [usize; FORMS]) -> bool {
        let before = self.len();
        for form in 0..FORMS {
            if self.members[form] > 0 {
                self.frames[form].extend_from_slice(&pending[form][starts[form]..]);
            }
        }
        before == 0 && self.len() > 0
    }

    /// Drops what was appended to the thread's own `pending` behind `starts` and
    /// is not wanted there.
    pub(crate) fn drop_unwanted(&self, pending: &mut Pending<'_>, starts: [usize; FORMS]) {
        for form in 0..FORMS {
            if self.members[form] == 0 {
                pending[form].truncate(starts[form]);
            }
        }
    }

    /// Appends what waits to `pending`.
    pub(crate) fn take_over(&mut self, pending: &mut Pending<'_>) {
        for (pending, frames) in pending.iter_mut().zip(&mut self.frames) {
            pending.extend_from_slice(frames);
            if frames.capacity() > KEEP_BUFFER {
                *frames = BytesMut::new();
            }
            frames.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(inbox: &mut Inbox, bytes: &[u8]) -> bool {
        let mut pending = <[BytesMut; FORMS]>::default();
        for pending in &mut pending {
            pending.extend_from_slice(b"sent already");
            pending.extend_from_slice(bytes);
        }
        inbox.put(&pending.each_mut(), [12; FORMS])
    }

    #[test]
    fn what_is_wanted_is_taken_over_and_told_of_once() {
        let mut inbox = Inbox::seated();
        assert!(!put(&mut inbox, b"nobody is there"));
        inbox.count_in(Form::V1);
        assert!(put(&mut inbox, b"a"));
        assert!(!put(&mut inbox, b"b"));
        let mut pending = <[BytesMut; FORMS]>::default();
        inbox.take_over(&mut pending.each_mut());
        assert_eq!(pending, [&b""[..], b"ab"]);
        assert_eq!(inbox.len(), 0);
        inbox.count_out(Form::V1);
        assert!(!put(&mut inbox, b"c"));
    }

    #[test]
    fn a_burst_leaves_no_large_buffer() {
        let mut inbox = Inbox::seated();
        inbox.count_in(Form::V1);
        put(&mut inbox, &vec![0; 4 * KEEP_BUFFER]);
        inbox.take_over(&mut <[BytesMut; FORMS]>::default().each_mut());
        let capacity = inbox.frames.iter().map(BytesMut::capacity);
        assert!(capacity.sum::<usize>() <= KEEP_BUFFER);
    }
}
