//! Clients that were away while lines changed: they have the same lines as those that were there.

use super::*;

use guildhall_protocol::PacketBody;
use guildhall_server::Rate;
use guildhall_testing::client::Client;
use guildhall_testing::v1_client::hello;

/// Adds the next lines to a log.
fn follow(client: &mut V1Client, log: &mut LineLog, count: usize) {
    (0..count).for_each(|_| log.add(client.line()));
}

/// Joins again from this position. Adds what was missed to the log.
fn resume(client: &mut V1Client, log: &mut LineLog, epoch: u32, seq: u64) {
    let joined = client.join_from("red", epoch, seq).unwrap();
    assert!(joined.resumed && joined.gap.is_none());
    let count = joined.last_seq + 1 - joined.first_seq;
    let missed: Vec<_> = (0..count).map(|_| client.line()).collect();
    log.add_missed(joined.first_seq, missed);
}

#[test]
fn whoever_was_away_has_the_same_lines_as_whoever_was_there() {
    on_each_number_of_threads(|server| {
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
        let (mut bob, welcome) = V1Client::in_room(server.address(), "Bob", "red");
        let (mut there, mut away) = (LineLog::default(), LineLog::default());
        let known: Vec<_> = ["a", "b", "c"].map(|text| ann.say("red", text)).into();
        for line in &known {
            there.add(line.clone());
            away.add(bob.line());
        }
        let liked = change(&mut bob, react(&known[0], "gg"));
        away.add(liked.clone());
        assert_eq!(ann.line(), liked);
        there.add(liked);
        let last_request = bob.last_request;
        drop(bob);

        let mut said: Vec<_> = ["d", "e", "f"].map(|text| ann.say("red", text)).into();
        for line in &said {
            there.add(line.clone());
        }
        said.extend(known);
        // Two reactions in one order, and then one of them again, behind the other.
        for line in &said {
            for body in [
                edit(line, "once"),
                react(line, "gg"),
                react(line, "+1"),
                take_back(line, "gg"),
                react(line, "gg"),
                edit(line, "twice, and longer"),
            ] {
                there.add(change(&mut ann, body));
            }
        }
        for line in [&said[1], &said[4]] {
            there.add(change(&mut ann, remove(line)));
        }

        let (mut bob, _) = V1Client::resume(server.address(), &welcome, last_request, 0);
        let position = away.lines().last().unwrap().seq;
        resume(&mut bob, &mut away, said[0].epoch, position);
        assert_eq!(away, there);
        // Whoever comes only now has the same.
        let mut new = LineLog::default();
        let (mut eve, _) = V1Client::hello(server.address(), "Eve");
        let joined = eve.join("red");
        let lines: Vec<_> = (joined.first_seq..=joined.last_seq)
            .map(|_| eve.line())
            .collect();
        assert_eq!(joined.first_seq, 1, "all of it is replayed");
        new.add_missed(1, lines);
        assert_eq!(new, there);
        // And so do all that read it from the history.
        let page = eve.fetch("red", 0, 0, 50).lines;
        assert!(page.iter().eq(there.lines()));
        // From now on, all of them get the same.
        there.add(change(&mut ann, edit(&said[2], "the last one")));
        follow(&mut bob, &mut away, 1);
        follow(&mut eve, &mut new, 1);
        assert_eq!([&away, &new], [&there; 2]);
    });
}

#[test]
fn whoever_reads_too_slowly_catches_up_with_changes() {
    let server = TestServer::with(Config {
        max_waiting: 64 * 1024,
        rooms: RoomLimits {
            client_rate: Rate::UNBOUNDED,
            room_rate: Rate::UNBOUNDED,
            ..RoomLimits::default()
        },
        ..Config::default()
    });
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "red");
    let mut slow = V1Client::over(Client::dial_narrow(server.address()));
    slow.welcome(hello("Slow")).unwrap();
    slow.join("red");
    let (mut there, mut away) = (LineLog::default(), LineLog::default());
    let said = ann.say("red", "helo");
    there.add(said.clone());
    away.add(slow.line());
    ann.join("blue");
    slow.join("blue");
    // More than the sockets of a kernel take.
    let long = "x".repeat(4_000);
    (0..1_500).for_each(|_| drop(ann.say("blue", &long)));
    for body in [
        edit(&said, "hello"),
        react(&said, "gg"),
        react(&said, "+1"),
        take_back(&said, "gg"),
        react(&said, "gg"),
    ] {
        there.add(change(&mut ann, body));
    }
    let mut left_out = 0..0;
    while away.lines().last().unwrap().seq < there.lines().last().unwrap().seq {
        match slow.next_packet() {
            PacketBody::CatchUp(joined) if joined.room == "red" => {
                assert_eq!(joined.gap, None);
                left_out = joined.first_seq..joined.last_seq + 1;
            }
            PacketBody::Line(line) if line.room == "red" => {
                if left_out.contains(&line.seq) {
                    away.add_missed(left_out.start, [line]);
                } else {
                    away.add(line);
                }
            }
            PacketBody::CatchUp(_) | PacketBody::Line(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(!left_out.is_empty(), "it was left out");
    assert_eq!(away, there);
}
