//! The feed of events on the disk: each event is there with what it tells of, or neither is.

use super::*;
use std::time::Instant;

use crate::events::selection::Selection;
use crate::events::tail::Tail;
use crate::events::{
    Event, EventKind, EventName, EventsRead, FeedTerms, KeptEvents, LeaveReason, NumberedEvent,
    PresentRow, WebhookRow,
};
use crate::ids::UserId;
use crate::moderation::UserSnapshot;
use crate::store::disabled_webhooks;
use crate::store::records::events::{forget, newest};

/// Opens the store with a feed of these events.
fn open_with_feed(folder: &TestFolder, selection: Selection) -> (Arc<Store>, Arc<Tail>, Known) {
    let (store, known) = folder.open_with(&options());
    let tail = Arc::new(Tail::default());
    store.set_feed(&FeedTerms {
        selection,
        keep: Duration::from_hours(24 * 365 * 100),
        most: 1_000_000,
        tail: Arc::clone(&tail),
    });
    (store, tail, known)
}

pub(super) fn user() -> UserSnapshot {
    UserSnapshot {
        id: UserId(7),
        account: "".into(),
        name: "Mira".into(),
    }
}

pub(super) fn event(kind: EventKind) -> Event {
    Event {
        time: START,
        room: "hall".into(),
        user: Some(user()),
        kind,
    }
}

fn events(store: &Store, after: u64, most: usize) -> KeptEvents {
    match read(store, Read::Events(EventsRead { after, most })).unwrap() {
        Found::Events(events) => events,
        other => panic!("{other:?}"),
    }
}

/// The numbers, the kinds and the texts.
fn short(kept: &KeptEvents) -> Vec<(u64, EventName, Option<&str>)> {
    let short = |event: &'_ NumberedEvent| (event.number, event.event.kind.name());
    let events = kept.events.iter();
    events
        .map(|event| (short(event).0, short(event).1, event.text.as_deref()))
        .collect()
}

#[test]
fn a_line_and_its_event_are_one_commit_and_the_text_is_what_holds_now() {
    let folder = TestFolder::new();
    let (store, tail, _) = open_with_feed(&folder, Selection::all());
    let hall = TestRoom::new("hall", 5);
    hall.said(&store, line("hall", 1, "hi"));
    hall.said(&store, line("hall", 2, "bye"));
    hall.said(&store, change(3, 1, ChangeKind::Edited, "hello"));
    hall.said(&store, change(4, 2, ChangeKind::Removed, ""));
    hall.said(&store, change(5, 1, ChangeKind::Reacted, "+1"));
    // A repeat and a change that is not possible are no events.
    let repeated = hall.say(&store, line("hall", 1, "hi"));
    assert!(matches!(repeated, Decision::Repeated));
    let refused = hall.say(&store, change(6, 99, ChangeKind::Edited, "x"));
    assert!(matches!(refused, Decision::Refused(_)));
    let kept = events(&store, 0, 99);
    let expected = [
        (1, EventName::Said, Some("hello")),
        (2, EventName::Said, None),
        (3, EventName::Edited, Some("hello")),
        (4, EventName::Removed, None),
    ];
    assert_eq!(short(&kept), expected);
    assert_eq!((kept.newest, tail.newest()), (4, 4));
    assert_eq!(short(&events(&store, u64::MAX, 9)), []);
    let edited = EventKind::Edited {
        epoch: Epoch(5),
        seq: Seq(3),
        line: Seq(1),
    };
    let Event { time, .. } = kept.events[2].event;
    assert_eq!(
        kept.events[2].event,
        Event {
            time,
            ..event(edited)
        }
    );
    assert_eq!(short(&events(&store, 2, 1)), expected[2..3]);
    drop(store);

    let (store, _, known) = open_with_feed(&folder, Selection::all());
    assert_eq!(known.feed.newest, 4);
    assert!(!known.feed.feed.is_empty());
    hall.said(&store, line("hall", 7, "again"));
    assert_eq!(
        short(&events(&store, 4, 9)),
        [(5, EventName::Said, Some("again"))]
    );
}

#[test]
fn without_a_feed_lines_make_no_events() {
    let folder = TestFolder::new();
    let store = folder.open();
    let hall = TestRoom::new("hall", 5);
    hall.said(&store, line("hall", 1, "hi"));
    assert_eq!(folder.count("event"), 0);
    drop(store);
    let (store, ..) = open_with_feed(&folder, Selection::new(Some(&[EventName::Joined]), None));
    hall.said(&store, line("hall", 2, "hi"));
    assert_eq!(folder.count("event"), 0);
}

#[test]
fn a_commit_that_fails_keeps_no_event_of_its_lines_and_later_those_of_its_records() {
    let folder = TestFolder::new();
    let (store, ..) = open_with_feed(&folder, Selection::all());
    let hall = TestRoom::new("hall", 5);
    hall.said(&store, line("hall", 1, "hi"));
    // Another program holds the database, as long as it takes.
    let shell = folder.shell();
    shell
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON line BEGIN SELECT RAISE(FAIL, 'full'); END;",
        )
        .unwrap();
    store.append(Entry::Record(Record {
        rows: Box::new(|| vec![Row::Event(event(EventKind::Joined))]),
        done: None,
    }));
    let failed = hall.say(&store, line("hall", 2, "never"));
    assert!(matches!(failed, Decision::Failed(_)), "{failed:?}");
    shell.execute_batch("DROP TRIGGER full").unwrap();
    hall.said(&store, line("hall", 3, "well again"));
    let kept = events(&store, 0, 99);
    let expected = [
        (1, EventName::Said, Some("hi")),
        (2, EventName::Joined, None),
        (3, EventName::Said, Some("well again")),
    ];
    assert_eq!(short(&kept), expected);
}

#[test]
fn rows_of_the_feed_are_known_after_a_restart() {
    let folder = TestFolder::new();
    let (store, ..) = open_with_feed(&folder, Selection::all());
    let present = |room: &str| PresentRow {
        room: room.into(),
        user: user(),
    };
    let webhook = |url: &str, disabled| WebhookRow {
        url: url.into(),
        acknowledged: 3,
        sending: 5,
        disabled,
    };
    let rows = vec![
        Row::Event(event(EventKind::Left(LeaveReason::Lost))),
        Row::Event(event(EventKind::Sanctioned(9))),
        Row::Present(present("hall")),
        Row::Present(present("tower")),
        Row::Absent("tower".into(), UserId(7)),
        Row::Webhook(webhook("https://one.example/", 0)),
        Row::Webhook(webhook("https://two.example/", 77)),
        Row::Webhook(webhook("https://three.example/", 0)),
        Row::ForgetWebhook("https://three.example/".into()),
    ];
    put(&store, rows).unwrap();
    let kept = events(&store, 0, 9);
    let kinds: Vec<_> = kept.events.iter().map(|one| one.event.clone()).collect();
    let expected = [
        event(EventKind::Left(LeaveReason::Lost)),
        event(EventKind::Sanctioned(9)),
    ];
    assert_eq!(kinds, expected);
    let disabled = disabled_webhooks(folder.path()).unwrap();
    assert_eq!(disabled, ["https://two.example/"]);
    drop(store);
    let (_store, _, known) = open_with_feed(&folder, Selection::all());
    assert_eq!(known.feed.present, [present("hall")]);
    let expected = [
        webhook("https://one.example/", 0),
        webhook("https://two.example/", 77),
    ];
    assert_eq!(known.feed.webhooks, expected);
}

#[test]
fn old_events_are_forgotten_and_never_the_newest_number() {
    let folder = TestFolder::new();
    drop(folder.open());
    let shell = folder.shell();
    let insert = |time: u64| {
        let event = Event {
            time,
            ..event(EventKind::Joined)
        };
        crate::store::records::events::put(&shell, &event).unwrap();
    };
    (1..=3_000).for_each(insert);
    let oldest = || -> u64 {
        (shell.query_row("SELECT min(number) FROM event", [], |row| row.get(0))).unwrap()
    };
    assert!(forget(&shell, 1_500, u64::MAX).unwrap(), "it is a piece");
    assert!(oldest() <= 1_100);
    while forget(&shell, 1_500, u64::MAX).unwrap() {}
    assert_eq!(oldest(), 1_501);
    while forget(&shell, 0, 100).unwrap() {}
    assert_eq!(oldest(), 2_901);
    while forget(&shell, u64::MAX, u64::MAX).unwrap() {}
    assert_eq!((oldest(), newest(&shell).unwrap()), (3_000, 3_000));
    insert(9);
    assert_eq!(newest(&shell).unwrap(), 3_001);
}

#[test]
fn a_running_store_forgets_what_is_older_than_its_settings_say() {
    let folder = TestFolder::new();
    let (store, _) = folder.open_with(&options());
    let old = |_| Row::Event(event(EventKind::Joined));
    put(&store, (0..2_000).map(old).collect()).unwrap();
    store.set_feed(&FeedTerms {
        selection: Selection::all(),
        keep: Duration::from_mins(1),
        most: 1_000_000,
        tail: Arc::default(),
    });
    let deadline = Instant::now() + Duration::from_secs(30);
    while folder.count("event") > 1 {
        assert!(Instant::now() < deadline, "they are kept for ever");
        std::thread::yield_now();
    }
}

#[test]
fn a_user_that_is_erased_is_in_no_event_any_more_and_the_numbers_stay() {
    use crate::store::{StoredUser, erase_user, export_user};

    let folder = TestFolder::new();
    let (store, ..) = open_with_feed(&folder, Selection::all());
    let hall = TestRoom::new("hall", 5);
    hall.said(&store, line("hall", 1, "hi"));
    let rows = vec![
        Row::Event(event(EventKind::Joined)),
        Row::Event(Event {
            user: Some(UserSnapshot {
                id: UserId(8),
                account: "42".into(),
                name: "Otto".into(),
            }),
            ..event(EventKind::Joined)
        }),
        Row::Present(PresentRow {
            room: "hall".into(),
            user: user(),
        }),
    ];
    put(&store, rows).unwrap();
    drop(store);
    let mira = StoredUser::Guest(7);
    let mut exported = Vec::new();
    export_user(folder.path(), mira, &mut exported).unwrap();
    let exported = String::from_utf8(exported).unwrap();
    assert_eq!(
        exported.matches(r#""kind":"event""#).count(),
        2,
        "{exported}"
    );
    erase_user(folder.path(), mira).unwrap();
    let (store, _, known) = open_with_feed(&folder, Selection::all());
    let kept = events(&store, 0, 9);
    let users: Vec<_> = kept
        .events
        .iter()
        .map(|one| one.event.user.as_ref())
        .collect();
    assert!(users[..2].iter().all(Option::is_none), "{users:?}");
    assert_eq!(&*users[2].unwrap().name, "Otto");
    assert_eq!((kept.newest, kept.events[0].text.as_deref()), (3, None));
    assert_eq!(known.feed.present, []);
}
