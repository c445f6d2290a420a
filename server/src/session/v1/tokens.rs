//! Tokens of a `guildhall.v1` client: what a verified token means for a hello and a
//! refresh, and which close follows from one that does not hold.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use guildhall_protocol::{ErrorCode, Hello, Packet, PacketBody, Refreshed, Renamed, ReplyResult};

use crate::accounts::{Claims, Guests};
use crate::hub::Hub;
use crate::net::verifier::{Unverified, Verified};
use crate::outgoing::close::Close;
use crate::outgoing::connection::{HeldToken, TOKEN_GRACE};
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::{Level, Rights};
use crate::shared::Shared;
use crate::shared::user::User;
use crate::sync::moment::Moment;

use super::publication::check_user_name;
use super::refusal::{error, shown_up_to, too_many_requests};
use super::welcomed::Welcomed;
use super::{Answer, Answered};

/// After this time a client may try again if too many tokens wait to be verified.
const RETRY_BUSY: Duration = Duration::from_secs(1);

/// The most characters of the reason why a token does not hold.
const MOST_SHOWN: usize = 200;

/// A token that holds.
#[derive(Debug)]
pub(super) struct SignedToken {
    /// Its claims.
    pub(super) claims: Claims,
}

/// Why a request with a token is refused.
#[derive(Debug)]
pub(super) enum Refused {
    /// For now.
    Busy,
    /// For good: the connection is closed.
    Closed(String, Close),
}

impl Refused {
    fn bad(problem: impl ToString) -> Self {
        Self::Closed(problem.to_string(), Close::BAD_TOKEN)
    }

    fn no_token() -> Self {
        let problem = "this server has no guests: a hello needs a token";
        Self::Closed(problem.to_owned(), Close::NEEDS_TOKEN)
    }

    fn no_keys() -> Self {
        Self::bad("this server has no keys")
    }

    /// The answer to the request.
    pub(super) fn into_answered(self) -> Answered {
        match self {
            Self::Busy => Err(too_many_requests(RETRY_BUSY)),
            Self::Closed(problem, close) => {
                // It may have a part of the token in it.
                let problem = shown_up_to(MOST_SHOWN, &problem);
                Ok(Answer::Closed(error(ErrorCode::BadToken, [problem]), close))
            }
        }
    }
}

/// The answer to a hello whose client cannot be welcomed yet: its token has to be verified, or
/// it is refused. `None` if it is a guest's, who is welcome.
pub(super) fn before_hello<W: Wire>(hub: &Hub<W>, hello: &Hello) -> Option<Answered> {
    let accounts = hub.shared().accounts();
    if hello.token.is_empty() {
        let is_denied = accounts.guests() == Guests::Deny;
        return is_denied.then(|| Refused::no_token().into_answered());
    }
    if !has_keys(hub) {
        return Some(Refused::no_keys().into_answered());
    }
    Some(Ok(Answer::Verify))
}

/// Whether the server can verify tokens.
fn has_keys<W: Wire>(hub: &Hub<W>) -> bool {
    hub.shared().accounts().get().config.accounts.is_some()
}

/// Whether a user may choose another name.
pub(super) fn may_rename<W: Wire>(hub: &Hub<W>, user: &User) -> bool {
    let shared = hub.shared();
    shared.accounts().get().config.may_rename || !shared.users().is_named_by_token(user)
}

/// Returns the token, if it holds.
///
/// # Errors
///
/// Why the request is refused.
pub(super) fn accept<W: Wire>(hub: &Hub<W>, verified: Verified) -> Result<SignedToken, Refused> {
    let mut claims = verified.map_err(|unverified| match unverified {
        Unverified::Busy => Refused::Busy,
        Unverified::Token(problem) if problem.is_over() => {
            Refused::Closed(problem.to_string(), Close::TOKEN_EXPIRED)
        }
        Unverified::Token(problem) => Refused::bad(problem),
    })?;
    if hub.shared().accounts().get().revoked.has_token(&claims) {
        let problem = "the token was revoked".to_owned();
        return Err(Refused::Closed(problem, Close::TOKEN_REVOKED));
    }
    // Then the user has none from its token, as with one that no user can have.
    claims
        .name
        .take_if(|name| check_user_name(hub, name).is_err());
    Ok(SignedToken { claims })
}

impl SignedToken {
    /// How long it holds from now on, in seconds. At least 1, as 0 means that there is none.
    pub(super) fn ttl(&self, at: Moment) -> u32 {
        let left = self.claims.expires.saturating_sub(at.unix_millis / 1_000);
        u32::try_from(left).unwrap_or(u32::MAX).max(1)
    }

    /// The part of it that the connection keeps. From now on its end is counted by the clock
    /// that never jumps.
    pub(super) fn held(&self, at: Moment) -> HeldToken {
        HeldToken {
            user: self.claims.user.as_str().into(),
            issued: self.claims.issued,
            until: at.now + Duration::from_secs(self.ttl(at).into()) + TOKEN_GRACE,
        }
    }
}

/// The rights of a user whose token has these claims: those of the token, and the roles that it
/// was given at run time.
pub(super) fn rights(shared: &Shared, user: &Arc<User>, claims: &Claims) -> Rights {
    let of_token = Rights::user(&claims.caps);
    shared.roles().came(user, &claims.user, &of_token);
    of_token.with_roles(&shared.roles().of(&claims.user))
}

impl<W: Wire> Welcomed<W> {
    /// Whether a refresh is in order, so that its token can be verified.
    ///
    /// # Errors
    ///
    /// The error that refuses it.
    pub(super) fn before_refresh(&self, hub: &Hub<W>) -> Answered {
        if !has_keys(hub) {
            return Refused::no_keys().into_answered();
        }
        if self.name.account().is_none() {
            return Refused::bad("a guest brings its token with a hello").into_answered();
        }
        Ok(Answer::Verify)
    }

    /// Takes over a new token of the same user.
    pub(super) fn refresh(&mut self, hub: &mut Hub<W>, verified: Verified, at: Moment) -> Answered {
        let signed = accept(hub, verified).and_then(|signed| {
            let is_same = self.session.user.is_account(Some(&signed.claims.user));
            let other = || Refused::bad("the token is another user's");
            is_same.then_some(signed).ok_or_else(other)
        });
        let signed = match signed {
            Ok(signed) => signed,
            Err(refused) => return refused.into_answered(),
        };
        self.connection.hold_token(signed.held(at));
        let shared = Arc::clone(hub.shared());
        let (user, own) = (&self.session.user, Some(self.session.id));
        let changed = shared.users().refresh(user, &signed.claims);
        hub.tell_all_changed(&changed, own, at.now);
        // The rooms of this connection are at hand, so that the hub has not to look for them.
        if let Some(changed) = changed.iter().find(|it| it.user.id == user.id) {
            self.follow_user();
            self.show_name(hub);
            if changed.is_renamed {
                let name = self.name.of(self.id());
                let renamed = Packet::from(PacketBody::Renamed(Renamed { name }));
                self.connection.send_all(&frame::packet(&renamed), at.now);
            }
        }
        let rights = rights(&shared, &self.session.user, &signed.claims);
        self.set_rights(hub, rights, at);
        let ttl = signed.ttl(at);
        Ok(Answer::Now(ReplyResult::Refreshed(Refreshed { ttl })))
    }

    /// Takes over what guests may do now, which a reload can change.
    pub(super) fn follow_guests(&mut self, hub: &mut Hub<W>, at: Moment) {
        let may_speak = hub.shared().accounts().guests() == Guests::Allow;
        let level = if may_speak {
            Level::Guest
        } else {
            Level::Reader
        };
        if self.rights.level() != Level::User && self.rights.level() != level {
            self.set_rights(hub, Rights::guest(may_speak), at);
        }
    }

    /// Takes over what the user is shown as, and into which rooms the game has put it, if that has
    /// changed.
    pub(super) fn follow_user(&mut self) {
        // First, so that a change in between is seen the next time.
        let changes = self.session.user.changes();
        if self.user_changes != changes {
            self.user_changes = changes;
            self.name = self.session.user.name();
            let rights = mem::take(&mut self.rights);
            self.rights = rights.invited_to(self.session.user.invitations());
            self.connection.set_rights(self.rights.clone());
        }
    }
}
