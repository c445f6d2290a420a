//! The steps of a test.

use proptest::prelude::*;

/// The users: the first ones have accounts, and two devices each.
pub(crate) const USERS: usize = 4;
pub(crate) const ACCOUNTS: usize = 2;

/// The user of each device.
pub(crate) const DEVICES: [usize; USERS + ACCOUNTS] = [0, 0, 1, 1, 2, 3];

/// The rooms. In the last one not everybody hears everybody.
pub(crate) const ROOMS: [&str; 3] = ["red", "blue", NEAR];
pub(crate) const NEAR: &str = "near";

/// Something that happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Connect { device: usize },
    Cut { device: usize },
    Ask { device: usize, command: Command },
    Read { device: usize, count: usize },
    Stall { device: usize, is_stalled: bool },
    FanOut { thread: usize },
    TellChanges,
    Sweep,
    Decide { count: usize },
    Walk { user: usize, x: Option<i32> },
    Hear { speaker: usize, hearers: Vec<usize> },
}

/// A request of a device.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Join { room: usize, has_position: bool },
    Leave { room: usize },
    Say { room: usize, times: usize },
    Edit { room: usize },
    Remove { room: usize },
    React { room: usize },
    Whisper { to: usize },
    Block { user: usize },
    Unblock { user: usize },
    Members { room: usize },
    History { room: usize, limit: u32 },
    Search,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let device = || 0..DEVICES.len();
    let ask = (device(), command()).prop_map(|(device, command)| Step::Ask { device, command });
    prop_oneof![
        4 => device().prop_map(|device| Step::Connect { device }),
        1 => device().prop_map(|device| Step::Cut { device }),
        20 => ask,
        4 => (device(), 1..9_usize).prop_map(|(device, count)| Step::Read { device, count }),
        1 => (device(), any::<bool>())
            .prop_map(|(device, is_stalled)| Step::Stall { device, is_stalled }),
        4 => (0..2_usize).prop_map(|thread| Step::FanOut { thread }),
        1 => Just(Step::TellChanges),
        1 => Just(Step::Sweep),
        3 => (1..5_usize).prop_map(|count| Step::Decide { count }),
        2 => (0..USERS, prop::option::weighted(0.8, 0..4_i32))
            .prop_map(|(user, x)| Step::Walk { user, x }),
        1 => (0..USERS, prop::collection::vec(0..USERS, 0..2))
            .prop_map(|(speaker, hearers)| Step::Hear { speaker, hearers }),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let room = || 0..ROOMS.len();
    let user = || 0..USERS;
    prop_oneof![
        5 => (room(), any::<bool>())
            .prop_map(|(room, has_position)| Command::Join { room, has_position }),
        1 => room().prop_map(|room| Command::Leave { room }),
        8 => (room(), prop_oneof![9 => Just(1), 1 => Just(30)])
            .prop_map(|(room, times)| Command::Say { room, times }),
        2 => room().prop_map(|room| Command::Edit { room }),
        1 => room().prop_map(|room| Command::Remove { room }),
        2 => (0..2_usize).prop_map(|room| Command::React { room }),
        3 => user().prop_map(|to| Command::Whisper { to }),
        4 => user().prop_map(|user| Command::Block { user }),
        1 => user().prop_map(|user| Command::Unblock { user }),
        1 => room().prop_map(|room| Command::Members { room }),
        2 => (room(), 0..9_u32).prop_map(|(room, limit)| Command::History { room, limit }),
        1 => Just(Command::Search),
    ]
}
