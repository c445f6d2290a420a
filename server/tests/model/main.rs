//! Compares the server's rooms with a simple model of them, in random steps: joins
//! and leaves, says and whispers, connections that break in the middle, sessions that
//! resume, a history that is short enough for gaps, clients that flood, and clients that read
//! so slowly that the server leaves out lines, lines that are edited, removed and reacted to,
//! and a room with a rule that changes, so that members may not be there any more. With a
//! journal, lines are decided late or not kept, and the server begins again with what was kept.
//!
//! - [`model`]: what the server has to do.
//! - [`player`]: a client that compares what it gets with the model.
//! - [`rule`]: the room in which guests may not do everything.
//! - [`step`]: what happens, and how often.
//! - [`token`]: the tokens of users with accounts.
//! - [`world`]: the server's hubs, sessions and wires, driven step by step.
//!
//! A failure prints the shortest list of steps that leads to it.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

mod limits;
mod model;
mod pipe;
mod player;
mod rule;
mod step;
mod token;
mod world;

use proptest::prelude::*;
use step::{
    Command, Step, all_in, all_in_the_ruled_room, changes_step, durable_step, rights_step, step,
};
use world::World;

fn run(threads: usize, steps: Vec<Step>) {
    run_in(World::new(threads), steps);
}

fn run_in(mut world: World, steps: Vec<Step>) {
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

    #[test]
    fn lines_change_as_in_the_model(
        threads in 1..=2_usize,
        steps in prop::collection::vec(changes_step(), 0..300),
    ) {
        let steps = all_in(0).into_iter().chain(steps);
        run(threads, steps.collect());
    }

    #[test]
    fn lines_of_durable_rooms_change_as_in_the_model(
        threads in 1..=2_usize,
        steps in prop::collection::vec(prop_oneof![changes_step(), durable_step()], 0..300),
    ) {
        let steps = all_in(0).into_iter().chain(steps);
        run_in(World::durable(threads), steps.collect());
    }

    #[test]
    fn durable_rooms_behave_as_the_model(
        threads in 1..=2_usize,
        steps in prop::collection::vec(durable_step(), 0..400),
    ) {
        run_in(World::durable(threads), steps);
    }

    #[test]
    fn rights_in_durable_rooms_end_as_in_the_model(
        threads in 1..=2_usize,
        steps in prop::collection::vec(prop_oneof![rights_step(), durable_step()], 0..200),
    ) {
        let steps = all_in_the_ruled_room().into_iter().chain(steps);
        run_in(World::durable(threads), steps.collect());
    }

    #[test]
    fn rights_end_as_in_the_model(
        threads in 1..=2_usize,
        steps in prop::collection::vec(rights_step(), 0..200),
    ) {
        let steps = all_in_the_ruled_room().into_iter().chain(steps);
        run(threads, steps.collect());
    }
}

#[test]
fn a_request_from_before_a_resume_comes_too_late_also_behind_a_goodbye() {
    let (player, count) = (0, usize::MAX);
    let steps = [
        Step::Ask {
            player,
            command: Command::Rename,
        },
        Step::Vanish { player },
        Step::Connect {
            player,
            thread: 1,
            has_cap: false,
        },
        Step::Handle { player, count },
        Step::Goodbye { player },
        Step::HandleLate { count: 1 },
    ];
    let steps = all_in_the_ruled_room().into_iter().chain(steps);
    run_in(World::durable(2), steps.collect());
}
