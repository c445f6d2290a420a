//! Which tokens are accepted with a hello and with a refresh, and which close follows.

use guildhall_protocol::{ErrorCode, Hello, Join, Refresh, ReplyResult, RequestBody};
use guildhall_server::accounts::{Accounts, AccountsConfig, Cap, Guests, NewToken, Right};
use serde_json::value::RawValue;

use super::*;
use guildhall_testing::wire::eventually;

const GOLD: &str = r#"{"color":"gold"}"#;
const BADGE: &str = r#"{"badge":"gold"}"#;

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.into()).unwrap()
}

/// Says hello with this token, which is refused.
#[track_caller]
fn check_hello(server: &TestServer, token: &str, reason: &str, code: u16) {
    let mut client = V1Client::dial(server.address());
    let refused = client.welcome(Hello {
        token: token.into(),
        ..hello("")
    });
    check_refused(client, refused, reason, code);
}

#[test]
fn a_welcome_says_who_the_user_is() {
    let server = server();
    let token = NewToken {
        info: Some(raw(GOLD)),
        rooms: vec!["guild-42".into(), "team".into()],
        caps: vec![Cap {
            rooms: vec!["guild-*".into()],
            allow: vec![Right::Join],
        }],
        ..named("42", "Mira")
    };
    let (mut client, welcome) = sign_in(server.address(), &token);
    assert_eq!(
        (welcome.name.as_str(), welcome.user.as_str()),
        ("Mira", "42")
    );
    assert_eq!(welcome.info, GOLD);
    assert_eq!(welcome.rooms, ["guild-42", "team"]);
    assert_eq!(welcome.session_number, welcome.id);
    assert!((55..=60).contains(&welcome.ttl), "{}", welcome.ttl);
    assert!(!welcome.may_rename);
    // The lines and the members of its rooms say the same.
    let joined = client.join("team");
    let [member] = joined.members.as_slice() else {
        panic!("one member: {joined:?}");
    };
    assert_eq!((member.user.as_str(), &member.info), ("42", &welcome.info));
    let line = client.say("team", "hi");
    assert_eq!((line.user.as_str(), &line.info), ("42", &welcome.info));
    assert_eq!(line.session, 0, "it is the user's first session");
}

#[test]
fn a_guest_has_no_account() {
    let server = TestServer::open();
    let (mut guest, welcome) = V1Client::hello(server.address(), "Ann");
    assert_eq!((welcome.ttl, welcome.user.as_str()), (0, ""));
    assert!(welcome.may_rename && welcome.rooms.is_empty() && welcome.info.is_empty());
    assert_eq!(welcome.session_number, welcome.id);
    guest.join("hall");
    let line = guest.say("hall", "hi");
    assert_eq!((line.session, line.user.len(), line.info.len()), (0, 0, 0));
}

#[test]
fn a_token_that_does_not_hold_closes_the_connection_for_good() {
    let server = server();
    check_hello(&server, "no token", "this is not a token", 3501);
    let key = SigningKey::secret("HS256", None, &[7; 32]).unwrap();
    let stranger = key.sign(&of("42")).unwrap();
    check_hello(&server, &stranger, "no key of this server has signed", 3501);
    check_hello(&server, &"x".repeat(8_193), "8192 bytes", 3501);
    let nobody = sign(&NewToken {
        user: "x".repeat(129),
        ..of("")
    });
    check_hello(&server, &nobody, "`sub`", 3501);
    let (_, welcome) = sign_in(server.address(), &of(&"x".repeat(128)));
    assert_eq!(welcome.user.len(), 128);
}

#[test]
fn a_token_that_is_over_asks_for_another() {
    let server = server();
    let over = NewToken {
        expires: now() - 11,
        ..of("42")
    };
    check_hello(&server, &sign(&over), "expired", 3002);
    // Within the leeway it still holds.
    let just_over = NewToken {
        expires: now() - 2,
        ..of("42")
    };
    let (_, welcome) = sign_in(server.address(), &just_over);
    assert_eq!(welcome.ttl, 1);
}

#[test]
fn a_token_means_nothing_to_a_server_without_keys() {
    let server = TestServer::open();
    check_hello(&server, &sign(&of("42")), "has no keys", 3501);
    let (mut guest, _) = V1Client::hello(server.address(), "Ann");
    let refused = guest.refresh(&sign(&of("42")));
    check_refused(guest, refused, "has no keys", 3501);
}

#[test]
fn a_refresh_brings_a_new_end_and_what_the_new_token_says() {
    let server = server();
    let address = server.address();
    let (mut mira, _) = sign_in_to(address, &named("42", "Mira"), "hall");
    let (mut bob, _) = sign_in_to(address, &named("7", "Bob"), "hall");
    let longer = NewToken {
        expires: now() + 600,
        info: Some(raw(BADGE)),
        ..named("42", "Mira the Bold")
    };
    let id = mira.send(RequestBody::Refresh(Refresh {
        token: sign(&longer),
    }));
    // The request behind it is answered in its order, with the new name.
    let nonce = mira.send_say("hall", "hello again");
    let ttl = match mira.reply(id).unwrap() {
        ReplyResult::Refreshed(refreshed) => refreshed.ttl,
        other => panic!("{other:?}"),
    };
    assert!((595..=600).contains(&ttl), "{ttl}");
    assert_eq!(new_name(&mut mira), "Mira the Bold");
    let line = mira.line();
    assert_eq!((line.nonce, line.name.as_str()), (nonce, "Mira the Bold"));
    assert_eq!(line.info, BADGE);
    assert_eq!(bob.line(), line);
    bob.presence(|presence| {
        let mut joined = presence.joined.iter();
        joined.any(|member| member.name == "Mira the Bold" && member.info == line.info)
    });
}

#[test]
fn a_refresh_needs_a_token_that_holds_and_is_the_same_users() {
    let server = server();
    let address = server.address();
    for (token, reason, code) in [
        (sign(&of("7")), "another user's", 3501),
        ("no token".into(), "this is not a token", 3501),
        (
            sign(&NewToken {
                expires: now() - 11,
                ..of("42")
            }),
            "expired",
            3002,
        ),
    ] {
        let (mut client, _) = sign_in(address, &of("42"));
        let refused = client.refresh(&token);
        check_refused(client, refused, reason, code);
    }
    // A guest is no user's.
    let mixed = TestServer::with(config(AccountsConfig {
        guests: Guests::Allow,
        ..accounts()
    }));
    let (mut guest, _) = V1Client::hello(mixed.address(), "Ann");
    let refused = guest.refresh(&sign(&of("42")));
    check_refused(
        guest,
        refused,
        "a guest brings its token with a hello",
        3501,
    );
}

#[test]
fn refreshes_are_limited() {
    let server = TestServer::limited(config(accounts()));
    let (mut client, _) = sign_in(server.address(), &of("42"));
    let token = sign(&of("42"));
    let refused = (0..1_000).find_map(|_| client.refresh(&token).err());
    let error = refused.expect("a refusal");
    assert_eq!(error.code(), ErrorCode::TooManyRequests);
    assert!(error.temporary && error.retry_after > 0);
    client.expect_quiet();
}

#[test]
fn a_hello_before_an_answer_keeps_what_is_sent_behind_it_in_order() {
    let server = server();
    let mut client = V1Client::dial(server.address());
    let hello = client.send(RequestBody::Hello(with_token(&named("42", "Mira"))));
    let join = client.send(RequestBody::Join(Join {
        room: "hall".into(),
        ..Join::default()
    }));
    let nonce = client.send_say("hall", "first");
    client.reply(hello).unwrap();
    client.reply(join).unwrap();
    assert_eq!(client.line().nonce, nonce);
}

#[test]
fn clients_that_go_while_their_tokens_are_verified_leave_nothing_behind() {
    let server = server();
    let token = named("42", "Mira");
    for _ in 0..50 {
        let mut client = V1Client::dial(server.address());
        client.send(RequestBody::Hello(with_token(&token)));
        client.client.reset();
    }
    // Its user is known or not, and is in no room; another client of it is welcome.
    let (mut mira, _) = sign_in(server.address(), &token);
    eventually("the others are gone", || {
        (mira.join("hall").count == 1).then_some(())
    });
}

#[test]
fn issuer_and_audience_are_checked_if_they_are_set() {
    let server = TestServer::with(config(AccountsConfig::new(Some(Accounts {
        issuer: Some("the game".into()),
        audiences: vec!["chat".into()],
        ..accounts().accounts.unwrap()
    }))));
    let good = NewToken {
        issuer: Some("the game".into()),
        aud: Some("chat".into()),
        ..of("42")
    };
    let (_, welcome) = sign_in(server.address(), &good);
    assert_eq!(welcome.user, "42");
    check_hello(&server, &sign(&of("42")), "another issuer", 3501);
    let other = NewToken {
        aud: Some("shop".into()),
        ..good
    };
    check_hello(&server, &sign(&other), "another audience", 3501);
}
