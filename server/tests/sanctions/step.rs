//! The steps of a test, the users and the rooms.

use proptest::prelude::*;

/// The rooms. An empty name stands for all of them.
pub(crate) const ROOMS: [&str; 3] = ["red", "blue", ""];

/// The devices of users: two of one account, and three guests, two of whom have one address.
pub(crate) const DEVICES: [(&str, &str); 5] = [
    ("7", "10.0.0.1"),
    ("7", "10.0.0.2"),
    ("", "10.0.0.3"),
    ("", "10.0.0.3"),
    ("", "10.0.0.4"),
];

/// The account of the moderator, and of somebody who listens in all rooms.
pub(crate) const STAFF: [&str; 2] = ["moderator", "listener"];
/// Their places among the clients.
pub(crate) const MODERATOR: usize = DEVICES.len();
pub(crate) const LISTENER: usize = DEVICES.len() + 1;

#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A sanction of a device's user.
    Impose {
        device: usize,
        is_ban: bool,
        room: usize,
        seconds: u32,
        address: bool,
    },
    Lift {
        device: usize,
        is_ban: bool,
        room: usize,
    },
    /// A device connects, with its session or, as a guest, with a new one.
    Connect {
        device: usize,
        thread: usize,
        is_new: bool,
    },
    /// Its connection breaks.
    Lose {
        device: usize,
    },
    Join {
        device: usize,
        room: usize,
    },
    Say {
        device: usize,
        room: usize,
    },
    FanOut {
        thread: usize,
    },
    Pass {
        seconds: u64,
    },
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let (device, room) = (0..DEVICES.len(), 0..ROOMS.len());
    let place = 0..ROOMS.len() - 1;
    let seconds = prop_oneof![Just(0), 1..8_u32];
    let thread = 0..2_usize;
    prop_oneof![
        3 => (device.clone(), any::<bool>(), room.clone(), seconds, any::<bool>()).prop_map(
            |(device, is_ban, room, seconds, address)| Step::Impose {
                device, is_ban, room, seconds, address,
            }
        ),
        3 => (device.clone(), any::<bool>(), room)
            .prop_map(|(device, is_ban, room)| Step::Lift { device, is_ban, room }),
        8 => (device.clone(), thread.clone(), any::<bool>())
            .prop_map(|(device, thread, is_new)| Step::Connect { device, thread, is_new }),
        1 => device.clone().prop_map(|device| Step::Lose { device }),
        10 => (device.clone(), place.clone())
            .prop_map(|(device, room)| Step::Join { device, room }),
        16 => (device, place).prop_map(|(device, room)| Step::Say { device, room }),
        6 => thread.prop_map(|thread| Step::FanOut { thread }),
        2 => (1..4_u64).prop_map(|seconds| Step::Pass { seconds }),
    ]
}
