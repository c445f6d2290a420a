use super::*;
use crate::server_url::ServerUrl;
use async_tungstenite::tungstenite::handshake::server::{
    Request as HandshakeRequest, Response as HandshakeResponse,
};
use async_tungstenite::tungstenite::http::HeaderValue;
use async_tungstenite::tungstenite::{Message, WebSocket, accept, accept_hdr};
use guildhall_protocol::{
    Joined, Line, Message as _, Packet, PacketBody, Ping, Pong, Reply, ReplyResult, RequestBody,
    Welcome, decode,
};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// How many messages the speaker says.
const MESSAGES: usize = 20;

/// Runs two clients against a server that relays the messages of the first to the
/// second. `fault` has for each number the numbers of the messages that the server
/// sends then.
#[track_caller]
fn check(fault: fn(usize) -> &'static [usize], expected: Faults) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = ServerUrl::at(listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut sockets = [1, 2].map(|id| {
            let mut socket = accept(listener.accept().unwrap().0).unwrap();
            let hello = Packet::id(id).encode_to_vec();
            socket.send(Message::binary(hello)).unwrap();
            socket
        });
        let mut said = Vec::new();
        for number in 0..MESSAGES {
            let packet = decode(&sockets[0].read().unwrap().into_data()).unwrap();
            said.push(packet.encode_to_vec());
            for &number in fault(number) {
                let again = said[number].clone();
                sockets[1].send(Message::binary(again)).unwrap();
            }
        }
        sockets
    });
    let outcome = outcome(Clients::tutorial().unwrap(), &target, expected);
    server.join().unwrap();
    assert_eq!(outcome.messages, MESSAGES as u64);
    assert_eq!(outcome.deliveries, 20 - expected.lost);
    assert_eq!(outcome.faults, expected);
}

/// Connects two clients, and has the first say the messages.
fn outcome(mut clients: Clients, target: &ServerUrl, expected: Faults) -> Outcome {
    // The server greets them one after the other.
    clients.connect(target, 1, |_| {}).unwrap();
    clients.connect(target, 1, |_| {}).unwrap();
    let plan = Plan {
        receivers: 2,
        speakers: 1,
        pace: Pace::Rate(1_000.0),
        bytes: STAMP_BYTES,
        time: Duration::from_millis(20),
        // A run with a loss waits for all of this. Other runs end when the last
        // message has arrived, however long a busy machine takes for it.
        patience: if expected.lost + expected.unacknowledged > 0 {
            Duration::from_secs(5)
        } else {
            Duration::from_mins(1)
        },
    };
    // The clients hang up here: a server that waits for more ends.
    run(&mut clients, &plan, |_, _| {}).unwrap()
}

/// This number alone.
fn same(number: usize) -> &'static [usize] {
    const ALL: [usize; 20] = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    ];
    &ALL[number..=number]
}

#[test]
fn a_server_without_faults_has_none() {
    check(same, Faults::default());
}

#[test]
fn loss_is_found() {
    let lost = Faults {
        lost: 2,
        ..Faults::default()
    };
    let drops = |number| match number {
        3 | 19 => &[][..],
        number => same(number),
    };
    check(drops, lost);
}

#[test]
fn duplication_is_found() {
    let duplicated = Faults {
        duplicated: 2,
        ..Faults::default()
    };
    // All before the last message: a run ends when that has arrived.
    let doubles = |number| match number {
        3 => &[3, 3][..],
        18 => &[18, 5],
        number => same(number),
    };
    check(doubles, duplicated);
}

#[test]
fn reordering_is_found() {
    let reordered = Faults {
        reordered: 2,
        ..Faults::default()
    };
    let swaps = |number| match number {
        3 | 11 => &[][..],
        4 => &[4, 3],
        12 => &[12, 11],
        number => same(number),
    };
    check(swaps, reordered);
}

/// A line that a server of guildhall.v1 sends.
struct Copy {
    receiver: usize,
    /// The speaker's number of the message.
    message: u64,
    /// The room's number of the line.
    seq: u64,
}

/// For each message, the lines that the server sends then.
type Copies = fn(u64) -> Vec<Copy>;

/// The lines of a server without faults: the message for both clients.
fn to_both(message: u64) -> Vec<Copy> {
    let seq = message + 1;
    vec![to(0, message, seq), to(1, message, seq)]
}

fn to(receiver: usize, message: u64, seq: u64) -> Copy {
    Copy {
        receiver,
        message,
        seq,
    }
}

/// As [`check`], with two clients of guildhall.v1.
#[track_caller]
fn check_v1(copies: Copies, expected: Faults) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = ServerUrl::at(listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut sockets = [1, 2].map(|id| accept_v1(&listener, id));
        let mut said = Vec::new();
        for number in 0..MESSAGES as u64 {
            let (id, ask) = read_request(&mut sockets[0]);
            let RequestBody::Say(say) = ask else {
                panic!("{ask:?}");
            };
            said.push(Line {
                room: say.room,
                epoch: EPOCH,
                sender: 1,
                nonce: id,
                text: say.text,
                ..Line::default()
            });
            for copy in copies(number) {
                let index = usize::try_from(copy.message).unwrap();
                let line = said[index].clone();
                let line = PacketBody::Line(Line {
                    seq: copy.seq,
                    ..line
                });
                send(&mut sockets[copy.receiver], line);
            }
        }
        sockets
    });
    let clients = Clients::v1(vec!["inn".into()]).unwrap();
    let outcome = outcome(clients, &target, expected);
    server.join().unwrap();
    assert_eq!(outcome.messages, MESSAGES as u64);
    assert_eq!(outcome.deliveries, MESSAGES as u64 - expected.lost);
    assert_eq!(outcome.latency.len(), outcome.deliveries);
    assert_eq!(outcome.faults, expected);
}

type Socket = WebSocket<TcpStream>;

/// The epoch of the room of [`check_v1`].
const EPOCH: u32 = 3;

/// Accepts a client, and answers its hello and its join.
fn accept_v1(listener: &TcpListener, id: u64) -> Socket {
    let stream = listener.accept().unwrap().0;
    #[allow(
        clippy::result_large_err,
        reason = "the type of the library's callback"
    )]
    let choose = |_: &HandshakeRequest, mut response: HandshakeResponse| {
        let name = HeaderValue::from_static("guildhall.v1");
        response
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", name);
        Ok(response)
    };
    let mut socket = accept_hdr(stream, choose).unwrap();
    let (hello, _) = read_request(&mut socket);
    let welcome = Welcome {
        id,
        ..Welcome::default()
    };
    send(&mut socket, reply(hello, ReplyResult::Welcome(welcome)));
    let (join, ask) = read_request(&mut socket);
    let RequestBody::Join(request) = ask else {
        panic!("{ask:?}");
    };
    // A client that waits for the answer has to answer a ping meanwhile.
    send(&mut socket, PacketBody::Ping(Ping {}));
    let answer = decode(&socket.read().unwrap().into_data()).unwrap();
    assert_eq!(answer.msg, Some(PacketBody::Pong(Pong {})));
    let joined = Joined {
        room: request.room,
        epoch: EPOCH,
        first_seq: 1,
        ..Joined::default()
    };
    send(&mut socket, reply(join, ReplyResult::Joined(joined)));
    socket
}

fn read_request(socket: &mut Socket) -> (u64, RequestBody) {
    let packet = decode(&socket.read().unwrap().into_data()).unwrap();
    match packet.msg {
        Some(PacketBody::Request(request)) => (request.id, request.ask.unwrap()),
        other => panic!("{other:?}"),
    }
}

fn reply(id: u64, result: ReplyResult) -> PacketBody {
    let result = Some(result);
    PacketBody::Reply(Reply { id, result })
}

fn send(socket: &mut Socket, body: PacketBody) {
    let packet = Packet::from(body).encode_to_vec();
    socket.send(Message::binary(packet)).unwrap();
}

#[test]
fn a_server_of_v1_without_faults_has_none() {
    check_v1(to_both, Faults::default());
}

#[test]
fn a_missing_own_copy_is_found() {
    let unacknowledged = Faults {
        unacknowledged: 1,
        ..Faults::default()
    };
    // Of the last message: otherwise the next number would be a fault too.
    let drops = |number| match number {
        19 => vec![to(1, 19, 20)],
        message => to_both(message),
    };
    check_v1(drops, unacknowledged);
}

#[test]
fn two_orders_in_one_room_are_found() {
    // Every message arrives once, and the numbers have no gap. But the two
    // members have different numbers for two of the messages.
    let swaps = |number| match number {
        4 => vec![to(0, 4, 5)],
        5 => vec![to(0, 5, 6), to(1, 5, 5), to(1, 4, 6)],
        message => to_both(message),
    };
    let expected = Faults {
        reordered: 1,
        misnumbered: 2,
        ..Faults::default()
    };
    check_v1(swaps, expected);
}
