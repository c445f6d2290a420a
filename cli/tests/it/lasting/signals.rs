//! SIGHUP with other rules about what is kept, and SIGTERM while lines wait for the disk.

use std::collections::BTreeMap;
use std::fs;

use guildhall_protocol::{Message as _, Packet, PacketBody};
use guildhall_testing::v1_client::{V1Client, say};
use guildhall_testing::wire::{BINARY, CLOSE, eventually};

use super::*;
use crate::settings_file::File;

#[test]
fn a_room_that_keeps_less_forgets_on_the_disk_and_tells_the_gap() {
    let folder = Folder::new();
    let keep = |lines: u32| format!("[[rooms]]\nmatch = 'hall'\nkeep = {{ lines = {lines} }}\n");
    let file = File::new(&keep(100));
    let mut server = folder.start(&["--config", file.path()]);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let lines: Vec<_> = (1..=50)
        .map(|number| ann.say("hall", &format!("line {number}")))
        .collect();
    let other = {
        ann.join("inn");
        ann.say("inn", "line 1 of another room");
        ann.say("inn", "line 2 of another room")
    };
    let (mut bob, _) = V1Client::hello(server.address(), "Bob");
    let joined = bob.join_from("hall", lines[9].epoch, 10).unwrap();
    assert_eq!((joined.first_seq, joined.gap), (11, None));
    bob.texts(40);
    fs::write(file.path(), keep(5)).unwrap();
    server.signal(Signal::HUP);
    server.wait_for("SIGHUP: reloaded");
    eventually("45 lines are forgotten", || {
        let query = "SELECT forgotten, count(line.id) FROM room \
                     JOIN line ON line.id >> 40 = room.id WHERE room.name = 'hall'";
        (folder.value(query) == "45|5").then_some(())
    });
    let check = |client: &mut V1Client| {
        let joined = client.join_from("hall", lines[9].epoch, 10).unwrap();
        let gap = joined.gap.unwrap();
        assert_eq!((gap.from, gap.to, joined.first_seq), (11, 45, 46));
        assert!(joined.resumed);
        assert_eq!(
            client.texts(5),
            ["line 46", "line 47", "line 48", "line 49", "line 50"]
        );
        let page = client.fetch("hall", lines[9].epoch, 0, 0);
        assert_eq!((page.lines.len(), page.more), (5, false));
        assert_eq!(found(client, search("hall", "line")).len(), 5);
        let joined = client.join_from("inn", other.epoch, 1).unwrap();
        assert_eq!((joined.first_seq, joined.gap), (2, None));
        client.texts(1);
    };
    let (mut cid, _) = V1Client::hello(server.address(), "Cid");
    check(&mut cid);
    // Whoever is there goes on.
    let next = ann.say("hall", "line 51");
    assert_eq!((bob.line(), cid.line().seq), (next, 51));
    let nonce = ann.send(guildhall_testing::line_log::remove(&lines[9]));
    assert!(ann.reply(nonce).is_err(), "it is not there any more");
    fs::write(file.path(), keep(6)).unwrap();
    server.end_by(Signal::KILL);
    let server = folder.start(&["--config", file.path()]);
    let (mut eve, _) = V1Client::hello(server.address(), "Eve");
    let joined = eve.join_from("hall", lines[9].epoch, 10).unwrap();
    let gap = joined.gap.unwrap();
    assert_eq!((gap.from, joined.last_seq), (11, 51));
    assert!((46..=47).contains(&joined.first_seq) && gap.to + 1 == joined.first_seq);
    server.stop();
}

/// The lines of a client itself that were answered until its connection was closed.
fn answered_until_close(client: &mut V1Client) -> BTreeMap<u64, Line> {
    let mut own = BTreeMap::new();
    loop {
        let frame = client.client.frame();
        if frame.opcode == CLOSE & 0x0f {
            assert_eq!(frame.payload[..2], 1001_u16.to_be_bytes());
            return own;
        }
        assert_eq!(frame.opcode, BINARY);
        let packet = Packet::decode(&*frame.payload).unwrap();
        if let Some(PacketBody::Line(line)) = packet.msg
            && line.nonce > 0
        {
            own.insert(line.nonce, line);
        }
    }
}

/// All lines of the room.
fn all_lines(client: &mut V1Client, epoch: u32) -> Vec<Line> {
    let (mut before, mut lines) = (0, Vec::new());
    loop {
        let page = client.fetch("hall", epoch, before, 0);
        before = page.lines[0].seq;
        lines.splice(0..0, page.lines);
        if !page.more {
            return lines;
        }
    }
}

#[test]
fn what_was_answered_before_a_stop_is_there_and_the_rest_is_said_once() {
    const LINES: u64 = 60;
    for round in 0..4 {
        let folder = Folder::new();
        let server = folder.start(&["--threads", "2"]);
        let (mut reader, _) = V1Client::in_room(server.address(), "Reader", "hall");
        let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "hall");
        let epoch = reader.say("hall", "the first").epoch;
        ann.line();
        let texts: Vec<_> = (0..LINES).map(|number| format!("line {number}")).collect();
        let first = ann.last_request + 1;
        for text in &texts {
            ann.send_say("hall", text);
        }
        // The others are on their way, or wait for the disk.
        for _ in 0..round * 7 {
            reader.line();
        }
        server.signal(Signal::TERM);
        let answered = answered_until_close(&mut ann);
        reader.client.read_to_close();
        drop(reader);
        let last_request = ann.last_request;
        drop(ann);
        let (status, _) = server.end();
        assert!(status.success());

        let server = folder.start(&["--threads", "2"]);
        let (mut new, _) = V1Client::in_room(server.address(), "New", "hall");
        let stored = all_lines(&mut new, epoch);
        for line in answered.values() {
            assert!(stored.iter().any(|kept| kept == line), "{line:?}");
        }
        // The client sends what was not answered again, in its order.
        let (mut ann, again) = V1Client::resume(server.address(), &welcome, last_request, 0);
        assert!(again.resumed);
        ann.join("hall");
        for (number, text) in (0..).zip(&texts) {
            let nonce = first + number;
            if !answered.contains_key(&nonce) {
                ann.send_request(nonce, say("hall", text));
                ann.outcome(nonce).unwrap();
            }
        }
        let all: Vec<_> = (all_lines(&mut new, epoch).into_iter())
            .map(|line| line.text)
            .collect();
        assert_eq!(all[0], "the first");
        assert_eq!(all[1..], texts, "once, and in order");
        server.stop();
    }
}
