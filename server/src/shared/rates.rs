//! How often users may ask for what: a rate of each user over all of its connections, and one
//! of all guests of an address together. Sessions ask before they do something, and `http`
//! before it shakes hands. No clock: the caller passes in `now`.
//!
//! The guests of one address have the rate many times over: a school or a café is one address,
//! and somebody who opens hundreds of connections is, too. An account is the game's to give
//! out, so its user counts for itself alone.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::ids::UserId;
use crate::metrics::Limited;
use crate::network::Network;
use crate::sync::lock::Lock;
use crate::sync::rate::{self, RequestRate, SharedAllowance, SharedRate};

/// How many addresses are remembered before those are looked for that can be forgotten.
const FORGET_ABOVE: usize = 1_024;

/// The most addresses without a connection that are remembered.
const MOST_IDLE: usize = 16_384;

/// How often a user may ask for what, in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Lines in rooms, edits of them, and reactions.
    pub say: RequestRate,
    /// Whispers.
    pub whisper: RequestRate,
    /// Joins. A client that resumes joins each of its rooms.
    pub join: RequestRate,
    /// Other names, of which the members of all the user's rooms are told.
    pub rename: RequestRate,
    /// Searches, and looks at what is not read.
    pub search: RequestRate,
    /// Reports to the moderators.
    pub report: RequestRate,
    /// All other requests: lists, pages of history, leaves, removals of lines.
    pub request: RequestRate,
    /// How often the requests of one connection may be refused, or said again although they
    /// were carried out. A connection that goes on is closed.
    pub refused: RequestRate,
    /// Connections that one address may open.
    pub handshake: RequestRate,
    /// How many times as much all guests of one address may ask for together. 0 if addresses
    /// are not counted, as behind a proxy; then handshakes are not either.
    pub address_share: u32,
}

impl Rates {
    /// No limit.
    pub const OFF: Self = Self {
        say: RequestRate::UNLIMITED,
        whisper: RequestRate::UNLIMITED,
        join: RequestRate::UNLIMITED,
        rename: RequestRate::UNLIMITED,
        search: RequestRate::UNLIMITED,
        report: RequestRate::UNLIMITED,
        request: RequestRate::UNLIMITED,
        refused: RequestRate::UNLIMITED,
        handshake: RequestRate::UNLIMITED,
        address_share: 0,
    };
}

/// Rates that nobody who types reaches. A client of ours that is refused sends 64 messages at
/// most, then one after the other; the addresses are meant for as many clients as one may have.
impl Default for Rates {
    fn default() -> Self {
        let per_second = |burst, times| RequestRate::new(burst, Duration::from_secs(1) / times);
        Self {
            say: per_second(8, 2),
            whisper: per_second(8, 2),
            join: per_second(100, 10),
            rename: per_second(20, 1),
            search: per_second(10, 1),
            report: RequestRate::new(10, Duration::from_secs(6)),
            request: per_second(200, 20),
            refused: per_second(2_000, 50),
            handshake: per_second(512, 32),
            address_share: 64,
        }
    }
}

/// A kind of request of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To say a line, to edit one, or to react to one.
    Say,
    /// To whisper.
    Whisper,
    /// To join a room.
    Join,
    /// Another name.
    Rename,
    /// To find lines, or what is not read.
    Search,
    /// Anything else.
    Request,
}

impl Asked {
    /// The limit that is reached if it is asked for too often.
    pub(crate) const fn limited(self) -> Limited {
        match self {
            Self::Say => Limited::Say,
            Self::Whisper => Limited::Whisper,
            Self::Join => Limited::Join,
            Self::Rename => Limited::Rename,
            Self::Search => Limited::Search,
            Self::Request => Limited::Request,
        }
    }
}

/// How many kinds there are.
const KINDS: usize = Asked::Request as usize + 1;

/// The use that a user, or an address, has made of each rate.
#[derive(Debug, Default)]
pub(crate) struct Used([SharedAllowance; KINDS]);

impl Used {
    /// The use of one rate.
    pub(crate) fn of(&self, asked: Asked) -> &SharedAllowance {
        &self.0[asked as usize]
    }
}

/// The use that the guests of an address have made of the rates together.
#[derive(Debug)]
pub(crate) struct AddressUse {
    used: Used,
    reports: SharedAllowance,
    handshakes: SharedAllowance,
    /// How many shares of an address this is: more for a large network.
    shares: u64,
    /// The larger network that it is in.
    wider: Option<Arc<AddressUse>>,
}

/// The rates of a server, and what addresses have used of them. Without limits, until
/// [`RateLimits::set`].
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    /// From when on time is counted: the first message.
    start: OnceLock<Instant>,
    rates: [SharedRate; KINDS],
    refused: SharedRate,
    report: SharedRate,
    /// The use of `report` by each user that has reported something. Few do, so it is not with
    /// each user.
    reporters: Lock<Reporters>,
    handshake: SharedRate,
    address_share: AtomicU32,
    addresses: Lock<Addresses>,
}

/// The use of each address. An address is remembered while it has connections, and until
/// it may do as much again as if it had never been there.
#[derive(Debug, Default)]
struct Addresses {
    uses: HashMap<Network, Arc<AddressUse>>,
    /// When there are this many, and at least [`FORGET_ABOVE`], it is time to forget some.
    forget_above: usize,
}

/// The users' use of the rate of reports.
#[derive(Debug, Default)]
struct Reporters {
    uses: HashMap<UserId, Arc<SharedAllowance>>,
    /// When there are this many, and at least [`FORGET_ABOVE`], it is time to forget some.
    forget_above: usize,
}

impl RateLimits {
    /// From now on, these are the rates. What was used stays used.
    pub(crate) fn set(&self, rates: &Rates) {
        let Rates {
            say,
            whisper,
            join,
            rename,
            search,
            request,
            ..
        } = *rates;
        // In the order of the kinds.
        let of_kinds = [say, whisper, join, rename, search, request];
        for (shared, rate) in self.rates.iter().zip(of_kinds) {
            shared.set(rate);
        }
        self.refused.set(rates.refused);
        self.report.set(rates.report);
        self.handshake.set(rates.handshake);
        self.address_share.store(rates.address_share, Relaxed);
    }

    /// Counts what a user asks for. `address` is what its address has used, if the user is a
    /// guest.
    ///
    /// # Errors
    ///
    /// How long to wait until the user may. Nothing is counted then.
    pub(crate) fn take(
        &self,
        asked: Asked,
        own: &SharedAllowance,
        address: Option<&AddressUse>,
        now: Instant,
    ) -> Result<(), Duration> {
        let rate = &self.rates[asked as usize];
        if rate.every() == 0 {
            return Ok(());
        }
        let now = self.nanos(now);
        self.take_of(rate, own, address, |one| one.used.of(asked), now)
    }

    /// Counts a report of a user, as [`RateLimits::take`] counts other requests.
    ///
    /// # Errors
    ///
    /// How long to wait until the user may. Nothing is counted then.
    pub(crate) fn take_report(
        &self,
        user: UserId,
        address: Option<&AddressUse>,
        now: Instant,
    ) -> Result<(), Duration> {
        let rate = &self.report;
        if rate.every() == 0 {
            return Ok(());
        }
        let now = self.nanos(now);
        let own = self.reporter(user, now);
        self.take_of(rate, &own, address, |one| &one.reports, now)
    }

    /// Returns a user's use of the rate of reports. Users that may report as much again as if they
    /// had never done so are forgotten.
    fn reporter(&self, user: UserId, now: u64) -> Arc<SharedAllowance> {
        let reporters = &mut *self.reporters.lock();
        let known = &mut reporters.uses;
        if known.len() >= reporters.forget_above.max(FORGET_ABOVE) && !known.contains_key(&user) {
            known.retain(|_, used| Arc::strong_count(used) > 1 || !used.is_full(now));
            // So that this is rare, however many there are.
            reporters.forget_above = 2 * known.len();
        }
        Arc::clone(known.entry(user).or_default())
    }

    /// Counts once more in these allowances.
    fn take_of(
        &self,
        rate: &SharedRate,
        own: &SharedAllowance,
        address: Option<&AddressUse>,
        allowance: impl Fn(&AddressUse) -> &SharedAllowance + Copy,
        now: u64,
    ) -> Result<(), Duration> {
        own.take(rate, 1, now).map_err(Duration::from_nanos)?;
        let Some((address, share)) = address.zip(self.address_share()) else {
            return Ok(());
        };
        address.take(allowance, rate, share, now).map_err(|wait| {
            own.give_back(rate, 1);
            // All of the address would come at the same moment otherwise, and one of them
            // would be served.
            Duration::from_nanos(wait.max(rate.every()))
        })
    }

    /// Takes back what [`RateLimits::take`] has counted, because it is not done after all.
    pub(crate) fn give_back(
        &self,
        asked: Asked,
        own: &SharedAllowance,
        address: Option<&AddressUse>,
    ) {
        let rate = &self.rates[asked as usize];
        own.give_back(rate, 1);
        if let Some((address, share)) = address.zip(self.address_share()) {
            address.give_back(|one| one.used.of(asked), rate, share);
        }
    }

    /// Counts a request that was refused. Returns whether the connection may go on.
    pub(crate) fn may_be_refused(&self, refused: &SharedAllowance, now: Instant) -> bool {
        refused.take(&self.refused, 1, self.nanos(now)).is_ok()
    }

    /// Counts a WebSocket that a client of `network` opens.
    ///
    /// # Errors
    ///
    /// How long to wait until it may.
    pub(crate) fn shake_hands(&self, network: Network, now: Instant) -> Result<(), Duration> {
        let rate = &self.handshake;
        if rate.every() == 0 || self.address_share().is_none() {
            return Ok(());
        }
        let address = self.address(network, now);
        let taken = address.take(|one| &one.handshakes, rate, 1, self.nanos(now));
        taken.map_err(Duration::from_nanos)
    }

    /// The use of the guests of this address. A session keeps it while it has a
    /// connection from there.
    pub(crate) fn address(&self, network: Network, now: Instant) -> Arc<AddressUse> {
        let now = self.nanos(now);
        self.addresses.lock().of(network, now)
    }

    /// How many times as much as a user the guests of an address have. `None` if addresses are
    /// not counted.
    fn address_share(&self) -> Option<u64> {
        let share = self.address_share.load(Relaxed);
        (share > 0).then_some(share.into())
    }

    /// The time since the first call, in nanoseconds. What was never used is full at 0, which is
    /// no later.
    fn nanos(&self, now: Instant) -> u64 {
        let start = *self.start.get_or_init(|| now);
        rate::nanos(now.saturating_duration_since(start))
    }
}

impl Addresses {
    fn of(&mut self, network: Network, now: u64) -> Arc<AddressUse> {
        if let Some(known) = self.uses.get(&network) {
            return Arc::clone(known);
        }
        if self.uses.len() >= self.forget_above.max(FORGET_ABOVE) {
            self.forget(now);
        }
        let wider = network.levels().nth(1).map(|wider| self.of(wider, now));
        let address = Arc::new(AddressUse {
            used: Used::default(),
            reports: SharedAllowance::default(),
            handshakes: SharedAllowance::default(),
            shares: network.shares() as u64,
            wider,
        });
        self.uses.insert(network, Arc::clone(&address));
        address
    }

    /// Forgets the addresses without a connection that may do as much as if they had never
    /// been there. If too many others are left, forgets these as well.
    fn forget(&mut self, now: u64) {
        let in_use = |address: &Arc<AddressUse>| Arc::strong_count(address) > 1;
        let mut idle = 0;
        self.uses.retain(|_, address| {
            let keep = in_use(address) || !address.is_full(now);
            idle += usize::from(keep && !in_use(address));
            keep
        });
        if idle > MOST_IDLE {
            self.uses.retain(|_, address| in_use(address));
        }
        // So that this is rare, however many there are.
        self.forget_above = 2 * self.uses.len();
    }
}

impl AddressUse {
    /// Counts once more in the allowance of this address, and in those of the larger networks
    /// that it is in. Each has as many rates as its shares, `share` times.
    ///
    /// # Errors
    ///
    /// For how many nanoseconds to wait. Nothing is counted then.
    fn take(
        &self,
        allowance: impl Fn(&Self) -> &SharedAllowance + Copy,
        rate: &SharedRate,
        share: u64,
        now: u64,
    ) -> Result<(), u64> {
        let shares = share * self.shares;
        allowance(self).take(rate, shares, now)?;
        match &self.wider {
            Some(wider) => (wider.take(allowance, rate, share, now))
                .inspect_err(|_| allowance(self).give_back(rate, shares)),
            None => Ok(()),
        }
    }

    /// Takes back what [`AddressUse::take`] has counted.
    fn give_back(
        &self,
        allowance: impl Fn(&Self) -> &SharedAllowance + Copy,
        rate: &SharedRate,
        share: u64,
    ) {
        allowance(self).give_back(rate, share * self.shares);
        if let Some(wider) = &self.wider {
            wider.give_back(allowance, rate, share);
        }
    }

    fn is_full(&self, now: u64) -> bool {
        let mut all = self.used.0.iter().chain([&self.reports, &self.handshakes]);
        all.all(|one| one.is_full(now))
    }
}

#[cfg(test)]
mod tests;
