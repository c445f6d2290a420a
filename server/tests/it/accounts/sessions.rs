//! A user with several connections: one member, one number, and whispers and own lines in
//! all of them.

use std::num::NonZeroUsize;

use guildhall_protocol::{ListRooms, ReplyResult, RequestBody};
use guildhall_server::accounts::{AccountsConfig, Guests};

use super::*;

/// Servers with one thread and with two: the connections of a user are on different ones.
fn servers() -> [TestServer; 2] {
    [1, 2].map(|threads| {
        TestServer::with(Config {
            threads: NonZeroUsize::new(threads).unwrap(),
            ..config(AccountsConfig {
                guests: Guests::Allow,
                may_rename: true,
                ..accounts()
            })
        })
    })
}

#[test]
fn a_user_with_two_connections_is_one_member() {
    for server in servers() {
        let address = server.address();
        let (mut other, _) = V1Client::in_room(address, "Ann", "hall");
        let (mut phone, one) = sign_in_to(address, &named("42", "Mira"), "hall");
        other.presence(|presence| presence.count == 2);
        let (mut desk, two) = sign_in(address, &named("42", "Mira"));
        let joined = desk.join("hall");
        assert_eq!((one.id, &one.name), (two.id, &two.name));
        assert_ne!(one.session_number, two.session_number);
        assert_eq!((joined.count, joined.members.len()), (2, 2));
        // A line of one session comes to the other as well, with the number of the session.
        let line = desk.say("hall", "from the desk");
        assert_eq!((line.sender, line.session), (one.id, two.session_number));
        assert_eq!(phone.line(), line);
        let line = phone.say("hall", "from the phone");
        assert_eq!((line.sender, line.session), (one.id, 0));
        assert_eq!(desk.line(), line);
        assert_eq!(other.texts(2), ["from the desk", "from the phone"]);
        match other.ask(RequestBody::ListRooms(ListRooms {})).unwrap() {
            ReplyResult::Rooms(rooms) => assert_eq!(rooms.rooms[0].count, 2),
            no_list => panic!("{no_list:?}"),
        }
        // The first to leave changes nothing for the others; the last one is told.
        phone.leave("hall");
        desk.say("hall", "still here");
        other.line();
        assert!(other.taken_presences().is_empty(), "nothing has changed");
        desk.leave("hall");
        let told = other.presence(|presence| presence.count == 1);
        assert_eq!(told.last().unwrap().left, [one.id]);
    }
}

#[test]
fn whispers_come_to_all_connections_of_both_users() {
    for server in servers() {
        let address = server.address();
        let (mut phone, mira) = sign_in(address, &named("42", "Mira"));
        let (mut desk, _) = sign_in(address, &named("42", "Mira"));
        let (mut bob, bobs) = sign_in(address, &named("7", "Bob"));
        let (mut tab, _) = sign_in(address, &named("7", "Bob"));
        let nonce = phone.send(guildhall_testing::v1_client::whisper(0, "Bob", "psst"));
        let own = phone.whisper_line();
        assert_eq!((own.nonce, own.receiver, own.seq), (nonce, bobs.id, 1));
        assert_eq!((&*own.sender_user, &*own.receiver_user), ("42", "7"));
        for device in [&mut desk, &mut bob, &mut tab] {
            let copy = device.whisper_line();
            assert_eq!((copy.nonce, copy.sender, &*copy.text), (0, mira.id, "psst"));
        }
    }
}

#[test]
fn a_rename_over_one_connection_is_told_to_the_others_and_to_their_rooms() {
    for server in servers() {
        let address = server.address();
        let (mut other, _) = V1Client::in_room(address, "Ann", "desk-room");
        let (mut phone, mira) = sign_in_to(address, &named("42", "Mira"), "phone-room");
        let (mut desk, _) = sign_in_to(address, &named("42", "Mira"), "desk-room");
        other.presence(|presence| presence.count == 2);
        assert_eq!(phone.rename("Zoe").unwrap(), "Zoe");
        assert_eq!(new_name(&mut desk), "Zoe");
        other.presence(|presence| {
            let mut joined = presence.joined.iter();
            joined.any(|member| (member.id, &*member.name) == (mira.id, "Zoe"))
        });
        assert_eq!(desk.say("desk-room", "hi").name, "Zoe");
        phone.expect_quiet();
    }
}

#[test]
fn a_session_is_resumed_by_its_own_user_alone() {
    let server = servers().into_iter().next().unwrap();
    let address = server.address();
    let (mut mira, welcome) = sign_in(address, &named("42", "Mira"));
    mira.expect_quiet();
    let last = mira.last_request;
    mira.client.reset();
    let resume = |token: &str, last| {
        let mut client = V1Client::dial(address);
        client.last_request = last;
        let welcome = client.welcome(Hello {
            session: welcome.session.clone(),
            token: token.into(),
            ..hello("")
        });
        (client, welcome.unwrap())
    };
    let (_guest, stranger) = resume("", last);
    assert!(!stranger.resumed && stranger.user.is_empty());
    let (_bob, stranger) = resume(&sign(&named("7", "Bob")), last);
    assert!(!stranger.resumed && stranger.id != welcome.id);
    let (mut again, resumed) = resume(&sign(&named("42", "Mira")), last);
    assert!(resumed.resumed);
    assert_eq!(
        (resumed.id, resumed.session_number),
        (welcome.id, welcome.session_number)
    );
    again.expect_quiet();
}

#[test]
fn the_session_of_a_guest_is_not_a_users() {
    let server = servers().into_iter().next().unwrap();
    let address = server.address();
    let (mut guest, welcome) = V1Client::hello(address, "Ann");
    guest.expect_quiet();
    let mut mira = V1Client::dial(address);
    mira.last_request = guest.last_request;
    let signed = mira.welcome(Hello {
        session: welcome.session,
        ..with_token(&named("42", "Mira"))
    });
    let signed = signed.unwrap();
    assert!(!signed.resumed && signed.id != welcome.id);
    guest.expect_quiet();
}

#[test]
fn of_too_many_sessions_of_a_user_the_oldest_ends() {
    let server = servers().into_iter().next().unwrap();
    let address = server.address();
    let mut all: Vec<_> = (0..17).map(|_| sign_in(address, &of("42")).0).collect();
    let rest = all.split_off(1);
    all[0].client.expect_close(3500);
    for mut client in rest {
        client.expect_quiet();
    }
}
