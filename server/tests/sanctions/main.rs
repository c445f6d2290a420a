//! Compares what sanctioned users can still do with a simple list of sanctions, in random steps:
//! moderators impose and lift, time passes, and users say things, join, come back with their
//! sessions or with new ones, over several devices and two threads. No line of a user that may say
//! nothing reaches anybody, and whoever may speak is heard.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

mod model;
mod pipe;
mod step;
mod world;

use proptest::prelude::*;

use step::step;
use world::World;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nobody_hears_who_may_not_speak_and_everybody_who_may(
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
        }
        world.settle();
    }
}
