//! What a member of a room may do there, and by which rule. The subscribers of a room keep
//! it; a room's rule and a user's rights change it.

use std::sync::Arc;

use crate::policy::{Access, Rights, Rule};

/// What a member of one room may do there. Members with the same rights share one.
#[derive(Debug)]
pub(crate) struct Membership {
    /// What the user may do that not everybody may.
    pub(crate) rights: Rights,
    /// What follows from them and the rule.
    pub(crate) access: Access,
    /// The rule that the client was told last.
    pub(crate) rule: Arc<Rule>,
}
