//! The permissions of a member in a room, and the rule that they follow from. The subscribers
//! of a room keep them; a room's rule and a user's rights change them.

use std::sync::Arc;

use crate::policy::{Access, Rights, Rule};

/// The permissions of a member in one room. Members with the same rights share one.
#[derive(Debug)]
pub(crate) struct Membership {
    /// The user's rights, beyond those of everybody.
    pub(crate) rights: Rights,
    /// The access that follows from them and the rule.
    pub(crate) access: Access,
    /// The rule that the client was told last.
    pub(crate) rule: Arc<Rule>,
}
