//! Nothing of a blocked user, and nothing that is said too far away, reaches anybody whom it must
//! not, in random steps: users with several devices on one thread and on two, that join and leave,
//! break off and resume, read slowly, say, edit and react, whisper, look for lines and fetch pages,
//! block each other and end that, and walk about.
//!
//! Every text says whose it is, and in a room with proximity also who hears it. A device knows
//! whom its user blocks from what the server has told it, and checks each packet by that. At the
//! end, each line is hidden from those that block its speaker, and from nobody else.
//!
//! - [`device`]: a client that checks what it gets.
//! - [`step`]: what happens.
//! - [`world`]: the server's hubs and sessions, driven step by step.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

mod device;
#[path = "../model/pipe.rs"]
mod pipe;
mod step;
mod world;

use proptest::prelude::*;
use step::step;
use world::World;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nobody_gets_anything_of_whom_it_blocks_or_does_not_hear(
        threads in 1..=2_usize,
        steps in prop::collection::vec(step(), 0..300),
    ) {
        World::new(threads).run(steps);
    }

    #[test]
    fn the_same_in_durable_rooms(
        threads in 1..=2_usize,
        steps in prop::collection::vec(step(), 0..300),
    ) {
        World::durable(threads).run(steps);
    }
}
