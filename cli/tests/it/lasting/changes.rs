//! Edits, removals, reactions and replies: whoever was away has the same as whoever was there,
//! also after a restart, and the store has what the document says.

use guildhall_protocol::Line;
use guildhall_testing::line_log::{LineLog, edit, react, remove, reply, take_back};
use guildhall_testing::v1_client::V1Client;

use super::*;

/// The lines and changes of the room, and the copy that the speaker itself has of them.
struct Lines {
    log: LineLog,
    lines: Vec<Line>,
}

impl Lines {
    fn tell(&mut self, speaker: &mut V1Client, others: &mut [&mut V1Client], ask: RequestBody) {
        let line = own(speaker, ask);
        for other in others {
            assert_eq!(other.line(), line);
        }
        self.log.add(line.clone());
        self.lines.push(line);
    }
}

/// All lines of a room, from pages of this size.
fn pages(client: &mut V1Client, limit: u32) -> LineLog {
    let mut log = LineLog::default();
    let (mut epoch, mut before) = (0, 0);
    loop {
        let page = client.fetch("hall", epoch, before, limit);
        epoch = page.epoch;
        before = page.lines.first().map_or(0, |line| line.seq);
        log.add_missed(before, page.lines);
        if !page.more {
            return log;
        }
    }
}

/// The lines that a client shows of a log, and the places of the changes. A change that is read
/// later says what holds by then, so only its place and its line are the same for all.
fn shown(log: &LineLog) -> Vec<Line> {
    let without_content = |line: &Line| match &line.change {
        None => line.clone(),
        Some(change) => Line {
            seq: line.seq,
            time: line.time,
            sender: line.sender,
            reply_to: change.seq,
            ..Line::default()
        },
    };
    log.lines().map(without_content).collect()
}

#[test]
fn who_was_away_has_the_same_as_who_was_there() {
    use guildhall_testing::v1_client::say;
    for signal in ENDS {
        let folder = Folder::new();
        let arguments = ["--history-lines", "4"];
        let server = folder.start(&arguments);
        let (mut ann, anns) = V1Client::in_room(server.address(), "Ann", "hall");
        let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "hall");
        let mut story = Lines {
            log: LineLog::default(),
            lines: Vec::new(),
        };
        let mut away = LineLog::default();
        for text in ["one helo", "two goes away", "three", "four", "five", "six"] {
            story.tell(&mut ann, &mut [&mut bob], say("hall", text));
            away.add(story.lines.last().unwrap().clone());
        }
        let old = story.lines.clone();
        let position = (old[5].epoch, old[5].seq);
        // From here on, somebody is away.
        let (two, one) = (&mut bob, &mut ann);
        story.tell(one, &mut [two], edit(&old[0], "one hello"));
        story.tell(two, &mut [one], react(&old[0], "👍"));
        story.tell(one, &mut [two], react(&old[0], "👍"));
        story.tell(two, &mut [one], react(&old[2], "gg"));
        story.tell(two, &mut [one], take_back(&old[2], "gg"));
        story.tell(two, &mut [one], reply(&old[1], "why?"));
        story.tell(one, &mut [two], remove(&old[1]));
        story.tell(one, &mut [two], edit(&old[0], "one hello!"));
        let last_request = ann.last_request;
        server.end_by(signal);

        let server = folder.start(&arguments);
        let (mut ann, welcome) = V1Client::resume(server.address(), &anns, last_request, 0);
        assert!(welcome.resumed);
        ann.join_from("hall", old[0].epoch, story.lines.last().unwrap().seq)
            .unwrap();
        let (mut cid, _) = V1Client::hello(server.address(), "Cid");
        let joined = cid.join_from("hall", position.0, position.1).unwrap();
        assert_eq!((joined.first_seq, joined.last_seq), (7, 14));
        let missed: Vec<_> = (7..=14).map(|_| cid.line()).collect();
        away.add_missed(joined.first_seq, missed);
        assert_eq!(shown(&away), shown(&story.log), "{signal:?}");
        for limit in [1, 3, 0] {
            assert_eq!(
                shown(&pages(&mut cid, limit)),
                shown(&story.log),
                "{signal:?} {limit}"
            );
        }
        // And on: the owner changes what it said before the restart.
        let mut cid_ = cid;
        story.tell(&mut ann, &mut [&mut cid_], edit(&old[3], "IV"));
        story.tell(&mut ann, &mut [&mut cid_], take_back(&old[0], "👍"));
        story.tell(&mut cid_, &mut [&mut ann], react(&old[0], "👍"));
        assert_eq!(shown(&pages(&mut cid_, 5)), shown(&story.log));
        // A request that is sent again changes nothing.
        let nonce = story.lines[story.lines.len() - 2].nonce;
        ann.send_request(nonce, take_back(&old[0], "👍"));
        let again = ann.reply(nonce).unwrap();
        assert!(matches!(again, ReplyResult::Repeated(_)), "{again:?}");
        in_the_store(&folder, server);
    }
}

/// Reads the tables, while the server runs.
fn in_the_store(folder: &Folder, server: Program) {
    let versions = "SELECT text FROM version ORDER BY change";
    let texts = "one helo\ntwo goes away\none hello\nfour";
    assert_eq!(folder.value(versions), texts);
    let removed = "SELECT count(*), sum(length(text)) FROM line WHERE removed = 1";
    assert_eq!(folder.value(removed), "1|0");
    let now = "SELECT text FROM line WHERE id & 1099511627775 IN (1, 2, 4)";
    assert_eq!(folder.value(now), "one hello!\n\nIV");
    let reactions = "SELECT count(*) FROM reaction";
    assert_eq!(folder.value(reactions), "2");
    assert_eq!(
        folder.value("SELECT reply_to FROM line WHERE text = 'why?'"),
        "2"
    );
    server.stop();
}

#[test]
fn what_was_removed_is_sent_to_nobody_any_more() {
    use crate::settings_file::File;
    let folder = Folder::new();
    let file = File::new("[[rooms]]\nmatch = 'team'\nkeep = { durable = false }\n");
    let server = folder.start(&["--config", file.path()]);
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    let (mut new, _) = V1Client::hello(server.address(), "New");
    for room in ["hall", "team"] {
        ann.join(room);
        let line = ann.say(room, "a secret");
        own(&mut ann, edit(&line, "a longer secret"));
        own(&mut ann, react(&line, "secret"));
        own(&mut ann, edit(&line, "the last secret"));
        own(&mut ann, remove(&line));
        let joined = new.join(room);
        let replayed: Vec<_> = (joined.first_seq..=joined.last_seq)
            .map(|_| new.line())
            .collect();
        let page = new.fetch(room, line.epoch, 0, 0);
        let later = new.join_from(room, line.epoch, 1).unwrap();
        let missed: Vec<_> = (later.first_seq..=later.last_seq)
            .map(|_| new.line())
            .collect();
        for line in replayed.iter().chain(&page.lines).chain(&missed) {
            assert!(!line.text.contains("secret"), "{line:?}");
        }
        assert_eq!(found(&mut new, search(room, "secret")), [""; 0]);
    }
    server.stop();
}
