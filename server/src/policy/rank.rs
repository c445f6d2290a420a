//! Ranks of users: who may act against whom. A rank is that of a place: a room, or everywhere.
//! It follows from the rights of a token, and from the roles that were given at run time.

use std::sync::Arc;

use guildhall_protocol::Role;

use crate::accounts::Right;

use super::{Grant, Pattern, Rights};

/// The rank of somebody in a place. Who acts against a user has a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Rank {
    /// A player.
    #[default]
    Player,
    /// It may moderate.
    Moderator,
    /// It may moderate this room, and say who else may.
    RoomAdmin,
    /// The same everywhere.
    Admin,
    /// The game, or the server itself.
    Game,
}

impl Rank {
    /// The role on the wire.
    pub(crate) fn role(self) -> Role {
        match self {
            Self::Player => Role::Unspecified,
            Self::Moderator => Role::Moderator,
            Self::RoomAdmin | Self::Admin | Self::Game => Role::Admin,
        }
    }
}

/// A role that was given at run time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GivenRole {
    /// The room; empty: everywhere.
    pub(crate) room: Arc<str>,
    /// The role, which is one.
    pub(crate) role: Role,
}

impl GivenRole {
    /// The rank that follows from it in this room; empty: everywhere.
    pub(crate) fn rank(&self, room: &str) -> Rank {
        let is_everywhere = self.room.is_empty();
        match self.role {
            _ if !is_everywhere && *self.room != *room => Rank::Player,
            Role::Unspecified => Rank::Player,
            Role::Moderator => Rank::Moderator,
            Role::Admin if is_everywhere => Rank::Admin,
            Role::Admin => Rank::RoomAdmin,
        }
    }
}

impl Rights {
    /// The user's rank in this room; with an empty name, the one that it has everywhere.
    pub(crate) fn rank(&self, room: &str) -> Rank {
        let has = |right| {
            if room.is_empty() {
                self.has_everywhere(right)
            } else {
                self.has(right, room)
            }
        };
        if self.has_everywhere(Right::Admin) {
            Rank::Admin
        } else if has(Right::Admin) {
            Rank::RoomAdmin
        } else if has(Right::Mod) {
            Rank::Moderator
        } else {
            Rank::Player
        }
    }

    /// Whether the user may moderate any room.
    pub(crate) fn moderates_any(&self) -> bool {
        let is_moderator = |right| [Right::Mod, Right::Admin].contains(right);
        (self.grants.iter()).any(|grant| grant.allow.iter().any(is_moderator))
    }

    /// These rights with the roles that were given at run time, in place of those before.
    #[must_use]
    pub(crate) fn with_roles(self, roles: &[GivenRole]) -> Self {
        let had_any = self.grants.iter().any(|grant| grant.is_given);
        if roles.is_empty() && !had_any {
            return self;
        }
        let of_token = self.grants.iter().filter(|grant| !grant.is_given).cloned();
        let grants = of_token.chain(roles.iter().map(Grant::of_role)).collect();
        Self { grants, ..self }
    }

    fn has_everywhere(&self, right: Right) -> bool {
        let has =
            |grant: &Grant| grant.allow.contains(&right) && grant.rooms.iter().any(Pattern::is_any);
        self.grants.iter().any(has)
    }
}

impl Grant {
    fn of_role(given: &GivenRole) -> Self {
        let room = match &*given.room {
            "" => "*",
            room => room,
        };
        Self {
            rooms: vec![Pattern::exact(room)],
            allow: match given.role {
                Role::Unspecified => Vec::new(),
                Role::Moderator => vec![Right::Mod],
                Role::Admin => vec![Right::Admin],
            },
            is_given: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Cap;

    fn rights(rooms: &str, right: Right) -> Rights {
        Rights::user(&[Cap {
            rooms: vec![rooms.into()],
            allow: vec![right],
        }])
    }

    fn given(room: &str, role: Role) -> GivenRole {
        GivenRole {
            room: room.into(),
            role,
        }
    }

    #[test]
    fn a_rank_is_that_of_a_place() {
        #[track_caller]
        fn check(rights: &Rights, here: Rank, elsewhere: Rank, everywhere: Rank) {
            let ranks = ["guild-1", "lobby", ""].map(|room| rights.rank(room));
            assert_eq!(ranks, [here, elsewhere, everywhere]);
            assert_eq!(rights.moderates_any(), here > Rank::Player);
        }
        let (player, moderator) = (Rank::Player, Rank::Moderator);
        check(&rights("guild-*", Right::Mod), moderator, player, player);
        check(&rights("*", Right::Mod), moderator, moderator, moderator);
        check(&rights("**", Right::Mod), moderator, moderator, moderator);
        check(
            &rights("guild-1", Right::Admin),
            Rank::RoomAdmin,
            player,
            player,
        );
        check(
            &rights("*", Right::Admin),
            Rank::Admin,
            Rank::Admin,
            Rank::Admin,
        );
        check(&rights("*", Right::Say), player, player, player);
        check(&Rights::default(), player, player, player);
    }

    #[test]
    fn roles_are_given_and_taken_beside_the_rights_of_a_token() {
        let token = rights("guild-*", Right::Mod);
        let with = token.clone().with_roles(&[given("", Role::Moderator)]);
        assert_eq!(
            (with.rank("lobby"), with.rank("")),
            (Rank::Moderator, Rank::Moderator)
        );
        let other = with.with_roles(&[given("guild-1", Role::Admin)]);
        assert_eq!(
            (other.rank("lobby"), other.rank("guild-1")),
            (Rank::Player, Rank::RoomAdmin)
        );
        assert_eq!(other.with_roles(&[]), token);
    }

    #[test]
    fn a_given_role_has_the_rank_that_the_rights_with_it_have() {
        for role in [Role::Unspecified, Role::Moderator, Role::Admin] {
            for place in ["", "guild-1", "lobby"] {
                let role = given(place, role);
                let rights = Rights::user(&[]).with_roles(std::slice::from_ref(&role));
                for room in ["", "guild-1"] {
                    assert_eq!(rights.rank(room), role.rank(room), "{role:?} in {room:?}");
                }
            }
        }
    }
}
