//! Reports in a server with a journal that decides when it is told, and in one without.

mod told;

use guildhall_protocol::{
    ErrorCode, Join, LineRef, Reason, Remove, Report, ReportDecided, RequestError,
};

use super::*;
use crate::journal::audit::AuditRead;
use crate::journal::reports::{FullReport, ReportDecision, ReportFilter, ReportState, ReportsRead};
use crate::moderation::Actor;

/// A server: with a journal, or without one.
struct World {
    journal: Option<Arc<MemoryJournal>>,
    shared: Arc<Shared>,
}

impl World {
    fn in_memory() -> Self {
        Self {
            journal: None,
            shared: Shared::new(2, RoomLimits::default()),
        }
    }

    fn with_journal() -> Self {
        Self::over(MemoryJournal::new())
    }

    fn over(journal: Arc<MemoryJournal>) -> Self {
        let shared = Shared::with_memory_journal(2, RoomLimits::default(), &journal);
        let numbers = shared.restore(journal.known(), Instant::now());
        journal.decide_next(usize::MAX);
        numbers.wait().unwrap();
        Self {
            journal: Some(journal),
            shared,
        }
    }

    /// The server that starts after this one was killed.
    fn killed(&self) -> Self {
        Self::over(self.journal.as_ref().unwrap().restarted())
    }

    fn both() -> [Self; 2] {
        [Self::in_memory(), Self::with_journal()]
    }

    /// A client with a new session, which is kept, in the room `red`.
    fn client(&self) -> Client {
        let mut client = self.connect();
        client.hello(1, &[]);
        self.decide();
        client.request(2, RequestBody::Join(red()));
        client.taken();
        client
    }

    fn connect(&self) -> Client {
        let mut client = Client::connect(&self.shared, 1);
        client.journal = self.journal.clone();
        client
    }

    fn decide(&self) {
        if let Some(journal) = &self.journal {
            journal.decide_next(usize::MAX);
            journal.answer_next(usize::MAX);
        }
    }

    /// Calls an act, and waits for what it is done with.
    fn act<T: Send + 'static>(&self, act: impl FnOnce(Box<dyn FnOnce(T) + Send>)) -> T {
        let (done, result) = std::sync::mpsc::channel();
        act(Box::new(move |found| done.send(found).unwrap()));
        self.decide();
        result.try_recv().expect("it is done")
    }

    fn full(&self, id: u64) -> FullReport {
        let found = self.act(|done| self.shared.full_report(id, done));
        found.unwrap().expect("the report")
    }

    fn list(&self, filter: ReportFilter) -> Vec<u64> {
        let read = ReportsRead {
            filter,
            about: None,
            behind: 0,
            most: 100,
        };
        let found = self.act(|done| self.shared.reports(read, done));
        found.unwrap().0.iter().map(|report| report.id).collect()
    }

    fn audit(&self) -> Vec<String> {
        let read = AuditRead {
            behind: 0,
            newest_first: false,
            user: None,
            most: 100,
        };
        let found = self.act(|done| self.shared.audit(read, done));
        let entries = found.unwrap().0;
        entries.into_iter().map(|entry| entry.kind).collect()
    }

    fn decide_report(&self, id: u64, words: &str) {
        let decision = ReportDecision {
            by: Actor::Game,
            time: 2_000,
            acted: true,
            words: words.into(),
            sanction: 0,
        };
        let decided = self.act(|done| self.shared.decide_report(id, decision, done));
        assert!(matches!(decided.unwrap().state, ReportState::Decided(_)));
    }
}

fn red() -> Join {
    Join {
        room: "red".into(),
        ..Join::default()
    }
}

impl Client {
    /// The packets that came since the last call.
    fn taken(&mut self) -> Vec<PacketBody> {
        self.hub.fan_out(Instant::now());
        frame::packets(&self.session.connection.wire().take_written())
    }

    fn says(&mut self, world: &World, id: u64, text: &str) -> LineRef {
        let say = Say {
            room: "red".into(),
            text: text.into(),
            ..Say::default()
        };
        self.request(id, RequestBody::Say(say));
        world.decide();
        let mut lines = self.taken().into_iter();
        let line = lines.find_map(|packet| match packet {
            PacketBody::Line(line) if line.nonce == id => Some(line),
            _ => None,
        });
        let line = line.expect("its own line");
        LineRef {
            epoch: line.epoch,
            seq: line.seq,
        }
    }

    /// Reports something, and returns the number of the report, or the error.
    fn reports(&mut self, world: &World, id: u64, report: Report) -> Result<u64, RequestError> {
        self.taken();
        self.request(id, RequestBody::Report(report));
        world.decide();
        let mut replies = self.taken().into_iter();
        let reply = replies.find_map(|packet| match packet {
            PacketBody::Reply(reply) if reply.id == id => reply.result,
            _ => None,
        });
        match reply.expect("a reply") {
            ReplyResult::Reported(reported) => Ok(reported.id),
            ReplyResult::Error(error) => Err(error),
            other => panic!("{other:?}"),
        }
    }

    /// The decisions that it was told of since the last call.
    fn decisions(&mut self) -> Vec<ReportDecided> {
        let packets = self.taken().into_iter();
        let decisions = packets.filter_map(|packet| match packet {
            PacketBody::ReportDecided(decided) => Some(decided),
            _ => None,
        });
        decisions.collect()
    }
}

fn of_line(line: LineRef) -> Report {
    Report {
        room: "red".into(),
        line: Some(line),
        reason: Reason::Harassment.into(),
        note: "he does it each day".into(),
        ..Report::default()
    }
}

#[test]
fn a_line_is_reported_with_its_versions_and_who_was_there() {
    for world in World::both() {
        let (mut ann, mut eve) = (world.client(), world.client());
        ann.says(&world, 3, "hello");
        let line = eve.says(&world, 3, "you fool");
        ann.says(&world, 4, "stop it");
        let remove = Remove {
            room: "red".into(),
            line: Some(line),
        };
        eve.request(4, RequestBody::Remove(remove));
        world.decide();
        assert_eq!(ann.reports(&world, 5, of_line(line)), Ok(1));
        let FullReport { report, evidence } = world.full(1);
        assert_eq!(report.user, eve.welcomed().session.user.snapshot());
        assert_eq!(report.reporter, ann.welcomed().session.user.snapshot());
        assert_eq!(
            (report.reason, &*report.note),
            (Reason::Harassment, "he does it each day")
        );
        let message = evidence.message.unwrap();
        assert!(message.removed && message.text.is_empty());
        if world.journal.is_none() {
            let texts: Vec<_> = evidence.versions.iter().map(|one| &*one.text).collect();
            assert_eq!(texts, ["you fool"]);
        }
        assert_eq!(evidence.before[0].text, "hello");
        assert_eq!(evidence.after[0].text, "stop it");
        assert_eq!((evidence.member_count, evidence.members.len()), (2, 2));
        assert_eq!(world.audit(), ["reported"]);
        let again = ann.reports(&world, 6, of_line(line)).unwrap_err();
        assert_eq!(again.code(), ErrorCode::AlreadyReported);
        assert_eq!(world.list(ReportFilter::Open), [1]);
    }
}

#[test]
fn a_reporter_that_has_left_the_room_reports_a_line_that_a_journal_keeps() {
    let world = World::with_journal();
    let (mut ann, mut eve) = (world.client(), world.client());
    let line = eve.says(&world, 3, "you fool");
    let leave = guildhall_protocol::Leave { room: "red".into() };
    ann.request(3, RequestBody::Leave(leave));
    assert_eq!(ann.reports(&world, 4, of_line(line)), Ok(1));
}

#[test]
fn a_whisper_is_reported_with_those_of_the_same_two_users() {
    for world in World::both() {
        let (mut ann, mut eve, mut bob) = (world.client(), world.client(), world.client());
        let to = ann.session.id().0;
        let whisper = |from: &mut Client, id, text: &str| {
            let whisper = Whisper {
                to,
                text: text.into(),
                ..Whisper::default()
            };
            from.request(id, RequestBody::Whisper(whisper));
            world.decide();
        };
        whisper(&mut eve, 10, "one");
        whisper(&mut bob, 10, "hi");
        whisper(&mut eve, 11, "two");
        let report = |whisper| Report {
            whisper,
            reason: Reason::Sexual.into(),
            ..Report::default()
        };
        assert_eq!(ann.reports(&world, 20, report(3)), Ok(1));
        let FullReport {
            report: kept,
            evidence,
        } = world.full(1);
        assert_eq!(kept.user.id, eve.session.id());
        assert_eq!(evidence.message.unwrap().text, "two");
        let before: Vec<_> = evidence.before.iter().map(|one| &*one.text).collect();
        assert_eq!(before, ["one"]);
        let code = |id, ann: &mut Client, whisper| {
            ann.reports(&world, id, report(whisper)).unwrap_err().code()
        };
        assert_eq!(code(21, &mut ann, 3), ErrorCode::AlreadyReported);
        assert_eq!(code(22, &mut ann, 9), ErrorCode::NoSuchLine);
        // Its own copy.
        assert_eq!(code(23, &mut bob, 1), ErrorCode::BadRequest);
    }
}

#[test]
fn a_user_is_reported_again_only_when_the_first_report_is_decided() {
    for world in World::both() {
        let (mut ann, eve) = (world.client(), world.client());
        let report = Report {
            user: eve.session.id().0,
            reason: Reason::Name.into(),
            ..Report::default()
        };
        assert_eq!(ann.reports(&world, 3, report.clone()), Ok(1));
        let again = ann.reports(&world, 4, report.clone()).unwrap_err();
        assert_eq!(again.code(), ErrorCode::AlreadyReported);
        world.decide_report(1, "");
        assert_eq!(ann.reports(&world, 5, report), Ok(2));
    }
}

#[test]
fn a_report_that_the_journal_does_not_keep_is_refused_and_may_be_sent_again() {
    let world = World::with_journal();
    let (mut ann, mut eve) = (world.client(), world.client());
    let line = eve.says(&world, 3, "you fool");
    let journal = world.journal.as_ref().unwrap();
    journal.fail();
    let refused = ann.reports(&world, 3, of_line(line)).unwrap_err();
    assert_eq!(
        (refused.code(), refused.temporary),
        (ErrorCode::Unavailable, true)
    );
    assert_eq!(refused.arguments, ["red"]);
    journal.heal();
    assert_eq!(ann.reports(&world, 4, of_line(line)), Ok(1));
    journal.set_full_at(0);
    let request = Request {
        id: 5,
        ask: Some(RequestBody::Report(of_line(line))),
    };
    assert!(
        matches!(ann.handle(request), Handled::After(..)),
        "it waits"
    );
}

#[test]
fn what_is_no_report_is_refused() {
    let world = World::in_memory();
    let (mut ann, mut eve) = (world.client(), world.client());
    let line = eve.says(&world, 3, "you fool");
    let own = ann.says(&world, 3, "me?");
    let good = of_line(line);
    let mut id = 3;
    let mut check = |report: Report, code: ErrorCode| {
        id += 1;
        let refused = ann.reports(&world, id, report.clone());
        let refused = refused.map_err(|error| error.code());
        assert_eq!(refused, Err(code), "{report:?}");
    };
    let with = |change: &dyn Fn(&mut Report)| {
        let mut report = good.clone();
        change(&mut report);
        report
    };
    for reason in [0, 13, -1, i32::MAX] {
        check(with(&|it| it.reason = reason), ErrorCode::BadRequest);
    }
    check(
        with(&|it| it.note = "a\u{202e}b".into()),
        ErrorCode::BadRequest,
    );
    check(
        with(&|it| it.note = "x".repeat(501)),
        ErrorCode::TextTooLong,
    );
    check(with(&|it| it.whisper = 1), ErrorCode::BadRequest);
    check(with(&|it| it.user = 1), ErrorCode::BadRequest);
    check(with(&|it| it.line = None), ErrorCode::BadRequest);
    check(with(&|it| it.room.clear()), ErrorCode::BadRequest);
    for room in ["blue", "\u{202e}", &"x".repeat(5_000)] {
        let code = match room {
            "blue" => ErrorCode::NoSuchLine,
            _ => ErrorCode::NotInRoom,
        };
        check(with(&|it| it.room = room.into()), code);
    }
    for (epoch, seq) in [
        (line.epoch, 0),
        (line.epoch, 99),
        (line.epoch, u64::MAX),
        (0, 1),
    ] {
        check(of_line(LineRef { epoch, seq }), ErrorCode::NoSuchLine);
    }
    check(of_line(own), ErrorCode::BadRequest);
    let of_user = |user, name: &str| Report {
        user,
        name: name.into(),
        reason: 1,
        ..Report::default()
    };
    check(of_user(9_999, ""), ErrorCode::NoSuchUser);
    check(of_user(0, "nobody"), ErrorCode::NoSuchUser);
    check(of_user(0, &"x".repeat(5_000)), ErrorCode::NoSuchUser);
    check(of_user(0, ""), ErrorCode::BadRequest);
    assert!(world.list(ReportFilter::All).is_empty());
    assert!(world.audit().is_empty());
}
