//! Players talk, change what was said and whisper, while the server is killed again and again and
//! started anew over the same data. What one of them was told stays so: every log equals what the
//! server has in the end.

mod check;
mod log;
mod party;
mod player;
mod tutorial;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::thread::sleep;
use std::time::{Duration, Instant};

use guildhall_testing::fault_proxy::{FaultPlan, FaultProxy};

use crate::data_folder::Folder;
use crate::program::{Program, free_address};

use self::party::Players;
use self::tutorial::TutorialClient;

/// The room of all players, and of the tutorial's clients.
const ROOM: &str = "lobby";

/// How often the server is killed, unless the variable says otherwise.
const KILLS: u32 = 6;

/// How many players there are.
const PLAYERS: usize = 50;

/// How many clients of the tutorial there are.
const GUESTS: usize = 2;

/// How often the server is killed in this run: `GUILDHALL_TEST_KILLS`, for a longer one.
fn kills() -> u32 {
    let asked = std::env::var("GUILDHALL_TEST_KILLS").ok();
    asked.map_or(KILLS, |kills| kills.parse().expect("a number of kills"))
}

#[test]
fn what_players_were_told_survives_kills_of_the_server() {
    let data = Folder::new();
    let address = free_address();
    run(&data, address, address, || {});
}

#[test]
fn what_players_were_told_survives_kills_and_lost_connections() {
    let data = Folder::new();
    let address = free_address();
    let plan = FaultPlan {
        seed: fastrand::u64(..1 << 30),
        cuts: 10 * u64::from(kills()),
        most_bytes: NonZeroUsize::new(64 * 1024).unwrap(),
    };
    let proxy = FaultProxy::start(([127, 0, 0, 1], 0).into(), address, plan).unwrap();
    proxy.begin();
    // A player whose connections are cut again and again gets on, but not within a time.
    run(&data, address, proxy.address(), || {
        println!("{} connections were cut", proxy.stop_cutting());
    });
}

/// The players are at `door` while the server at `address` is killed again and again. Compares
/// their logs with what the server has in the end, and prints what there was. Calls `end_faults`
/// behind the last kill: from then on the network is well, too.
fn run(data: &Folder, address: SocketAddr, door: SocketAddr, end_faults: impl FnOnce()) {
    let mut starts = Vec::new();
    let mut start = || {
        let since = Instant::now();
        let server = start(data, address);
        starts.push(since.elapsed());
        server
    };
    let mut server = start();
    let players = Players::start(door);
    let guests = (0..GUESTS).map(|number| TutorialClient::start(number, address));
    let guests: Vec<_> = guests.collect();
    for _ in 0..kills() {
        sleep(Duration::from_millis(fastrand::u64(100..2_500)));
        // SIGKILL: it cannot do anything about it.
        drop(server);
        server = start();
    }
    end_faults();
    let stays = guests.into_iter().flat_map(TutorialClient::end);
    let stays: Vec<_> = stays.collect();
    let logs = players.end();
    starts.sort();
    let (median, most) = (starts[starts.len() / 2], starts[starts.len() - 1]);
    println!(
        "{} kills; a start took {median:?} (median), at most {most:?}",
        kills()
    );
    println!("{}", check::check(address, &logs, &stays));
    drop(server);
}

fn start(data: &Folder, address: SocketAddr) -> Program {
    let port = address.port().to_string();
    data.start(&[
        "--port",
        &port,
        // All players have one address, and some of their connections are lost.
        "--max-connections-per-address",
        "1000",
        "--log",
        "warn,guildhall=info",
    ])
}
