//! Entries that are handed over while the store commits something.

use super::*;

/// Says a line, and others while the store commits it, with facts about users between them.
/// Returns what was decided.
pub(super) fn say(store: &Arc<Store>, hall: &Arc<TestRoom>, nonce: u64) -> String {
    let record =
        |rows: Box<dyn FnOnce() -> Vec<Row> + Send>| Entry::Record(Record { rows, done: None });
    let (done, kept) = mpsc::channel();
    let next_id = move |id: u64| {
        let rows: Box<dyn FnOnce() -> Vec<Row> + Send> = Box::new(move || vec![Row::NextId(id)]);
        rows
    };
    // Each of these is called while a commit is under way, and what it hands over waits for the
    // next one.
    let during = {
        let (store, hall) = (Arc::clone(store), Arc::clone(hall));
        move || {
            hall.hand_over(&store, line("hall", nonce + 1, "second"));
            store.append(record(next_id(nonce)));
            store.append(Entry::Record(Record {
                rows: next_id(nonce + 1_000),
                done: Some(Box::new(move |result| done.send(result).unwrap())),
            }));
            hall.hand_over(&store, line("hall", nonce + 2, "third"));
            vec![]
        }
    };
    let before = {
        let (store, hall) = (Arc::clone(store), Arc::clone(hall));
        move || {
            store.append(record(Box::new(during)));
            hall.hand_over(&store, line("hall", nonce, "first"));
            vec![]
        }
    };
    store.append(record(Box::new(before)));
    let lines: Vec<_> = (hall.decisions(3).into_iter())
        .map(|decision| match decision {
            Decision::Stored { line, .. } => line.seq.to_string(),
            Decision::Failed(_) => "failed".to_owned(),
            other => format!("{other:?}"),
        })
        .collect();
    format!("{} {}", lines.join(" "), kept.recv().unwrap().is_ok())
}
