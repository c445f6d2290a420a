//! Two network threads and one store: everybody hears the same order, and it is the order that is
//! there after a restart.

use guildhall_testing::client::Client;
use guildhall_testing::v1_client::V1Client;

use super::*;

/// How many clients of each kind there are, and how many lines each of them says.
const CLIENTS: usize = 4;
const LINES: usize = 30;

#[test]
fn clients_on_both_threads_hear_one_order_which_stays() {
    let folder = Folder::new();
    let arguments = ["--threads", "2", "--history-lines", "20"];
    let mut kept: Vec<(u64, String)> = Vec::new();
    for round in 0..3 {
        let server = folder.start(&arguments);
        let mut tutorials: Vec<(Client, u64)> = (0..CLIENTS).map(|_| server.join()).collect();
        let mut players: Vec<V1Client> = (0..CLIENTS)
            .map(|number| {
                let name = format!("Ann{round}{number}");
                let (mut client, _) = V1Client::hello(server.address(), &name);
                let joined = client.join("lobby");
                assert_eq!(joined.last_seq, kept.len() as u64);
                client.texts(usize::try_from(joined.last_seq + 1 - joined.first_seq).unwrap());
                client
            })
            .collect();
        for line in 0..LINES {
            for number in 0..CLIENTS {
                tutorials[number]
                    .0
                    .say(&format!("{round} {line} of tutorial {number}"));
                players[number].send_say("lobby", &format!("{round} {line} of player {number}"));
            }
        }
        let count = 2 * CLIENTS * LINES;
        let heard: Vec<Line> = (0..count).map(|_| players[0].line()).collect();
        let numbers = heard.iter().map(|line| line.seq);
        let first = kept.len() as u64 + 1;
        assert!(numbers.eq(first..first + count as u64));
        for player in &mut players[1..] {
            let same = |line: &Line| (line.seq, line.sender, line.text.clone());
            let theirs: Vec<_> = (0..count).map(|_| same(&player.line())).collect();
            assert_eq!(theirs, heard.iter().map(same).collect::<Vec<_>>());
            player.expect_quiet();
        }
        let said: Vec<_> = heard
            .into_iter()
            .map(|line| (line.sender, line.text))
            .collect();
        for (client, id) in &mut tutorials {
            // It does not get its own lines.
            for line in said.iter().filter(|(sender, _)| sender != id) {
                assert_eq!(client.chat(), *line);
            }
        }
        for kind in ["tutorial", "player"] {
            for number in 0..CLIENTS {
                let end = format!("of {kind} {number}");
                let own = said.iter().filter(|(_, text)| text.ends_with(&end));
                let expected = (0..LINES).map(|line| format!("{round} {line} {end}"));
                assert!(own.map(|(_, text)| text.clone()).eq(expected), "{end}");
            }
        }
        kept.extend(said);
        server.end_by(ENDS[round % 2]);
    }
    let server = folder.start(&arguments);
    let (mut reader, _) = V1Client::hello(server.address(), "Reader");
    let epoch = reader.join("lobby").epoch;
    let mut lines: Vec<(u64, String)> = Vec::new();
    let mut before = 0;
    loop {
        let page = reader.fetch("lobby", epoch, before, 0);
        before = page.lines[0].seq;
        let texts = page.lines.into_iter().map(|line| (line.sender, line.text));
        lines.splice(0..0, texts);
        if !page.more {
            break;
        }
    }
    assert_eq!(lines, kept);
    server.stop();
}
