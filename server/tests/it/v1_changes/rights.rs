//! Whose lines a member may change, by the room's rule and its rights, and how often.

use super::*;

use guildhall_protocol::{ErrorCode, RoomSettings};
use guildhall_server::accounts::Right;
use guildhall_server::policy::{Pattern, Rule, Rules, Who};
use guildhall_server::{Rates, RequestRate};

use crate::accounts::{of, sign_in, sign_in_to};
use crate::room_rules::{allowed, check_forbidden, config, guest, open, server};

#[test]
fn a_moderator_removes_anybodys_lines_and_edits_none() {
    let server = server(&[open("red")]);
    let address = server.address();
    let mut ann = guest(address);
    assert_eq!(ann.join("red").settings, None);
    let said = ann.say("red", "rude");
    let (mut moderator, _) = sign_in(address, &allowed("1", "red", &[Right::Mod]));
    let settings = RoomSettings {
        may_remove: true,
        may_moderate: true,
        ..RoomSettings::default()
    };
    assert_eq!(moderator.join("red").settings, Some(settings));
    moderator.line();
    check_forbidden(moderator.ask(edit(&said, "nice")), "red", "change");
    let removed = change(&mut moderator, remove(&said));
    check_change(&removed, &said, ChangeKind::Removed, None);
    assert_eq!((&*removed.user, ann.line()), ("1", removed.clone()));
    // Whose line it was still shows, and who has removed it.
    let page = ann.fetch("red", 0, 0, 0).lines;
    assert_eq!((page[0].sender, page[0].removed), (said.sender, true));
    // And of this room only.
    let elsewhere = moderator.join("elsewhere");
    assert_eq!(elsewhere.settings, None);
    ann.join("elsewhere");
    let said = ann.say("elsewhere", "rude");
    moderator.line();
    check_forbidden(moderator.ask(remove(&said)), "elsewhere", "change");
}

#[test]
fn a_user_with_an_account_changes_its_lines_from_every_device() {
    let server = server(&[open("red")]);
    let address = server.address();
    let (mut phone, _) = sign_in_to(address, &of("1"), "red");
    let said = phone.say("red", "helo");
    let (mut desk, _) = sign_in_to(address, &of("1"), "red");
    desk.line();
    let edited = change(&mut desk, edit(&said, "hello"));
    assert_eq!(phone.line(), edited);
    let (mut other, _) = sign_in_to(address, &of("2"), "red");
    other.line();
    other.line();
    check_forbidden(other.ask(remove(&said)), "red", "change");
    change(&mut phone, remove(&said));
}

#[test]
fn whoever_may_not_speak_takes_back_what_it_has_said_and_no_more() {
    let config = |rule: Rule| Config {
        rules: Rules::new(vec![rule]),
        ..config(&[])
    };
    let server = TestServer::with(config(open("red")));
    let mut ann = guest(server.address());
    ann.join("red");
    let said = ann.say("red", "one");
    server.reload(config(Rule {
        say: Who::Users,
        ..Rule::open(Pattern::new("red"))
    }));
    assert!(
        crate::room_rules::changed(&mut ann, "red")
            .unwrap()
            .read_only
    );
    check_forbidden(ann.ask(edit(&said, "two")), "red", "say");
    check_forbidden(ann.ask(react(&said, "gg")), "red", "say");
    check_forbidden(ann.ask(take_back(&said, "gg")), "red", "say");
    check_forbidden(ann.ask(reply(&said, "two")), "red", "say");
    let removed = change(&mut ann, remove(&said));
    check_change(&removed, &said, ChangeKind::Removed, None);
}

#[test]
fn an_edit_is_as_long_as_the_room_allows_and_slow_mode_does_not_hold_changes_up() {
    let server = server(&[Rule {
        text_bytes: Some(10),
        slow_mode: Duration::from_hours(1),
        ..open("slow")
    }]);
    let mut ann = guest(server.address());
    ann.join("slow");
    let said = ann.say("slow", "one");
    let long = refused(&mut ann, edit(&said, "0123456789a"));
    assert_eq!(long.code(), ErrorCode::TextTooLong);
    change(&mut ann, edit(&said, "two"));
    change(&mut ann, react(&said, "gg"));
    change(&mut ann, remove(&said));
    let slow = refused(&mut ann, reply(&said, "three"));
    assert_eq!(slow.code(), ErrorCode::SlowMode);
}

#[test]
fn edits_and_reactions_count_as_lines_and_removals_as_requests() {
    let minutes = |burst| RequestRate::new(burst, Duration::from_hours(1));
    let server = TestServer::limited(Config {
        rates: Rates {
            say: minutes(4),
            request: minutes(3),
            address_share: 0,
            ..Rates::default()
        },
        ..Config::default()
    });
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
    let said = ann.say("red", "one");
    let other = ann.say("red", "two");
    change(&mut ann, edit(&said, "three"));
    change(&mut ann, react(&said, "gg"));
    change(&mut ann, remove(&said));
    for ask in [edit(&other, "four"), react(&other, "gg")] {
        let error = refused(&mut ann, ask);
        assert_eq!(error.code(), ErrorCode::RateLimited);
        assert!(error.temporary && error.retry_after > 0);
    }
    // A request that is sent again is known, whatever the rate.
    let nonce = other.nonce;
    ann.send_request(nonce, reply(&said, "x"));
    assert!(ann.reply(nonce).is_ok());
}
