//! Compares what all clients have heard with what the server has in the end.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use guildhall_testing::stored_room::StoredRoom;

use crate::clients::Observer;
use crate::shared::{Shared, locked};

/// Checks everything. Returns what there was, in words.
///
/// # Errors
///
/// If a log is not what the server has. What the rooms themselves must fulfil is asserted.
pub(crate) fn check(
    shared: &Shared,
    stored: &BTreeMap<String, StoredRoom>,
    observers: &[Observer],
) -> Result<String> {
    for (room, stored) in stored {
        stored.check();
        for ((epoch, seq), (sender, time)) in shared.heard_in(room) {
            let line = stored.lines.get(&seq).map(|line| (line.sender, line.time));
            ensure!(
                epoch == stored.epoch && line == Some((sender, time)),
                "line {seq} of {room}, which has {}, was heard as {:?}, and is {line:?}",
                stored.lines.len() + stored.changes.len(),
                (sender, time),
            );
        }
    }
    for observer in observers {
        check_log(stored, observer)?;
        check_own(stored, observer)?;
    }
    let whispers = check_whispers(shared, observers)?;
    let lines: usize = stored.values().map(|room| room.lines.len()).sum();
    let changes: usize = stored.values().map(|room| room.changes.len()).sum();
    let acknowledged: usize = observers.iter().map(|it| it.acknowledged.len()).sum();
    ensure!(
        lines > 0 && changes > 0 && whispers > 0 && acknowledged > observers.len(),
        "too little was said: {lines}, {changes}, {whispers}, {acknowledged}"
    );
    Ok(format!(
        "{} rooms with {lines} lines and {changes} changes; {acknowledged} lines of {} observers \
         were acknowledged, and {whispers} whispers to them",
        stored.len(),
        observers.len(),
    ))
}

/// All that an observer has heard is what the server has, from the first line that it heard to the
/// last one of the room.
fn check_log(stored: &BTreeMap<String, StoredRoom>, observer: &Observer) -> Result<()> {
    let number = observer.number;
    for (room, log) in &observer.rooms {
        let stored = &stored[room];
        for (&(epoch, seq), line) in &log.lines {
            let its_line = stored.lines.get(&seq);
            ensure!(
                epoch == stored.epoch && its_line == Some(line),
                "observer {number} has line {seq} of {room} as {line:?}, and it is {its_line:?}"
            );
        }
        for (seq, change) in &log.changes {
            let its_change = stored.changes.get(seq);
            ensure!(
                its_change.map(|it| (it.line, it.time, it.sender))
                    == Some((change.line, change.time, change.sender)),
                "observer {number} has change {seq} of {room} as {change:?}: {its_change:?}"
            );
        }
        let Some((&(_, first), _)) = log.lines.first_key_value() else {
            continue;
        };
        for (&seq, line) in stored.lines.range(first..) {
            // Of what was removed before, a client shows nothing.
            ensure!(
                line.removed || log.lines.contains_key(&(stored.epoch, seq)),
                "observer {number} has not heard line {seq} of {room}: {line:?}"
            );
        }
    }
    Ok(())
}

/// All that was acknowledged is there, and nothing that was refused. No line is there twice: the
/// observer's own log has seen to that.
fn check_own(stored: &BTreeMap<String, StoredRoom>, observer: &Observer) -> Result<()> {
    let number = observer.number;
    for (room, text) in &observer.acknowledged {
        let seq = observer.own.get(room).and_then(|own| own.get(text));
        ensure!(
            seq.is_some_and(|seq| stored[room].lines.contains_key(seq)),
            "observer {number} has lost {text} in {room}"
        );
    }
    for text in &observer.refused {
        let is_there = observer.own.values().any(|own| own.contains_key(text));
        ensure!(
            !is_there,
            "observer {number}: {text} was refused, and is there"
        );
    }
    Ok(())
}

/// Each acknowledged whisper has arrived. Returns how many there were.
fn check_whispers(shared: &Shared, observers: &[Observer]) -> Result<usize> {
    let mut count = 0;
    for (number, text) in locked(&shared.whispers).iter() {
        let observer = observers.iter().find(|it| it.number == *number);
        let has_it = observer.is_some_and(|it| it.has_lost_session || it.whispers.contains(text));
        ensure!(has_it, "observer {number} has not got {text}");
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use guildhall_testing::heard::Said;

    use super::*;

    /// A room with three lines, and an observer that has heard them and said the second one.
    fn room() -> (BTreeMap<String, StoredRoom>, Observer) {
        let said = |seq: u64| Said {
            sender: 10 + seq,
            name: "Ann".into(),
            text: format!("line {seq}"),
            time: 1000 + seq,
            reply_to: 0,
            edited: 0,
            removed: false,
            reactions: BTreeMap::new(),
        };
        let lines: BTreeMap<u64, Said> = (1..=3).map(|seq| (seq, said(seq))).collect();
        let mut observer = Observer::new(0);
        let log = observer.rooms.entry("red".into()).or_default();
        log.lines = lines
            .iter()
            .map(|(seq, line)| ((7, *seq), line.clone()))
            .collect();
        let own = BTreeMap::from([("line 2".to_owned(), 2)]);
        observer.own.insert("red".into(), own);
        observer.acknowledged.push(("red".into(), "line 2".into()));
        let stored = StoredRoom {
            epoch: 7,
            lines,
            changes: BTreeMap::new(),
        };
        (BTreeMap::from([("red".to_owned(), stored)]), observer)
    }

    fn is_fine(change: impl FnOnce(&mut StoredRoom, &mut Observer)) -> bool {
        let (mut stored, mut observer) = room();
        change(stored.get_mut("red").expect("the room"), &mut observer);
        check_log(&stored, &observer).is_ok() && check_own(&stored, &observer).is_ok()
    }

    #[test]
    fn a_log_that_is_not_the_servers_is_found() {
        assert!(is_fine(|_, _| {}));
        assert!(!is_fine(|stored, _| drop(stored.lines.remove(&3))));
        assert!(!is_fine(|stored, _| stored.epoch = 8));
        assert!(!is_fine(|stored, _| {
            stored.lines.get_mut(&1).expect("a line").text = "another".into();
        }));
        assert!(!is_fine(|_, observer| {
            let log = observer.rooms.get_mut("red").expect("the room");
            log.lines.remove(&(7, 2));
        }));
    }

    #[test]
    fn what_was_acknowledged_and_is_not_there_is_found() {
        assert!(!is_fine(|_, observer| observer.own.clear()));
        assert!(!is_fine(|_, observer| observer
            .refused
            .push("line 2".into())));
    }

    #[test]
    fn a_whisper_that_has_not_arrived_is_found() {
        let shared = Shared::new(([127, 0, 0, 1], 1).into());
        locked(&shared.whispers).insert((0, "psst".into()));
        let mut observers = [Observer::new(0)];
        assert!(check_whispers(&shared, &observers).is_err());
        observers[0].whispers.insert("psst".into());
        assert_eq!(check_whispers(&shared, &observers).ok(), Some(1));
    }
}
