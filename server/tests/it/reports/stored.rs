//! Reports of a server that keeps them on a disk.

use guildhall_server::store::verify;
use guildhall_testing::data_folder::DataFolder;

use super::*;

#[test]
fn numbers_and_reports_go_on_after_a_restart() {
    let folder = DataFolder::pick();
    let server = folder.server(Config::default());
    let (mut eve, _) = V1Client::in_room(server.address(), "Eve", "red");
    let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "red");
    let said = eve.say("red", "you fool");
    ann.leave("red");
    assert_eq!(report(&mut ann, of_line(&said)), Ok(1), "also from outside");
    drop((ann, eve, server));

    let server = folder.server(Config::default());
    let (mut ann, _) = V1Client::resume(server.address(), &welcome, 100, 0);
    assert_eq!(
        code(report(&mut ann, of_line(&said))),
        ErrorCode::AlreadyReported
    );
    let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "red");
    assert_eq!(report(&mut bob, of_line(&said)), Ok(2));
    let verified = verify(folder.path(), &[]).unwrap();
    assert_eq!((verified.reports, verified.acts), (2, 2));
    assert!(verified.problems.is_empty(), "{:?}", verified.problems);
    drop(server);
}

#[test]
fn a_whisper_is_reported_by_its_number() {
    let folder = DataFolder::pick();
    let server = folder.server(Config::default());
    let (mut ann, me) = V1Client::hello(server.address(), "Ann");
    let (mut eve, _) = V1Client::hello(server.address(), "Eve");
    eve.whisper(me.id, "you fool");
    let whisper = ann.whisper_line();
    let of_whisper = |whisper| Report {
        whisper,
        reason: Reason::Harassment.into(),
        ..Report::default()
    };
    assert_eq!(report(&mut ann, of_whisper(whisper.seq)), Ok(1));
    assert_eq!(
        code(report(&mut ann, of_whisper(whisper.seq))),
        ErrorCode::AlreadyReported
    );
    let missing = report(&mut ann, of_whisper(7)).unwrap_err();
    assert_eq!(missing.code(), ErrorCode::NoSuchLine);
    assert_eq!(missing.arguments, ["", "7"]);
}
