//! A user.

use std::sync::Arc;

use guildhall_protocol::Role;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::ids::UserId;
use crate::moderation::UserSnapshot;
use crate::shared::Shared;
use crate::shared::user::User;

use super::super::call::Call;
use super::super::numbers::{named, positive};
use super::super::problem::Problem;
use super::object;

/// The key that the path names a user by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum By {
    /// Its account: the `sub` of its token.
    #[default]
    Account,
    /// Its number, as in the lists of members.
    Id,
    /// The name that it has now.
    Name,
}

/// The query of a route whose path names a user.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserQuery {
    /// The key that the path names the user by. Without this, it is its account.
    /// Guests have none, so they are named by `id`.
    #[param(inline)]
    pub(crate) by: By,
}

/// A user that a request means: by its account, its number or its name, and nothing else.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserRef, min_properties = 1, max_properties = 1)]
pub(crate) struct UserRef {
    /// Its account: the `sub` of its token.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false, min_length = 1, max_length = 128)]
    account: Option<String>,
    /// Its number, as in the lists of members: that of a guest, or of any user.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false, minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    id: Option<u64>,
    /// The name that it has now.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false, min_length = 1, max_length = 128)]
    name: Option<String>,
}

/// A value that is there is no `null`.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl UserRef {
    /// The way in which the user is named, and the text.
    ///
    /// # Errors
    ///
    /// It is named in no way, or in several.
    fn named(&self) -> Result<(By, String), Problem> {
        match (&self.account, self.id, &self.name) {
            (Some(account), None, None) => Ok((By::Account, named("account", account)?.to_owned())),

            (None, Some(id), None) => Ok((By::Id, positive("id", Some(id))?.to_string())),
            (None, None, Some(name)) => Ok((By::Name, named("name", name)?.to_owned())),
            _ => Err(Problem::bad_request(
                "a user is named by one of `account`, `id` and `name`",
            )),
        }
    }

    /// The user, which the server has to know.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(crate) fn known(&self, shared: &Shared) -> Result<Arc<User>, Problem> {
        let (by, user) = self.named()?;
        find(shared, by, &user)
    }

    /// The user, if the server knows it.
    ///
    /// # Errors
    ///
    /// It is not named as it should be.
    pub(crate) fn find(&self, shared: &Shared) -> Result<Option<Arc<User>>, Problem> {
        let (by, user) = self.named()?;
        Ok(find(shared, by, &user).ok())
    }

    /// The user for an act against it: also a client of the tutorial, and, for the game, an account
    /// that was never here.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(crate) fn meant(&self, call: &Call) -> Result<UserSnapshot, Problem> {
        let (by, user) = self.named()?;
        meant(call, by, &user)
    }
}

/// The user for an act against it: also a client of the tutorial, and, for the game, an account that
/// was never here.
///
/// # Errors
///
/// There is none.
pub(crate) fn meant(call: &Call, by: By, user: &str) -> Result<UserSnapshot, Problem> {
    let shared = call.shared();
    let missing = match find(shared, by, user) {
        Ok(user) => return Ok(user.snapshot()),
        Err(missing) => missing,
    };
    let meant = match by {
        By::Account if call.caller.is_game() => Some(UserSnapshot {
            id: UserId(0),
            account: user.into(),
            name: user.into(),
        }),
        // No name takes the place of an account, nor the other way round: the act would be done
        // to somebody else.
        By::Account => shared.account_with_sanctions(user),
        By::Name => shared.name_beside_users(user),
        By::Id => user.parse().ok().and_then(|id| shared.user_meant(id, "")),
    };
    meant.ok_or(missing)
}

/// A user, as it was when something was done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserThen)]
pub(crate) struct SnapshotModel {
    /// Its number; 0: the server did not know it.
    id: u64,
    /// Its account. A guest has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// Its name then.
    name: String,
}

impl From<&UserSnapshot> for SnapshotModel {
    fn from(user: &UserSnapshot) -> Self {
        Self {
            id: user.id.0,
            account: (!user.account.is_empty()).then(|| user.account.to_string()),
            name: user.name.to_string(),
        }
    }
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserModel {
    /// Its number.
    id: u64,
    /// The name that it has now.
    name: String,
    /// Its account: the `sub` of its token. A guest has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The game's facts about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    info: Option<serde_json::Value>,
    /// Whether a client of it is connected.
    online: bool,
    /// How many clients of it are connected.
    clients: u64,
    /// How many sessions it has: those of its clients, and those that can still be resumed.
    sessions: u64,
    /// The rooms that it is in.
    rooms: Vec<String>,
    /// Its role everywhere, by its last token or because it was given it.
    role: RoleModel,
    /// The roles that it was given at run time.
    roles: Vec<GivenRoleModel>,
}

/// The roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Role)]
pub(crate) enum RoleModel {
    /// A player, who moderates nothing.
    Player,
    /// It may moderate.
    Moderator,
    /// It may moderate, and say who else may.
    Admin,
}

/// A role that a user was given at run time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GivenRole)]
pub(crate) struct GivenRoleModel {
    /// The room in which it has the role; without one, it has it everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<String>,
    /// The role.
    role: RoleModel,
}

/// The user that somebody means.
///
/// # Errors
///
/// There is none.
pub(crate) fn find(shared: &Shared, by: By, user: &str) -> Result<Arc<User>, Problem> {
    let users = shared.users();
    let found = match by {
        By::Account => users.with_account(user),
        By::Name => users.with_name(user),
        By::Id => {
            let id = user
                .parse()
                .map_err(|_| Problem::bad_request("by=id wants the user's number in the path"))?;
            users.with_id(UserId(id))
        }
    };
    found.ok_or_else(Problem::no_such_user)
}

impl UserModel {
    /// The user as it is now, with the rooms that are `shown`, and its roles there and
    /// everywhere.
    pub(crate) fn of(shared: &Shared, user: &User, shown: impl Fn(&str) -> bool) -> Self {
        let name = user.name();
        let clients = user.connections(None).len();
        let rooms = shared.rooms_of(user.id).into_iter();
        let account = name.account().map(|account| account.user.to_string());
        let given = account.as_deref().map(|account| shared.roles().of(account));
        let given = given.unwrap_or_default().into_iter();
        let role = account
            .as_deref()
            .map(|account| shared.roles().rank(account, ""));
        Self {
            id: user.id.0,
            name: name.of(user.id),
            info: object(name.info()),
            online: clients > 0,
            clients: clients as u64,
            sessions: user.sessions().len() as u64,
            rooms: rooms
                .filter(|room| shown(room))
                .map(|room| room.to_string())
                .collect(),
            role: role.unwrap_or_default().role().into(),
            roles: given
                .filter(|given| given.room.is_empty() || shown(&given.room))
                .map(|given| GivenRoleModel {
                    room: (!given.room.is_empty()).then(|| given.room.to_string()),
                    role: given.role.into(),
                })
                .collect(),
            account,
        }
    }
}

impl From<Role> for RoleModel {
    fn from(role: Role) -> Self {
        match role {
            Role::Unspecified => Self::Player,
            Role::Moderator => Self::Moderator,
            Role::Admin => Self::Admin,
        }
    }
}

impl From<RoleModel> for Role {
    fn from(role: RoleModel) -> Self {
        match role {
            RoleModel::Player => Self::Unspecified,
            RoleModel::Moderator => Self::Moderator,
            RoleModel::Admin => Self::Admin,
        }
    }
}
