//! Texts that a filter flags: they are said, and moderators get a report of the server itself.

use super::*;
use crate::filter::{Filter, FilterAct, Filters, Look, WordList, WordMatch};
use crate::journal::reports::{Report, ReportFilter, ReportsRead};
use guildhall_protocol::{LineRef, React, Rename};
use std::sync::mpsc;

fn flag_words(shared: &Shared, words: &str) {
    let list = WordList::parse(words, WordMatch::Word).unwrap();
    let filter = Filter {
        look: Look::Words(Arc::new(list)),
        act: FilterAct::Flag,
        rooms: None,
        label: "en".into(),
    };
    shared.set_publication(Filters::new(vec![filter]), None);
}

/// All reports. A journal has decided what waits.
fn reports(shared: &Shared, journal: Option<&MemoryJournal>) -> Vec<Report> {
    let (sender, found) = mpsc::channel();
    let read = ReportsRead {
        filter: ReportFilter::All,
        about: None,
        behind: 0,
        most: 100,
    };
    shared.reports(read, Box::new(move |found| sender.send(found).unwrap()));
    if let Some(journal) = journal {
        journal.answer_next(usize::MAX);
    }
    found.recv().unwrap().unwrap().0
}

#[test]
fn a_flagged_line_is_said_and_reported_with_its_place() {
    for journal in [None, Some(MemoryJournal::new())] {
        let shared = match &journal {
            None => Shared::new(1, RoomLimits::default()),
            Some(journal) => Shared::with_memory_journal(1, RoomLimits::default(), journal),
        };
        flag_words(&shared, "odd");
        let mut client = Client::connect_with(&shared, 0, MAX_WAITING);
        client.journal.clone_from(&journal);
        client.hello(1, &[]);
        client.join(2);
        let decide = |client: &mut Client| {
            if let Some(journal) = &journal {
                journal.decide_next(usize::MAX);
            }
            client.hub.fan_out(Instant::now());
        };
        for (id, text) in [(3, "fine"), (4, "so odd"), (5, "fine"), (4, "so odd")] {
            client.said(id, text);
            decide(&mut client);
        }
        let filed = reports(&shared, journal.as_deref());
        assert_eq!(filed.len(), 1, "a repeat makes no other report");
        let report = &filed[0];
        assert!(report.is_automated());
        assert_eq!((&*report.place.room, report.place.seq), ("red", Seq(2)));
        assert_eq!(report.user.id, client.session.id());
        assert_eq!(&*report.note, "filter words: en");
        // A name has no line.
        client.request(
            6,
            RequestBody::Rename(Rename {
                name: "odd one".into(),
            }),
        );
        decide(&mut client);
        let filed = reports(&shared, journal.as_deref());
        assert_eq!(filed.len(), 2);
        assert_eq!(filed[1].place.seq, Seq(0));
        // Far more than one user may have.
        for id in 10..110 {
            client.said(id, "odd");
            decide(&mut client);
        }
        assert_eq!(reports(&shared, journal.as_deref()).len(), 100);
    }
}

#[test]
fn a_flagged_reaction_is_reported_with_its_text_and_its_user() {
    let shared = Shared::new(1, RoomLimits::default());
    flag_words(&shared, "odd");
    let mut client = Client::connect_with(&shared, 0, MAX_WAITING);
    client.hello(1, &[]);
    client.join(2);
    client.said(3, "fine");
    let line = LineRef {
        epoch: shared.room_in_memory("red").unwrap().facts().newest.epoch.0,
        seq: 1,
    };
    client.request(
        4,
        RequestBody::React(React {
            room: "red".into(),
            line: Some(line),
            reaction: "odd".into(),
            take_back: false,
        }),
    );
    let filed = reports(&shared, None);
    assert_eq!(filed.len(), 1);
    assert_eq!(&*filed[0].note, "filter words: en: odd");
    assert_eq!(filed[0].user.id, client.session.id());
    assert_eq!((&*filed[0].place.room, filed[0].place.seq), ("", Seq(0)));
}
