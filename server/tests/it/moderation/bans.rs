//! Bans and kicks, of a room and of the server.

use guildhall_protocol::Packet;

use super::*;

#[test]
fn a_banned_user_leaves_the_room_and_may_not_come_back_until_the_end() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    bob.join("blue");
    let mut moderator = moderator(address);
    moderator.taken_presences();
    let imposed = impose(
        &mut moderator,
        sanction(SanctionKind::Ban, "red", welcome.id),
    );
    assert_eq!(told(&mut bob), [as_told(&imposed)]);
    let removed = removed(&mut bob, RemovedReason::Banned);
    assert_eq!(removed, ("red".to_owned(), as_told(&imposed)));
    moderator.presence(|it| it.left.contains(&welcome.id));

    check_refused(
        &bob.join_from("red", 0, 0).unwrap_err(),
        ErrorCode::Banned,
        &imposed,
    );
    assert_eq!(refused_say(&mut bob, "red").code(), ErrorCode::NotInRoom);
    // It is of this room alone.
    bob.say("blue", "still here");
    moderator.say("red", "among ourselves");
    bob.expect_quiet();

    try_lift(&mut moderator, SanctionKind::Ban, "red", welcome.id).unwrap();
    assert!(told(&mut bob).is_empty());
    bob.join("red");
    bob.line();
    bob.say("red", "I am back");
}

#[test]
fn a_user_that_is_banned_everywhere_is_told_and_closed_and_refused() {
    let server = server();
    let address = server.address();
    let mut moderator = moderator(address);
    let (mut bob, welcome) = sign_in_to(address, &of("7"), "red");
    bob.join("blue");
    let imposed = impose(&mut moderator, sanction(SanctionKind::Ban, "", welcome.id));
    assert_eq!(told(&mut bob), [as_told(&imposed)]);
    let mut rooms = [(); 2].map(|()| {
        let (room, sanction) = removed(&mut bob, RemovedReason::Banned);
        assert_eq!(sanction, as_told(&imposed));
        room
    });
    rooms.sort();
    assert_eq!(rooms, ["blue", "red"]);
    bob.client.expect_close(3503);

    let again = Hello {
        token: sign(&of("7")),
        session: welcome.session.clone(),
        ..hello("Rob")
    };
    check_refused(&banned_hello(address, again), ErrorCode::Banned, &imposed);
    let other = sign_in(address, &of("8"));
    assert!(other.1.sanctions.is_empty());
    try_lift(&mut moderator, SanctionKind::Ban, "", welcome.id).unwrap();
    sign_in(address, &of("7"));
}

#[test]
fn a_kicked_user_is_told_and_may_come_back() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let mut moderator = moderator(address);
    let imposed = impose(
        &mut moderator,
        sanction(SanctionKind::Kick, "red", welcome.id),
    );
    assert_eq!(imposed.until, 0);
    let removed = removed(&mut bob, RemovedReason::Kicked);
    assert_eq!(removed, ("red".to_owned(), as_told(&imposed)));
    assert_eq!(refused_say(&mut bob, "red").code(), ErrorCode::NotInRoom);
    bob.join("red");
    bob.say("red", "I am back");
    assert!(list(&mut moderator, "").unwrap().sanctions.is_empty());
    let refused = try_lift(&mut moderator, SanctionKind::Kick, "red", welcome.id);
    assert_eq!(refused.unwrap_err().code(), ErrorCode::NoSuchSanction);
}

#[test]
fn a_user_that_is_kicked_off_the_server_may_resume_its_session() {
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let mut moderator = moderator(address);
    impose(&mut moderator, sanction(SanctionKind::Kick, "", welcome.id));
    removed(&mut bob, RemovedReason::Kicked);
    bob.client.expect_close(3504);
    let (_, again) = V1Client::resume(address, &welcome, bob.last_request, 0);
    assert!(again.resumed && again.sanctions.is_empty());
}

#[test]
fn a_ban_holds_against_a_user_that_is_away() {
    let server = server();
    let address = server.address();
    let mut moderator = moderator(address);
    let (bob, welcome) = sign_in_to(address, &of("7"), "red");
    bob.client.reset();
    let ban = Impose {
        user: 0,
        name: "7".into(),
        ..sanction(SanctionKind::Ban, "", 0)
    };
    let imposed = impose(&mut moderator, ban);
    assert_eq!(imposed.user.as_ref().unwrap().id, welcome.id);
    let again = Hello {
        token: sign(&of("7")),
        ..hello("")
    };
    check_refused(&banned_hello(address, again), ErrorCode::Banned, &imposed);
}

#[test]
fn requests_that_were_sent_before_the_ban_was_seen_are_refused_with_it() {
    // A client that does not read, and goes on asking: each answer comes before the close.
    let server = server();
    let address = server.address();
    let (mut bob, welcome) = V1Client::in_room(address, "Bob", "red");
    let mut moderator = moderator(address);
    let ban = moderator.send(RequestBody::Impose(sanction(
        SanctionKind::Ban,
        "",
        welcome.id,
    )));
    for _ in 0..50 {
        bob.send_say("red", "quickly");
    }
    moderator.reply(ban).unwrap();
    let mut refused = 0;
    let code = loop {
        match bob.client.frame_or_end() {
            Some(frame) if frame.opcode == guildhall_testing::wire::BINARY => {
                let packet: Packet = guildhall_protocol::decode(&frame.payload).unwrap();
                if let Some(PacketBody::Reply(reply)) = packet.msg
                    && let Some(ReplyResult::Error(error)) = reply.result
                {
                    assert_eq!(error.code(), ErrorCode::Banned);
                    refused += 1;
                }
            }
            Some(frame) => break u16::from_be_bytes([frame.payload[0], frame.payload[1]]),
            None => panic!("no close"),
        }
    };
    assert_eq!(code, 3503);
    assert!(refused <= 1, "the first one ends it");
}
