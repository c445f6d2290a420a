//! The caller of the API: the game's server, by a key of the operator, or a moderator, by the
//! token that it has as a user.

use std::borrow::Cow;

use guildhall_protocol::SanctionKind;
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, FORWARDED, HOST, VIA};

use crate::accounts::{Claims, TokenError};
use crate::ids::UserId;
use crate::moderation::{Actor, UserSnapshot};
use crate::net::host::{Hosts, Target};
use crate::net::proxies::forwarded::X_FORWARDED_FOR;
use crate::net::verifier::Unverified;
use crate::network::Network;
use crate::policy::{Rank, Rights};
use crate::shared::sanctions::{Against, Subject};
use crate::sync::moment::Moment;
use crate::threads::Threads;

use super::problem::{Problem, ProblemKind};

/// The header that can have a key instead of `Authorization`.
const KEY_HEADER: &str = "x-api-key";

/// Whoever calls.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// Anybody, for a route that needs no key.
    Anybody,
    /// Whoever reads the metrics.
    Metrics,
    /// The game's server.
    Game,
    /// A user that may moderate.
    Moderator(Moderator),
}

/// A user that may moderate in some rooms.
#[derive(Debug, Clone)]
pub(crate) struct Moderator {
    user: UserSnapshot,
    rights: Rights,
    /// All that held against it when it called, in milliseconds since 1970.
    against: (Against, u64),
    /// When the token is over, in milliseconds since 1970.
    until: u64,
}

/// The callers that a route lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody, without a key.
    Anybody,
    /// The game's server alone.
    Game,
    /// The game's server, and moderators.
    Moderators,
    /// The game's server, and whoever may read the metrics.
    Metrics,
}

impl Caller {
    /// Finds out who calls, from `network`, and whether that is somebody whom the route lets in.
    ///
    /// # Errors
    ///
    /// Nobody knows the caller, or it may not use the route.
    pub(crate) async fn of(
        threads: &Threads,
        headers: &HeaderMap,
        access: Access,
        network: Network,
    ) -> Result<Self, Problem> {
        if access == Access::Anybody {
            return Ok(Self::Anybody);
        }
        if access == Access::Metrics && may_read_metrics(threads, headers, network) {
            return Ok(Self::Metrics);
        }
        let credential = credential(headers)?;
        if threads.api_keys().have(credential.as_bytes()) {
            return Ok(Self::Game);
        }
        if access == Access::Metrics {
            return Err(unauthorized("this is no key of the API or of its metrics"));
        }
        // A JWT has two dots (RFC 7519); a key that is wrong need not be taken for one.
        if credential.matches('.').count() != 2 {
            return Err(unauthorized("this is no key of the API"));
        }
        let moderator = Moderator::of(threads, credential, network).await?;
        if access != Access::Moderators {
            return Err(forbidden(
                "only the game's server may do this, with its key",
            ));
        }
        Ok(Self::Moderator(moderator))
    }

    /// Whoever acts, for the audit log.
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Moderator(moderator) => Actor::User(moderator.user.clone()),
            Self::Anybody | Self::Metrics | Self::Game => Actor::Game,
        }
    }

    /// Whether it is this user.
    pub(crate) fn is(&self, user: &UserSnapshot) -> bool {
        match self {
            Self::Anybody | Self::Metrics | Self::Game => false,
            Self::Moderator(moderator) => moderator.user.is_same_user(user),
        }
    }

    /// Whether it is the game's server.
    pub(crate) fn is_game(&self) -> bool {
        matches!(self, Self::Game)
    }

    /// The caller's rank in the room with this name; with an empty name, the one everywhere.
    pub(crate) fn rank(&self, room: &str) -> Rank {
        match self {
            Self::Anybody | Self::Metrics => Rank::Player,
            Self::Game => Rank::Game,
            Self::Moderator(moderator) => moderator.rank(room),
        }
    }

    /// Whether the caller may moderate the room with this name; with an empty name, all rooms.
    pub(crate) fn may_moderate(&self, room: &str) -> bool {
        self.rank(room) > Rank::Player
    }

    /// The caller's rank in the room with this name; with an empty name, the one everywhere.
    ///
    /// # Errors
    ///
    /// It may not moderate there.
    pub(crate) fn moderates(&self, room: &str) -> Result<Rank, Problem> {
        match (self.rank(room), room) {
            (Rank::Player, "") => Err(forbidden(
                "your token lets you moderate some rooms, and this needs all of them: name a room",
            )),
            (Rank::Player, room) => Err(forbidden(format!(
                "your token does not let you moderate `{room}`"
            ))),
            (rank, _) => Ok(rank),
        }
    }

    /// When the caller's token is over, in milliseconds since 1970. A key is good until it is
    /// replaced.
    pub(crate) fn until(&self) -> Option<u64> {
        match self {
            Self::Anybody | Self::Metrics | Self::Game => None,
            Self::Moderator(moderator) => Some(moderator.until),
        }
    }

    /// Different callers have different ones.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Anybody | Self::Metrics | Self::Game => "",
            Self::Moderator(moderator) => &moderator.user.account,
        }
    }
}

impl Moderator {
    fn rank(&self, room: &str) -> Rank {
        let (against, called_at) = &self.against;
        against.rank(&self.rights, room, *called_at)
    }

    /// The moderator with this token.
    async fn of(threads: &Threads, token: &str, network: Network) -> Result<Self, Problem> {
        let accounts = threads.shared.accounts().get();
        let (verifying, token) = (accounts.clone(), token.to_owned());
        let now = Moment::present().unix_millis;
        let seconds = now / 1_000;
        let verify = move || match &verifying.config.accounts {
            Some(accounts) => accounts.verify(&token, seconds),
            None => Err(TokenError::Signature),
        };
        let verified = threads.verifier.verify(network, || true, verify).await;
        let claims = verified.map_err(|unverified| match unverified {
            Unverified::Busy => Problem::new(ProblemKind::Unavailable, unverified.to_string()),
            Unverified::Token(error) => unauthorized(error.to_string()),
        })?;
        if accounts.revoked.has_token(&claims) {
            return Err(unauthorized("the token was revoked"));
        }
        // Roles that the game has given at run time count as well.
        let roles = threads.shared.roles().of(&claims.user);
        let rights = Rights::user(&claims.caps).with_roles(&roles);
        if !rights.moderates_any() {
            return Err(forbidden("your token does not let you moderate any room"));
        }
        let against = threads.shared.sanctions().against(Subject {
            account: &claims.user,
            id: UserId(0),
            network: None,
        });
        if against.find(SanctionKind::Ban, "", now).is_some() {
            return Err(forbidden("you are banned"));
        }
        Ok(Self {
            rights,
            against: (against, now),
            until: claims.expires.saturating_mul(1_000),
            user: snapshot(threads, claims),
        })
    }
}

/// Whether somebody may read the metrics who has no key of the API: with a key for that alone, or
/// without one from this machine, if the settings allow it. What a proxy passes on is not from this
/// machine.
fn may_read_metrics(threads: &Threads, headers: &HeaderMap, network: Network) -> bool {
    let access = threads.metrics_access();
    let is_passed_on = [FORWARDED.as_str(), X_FORWARDED_FOR, VIA.as_str()]
        .into_iter()
        .any(|name| headers.contains_key(name));
    let is_here = network.is_loopback() && !is_passed_on && is_called_as_here(headers);
    let has_key = credential(headers).is_ok_and(|key| access.keys.have(key.as_bytes()));
    has_key || access.is_open_here && is_here
}

/// Whether a request calls this machine by `localhost` or an IP address, or by no name, as no browser
/// does. A web page whose name was bound to this machine calls it by that.
fn is_called_as_here(headers: &HeaderMap) -> bool {
    let hosts = Hosts::new(&[], true);
    headers.get_all(HOST).iter().all(|host| {
        let target: Option<Target> = host.to_str().ok().and_then(|host| host.parse().ok());
        target.is_some_and(|target| hosts.allow(&target))
    })
}

/// The user of a token, as it is now.
fn snapshot(threads: &Threads, claims: Claims) -> UserSnapshot {
    let account = claims.user.as_str().into();
    match threads.shared.users().with_account(&claims.user) {
        Some(user) => user.snapshot(),
        // It has never connected.
        None => UserSnapshot {
            id: UserId(0),
            account,
            name: claims.name.unwrap_or(claims.user).into(),
        },
    }
}

/// The key or the token of a request.
fn credential(headers: &HeaderMap) -> Result<&str, Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, rest) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
    });
    bearer
        .or_else(|| text(KEY_HEADER))
        .ok_or_else(|| unauthorized("send a key of the API: `Authorization: Bearer KEY`"))
}

fn unauthorized(detail: impl Into<Cow<'static, str>>) -> Problem {
    Problem::new(ProblemKind::Unauthorized, detail)
}

pub(crate) fn forbidden(detail: impl Into<Cow<'static, str>>) -> Problem {
    Problem::new(ProblemKind::Forbidden, detail)
}
