//! Reports to the moderators.

use alloc::string::String;

use super::blocks::named;
use super::requests::check_length;
use super::{Recipient, RequestKind, SendError, Session};
use guildhall_protocol::{Reason, Report, RequestBody};

/// Something that a user can report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reportable<'a> {
    /// A line of a room that the user is in.
    Line {
        /// The room.
        room: &'a str,
        /// The number of the line.
        seq: u64,
    },
    /// The whisper to this session with this number.
    Whisper(u64),
    /// A user.
    User(Recipient<'a>),
}

impl Session {
    /// Reports something to the moderators. [`Event::Reported`](super::Event::Reported) is the
    /// answer, and [`Event::ReportDecided`](super::Event::ReportDecided) follows some day.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `TooLong` for a note above the server's limit, `NotInRoom`, `NoSuchLine`,
    /// `Empty`, `TooManyPending`.
    pub fn report(
        &mut self,
        what: Reportable<'_>,
        reason: Reason,
        note: &str,
    ) -> Result<(), SendError> {
        self.check_can_request()?;
        check_length(note, self.limits.note_bytes)?;
        let mut report = Report {
            reason: reason.into(),
            note: note.into(),
            ..Report::default()
        };
        let mut subject = String::new();
        match what {
            Reportable::Line { room, seq } => {
                let (index, line) = self.line_of(room, seq)?;
                report.room.clone_from(&self.rooms[index].view.name);
                report.line = Some(line);
                subject.clone_from(&report.room);
            }
            Reportable::Whisper(seq) if (1..=self.whisper_seq).contains(&seq) => {
                report.whisper = seq;
            }
            Reportable::Whisper(_) => return Err(SendError::NoSuchLine),
            Reportable::User(user) => (report.user, report.name, subject) = named(user)?,
        }
        self.ask(RequestBody::Report(report), RequestKind::Report, subject);
        Ok(())
    }
}
