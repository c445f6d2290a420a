//! The target `requests`: the messages of four clients, and what happens between them, to the hubs
//! of two network threads without sockets. One of them may be a client of the tutorial.
//!
//! `world` has the server, `client` what it does with a message, and `told` what a client gets,
//! which is checked as it comes: whole packets, one answer for each request, and each line once and
//! in its place. `ledger` knows what all of them were shown.

mod client;
mod ledger;
mod rules;
mod token;
mod told;
mod wire;
mod world;

use crate::input::Input;

use self::world::{CLIENTS, World};

/// Plays steps until the bytes are used up, and lets the clients go then. The first byte chooses
/// the server.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let mut world = World::new(input.byte().unwrap_or_default());
    while let Some(kind) = input.byte() {
        let client = usize::from(kind) % CLIENTS;
        match kind / 4 % 32 {
            0..=19 => world.receive(client, input.bytes()),
            20 | 21 => world.fan_out(),
            22 => world.tell_changes(),
            23 => world.pass(u64::from(input.byte().unwrap_or_default())),
            24 => world.stall(client),
            25 => world.cut(client),
            26 => world.say_goodbye(client),
            27 => world.sweep(),
            28 => world.change_rules(client),
            29 => world.decide(usize::from(input.byte().unwrap_or_default())),
            30 => match client {
                0 => world.fail(),
                2 => world.kill(),
                _ => world.heal(),
            },
            _ => world.look_again(),
        }
        world.check();
    }
    world.end();
}
