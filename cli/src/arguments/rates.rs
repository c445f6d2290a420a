//! The flags for how often users may ask for what. In a settings file, they are the table
//! `[rates]`.

use clap::Args;
use guildhall_server::{Rates, RequestRate};

use crate::number::number;

/// How often users may ask for what. A rate is `8, 2/s`: eight at once, and then two a second
/// (or `/min`, `/h`); or `off`.
#[derive(Debug, Args)]
pub struct RateArguments {
    /// How often a user may say something in rooms: at once, and then in a second
    /// (/s), a minute (/min) or an hour (/h); off for no limit, here and on the
    /// next ones
    #[arg(
        long,
        env = "GUILDHALL_RATES_SAY",
        value_name = "RATE",
        default_value = "8, 2/s"
    )]
    pub rates_say: RequestRate,

    /// How often a user may whisper
    #[arg(
        long,
        env = "GUILDHALL_RATES_WHISPER",
        value_name = "RATE",
        default_value = "8, 2/s"
    )]
    pub rates_whisper: RequestRate,

    /// How often a user may join rooms; a client that has lost its connection
    /// joins all of its rooms again
    #[arg(
        long,
        env = "GUILDHALL_RATES_JOIN",
        value_name = "RATE",
        default_value = "100, 10/s"
    )]
    pub rates_join: RequestRate,

    /// How often a user may take another name
    #[arg(
        long,
        env = "GUILDHALL_RATES_RENAME",
        value_name = "RATE",
        default_value = "20, 1/s"
    )]
    pub rates_rename: RequestRate,

    /// How often a user may search, or ask what it has not read
    #[arg(
        long,
        env = "GUILDHALL_RATES_SEARCH",
        value_name = "RATE",
        default_value = "10, 1/s"
    )]
    pub rates_search: RequestRate,

    /// How often a user may report something to the moderators
    #[arg(
        long,
        env = "GUILDHALL_RATES_REPORT",
        value_name = "RATE",
        default_value = "10, 10/min"
    )]
    pub rates_report: RequestRate,

    /// How often a user may ask for anything else: lists, history, a leave
    #[arg(
        long,
        env = "GUILDHALL_RATES_REQUEST",
        value_name = "RATE",
        default_value = "200, 20/s"
    )]
    pub rates_request: RequestRate,

    /// How often requests of one connection may be refused before it is closed
    /// with 3003, because it goes on regardless
    #[arg(
        long,
        env = "GUILDHALL_RATES_REFUSED",
        value_name = "RATE",
        default_value = "2000, 50/s"
    )]
    pub rates_refused: RequestRate,

    /// How often one address may open a connection
    #[arg(
        long,
        env = "GUILDHALL_RATES_HANDSHAKE",
        value_name = "RATE",
        default_value = "512, 32/s"
    )]
    pub rates_handshake: RequestRate,

    /// How many times as much as one user all guests of an address may ask for
    /// together; 0: addresses do not count, and --rates-handshake limits nobody.
    /// Behind a proxy, set --trusted-proxies instead
    #[arg(
        long,
        env = "GUILDHALL_RATES_ADDRESS_SHARE",
        value_name = "TIMES",
        default_value_t = 64,
        value_parser = number::<u32>(0..=u64::from(u32::MAX))
    )]
    pub rates_address_share: u32,
}

impl RateArguments {
    /// The rates that these arguments ask for.
    #[must_use]
    pub fn rates(&self) -> Rates {
        Rates {
            say: self.rates_say,
            whisper: self.rates_whisper,
            join: self.rates_join,
            rename: self.rates_rename,
            search: self.rates_search,
            report: self.rates_report,
            request: self.rates_request,
            refused: self.rates_refused,
            handshake: self.rates_handshake,
            address_share: self.rates_address_share,
        }
    }
}
