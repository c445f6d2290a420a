use super::super::frames::tests::{payloads, split};
use super::*;
use guildhall_protocol::{PacketBody, Request, decode};

fn victims() -> Victims {
    Victims {
        host: "localhost:8080".into(),
        room: "bench-1".into(),
        user: 77,
    }
}

fn script(attack: Attack) -> Script {
    Script::of(attack, 3, &victims())
}

/// The requests in frames.
fn decoded(frames: &[u8]) -> Vec<Request> {
    let packets = payloads(frames).into_iter();
    packets
        .map(|packet| match decode(&packet).unwrap().msg {
            Some(PacketBody::Request(request)) => request,
            other => panic!("{other:?}"),
        })
        .collect()
}

fn bodies(frames: &[u8]) -> Vec<RequestBody> {
    let requests = decoded(frames).into_iter();
    requests.map(|request| request.ask.unwrap()).collect()
}

/// What comes first, and then one round of the flood, as requests.
fn requests_of(attack: Attack) -> (Vec<RequestBody>, Vec<RequestBody>) {
    let script = script(attack);
    assert!(script.handshake, "{attack}");
    let Flood::Requests { asks, at_once } = script.flood else {
        panic!("{attack}: {:?}", script.flood);
    };
    assert!(at_once > 0, "{attack}");
    let mut flood = script.first.clone();
    flood.frames.clear();
    for ask in &asks {
        flood.put(ask);
    }
    let ids = [&script.first.frames, &flood.frames].map(|frames| decoded(frames));
    let ids: Vec<u64> = ids.iter().flatten().map(|request| request.id).collect();
    let expected: Vec<u64> = (1..).take(ids.len()).collect();
    assert_eq!(ids, expected, "{attack}");
    (bodies(&script.first.frames), bodies(&flood.frames))
}

#[test]
fn every_client_with_a_session_says_hello_first() {
    for attack in Attack::All.each() {
        let script = script(attack);
        let is_raw = matches!(attack, Attack::EmptyFragments | Attack::AfterError);
        if script.handshake && !is_raw && !script.first.frames.is_empty() {
            let first = bodies(&script.first.frames).swap_remove(0);
            assert!(matches!(first, RequestBody::Hello(_)), "{attack}");
        }
    }
}

#[test]
fn a_bad_name_is_short_until_it_is_normalized() {
    let (first, flood) = requests_of(Attack::BadHello);
    assert!(first.is_empty());
    let [RequestBody::Hello(hello)] = &flood[..] else {
        panic!("{flood:?}");
    };
    assert_eq!(hello.name.chars().count(), 83);
    assert!(hello.name.chars().all(|c| c == '\u{fdfa}'));
}

#[test]
fn floods_of_requests_are_in_the_attackers_room() {
    let room = "attack-3";
    let (first, flood) = requests_of(Attack::History);
    let joined = matches!(&first[1], RequestBody::Join(join) if join.room == room);
    assert!(joined && first.len() == 2 + SHORT.0, "{first:?}");
    assert_eq!(flood, [history(room)]);

    let (_, flood) = requests_of(Attack::ListMembers);
    assert!(matches!(&flood[..], [RequestBody::ListMembers(list)] if list.room == room));
    let (_, flood) = requests_of(Attack::Say);
    assert_eq!(flood, [say(room, 4096)]);
    let (_, flood) = requests_of(Attack::EmptySay);
    assert_eq!(flood, [say(room, 0)]);
    let (first, flood) = requests_of(Attack::JoinLeave);
    let leave = RequestBody::Leave(Leave { room: room.into() });
    assert_eq!((first.len(), flood), (1, vec![join(room), leave]));
    let (_, flood) = requests_of(Attack::ListRooms);
    assert_eq!(flood, [RequestBody::ListRooms(ListRooms {})]);
}

#[test]
fn honest_clients_are_the_victims() {
    let (first, flood) = requests_of(Attack::SayAmong);
    assert_eq!(first[1], join("bench-1"));
    assert_eq!(flood, [say("bench-1", 4096)]);
    let (_, flood) = requests_of(Attack::Whisper);
    assert!(matches!(&flood[..], [RequestBody::Whisper(w)] if w.to == 77 && w.text.len() == 4096));
}

#[test]
fn a_name_changes_with_each_rename() {
    let (_, flood) = requests_of(Attack::Rename);
    let [RequestBody::Rename(one), RequestBody::Rename(other)] = &flood[..] else {
        panic!("{flood:?}");
    };
    assert_ne!(one.name, other.name);
}

#[test]
fn a_nested_request_is_as_long_as_a_message_may_be() {
    let Flood::Requests { asks, .. } = script(Attack::Nested).flood else {
        panic!("no requests");
    };
    let mut requests = Requests::new();
    requests.next_id = u64::from(u32::MAX);
    requests.put(&asks[0]);
    let packet = payloads(&requests.frames).swap_remove(0);
    let length = packet.len();
    assert!((MAX_CLIENT_PACKET_BYTES - 32..=MAX_CLIENT_PACKET_BYTES).contains(&length));
}

#[test]
fn twenty_rooms_are_held_and_then_nothing_is_sent() {
    let script = script(Attack::Rooms);
    let joins = bodies(&script.first.frames).split_off(1);
    let rooms: std::collections::BTreeSet<_> = joins
        .into_iter()
        .map(|body| match body {
            RequestBody::Join(join) => join.room,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(rooms.len(), 20);
    assert!(matches!(script.flood, Flood::Nothing));
    assert_eq!(script.leaves, Leaves::Never);
}

#[test]
fn churn_ends_as_early_as_it_says() {
    for (attack, leaves) in [
        (Attack::TcpChurn, Leaves::Connected),
        (Attack::HandshakeChurn, Leaves::Opened),
        (Attack::HttpChurn, Leaves::Answered(1)),
        (Attack::SessionChurn, Leaves::Answered(1)),
        (Attack::Resume, Leaves::Answered(2)),
        (Attack::Gone, Leaves::Flooded),
    ] {
        assert_eq!(script(attack).leaves, leaves, "{attack}");
    }
    let Flood::Requests { at_once, .. } = script(Attack::Gone).flood else {
        panic!("no requests");
    };
    assert_eq!(at_once, 2_048);
}

#[test]
fn a_session_that_is_resumed_goes_on_with_its_ids() {
    let script = script(Attack::Resume);
    let first = script.first_of(&Kept::default());
    assert_eq!(bodies(&first.frames), [hello(Vec::new()), join("attack-3")]);
    let kept = Kept {
        session: b"secret".to_vec(),
        next_id: first.next_id,
    };
    let again = script.first_of(&kept);
    let ids: Vec<u64> = decoded(&again.frames).iter().map(|it| it.id).collect();
    assert_eq!(ids, [3, 4]);
    assert_eq!(bodies(&again.frames)[0], hello(b"secret".to_vec()));
}

#[test]
fn pings_are_empty() {
    let Flood::Same { bytes, requests } = script(Attack::Pings).flood else {
        panic!("no pings");
    };
    let pings = split(&bytes);
    assert_eq!(pings.len() as u64, requests);
    assert!(pings.iter().all(|ping| *ping == (0x89, vec![])));
}

#[test]
fn who_does_not_read_asks_for_much() {
    for (attack, reading) in [
        (Attack::NeverRead, Reading::Nothing),
        (Attack::SlowRead, Reading::Trickle),
        (Attack::History, Reading::All),
    ] {
        let script = script(attack);
        assert_eq!(script.reading, reading, "{attack}");
        assert!(matches!(script.flood, Flood::Requests { .. }), "{attack}");
    }
}

#[test]
fn raw_bytes_follow_a_frame_that_is_no_clients() {
    let script = script(Attack::AfterError);
    assert_eq!(script.first.frames, [0x82, 0x00]);
    let Flood::Same { bytes, requests } = script.flood else {
        panic!("other bytes");
    };
    assert_eq!((bytes.len(), requests), (BLOCK, 0));
}

#[test]
fn fragments_are_of_one_message() {
    let script = script(Attack::EmptyFragments);
    assert_eq!(split(&script.first.frames).len(), 1);
    let Flood::Same { bytes, .. } = script.flood else {
        panic!("other bytes");
    };
    assert!(bytes.len() > BLOCK / 2);
    assert!(
        split(&bytes)
            .iter()
            .all(|(header, payload)| *header == 0 && payload.is_empty())
    );
}

#[test]
fn http_requests_are_pipelined() {
    let Flood::Same { bytes, requests } = script(Attack::Page).flood else {
        panic!("other bytes");
    };
    let text = String::from_utf8(bytes).unwrap();
    let request = "GET /guildhall_bg.wasm HTTP/1.1\r\nHost: localhost:8080\r\n";
    assert_eq!(text.matches(request).count() as u64, requests);
    assert!(requests > 100 && text.ends_with("\r\n\r\n"));
    let churn = script(Attack::HttpChurn).first.frames;
    assert!(
        String::from_utf8(churn)
            .unwrap()
            .contains("Connection: close")
    );
}
