//! A sanction: a mute, a ban or a kick.

use guildhall_protocol::{Reason, SanctionKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::moderation::{Author, Sanction};

use super::user::SnapshotModel;

/// The kinds of sanctions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SanctionKind)]
pub(crate) enum KindModel {
    /// The user may not say anything.
    Mute,
    /// The user may not be there.
    Ban,
    /// The user was taken out, and may come back.
    Kick,
}

/// Why something is done about a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Reason)]
pub(crate) enum ReasonModel {
    /// No reason is given.
    #[default]
    Unspecified,
    /// Repeated, misleading or unwanted messages, and advertising.
    Spam,
    /// Insults, bullying, stalking, threats.
    Harassment,
    /// Hatred of people for what they are.
    Hate,
    /// Sexual content.
    Sexual,
    /// Anything that harms minors or makes use of them.
    ChildSafety,
    /// Violence, and praise of it.
    Violence,
    /// Suicide and self-harm.
    SelfHarm,
    /// Private data of somebody.
    PrivateData,
    /// Fraud, and pretending to be somebody else.
    Fraud,
    /// Anything else that is against the law.
    Illegal,
    /// A name that breaks the rules.
    Name,
    /// Anything else that breaks the rules of the game.
    Other,
}

/// A sanction.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sanction)]
pub(crate) struct SanctionModel {
    /// Its number.
    id: u64,
    /// The kind.
    kind: KindModel,
    /// The room in which it holds; without one, it holds everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<String>,
    /// The user, as it was then.
    user: SnapshotModel,
    /// When it was imposed, in milliseconds since 1970.
    since: u64,
    /// When it ends; without this, it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    /// Why.
    reason: ReasonModel,
    /// The rule that was broken, which the user reads.
    rule: String,
    /// A note for moderators.
    note: String,
    /// Whether it also holds against guests from the user's addresses.
    address: bool,
    /// Whether no human has decided it.
    automated: bool,
    /// The moderator that has imposed it; without one, it was the game.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<AuthorModel>,
    /// The report that it follows from.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<u64>,
}

/// A moderator.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Author)]
pub(crate) struct AuthorModel {
    /// Its account.
    account: String,
    /// Its name then.
    name: String,
}

impl AuthorModel {
    /// The author; `None` if it was the game.
    pub(crate) fn of(author: &Author) -> Option<Self> {
        let is_somebody = !author.account.is_empty() || !author.name.is_empty();
        is_somebody.then(|| Self {
            account: author.account.to_string(),
            name: author.name.to_string(),
        })
    }
}

impl From<&Sanction> for SanctionModel {
    fn from(sanction: &Sanction) -> Self {
        let some = |number: u64| (number != 0).then_some(number);
        Self {
            id: sanction.id,
            kind: match sanction.kind {
                SanctionKind::Kick => KindModel::Kick,
                SanctionKind::Ban => KindModel::Ban,
                SanctionKind::Mute | SanctionKind::Unspecified => KindModel::Mute,
            },
            room: (!sanction.room.is_empty()).then(|| sanction.room.to_string()),
            user: (&sanction.user).into(),
            since: sanction.since,
            until: some(sanction.until),
            reason: sanction.reason.into(),
            rule: sanction.rule.to_string(),
            note: sanction.note.to_string(),
            address: !sanction.networks.is_empty(),
            automated: sanction.is_automated,
            by: AuthorModel::of(&sanction.by),
            report: some(sanction.report),
        }
    }
}

impl From<KindModel> for SanctionKind {
    fn from(kind: KindModel) -> Self {
        match kind {
            KindModel::Mute => Self::Mute,
            KindModel::Ban => Self::Ban,
            KindModel::Kick => Self::Kick,
        }
    }
}

/// The two lists of reasons, which have the same.
macro_rules! reasons {
    ($($reason:ident),*) => {
        impl From<Reason> for ReasonModel {
            fn from(reason: Reason) -> Self {
                match reason { $(Reason::$reason => Self::$reason),* }
            }
        }

        impl From<ReasonModel> for Reason {
            fn from(reason: ReasonModel) -> Self {
                match reason { $(ReasonModel::$reason => Self::$reason),* }
            }
        }
    };
}

reasons!(
    Unspecified,
    Spam,
    Harassment,
    Hate,
    Sexual,
    ChildSafety,
    Violence,
    SelfHarm,
    PrivateData,
    Fraud,
    Illegal,
    Name,
    Other
);
