//! Who is in a room over a connection, and what it may do there. The subscribers of a room
//! keep it; a room's rule and a user's rights change it.

use std::sync::Arc;

use crate::ids::UserId;
use crate::policy::{Access, Rights, Rule};

/// The place of one connection in one room.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    /// The user.
    pub(crate) user: UserId,
    /// What the user may do that not everybody may.
    pub(crate) rights: Rights,
    /// What follows from them and the rule.
    pub(crate) access: Access,
    /// The rule that the client was told last.
    pub(crate) rule: Arc<Rule>,
}
