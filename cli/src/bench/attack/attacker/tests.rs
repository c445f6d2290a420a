use super::super::super::arguments::Attack;
use super::super::frames::tests::payloads;
use super::super::script::Victims;
use super::*;
use async_tungstenite::tungstenite::handshake::derive_accept_key;
use guildhall_protocol::{
    Message as _, Packet, PacketBody, Ping, Pong, Reply, ReplyResult, RequestError, Welcome,
};

fn attacker(attack: Attack) -> Attacker {
    let victims = Victims {
        host: "localhost".into(),
        room: "bench-1".into(),
        user: 7,
    };
    let script = Rc::new(Script::of(attack, 0, &victims));
    let server = ServerUrl::at("127.0.0.1:1".parse().unwrap());
    Attacker::new(script, &server, Kept::default())
}

/// Writes all that comes next. Returns it with its requests.
fn write(attacker: &mut Attacker) -> (Vec<u8>, u64) {
    let bytes = attacker.next_bytes().to_vec();
    let requests = attacker.wrote(bytes.len());
    (bytes, requests)
}

/// An attacker whose handshake is answered.
fn opened(attack: Attack) -> Attacker {
    let mut attacker = attacker(attack);
    let (request, _) = write(&mut attacker);
    let request = String::from_utf8(request).unwrap();
    let key = request
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
    let accept = derive_accept_key(key.unwrap().as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: guildhall.v1\r\n\r\n"
    );
    assert!(attacker.is_opening() && attacker.next_bytes().is_empty());
    let (head, rest) = answer.split_at(20);
    assert_eq!(attacker.receive(head.as_bytes()), Arrived::default());
    assert!(attacker.is_opening());
    assert_eq!(attacker.receive(rest.as_bytes()), Arrived::default());
    assert!(!attacker.is_opening());
    attacker
}

/// A server's frame.
fn frame(header: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[header, length], payload].concat()
}

fn packet(body: PacketBody) -> Vec<u8> {
    frame(0x82, &Packet::from(body).encode_to_vec())
}

#[test]
fn what_comes_first_is_sent_once_and_the_flood_goes_on() {
    let mut attacker = opened(Attack::ListRooms);
    let (hello, requests) = write(&mut attacker);
    assert_eq!((payloads(&hello).len(), requests), (1, 0));
    let (one, requests) = write(&mut attacker);
    assert_eq!(payloads(&one).len() as u64, requests);
    let (two, again) = write(&mut attacker);
    assert_eq!(again, requests);
    assert_ne!(one, two, "IDs grow");
    assert!(!attacker.is_done());
}

#[test]
fn requests_count_when_they_are_whole() {
    let mut attacker = opened(Attack::ListRooms);
    write(&mut attacker);
    let bytes = attacker.next_bytes().len();
    assert_eq!(attacker.wrote(bytes - 1), 0);
    assert_eq!(attacker.next_bytes().len(), 1);
    assert!(attacker.wrote(1) > 0);
}

#[test]
fn a_ping_is_answered_between_two_floods() {
    let mut attacker = opened(Attack::NoHello);
    assert!(attacker.next_bytes().is_empty());
    let mut bytes = packet(PacketBody::Ping(Ping {}));
    bytes.extend(frame(0x89, b"hi"));
    attacker.receive(&bytes);
    let (answers, _) = write(&mut attacker);
    let pong = Packet::from(PacketBody::Pong(Pong {})).encode_to_vec();
    let mut expected = Vec::new();
    inbox::put_message(&mut expected, &pong, MASK);
    inbox::put_pong(&mut expected, b"hi", MASK);
    assert_eq!(answers, expected);
    assert!(attacker.next_bytes().is_empty());
}

#[test]
fn a_session_is_resumed_over_the_next_connection() {
    let mut first = opened(Attack::Resume);
    let (requests, flood) = write(&mut first);
    assert_eq!((payloads(&requests).len(), flood), (2, 0));
    assert!(first.next_bytes().is_empty());
    let welcome = Welcome {
        session: b"secret".to_vec(),
        ..Welcome::default()
    };
    let reply = |result| {
        packet(PacketBody::Reply(Reply {
            id: 1,
            result: Some(result),
        }))
    };
    first.receive(&reply(ReplyResult::Welcome(welcome)));
    assert!(!first.is_done());
    first.receive(&reply(ReplyResult::Joined(
        guildhall_protocol::Joined::default(),
    )));
    assert!(first.is_done());
    let kept = first.into_kept();
    assert_eq!((&kept.session[..], kept.next_id), (&b"secret"[..], 3));
    let server = ServerUrl::at("127.0.0.1:1".parse().unwrap());
    let script = attacker(Attack::Resume).script;
    let second = Attacker::new(script, &server, kept.clone());
    let again = second.script.first_of(&kept).frames;
    let packets = payloads(&again);
    let is_in = |packet: &[u8]| packet.windows(6).any(|bytes| bytes == b"secret");
    assert!(is_in(&packets[0]) && !is_in(&packets[1]));
}

#[test]
fn refusals_and_closes_are_counted() {
    let mut attacker = opened(Attack::History);
    let error = ReplyResult::Error(RequestError::default());
    let reply = |result| {
        packet(PacketBody::Reply(Reply {
            id: 1,
            result: Some(result),
        }))
    };
    let mut bytes = reply(ReplyResult::Welcome(Welcome::default()));
    bytes.extend(reply(error));
    bytes.extend(frame(0x88, &3000_u16.to_be_bytes()));
    let expected = Arrived {
        refused: 1,
        end: Some("3000".to_owned()),
    };
    assert_eq!(attacker.receive(&bytes), expected);
}

#[test]
fn a_refused_handshake_ends_the_connection() {
    let mut attacker = attacker(Attack::History);
    let answer = b"HTTP/1.1 429 Too Many Requests\r\n\r\n";
    let arrived = attacker.receive(answer);
    assert_eq!(arrived.end.as_deref(), Some("HTTP 429"));
    assert!(attacker.is_opening());
}

#[test]
fn churn_is_done_at_its_moment() {
    assert!(attacker(Attack::TcpChurn).is_done());
    assert!(opened(Attack::HandshakeChurn).is_done());

    let mut session = opened(Attack::SessionChurn);
    write(&mut session);
    assert!(!session.is_done());
    session.receive(&packet(PacketBody::Pong(Pong {})));
    assert!(session.is_done());

    let mut http = attacker(Attack::HttpChurn);
    write(&mut http);
    assert!(!http.is_done());
    http.receive(b"HTTP/1.1 200 OK\r\n\r\n");
    assert!(http.is_done());

    let mut gone = opened(Attack::Gone);
    write(&mut gone);
    assert!(!gone.is_done());
    let (_, requests) = write(&mut gone);
    assert!(requests == 2_048 && gone.is_done());
    assert!(gone.next_bytes().is_empty());
}
