//! The reports of a `guildhall.v1` client: it reports a line, a whisper or a user to the moderators.
//! The answer is a receipt, and comes when the report is kept.

use std::sync::mpsc;

use guildhall_protocol::{ErrorCode, LineRef, Reason, ReplyResult, Report, Reported, RequestError};

use crate::hub::Hub;
use crate::ids::{RequestId, Seq};
use crate::journal::Failure;
use crate::journal::reports::ReportError;
use crate::names;
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::Access;
use crate::shared::acts::reports::About;
use crate::shared::user::session::ConnectionRef;
use crate::sync::moment::Moment;

use super::refusal::{bad_request, error, shown, temporary, unavailable};
use super::sanction_requests::check_note;
use super::welcomed::Welcomed;
use super::{Answer, Answered, reply};

/// After how many milliseconds a user with too many reports that are not decided may try again.
const RETRY_MILLIS: u32 = 60_000;

impl<W: Wire> Welcomed<W> {
    /// Reports something. With a journal, the answer comes when the report is kept.
    pub(super) fn report(
        &mut self,
        hub: &mut Hub<W>,
        id: RequestId,
        report: &Report,
        at: Moment,
    ) -> Answered {
        self.accept_new(id)?;
        self.count_report(hub, at)?;
        let reason = checked(report)?;
        let about = self.about(hub, report)?;
        let named = Named::of(report);
        let reporter = self.session.user.snapshot();
        let shared = hub.shared();
        if shared.journal().is_none() {
            let (tell, told) = mpsc::channel();
            // The receiver is there until the answer has come.
            let done = Box::new(move |result| drop(tell.send(result)));
            shared.report(reporter, about, reason, &report.note, at, done);
            let result = told.recv().unwrap_or(Err(ReportError::NoSuchReport));
            return answer(result.map(|report| report.id), &named).map(Answer::Now);
        }
        let mailboxes = shared.mailboxes().clone();
        let ConnectionRef { thread, id: to } = hub.reference(self.connection.id());
        let done = Box::new(move |result: Result<crate::journal::reports::Report, _>| {
            let result = answer(result.map(|report| report.id), &named);
            let result = result.unwrap_or_else(ReplyResult::Error);
            mailboxes.deliver(thread, to, frame::packet(&reply(id, result)));
        });
        shared.report(reporter, about, reason, &report.note, at, done);
        Ok(Answer::Sent)
    }

    /// The thing that the client reports.
    ///
    /// # Errors
    ///
    /// The client may not know of it, or there is nothing of the kind.
    fn about(&self, hub: &Hub<W>, report: &Report) -> Result<About, RequestError> {
        match report.line {
            Some(line) => self.reported_line(hub, &report.room, line),
            None if report.whisper != 0 => self.reported_whisper(report.whisper),
            None => {
                let user = hub.shared().user_meant(report.user, &report.name);
                user.map(About::User).ok_or_else(|| no_such_user(report))
            }
        }
    }

    /// A line of a room that the client is in, or may be in: it can leave a room first, and report
    /// afterwards.
    fn reported_line(
        &self,
        hub: &Hub<W>,
        room: &str,
        line: LineRef,
    ) -> Result<About, RequestError> {
        let not_in_room = match self.joined(room) {
            Ok(joined) => {
                let room = joined.room.borrow().name().clone();
                return Ok(About::Line { room, line });
            }
            Err(not_in_room) => not_in_room,
        };
        let name = names::room_name(room).map_err(|_| not_in_room.clone())?;
        let (rules, _) = hub.shared().rules();
        if Access::of(&self.rights, &name, rules.of(&name)).is_none() {
            return Err(not_in_room);
        }
        Ok(About::Line {
            room: name.as_str().into(),
            line,
        })
    }

    fn reported_whisper(&self, seq: u64) -> Result<About, RequestError> {
        let around = self.session.whispers_beside(Seq(seq));
        let whisper = around.iter().find(|whisper| whisper.seq == seq);
        let whisper = whisper.ok_or_else(|| no_such_line("", seq))?;
        Ok(About::Whisper {
            whisper: Box::new(whisper.clone()),
            around,
        })
    }
}

/// The thing that a report is about, for its error.
#[derive(Debug)]
struct Named {
    room: String,
    seq: u64,
}

impl Named {
    fn of(report: &Report) -> Self {
        Self {
            room: shown(&report.room),
            seq: report.line.map_or(report.whisper, |line| line.seq),
        }
    }
}

/// The reason of a report, if its fields belong together.
///
/// # Errors
///
/// Why it is not valid.
fn checked(report: &Report) -> Result<Reason, RequestError> {
    check_note(&report.note)?;
    let is_about_user = report.user != 0 || !report.name.is_empty();
    let about = [report.line.is_some(), report.whisper != 0, is_about_user];
    if about.iter().filter(|is_about| **is_about).count() != 1 {
        return Err(bad_request(
            "a report is about one thing: a line, a whisper or a user",
        ));
    }
    if report.line.is_some() == report.room.is_empty() {
        return Err(bad_request("a line has a room, and nothing else has one"));
    }
    match report.reason() {
        Reason::Unspecified => Err(bad_request("a report has a reason that the server knows")),
        reason => Ok(reason),
    }
}

/// The answer to a report.
fn answer(result: Result<u64, ReportError>, named: &Named) -> Result<ReplyResult, RequestError> {
    let refused = match result {
        Ok(id) => return Ok(ReplyResult::Reported(Reported { id })),
        Err(refused) => refused,
    };
    let room = (!named.room.is_empty()).then_some(&*named.room);
    Err(match refused {
        ReportError::NoSuchLine => no_such_line(&named.room, named.seq),
        ReportError::Already => error(ErrorCode::AlreadyReported, []),
        ReportError::TooManyOwn => temporary(error(ErrorCode::TooManyRequests, []), RETRY_MILLIS),
        ReportError::TooMany => unavailable(&Failure::Full, room),
        ReportError::Failed(failure) => unavailable(&failure, room),
        ReportError::Own
        | ReportError::NoSuchReport
        | ReportError::Claimed
        | ReportError::Decided => bad_request(&refused.to_string()),
    })
}

fn no_such_user(report: &Report) -> RequestError {
    let named = match report.user {
        0 => shown(&report.name),
        id => id.to_string(),
    };
    error(ErrorCode::NoSuchUser, [named])
}

fn no_such_line(room: &str, seq: u64) -> RequestError {
    error(ErrorCode::NoSuchLine, [room.to_owned(), seq.to_string()])
}
