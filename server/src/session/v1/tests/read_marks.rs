//! The read marks of a user, over two sessions on two threads.

use super::*;
use guildhall_protocol::{LineRef, MarkRead};

impl Client {
    /// Says this many lines in the room, and returns its epoch.
    fn talk(&mut self, room: &SharedRoom<TestWire>, lines: u64) -> u32 {
        for id in 0..lines {
            let say = Say {
                room: "red".into(),
                text: "hi".into(),
                ..Say::default()
            };
            self.request(1_000 + id, RequestBody::Say(say));
        }
        room.borrow().newest().epoch.0
    }

    fn mark(&mut self, id: u64, room: &str, line: impl Into<Option<LineRef>>) {
        let room = room.to_owned();
        self.request(
            id,
            RequestBody::MarkRead(MarkRead {
                room,
                line: line.into(),
            }),
        );
    }

    /// The marks that the client was sent since the last call, in short.
    fn marks(&mut self) -> Vec<String> {
        self.hub.fan_out(Instant::now());
        let sent = frame::packets(&self.session.connection.wire().take_written());
        let shown = sent.into_iter().filter_map(|body| match body {
            PacketBody::ReadMark(mark) => Some(format!("{} {}", mark.room, mark.line.unwrap().seq)),
            PacketBody::Reply(Reply { id, result }) => match result.unwrap() {
                ReplyResult::Error(error) => {
                    Some(format!("{id} {:?} {:?}", error.code(), error.arguments))
                }
                ReplyResult::MarkedRead(_) => Some(format!("{id} marked")),
                ReplyResult::Joined(joined) => Some(format!("{id} read {}", joined.read_seq)),
                _ => None,
            },
            _ => None,
        });
        shown.collect()
    }
}

fn line(epoch: u32, seq: u64) -> LineRef {
    LineRef { epoch, seq }
}

#[test]
fn a_mark_never_goes_back_and_is_there_when_the_user_joins_again() {
    let shared = Shared::new(1, RoomLimits::default());
    let mut ann = Client::connect(&shared, 0);
    ann.hello(1, &[]);
    let room = ann.join(2);
    assert_eq!(ann.marks(), ["2 read 0"]);
    let epoch = ann.talk(&room, 3);
    ann.mark(2_000, "RED", line(epoch, 2));
    ann.mark(2_001, "red", line(epoch, 1));
    ann.join(2_002);
    let sent = ann.marks();
    assert_eq!(sent, ["2000 marked", "2001 marked", "2002 read 2"]);
}

#[test]
fn a_mark_is_at_a_line_of_a_room_that_the_client_is_in() {
    let shared = Shared::new(1, RoomLimits::default());
    let mut ann = Client::connect(&shared, 0);
    ann.hello(1, &[]);
    let room = ann.join(2);
    let epoch = ann.talk(&room, 3);
    ann.marks();
    let wrong = [
        ("blue", Some(line(epoch, 1)), r#"NotInRoom ["blue"]"#),
        ("red", Some(line(epoch, 0)), r#"NoSuchLine ["red", "0"]"#),
        ("red", Some(line(epoch, 4)), r#"NoSuchLine ["red", "4"]"#),
        (
            "red",
            Some(line(epoch ^ 1, 1)),
            r#"NoSuchLine ["red", "1"]"#,
        ),
        ("red", None, r#"BadRequest ["mark_read names a line"]"#),
    ];
    for (id, (room, line, expected)) in (2_000..).zip(wrong) {
        ann.mark(id, room, line);
        assert_eq!(ann.marks(), [format!("{id} {expected}")]);
    }
    assert_eq!(ann.welcomed().session.user.read_marks(), []);
}

#[test]
fn the_other_sessions_of_a_user_are_told_once() {
    let shared = Shared::new(2, RoomLimits::default());
    let mut phone = Client::connect(&shared, 0);
    phone.hello(1, &[]);
    let room = phone.join(2);
    let epoch = phone.talk(&room, 2);
    let mut desk = Client::connect(&shared, 1);
    desk.hello(1, &[]);
    // As two sessions of a user with an account.
    let user = &phone.welcomed().session.user;
    user.add_session(&desk.welcomed().session);
    phone.marks();
    desk.marks();
    phone.mark(2_000, "red", line(epoch, 2));
    phone.mark(2_001, "red", line(epoch, 2));
    assert_eq!(phone.marks(), ["2000 marked", "2001 marked"]);
    assert_eq!(desk.marks(), ["red 2"]);
}
