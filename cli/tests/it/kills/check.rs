//! Compares what the players and the clients of the tutorial were told with what the server has
//! in the end.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;

use guildhall_testing::heard::{Said, What};
use guildhall_testing::stored_room::{StoredRoom, reactors};
use guildhall_testing::v1_client::V1Client;

use super::log::{Asked, Log};
use super::party::{LAST_WORDS, name};
use super::tutorial::Stay;
use super::{PLAYERS, ROOM};

/// Compares all logs with what the server has. Returns what there was, in words.
pub(super) fn check(address: SocketAddr, logs: &[Log], stays: &[Stay]) -> String {
    let (mut reader, _) = V1Client::in_room(address, "Reader", ROOM);
    let stored = StoredRoom::read(&mut reader, ROOM);
    stored.check();
    check_numbers_of_users(logs, stays);
    let originals = check_origins(&stored, logs, stays);
    for (number, log) in logs.iter().enumerate() {
        check_log(&stored, number, log);
        check_acknowledged(&stored, number, log);
    }
    check_changes(&stored, logs);
    let whispers = check_whispers(logs);
    for stay in stays {
        check_stay(&stored, &originals, stay);
    }
    let resumed: usize = logs.iter().map(|log| log.resumed).sum();
    let acknowledged: usize = logs.iter().map(|log| log.acknowledged.len()).sum();
    let heard: usize = stays.iter().map(|stay| stay.heard.len()).sum();
    assert!(
        acknowledged > PLAYERS && resumed > 0 && whispers > 0 && heard > 0,
        "{acknowledged}, {resumed}, {whispers}, {heard}"
    );
    format!(
        "{} lines, {} changes, {whispers} whispers, {acknowledged} acknowledged requests, \
         {resumed} sessions resumed, {heard} lines heard in {} stays of the tutorial",
        stored.lines.len(),
        stored.changes.len(),
        stays.len()
    )
}

/// No number was given to two users, and none that was told anything has two.
fn check_numbers_of_users(logs: &[Log], stays: &[Stay]) {
    let guests = stays.iter().map(|stay| stay.id);
    let ids: Vec<u64> = (logs.iter().flat_map(|log| log.ids.iter().copied()))
        .chain(guests)
        .collect();
    let different: HashSet<u64> = ids.iter().copied().collect();
    assert_eq!(ids.len(), different.len(), "a number was given twice");
}

/// Each line was said by the one whose it is, and once. Returns the number of the line of each
/// text, as it was at first.
fn check_origins<'a>(
    stored: &'a StoredRoom,
    logs: &'a [Log],
    stays: &'a [Stay],
) -> HashMap<&'a str, u64> {
    let mut originals = HashMap::new();
    for (number, log) in logs.iter().enumerate() {
        let asked: HashSet<&str> = (log.asked.iter())
            .filter_map(|asked| match asked {
                Asked::Say { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        for (seq, text) in &log.own {
            assert!(
                asked.contains(text.as_str()),
                "player {number} has not said {text}"
            );
            let sender = stored.lines.get(seq).map(|line| line.sender);
            assert!(
                sender.is_some_and(|sender| log.ids.contains(&sender)),
                "line {seq} of player {number}: {sender:?}"
            );
            let other = originals.insert(text.as_str(), *seq);
            assert_eq!(other, None, "{text} is line {seq} as well");
        }
    }
    for stay in stays {
        for (seq, line) in stored.lines.iter().filter(|(_, it)| it.sender == stay.id) {
            assert!(
                stay.said.contains(&line.text),
                "nobody has said line {seq}: {line:?}"
            );
            let other = originals.insert(line.text.as_str(), *seq);
            assert_eq!(other, None, "{} is line {seq} as well", line.text);
        }
    }
    let known: HashSet<u64> = originals.values().copied().collect();
    for (seq, line) in &stored.lines {
        assert!(known.contains(seq), "nobody has said line {seq}: {line:?}");
    }
    originals
}

/// The log equals the store, from its first line to the last words.
fn check_log(stored: &StoredRoom, number: usize, log: &Log) {
    for (&(epoch, seq), line) in &log.room.lines {
        assert_eq!(epoch, stored.epoch, "the room never begins anew");
        let its_line = stored.lines.get(&seq);
        assert_eq!(its_line, Some(line), "line {seq} of player {number}");
    }
    for (seq, change) in &log.room.changes {
        let its_change = stored.changes.get(seq);
        assert_eq!(
            its_change.map(|it| (it.line, it.time, it.sender)),
            Some((change.line, change.time, change.sender)),
            "change {seq} of player {number}"
        );
    }
    let (&(_, first), _) = log.room.lines.first_key_value().expect("a line");
    let is_goodbye = |line: &&Said| line.text.ends_with(LAST_WORDS);
    assert_eq!(
        log.room.lines.values().filter(is_goodbye).count(),
        PLAYERS,
        "player {number} has heard all goodbyes"
    );
    for (seq, line) in stored.lines.range(first..) {
        // Of what was removed before, a client shows nothing.
        assert!(
            line.removed || log.room.lines.contains_key(&(stored.epoch, *seq)),
            "player {number} has not heard line {seq}: {line:?}"
        );
    }
}

/// All that a player was told to be done is done, once, and nothing that was refused is.
fn check_acknowledged(stored: &StoredRoom, number: usize, log: &Log) {
    let own: HashMap<&str, u64> = (log.own.iter())
        .map(|(seq, text)| (text.as_str(), *seq))
        .collect();
    let (mut edited, mut reacted) = (BTreeMap::new(), BTreeMap::new());
    for asked in log.acknowledged.values() {
        match asked {
            Asked::Say { text, reply_to } => {
                let line = own.get(text.as_str()).and_then(|seq| stored.lines.get(seq));
                let line = line.unwrap_or_else(|| panic!("player {number} has lost {text}"));
                assert_eq!(line.reply_to, *reply_to, "{text}");
            }
            Asked::Remove { line } => assert!(
                stored.lines[line].removed,
                "player {number} has removed line {line}"
            ),
            Asked::React {
                line,
                reaction,
                take_back,
            } => {
                reacted.insert((*line, *reaction), !take_back);
            }
            Asked::Edit { line, text, own } => {
                assert!(
                    own,
                    "player {number} has edited a line of somebody else: {text}"
                );
                edited.insert(*line, text);
            }
            // These are looked for where they have arrived.
            Asked::Whisper { .. } => {}
        }
    }
    for (line, text) in edited {
        let stored = &stored.lines[&line];
        assert!(stored.removed || stored.text == *text, "{text}: {stored:?}");
    }
    for ((line, reaction), is_there) in reacted {
        if stored.lines[&line].removed {
            continue;
        }
        let reactors = reactors(&stored.changes_of(line));
        let mut own = log.ids.iter().map(|id| (*id, reaction));
        assert_eq!(
            own.any(|own| reactors.contains(&own)),
            is_there,
            "{reaction} of player {number} to line {line}"
        );
    }
    for asked in &log.refused {
        if let Asked::Say { text, .. } = asked {
            assert!(!own.contains_key(text.as_str()), "{text} was refused");
        }
    }
}

/// Each acknowledged change is in the store once, and there is no other one.
fn check_changes(stored: &StoredRoom, logs: &[Log]) {
    let mut expected: HashMap<_, u32> = HashMap::new();
    for (number, log) in logs.iter().enumerate() {
        for asked in log.acknowledged.values() {
            let key = match asked {
                // An edit of a line that is removed later is told as a removal.
                Asked::Edit { line, .. } | Asked::Remove { line } => (number, *line, None),
                Asked::React {
                    line,
                    reaction,
                    take_back,
                } => (number, *line, Some((*reaction, *take_back))),
                Asked::Say { .. } | Asked::Whisper { .. } => continue,
            };
            *expected.entry(key).or_default() += 1;
        }
    }
    let numbers: HashMap<u64, usize> = (logs.iter().enumerate())
        .flat_map(|(number, log)| log.ids.iter().map(move |id| (*id, number)))
        .collect();
    let mut found: HashMap<_, u32> = HashMap::new();
    for change in stored.changes.values() {
        let what = match &change.what {
            What::Edited(_) | What::Removed => None,
            What::Reacted(reaction) => Some((reaction.reaction.as_str(), false)),
            What::TookBack(reaction) => Some((reaction.reaction.as_str(), true)),
        };
        let number = numbers[&change.sender];
        *found.entry((number, change.line, what)).or_default() += 1;
    }
    for (key, count) in &expected {
        let found = found.get(key).copied().unwrap_or_default();
        assert_eq!(found, *count, "changes of player, line, reaction: {key:?}");
    }
    assert_eq!(
        found.len(),
        expected.len(),
        "nobody has asked for some changes"
    );
}

/// Each acknowledged whisper has arrived once, at its receiver, and nothing else has. Returns
/// how many there were.
fn check_whispers(logs: &[Log]) -> usize {
    let mut arrived = HashMap::new();
    for (number, log) in logs.iter().enumerate() {
        for (sender, text) in &log.whispers {
            let other = arrived.insert(text.as_str(), (number, sender.as_str()));
            assert_eq!(other, None, "{text} has come to player {number} as well");
        }
    }
    let mut count = 0;
    for (number, log) in logs.iter().enumerate() {
        let own: HashSet<&str> = log.own_whispers.iter().map(String::as_str).collect();
        assert_eq!(own.len(), log.own_whispers.len(), "player {number}");
        let sender = name(number);
        for asked in log.acknowledged.values() {
            if let Asked::Whisper { to, text } = asked {
                let place = arrived.remove(text.as_str());
                assert_eq!(place, Some((*to, sender.as_str())), "{text}");
                count += 1;
            }
        }
    }
    assert!(
        arrived.is_empty(),
        "these were never acknowledged: {arrived:?}"
    );
    count
}

/// A client of the tutorial has heard what is in the store, in the room's order.
fn check_stay(stored: &StoredRoom, originals: &HashMap<&str, u64>, stay: &Stay) {
    let mut last = 0;
    for (sender, text) in &stay.heard {
        let seq = originals.get(text.as_str());
        let seq = *seq.unwrap_or_else(|| panic!("guest {} has heard {text}", stay.id));
        assert_eq!(stored.lines[&seq].sender, *sender, "{text}");
        assert!(last < seq, "guest {} has heard {text} late", stay.id);
        last = seq;
    }
}
