//! The command line as a whole.

use super::*;
use clap::CommandFactory as _;

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn defaults_of_flags_and_of_the_library_agree() {
    let arguments = Arguments::parse_from(["guildhall"]);
    let config = arguments.serve.config();
    assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
}

#[test]
fn an_address_whose_clients_have_no_limit_has_no_share() {
    let config = |arguments: &[&str]| {
        let arguments = ["guildhall"].iter().chain(arguments);
        Arguments::parse_from(arguments).serve.config().rooms
    };
    let shares = |rooms: RoomLimits| (rooms.rooms_per_address, rooms.away_per_address);
    let unlimited = config(&["--max-connections-per-address", "0"]);
    assert_eq!(shares(unlimited), (usize::MAX, usize::MAX));
    let small = config(&["--max-rooms", "9", "--max-connections-per-address", "2"]);
    assert_eq!(shares(small), (2, 8));
    let address_share = |arguments: &[&str]| {
        let arguments = ["guildhall"].iter().chain(arguments);
        let serve = Arguments::parse_from(arguments).serve;
        serve.config().rates.address_share
    };
    assert_eq!(address_share(&["--max-connections-per-address", "0"]), 0);
    assert_eq!(address_share(&["--max-connections-per-address", "1"]), 64);
}
