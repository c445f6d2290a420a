//! What a session promises in all circumstances: with a correct server over a bad network,
//! and with a hostile server.

mod changes;
mod hostile;
mod server;
mod user;
mod world;

use guildhall_client::conversations::Layout;
use guildhall_client::session::Event;
use proptest::prelude::*;
use world::{ROOMS, Step, USERS, World};

fn any_step() -> impl Strategy<Value = Step> {
    let user = || 0..USERS;
    let room = || 0..ROOMS.len();
    prop_oneof![
        3 => (user(), room()).prop_map(|(user, room)| Step::Join(user, room)),
        1 => (user(), room()).prop_map(|(user, room)| Step::Leave(user, room)),
        8 => (user(), room()).prop_map(|(user, room)| Step::Say(user, room)),
        3 => (user(), user()).prop_map(|(user, to)| Step::Whisper(user, to)),
        12 => (user(), 1..8_usize).prop_map(|(user, count)| Step::Up(user, count)),
        12 => (user(), 1..8_usize).prop_map(|(user, count)| Step::Down(user, count)),
        2 => (user(), 0..4_usize, any::<bool>())
            .prop_map(|(user, arrive, is_noticed)| Step::Lose(user, arrive, is_noticed)),
        2 => (user(), 1..4_usize).prop_map(|(user, count)| Step::Refuse(user, count)),
        2 => (user(), room()).prop_map(|(user, room)| Step::LeaveOut(user, room)),
        1 => (user(), room()).prop_map(|(user, room)| Step::Remove(user, room)),
        3 => (0..40_000_u64).prop_map(|millis| Step::Token(0, millis)),
        1 => Just(Step::NoToken(0)),
        1 => user().prop_map(Step::CatchUp),
        1 => Just(Step::Notice),
        1 => Just(Step::Expire),
        4 => (0..3_000_u64).prop_map(Step::Time),
        1 => Just(Step::Time(60_000)),
    ]
}

fn play(steps: &[Step]) -> World {
    let mut world = World::new();
    for step in steps {
        world.step(step);
    }
    world
}

proptest! {
    #[test]
    fn users_miss_nothing_without_being_told(steps in prop::collection::vec(any_step(), 0..150)) {
        let mut world = play(&steps);
        world.settle();
        world.check();
    }

    #[test]
    fn a_message_reported_as_sent_is_stored(steps in prop::collection::vec(any_step(), 0..150)) {
        let kept = |step: &Step| !matches!(step, Step::Expire);
        let steps: Vec<_> = steps.into_iter().filter(kept).collect();
        let mut world = play(&steps);
        world.settle();
        world.check();
        world.check_sent();
    }

    #[test]
    fn users_survive_a_server_s_restart(
        steps in prop::collection::vec(
            prop_oneof![20 => any_step(), 1 => Just(Step::Restart)], 0..150),
    ) {
        let mut world = play(&steps);
        world.settle();
        world.check();
    }

    #[test]
    fn a_lost_line_is_requested_again(
        steps in prop::collection::vec(
            prop_oneof![
                5 => any_step(),
                1 => (0..USERS, 0..6_usize)
                    .prop_map(|(user, index)| Step::LoseLine(user, index)),
            ],
            0..150,
        ),
    ) {
        let mut world = play(&steps);
        world.settle();
        // The loss of the last line shows only when another one follows.
        for user in 0..USERS {
            world.step(&Step::Lose(user, 0, true));
        }
        world.settle();
        world.check();
    }

    #[test]
    fn who_was_away_has_the_same_lines(
        steps in prop::collection::vec(changes::any_step(), 0..60),
    ) {
        changes::play(&steps)?;
    }

    #[test]
    fn a_hostile_server_does_no_harm(
        inputs in prop::collection::vec(hostile::any_input(), 0..100),
    ) {
        hostile::play(inputs)?;
    }

    #[test]
    fn a_hostile_server_does_no_harm_to_conversations(
        inputs in prop::collection::vec(hostile::any_input(), 0..100),
    ) {
        for layout in [Layout::Tabs, Layout::Stream] {
            hostile::play_conversations(layout, inputs.clone())?;
        }
    }
}

/// Each wait is longer than the one before.
#[test]
fn a_join_that_is_refused_often_comes_at_last() {
    let steps = [
        Step::Join(1, 0),
        Step::Refuse(1, 3),
        Step::Up(1, 2),
        Step::Down(1, 1),
        Step::Up(1, 1),
        Step::Down(1, 1),
        Step::Time(1_000),
        Step::Up(1, 1),
        Step::Down(1, 1),
        Step::Time(2_000),
        Step::Up(1, 1),
        Step::Refuse(1, 3),
    ];
    let mut world = play(&steps);
    world.settle();
    world.check();
}

#[test]
fn the_number_of_kept_members_is_limited() {
    let session = hostile::crowd();
    let room = session.room("a").unwrap();
    assert!(!room.listed && room.members.is_empty());
}

#[test]
fn a_message_larger_than_servers_send_is_dropped() {
    let mut session = hostile::crowd();
    while session.next_event().is_some() {}
    session.received(&vec![0; 32 * 1024 + 1], 0);
    assert!(matches!(session.next_event(), Some(Event::BadMessage(_))));
}
