//! Reports of players over real sockets: the receipt, what is refused, and that nobody else notices.

mod stored;

use std::num::NonZeroUsize;
use std::time::Duration;

use guildhall_protocol::{
    ErrorCode, Line, LineRef, Reason, ReplyResult, Report, RequestBody, RequestError,
};
use guildhall_server::{Config, Rates, RequestRate};
use guildhall_testing::line_log::remove;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::V1Client;

/// A report of a line.
pub(crate) fn of_line(line: &Line) -> Report {
    Report {
        room: line.room.clone(),
        line: Some(LineRef {
            epoch: line.epoch,
            seq: line.seq,
        }),
        reason: Reason::Harassment.into(),
        note: "again and again".into(),
        ..Report::default()
    }
}

pub(crate) fn report(client: &mut V1Client, report: Report) -> Result<u64, RequestError> {
    match client.ask(RequestBody::Report(report))? {
        ReplyResult::Reported(reported) => Ok(reported.id),
        other => panic!("{other:?}"),
    }
}

fn code(result: Result<u64, RequestError>) -> ErrorCode {
    result.unwrap_err().code()
}

#[test]
fn a_report_is_answered_with_its_number_and_nobody_else_notices() {
    for threads in 1..=2 {
        let server = TestServer::with(Config {
            threads: NonZeroUsize::new(threads).unwrap(),
            tell_changes_every: Duration::from_millis(5),
            ..Config::default()
        });
        let (mut eve, me) = V1Client::in_room(server.address(), "Eve", "red");
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
        let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "red");
        let said = eve.say("red", "you fool");
        assert_eq!((ann.line(), bob.line()), (said.clone(), said.clone()));
        assert_eq!(report(&mut ann, of_line(&said)), Ok(1));
        assert_eq!(report(&mut bob, of_line(&said)), Ok(2), "another reporter");
        assert_eq!(
            code(report(&mut ann, of_line(&said))),
            ErrorCode::AlreadyReported
        );
        let of_user = Report {
            user: me.id,
            reason: Reason::Name.into(),
            ..Report::default()
        };
        assert_eq!(report(&mut ann, of_user), Ok(3));
        let by_name = Report {
            name: "eve".into(),
            reason: Reason::Name.into(),
            ..Report::default()
        };
        assert_eq!(code(report(&mut ann, by_name)), ErrorCode::AlreadyReported);
        eve.expect_quiet();
        bob.expect_quiet();
    }
}

#[test]
fn a_line_that_its_user_has_removed_can_be_reported() {
    let server = TestServer::open();
    let (mut eve, _) = V1Client::in_room(server.address(), "Eve", "red");
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
    let said = eve.say("red", "you fool");
    eve.send(remove(&said));
    let removal = eve.line();
    assert_eq!(report(&mut ann, of_line(&said)), Ok(1));
    assert_eq!(
        code(report(&mut ann, of_line(&removal))),
        ErrorCode::AlreadyReported,
        "the removal is about the same line"
    );
}

#[test]
fn a_line_of_a_room_that_was_left_is_gone_for_the_client_if_nobody_keeps_it() {
    let server = TestServer::open();
    let (mut eve, _) = V1Client::in_room(server.address(), "Eve", "red");
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
    let said = eve.say("red", "you fool");
    ann.leave("red");
    assert_eq!(report(&mut ann, of_line(&said)), Ok(1), "others are there");
    let mut other = of_line(&said);
    other.room = "blue".into();
    assert_eq!(code(report(&mut ann, other)), ErrorCode::NoSuchLine);
}

#[test]
fn reports_of_a_user_and_of_an_address_have_a_rate() {
    let rates = Rates {
        report: RequestRate::new(3, Duration::from_mins(1)),
        address_share: 2,
        ..Rates::OFF
    };
    let server = TestServer::limited(Config {
        rates,
        ..Config::default()
    });
    let (mut eve, _) = V1Client::in_room(server.address(), "Eve", "red");
    let lines: Vec<_> = (0..8).map(|n| eve.say("red", &n.to_string())).collect();
    let ask = |name: &str, count: usize| {
        let (mut client, _) = V1Client::in_room(server.address(), name, "red");
        let first = lines[..count].iter();
        let results: Vec<_> = first
            .map(|line| report(&mut client, of_line(line)))
            .collect();
        let refused = results.iter().filter_map(|result| result.as_ref().err());
        for refused in refused {
            assert_eq!(refused.code(), ErrorCode::TooManyRequests);
            assert!(refused.temporary && refused.retry_after > 10_000);
        }
        results.iter().filter(|result| result.is_ok()).count()
    };
    assert_eq!(ask("Ann", 5), 3, "a user");
    assert_eq!(ask("Bob", 5), 3);
    assert_eq!(ask("Cid", 5), 0, "all guests of an address");
}
