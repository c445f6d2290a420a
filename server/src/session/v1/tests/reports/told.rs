//! Reporters and the game are told of reports.

use super::*;
use crate::events::{EventKind, EventsConfig, EventsRead};
use crate::journal::Journal;
use crate::shared::feed::Feed;

#[test]
fn a_reporter_is_told_of_the_decision_once_on_all_of_its_clients() {
    for world in World::both() {
        let (mut ann, mut eve) = (world.client(), world.client());
        let line = eve.says(&world, 3, "you fool");
        ann.reports(&world, 3, of_line(line)).unwrap();
        world.decide_report(1, "he is gone");
        let expected = ReportDecided {
            id: 1,
            acted: true,
            words: "he is gone".into(),
        };
        assert_eq!(ann.decisions(), [expected]);
        assert!(ann.decisions().is_empty() && eve.decisions().is_empty());
        assert_eq!(world.audit(), ["reported", "report_decided"]);
    }
}

#[test]
fn a_reporter_that_is_away_is_told_when_it_comes_also_after_a_restart() {
    for world in World::both() {
        let (mut ann, mut eve) = (world.client(), world.client());
        let secret = ann.welcomed().session.secret.to_vec();
        let line = eve.says(&world, 3, "you fool");
        ann.reports(&world, 3, of_line(line)).unwrap();
        ann.session.end(&mut ann.hub, Instant::now());
        world.decide_report(1, "thank you");
        let world = if world.journal.is_some() {
            world.killed()
        } else {
            world
        };
        let mut again = world.connect();
        again.hello(100, &secret);
        let told = again.decisions();
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].id, &*told[0].words), (1, "thank you"));
        world.decide();
        again.session.end(&mut again.hub, Instant::now());
        let world = if world.journal.is_some() {
            world.killed()
        } else {
            world
        };
        let mut later = world.connect();
        later.hello(101, &secret);
        assert!(later.decisions().is_empty());
    }
}

#[test]
fn the_game_is_told_of_a_report_once() {
    let at = Moment::at(1_000);
    let feed = Feed::new(&EventsConfig::default(), None, at);
    let shared = Shared::with_feed(2, RoomLimits::default(), None, Some(feed));
    let in_memory = World {
        journal: None,
        shared,
    };
    let journal = MemoryJournal::new();
    let kept = Arc::clone(&journal) as Arc<dyn Journal>;
    let feed = Feed::new(&EventsConfig::default(), Some(Arc::clone(&kept)), at);
    let shared = Shared::with_feed(2, RoomLimits::default(), Some(kept), Some(feed));
    let numbers = shared.restore(journal.known(), Instant::now());
    journal.decide_next(usize::MAX);
    numbers.wait().unwrap();
    let with_journal = World {
        journal: Some(journal),
        shared,
    };
    for world in [in_memory, with_journal] {
        let (mut ann, mut eve) = (world.connect(), world.connect());
        ann.hello(1, &[]);
        eve.hello(1, &[]);
        world.decide();
        let report = Report {
            user: eve.session.id().0,
            reason: Reason::Name.into(),
            ..Report::default()
        };
        assert_eq!(ann.reports(&world, 3, report), Ok(1));
        let claim = |done| {
            (world.shared).claim_report(1, Actor::Game, Moment::at(2_000), done);
        };
        world.act(claim).unwrap();
        let release = |done| {
            (world.shared).release_report(1, Actor::Game, Moment::at(2_000), done);
        };
        world.act(release).unwrap();
        let events = world.act(|done| {
            let read = EventsRead {
                after: 0,
                most: 100,
            };
            (world.shared.feed().expect("it is on")).read(read, done);
        });
        let events = events.unwrap().events.into_iter();
        let told = events.filter(|event| event.event.kind == EventKind::Reported(1));
        let users: Vec<_> = told.map(|event| event.event.user.unwrap().id).collect();
        assert_eq!(users, [eve.session.id()]);
    }
}
