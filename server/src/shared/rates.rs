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

use crate::network::Network;
use crate::sync::lock::Lock;
use crate::sync::rate::{RequestRate, SharedAllowance, SharedRate};

/// How many addresses are remembered before those are looked for that can be forgotten.
const FORGET_ABOVE: usize = 1_024;

/// The most addresses without a connection that are remembered.
const MOST_IDLE: usize = 16_384;

/// How often a user may ask for what, in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Lines in rooms.
    pub say: RequestRate,
    /// Whispers.
    pub whisper: RequestRate,
    /// Joins. A client that resumes joins each of its rooms.
    pub join: RequestRate,
    /// Other names, of which the members of all the user's rooms are told.
    pub rename: RequestRate,
    /// All other requests: lists, pages of history, leaves.
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
        request: RequestRate::UNLIMITED,
        refused: RequestRate::UNLIMITED,
        handshake: RequestRate::UNLIMITED,
        address_share: 0,
    };
}

/// What nobody reaches who types. A client of ours that is refused sends 64 messages at most,
/// then one after the other; the addresses are meant for as many clients as one may have.
impl Default for Rates {
    fn default() -> Self {
        let per_second = |burst, times| RequestRate::new(burst, Duration::from_secs(1) / times);
        Self {
            say: per_second(8, 2),
            whisper: per_second(8, 2),
            join: per_second(100, 10),
            rename: per_second(20, 1),
            request: per_second(200, 20),
            refused: per_second(2_000, 50),
            handshake: per_second(512, 32),
            address_share: 64,
        }
    }
}

/// What a user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To say a line.
    Say,
    /// To whisper.
    Whisper,
    /// To join a room.
    Join,
    /// Another name.
    Rename,
    /// Anything else.
    Request,
}

/// How many kinds there are.
const KINDS: usize = Asked::Request as usize + 1;

/// What a user, or an address, has used of each rate.
#[derive(Debug, Default)]
pub(crate) struct Used([SharedAllowance; KINDS]);

impl Used {
    /// What was used of one rate.
    pub(crate) fn of(&self, asked: Asked) -> &SharedAllowance {
        &self.0[asked as usize]
    }
}

/// What the guests of an address have used together.
#[derive(Debug)]
pub(crate) struct AddressUse {
    used: Used,
    handshakes: SharedAllowance,
    /// How many shares of an address this is: more for a large network.
    shares: u64,
    /// The larger network that it is in.
    wider: Option<Arc<AddressUse>>,
}

/// The rates of a server, and what addresses have used of them.
#[derive(Debug)]
pub(crate) struct RateLimits {
    /// From when on time is counted: the first message.
    start: OnceLock<Instant>,
    rates: [SharedRate; KINDS],
    refused: SharedRate,
    handshake: SharedRate,
    address_share: AtomicU32,
    addresses: Lock<Addresses>,
}

/// What each address has used. An address is remembered while it has connections, and until
/// it may do as much again as if it had never been there.
#[derive(Debug)]
struct Addresses {
    uses: HashMap<Network, Arc<AddressUse>>,
    /// When there are this many, it is time to forget some.
    forget_above: usize,
}

impl RateLimits {
    /// Without limits, until [`RateLimits::set`].
    pub(crate) fn off() -> Self {
        let limits = Self {
            start: OnceLock::new(),
            rates: <[SharedRate; KINDS]>::default(),
            refused: SharedRate::default(),
            handshake: SharedRate::default(),
            address_share: AtomicU32::new(0),
            addresses: Lock::new(Addresses {
                uses: HashMap::new(),
                forget_above: FORGET_ABOVE,
            }),
        };
        limits.set(&Rates::OFF);
        limits
    }

    /// From now on, these are the rates. What was used stays used.
    pub(crate) fn set(&self, rates: &Rates) {
        let Rates {
            say,
            whisper,
            join,
            rename,
            request,
            ..
        } = *rates;
        // In the order of the kinds.
        for (shared, rate) in self.rates.iter().zip([say, whisper, join, rename, request]) {
            shared.set(rate);
        }
        self.refused.set(rates.refused);
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
        let every = rate.every();
        if every == 0 {
            return Ok(());
        }
        let now = self.nanos(now);
        own.take(rate, 1, now).map_err(Duration::from_nanos)?;
        let Some(wait) = address.and_then(|address| self.take_of(address, asked, now)) else {
            return Ok(());
        };
        own.give_back(rate, 1);
        // All of the address would come at the same moment otherwise, and one of them would
        // be served.
        Err(Duration::from_nanos(wait.max(every)))
    }

    /// Counts what a guest of this address asks for, or returns for how many nanoseconds it
    /// has to wait.
    fn take_of(&self, address: &AddressUse, asked: Asked, now: u64) -> Option<u64> {
        let shares = self.shares(address)?;
        let (rate, used) = (&self.rates[asked as usize], address.used.of(asked));
        if let Err(wait) = used.take(rate, shares, now) {
            return Some(wait);
        }
        let wait = self.take_of(address.wider.as_deref()?, asked, now)?;
        used.give_back(rate, shares);
        Some(wait)
    }

    /// Takes back what [`RateLimits::take`] has counted, because it is not done after all.
    pub(crate) fn give_back(
        &self,
        asked: Asked,
        own: &SharedAllowance,
        address: Option<&AddressUse>,
    ) {
        let rate = &self.rates[asked as usize];
        if rate.every() == 0 {
            return;
        }
        own.give_back(rate, 1);
        let mut level = address;
        while let Some(one) = level {
            if let Some(shares) = self.shares(one) {
                one.used.of(asked).give_back(rate, shares);
            }
            level = one.wider.as_deref();
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
        if self.handshake.every() == 0 || self.address_share.load(Relaxed) == 0 {
            return Ok(());
        }
        let address = self.address(network, now);
        let (rate, now) = (&self.handshake, self.nanos(now));
        let take = |one: &AddressUse| one.handshakes.take(rate, one.shares, now);
        let taken = take(&address).and_then(|()| {
            let wider = address.wider.as_deref().map_or(Ok(()), take);
            wider.inspect_err(|_| address.handshakes.give_back(rate, address.shares))
        });
        taken.map_err(Duration::from_nanos)
    }

    /// What the guests of this address have used. A session keeps it while it has a
    /// connection from there.
    pub(crate) fn address(&self, network: Network, now: Instant) -> Arc<AddressUse> {
        let now = self.nanos(now);
        self.addresses.lock().of(network, now)
    }

    /// How many times as much as a user the guests of this address have. `None` if addresses
    /// are not counted.
    fn shares(&self, address: &AddressUse) -> Option<u64> {
        match self.address_share.load(Relaxed) {
            0 => None,
            share => Some(u64::from(share) * address.shares),
        }
    }

    /// The time since the first call, in nanoseconds. What was never used is full at 0, which is
    /// no later.
    fn nanos(&self, now: Instant) -> u64 {
        let start = *self.start.get_or_init(|| now);
        let since = now.saturating_duration_since(start);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }
}

impl Addresses {
    fn of(&mut self, network: Network, now: u64) -> Arc<AddressUse> {
        if let Some(known) = self.uses.get(&network) {
            return Arc::clone(known);
        }
        if self.uses.len() >= self.forget_above {
            self.forget(now);
        }
        let wider = network.levels().nth(1).map(|wider| self.of(wider, now));
        let address = Arc::new(AddressUse {
            used: Used::default(),
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
        self.forget_above = (2 * self.uses.len()).max(FORGET_ABOVE);
    }
}

impl AddressUse {
    fn is_full(&self, now: u64) -> bool {
        let mut all = self.used.0.iter().chain([&self.handshakes]);
        all.all(|one| one.is_full(now))
    }
}

#[cfg(test)]
mod tests;
