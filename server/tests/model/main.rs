//! Compares the server's rooms with a simple model of them, in random steps: joins
//! and leaves, says and whispers, connections that break in the middle, sessions that
//! resume, and a history that is short enough for gaps.
//!
//! - [`model`]: what the server has to do.
//! - [`player`]: a client that compares what it gets with the model.
//! - [`world`]: the server's hubs, sessions and wires, driven step by step.
//!
//! A failure prints the shortest list of steps that leads to it.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

mod model;
mod pipe;
mod player;
mod world;

use proptest::prelude::*;
use world::{Command, PLAYERS, ROOMS, Step, World};

fn command() -> impl Strategy<Value = Command> {
    let room = 0..ROOMS.len();
    prop_oneof![
        3 => room.clone().prop_map(|room| Command::Join { room }),
        1 => room.clone().prop_map(|room| Command::Leave { room }),
        8 => room.clone().prop_map(|room| Command::Say { room }),
        3 => (0..PLAYERS, any::<bool>()).prop_map(|(to, is_long)| Command::Whisper { to, is_long }),
        1 => Just(Command::Rename),
        1 => room.clone().prop_map(|room| Command::Members { room }),
        1 => (room, 0..12_u64, 1..6_u32)
            .prop_map(|(room, back, limit)| Command::History { room, back, limit }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let player = 0..PLAYERS;
    let few = prop_oneof![1..4_usize, Just(usize::MAX)];
    prop_oneof![
        8 => (player.clone(), 0..2_usize)
            .prop_map(|(player, thread)| Step::Connect { player, thread }),
        24 => (player.clone(), command())
            .prop_map(|(player, command)| Step::Ask { player, command }),
        14 => (player.clone(), few.clone())
            .prop_map(|(player, count)| Step::Handle { player, count }),
        14 => (player.clone(), few.clone())
            .prop_map(|(player, count)| Step::Read { player, count }),
        2 => (player.clone(), 0..4_usize)
            .prop_map(|(player, handled)| Step::Cut { player, handled }),
        1 => player.clone().prop_map(|player| Step::Goodbye { player }),
        2 => player.clone().prop_map(|player| Step::Vanish { player }),
        2 => few.prop_map(|count| Step::HandleLate { count }),
        2 => Just(Step::Notice),
        10 => (0..2_usize).prop_map(|thread| Step::FanOut { thread }),
        4 => (0..2_usize).prop_map(|thread| Step::TellChanges { thread }),
        2 => (player, any::<bool>())
            .prop_map(|(player, is_stalled)| Step::Stall { player, is_stalled }),
        1 => (0..25_u64).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

fn run(threads: usize, steps: Vec<Step>) {
    let mut world = World::new(threads);
    for step in steps {
        world.step(step);
    }
    world.settle();
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn one_thread_behaves_as_the_model(steps in prop::collection::vec(step(), 0..400)) {
        run(1, steps);
    }

    #[test]
    fn two_threads_behave_as_the_model(steps in prop::collection::vec(step(), 0..400)) {
        run(2, steps);
    }
}
