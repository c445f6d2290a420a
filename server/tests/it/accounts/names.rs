//! Whose a name is: that of a token, of a guest that had it, and of two tokens.

use guildhall_protocol::{ErrorCode, Hello};
use guildhall_server::accounts::{AccountsConfig, Guests};

use super::*;

/// A server with a key that lets in guests, too.
fn mixed(may_rename: bool) -> TestServer {
    TestServer::with(config(AccountsConfig {
        guests: Guests::Allow,
        may_rename,
        ..accounts()
    }))
}

#[test]
fn a_guest_that_has_the_name_of_a_token_loses_it_at_once() {
    let server = mixed(false);
    let address = server.address();
    let (mut guest, welcome) = V1Client::in_room(address, "m1ra", "hall");
    let (mut other, _) = V1Client::in_room(address, "Ann", "hall");
    other.presence(|presence| presence.count == 2);
    let (mut mira, signed) = sign_in(address, &named("42", "Mlra"));
    assert_eq!(signed.name, "Mlra");
    let guest_name = format!("Guest {}", welcome.id);
    assert_eq!(new_name(&mut guest), guest_name);
    let line = guest.say("hall", "hey");
    assert_eq!(line.name, guest_name, "also in its lines");
    other.presence(|presence| {
        let mut joined = presence.joined.iter();
        joined.any(|member| (member.id, &member.name) == (welcome.id, &guest_name))
    });
    let refused = guest.rename("MIRA").unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NameTaken);
    guest.rename("Zoe").unwrap();
    mira.expect_quiet();
}

#[test]
fn a_tokens_name_is_the_users_while_it_is_away() {
    let server = mixed(false);
    let address = server.address();
    let (mut mira, first) = sign_in(address, &named("42", "Mira"));
    mira.client.say_goodbye();
    let mut guest = V1Client::dial(address);
    let taken = guest.welcome(hello("Mira")).unwrap_err();
    assert_eq!(taken.code(), ErrorCode::NameTaken);
    guest.welcome(hello("Ann")).unwrap();
    let nonce = guest.send(guildhall_testing::v1_client::whisper(0, "Mira", "hi"));
    let error = guest.reply(nonce).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NoSuchClient, "nobody would get it");
    let (_, again) = sign_in(address, &named("42", "Mira"));
    assert_eq!((again.id, &*again.name), (first.id, "Mira"), "it is known");
    assert!(!again.resumed && again.session_number != first.session_number);
}

#[test]
fn two_tokens_with_the_same_name_are_told_apart() {
    let server = mixed(false);
    let address = server.address();
    let (_first, one) = sign_in(address, &named("1", "Mira"));
    let (_second, two) = sign_in(address, &named("2", "mira"));
    assert_eq!(one.name, "Mira");
    assert_eq!(two.name, format!("mira #{}", two.id));
    // A name without place for a number.
    let long = "x".repeat(24);
    let (_third, three) = sign_in(address, &named("3", &long));
    let (_fourth, four) = sign_in(address, &named("4", &long));
    assert_eq!(three.name, long);
    let sign = format!(" #{}", four.id);
    assert!(
        four.name.ends_with(&sign) && four.name.len() == 24,
        "{}",
        four.name
    );
    // The same user again, over another connection.
    let (_again, again) = sign_in(address, &named("2", "mira"));
    assert_eq!((again.id, again.name), (two.id, two.name));
}

#[test]
fn a_name_that_nobody_can_have_keeps_no_user_out() {
    let server = mixed(false);
    let address = server.address();
    for name in ["Admin", "Guest 7", "a\u{202e}b", "..."] {
        let (mut client, welcome) = sign_in(address, &named(name, name));
        assert_eq!(welcome.name, format!("Guest {}", welcome.id), "{name:?}");
        assert!(
            welcome.may_rename,
            "its token gives it no name that it could keep"
        );
        client.rename(&format!("User {}", welcome.id)).unwrap();
    }
    let long = "Mira of the Seven Hills and Valleys";
    let (_, welcome) = sign_in(address, &named("42", long));
    assert_eq!(welcome.name, "Mira of the Seven Hills");
}

#[test]
fn a_user_with_a_tokens_name_chooses_another_only_if_the_setting_says_so() {
    let server = mixed(false);
    let (mut mira, _) = sign_in(server.address(), &named("42", "Mira"));
    let error = mira.rename("Zoe").unwrap_err();
    assert_eq!(error.code(), ErrorCode::NameFixed);
    assert!(!error.temporary && error.arguments.is_empty());
    // A token without a name leaves that to the user.
    let mut ann = V1Client::dial(server.address());
    let hello = Hello {
        name: "Ann".into(),
        ..with_token(&of("7"))
    };
    let welcome = ann.welcome(hello).unwrap();
    assert!(welcome.may_rename && welcome.name == "Ann");
    assert_eq!(ann.rename("Zoe").unwrap(), "Zoe");

    let server = mixed(true);
    let (mut mira, welcome) = sign_in(server.address(), &named("42", "Mira"));
    assert!(welcome.may_rename);
    mira.rename("Zoe").unwrap();
    // The token's name stays the user's, and a refresh does not bring it back.
    mira.refresh(&sign(&named("42", "Mira"))).unwrap();
    mira.join("hall");
    assert_eq!(mira.say("hall", "hi").name, "Zoe");
    let mut guest = V1Client::dial(server.address());
    for name in ["Mira", "Zoe"] {
        let taken = guest.welcome(guildhall_testing::v1_client::hello(name));
        assert_eq!(taken.unwrap_err().code(), ErrorCode::NameTaken);
    }
}

#[test]
fn a_user_whose_token_gives_no_name_chooses_one_or_is_told_that_it_is_taken() {
    let server = mixed(false);
    let address = server.address();
    let (_guest, _) = V1Client::hello(address, "Ann");
    let mut client = V1Client::dial(address);
    let with_name = |name: &str| Hello {
        name: name.into(),
        ..with_token(&of("7"))
    };
    let taken = client.welcome(with_name("Ann")).unwrap_err();
    assert_eq!(taken.code(), ErrorCode::NameTaken);
    let welcome = client.welcome(with_name("Bob")).unwrap();
    assert_eq!(welcome.name, "Bob");
    // Another device has no say in it.
    let mut phone = V1Client::dial(address);
    assert_eq!(phone.welcome(with_name("Zoe")).unwrap().name, "Bob");
    client.expect_quiet();
    // Somebody's token has this name.
    let (_, claimed) = sign_in(address, &named("8", "Bob"));
    assert_eq!(claimed.name, "Bob");
    let guest_name = format!("Guest {}", welcome.id);
    for device in [&mut client, &mut phone] {
        assert_eq!(new_name(device), guest_name);
    }
}
