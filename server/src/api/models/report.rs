//! Reports of users, with their evidence, and what was decided about them.

use guildhall_protocol::Reason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::journal::reports::evidence::{Evidence, EvidenceLine, EvidenceUser};
use crate::journal::reports::{FullReport, Report, ReportFilter, ReportState};
use crate::moderation::Actor;

use super::sanction::ReasonModel;
use super::user::SnapshotModel;

/// Which reports are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FilterModel {
    /// Those that are not decided, the oldest first.
    #[default]
    Undecided,
    /// Those that nobody looks at, the oldest first.
    Open,
    /// Those that a moderator looks at, the oldest first.
    Claimed,
    /// Those that are decided, the newest first.
    Decided,
    /// All, the oldest first.
    All,
}

impl From<FilterModel> for ReportFilter {
    fn from(filter: FilterModel) -> Self {
        match filter {
            FilterModel::Undecided => Self::Undecided,
            FilterModel::Open => Self::Open,
            FilterModel::Claimed => Self::Claimed,
            FilterModel::Decided => Self::Decided,
            FilterModel::All => Self::All,
        }
    }
}

/// Whoever does something.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = Actor)]
pub(crate) enum ActorModel {
    /// A user, as it was then.
    User {
        /// The user.
        user: SnapshotModel,
    },
    /// The game, over this API.
    Game,
    /// The server, by its settings.
    Server,
}

impl From<&Actor> for ActorModel {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::User(user) => Self::User { user: user.into() },
            Actor::Game => Self::Game,
            Actor::Server => Self::Server,
        }
    }
}

/// How far moderators are with a report.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ReportState)]
pub(crate) enum StateModel {
    /// Nobody looks at it.
    Open,
    /// A moderator looks at it.
    Claimed,
    /// It is decided.
    Decided,
}

/// A report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Report)]
pub(crate) struct ReportModel {
    /// Its number.
    id: u64,
    /// When it came, in milliseconds since 1970.
    time: u64,
    /// The user that reports.
    reporter: SnapshotModel,
    /// The user that it is about.
    user: SnapshotModel,
    /// The room in which it was said; without one, it is about a whisper or a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<String>,
    /// The epoch of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u32>,
    /// The number of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// When it was whispered, if it is about a whisper.
    #[serde(skip_serializing_if = "Option::is_none")]
    whisper: Option<u64>,
    /// Why.
    reason: ReasonModel,
    /// The words of the reporter.
    note: String,
    /// How far moderators are with it.
    state: StateModel,
    /// The moderator that looks at it, or has decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<ActorModel>,
    /// The decision, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<DecisionModel>,
}

/// The decision about a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decision)]
pub(crate) struct DecisionModel {
    /// When, in milliseconds since 1970.
    time: u64,
    /// Whether something was done about it.
    acted: bool,
    /// The words that the reporter is told.
    words: String,
    /// The sanction that follows from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sanction: Option<u64>,
}

/// A report with its evidence, which was frozen when the report came.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FullReport)]
pub(crate) struct FullReportModel {
    /// The report.
    report: ReportModel,
    /// The message as it was; none if the report is about a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<EvidenceLineModel>,
    /// The texts that the message had before, the oldest first.
    versions: Vec<String>,
    /// The lines before it, the oldest first.
    before: Vec<EvidenceLineModel>,
    /// The lines behind it, the oldest first.
    after: Vec<EvidenceLineModel>,
    /// How many users were in the room.
    member_count: u64,
    /// Some of them.
    members: Vec<EvidenceUserModel>,
}

/// Something that was said, as it was when it was reported.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EvidenceLine)]
pub(crate) struct EvidenceLineModel {
    /// Its number in the room, or in the reporter's whispers.
    seq: u64,
    /// When it was said, in milliseconds since 1970.
    time: u64,
    /// The user that has said it.
    from: EvidenceUserModel,
    /// For a whisper: whom it was for.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<EvidenceUserModel>,
    /// The text.
    text: String,
    /// Whether it was removed.
    removed: bool,
}

/// A user, as it was then.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EvidenceUser)]
pub(crate) struct EvidenceUserModel {
    /// Its number.
    id: u64,
    /// Its account; empty: a guest.
    account: String,
    /// Its name.
    name: String,
}

impl From<&Report> for ReportModel {
    fn from(report: &Report) -> Self {
        let some = |number: u64| (number != 0).then_some(number);
        let place = &report.place;
        let (state, by, decision) = match &report.state {
            ReportState::Open => (StateModel::Open, None, None),
            ReportState::Claimed { by, .. } => (StateModel::Claimed, Some(by), None),
            ReportState::Decided(decision) => {
                let model = DecisionModel {
                    time: decision.time,
                    acted: decision.acted,
                    words: decision.words.to_string(),
                    sanction: some(decision.sanction),
                };
                (StateModel::Decided, Some(&decision.by), Some(model))
            }
        };
        Self {
            id: report.id,
            time: report.time,
            reporter: (&report.reporter).into(),
            user: (&report.user).into(),
            room: (!place.room.is_empty()).then(|| place.room.to_string()),
            epoch: (place.seq.0 != 0).then_some(place.epoch.0),
            seq: some(place.seq.0),
            whisper: some(place.whisper),
            reason: Reason::into(report.reason),
            note: report.note.to_string(),
            state,
            by: by.map(ActorModel::from),
            decision,
        }
    }
}

impl From<FullReport> for FullReportModel {
    fn from(FullReport { report, evidence }: FullReport) -> Self {
        let Evidence {
            message,
            versions,
            before,
            after,
            member_count,
            members,
        } = evidence;
        let lines = |lines: Vec<EvidenceLine>| lines.into_iter().map(Into::into).collect();
        Self {
            report: (&report).into(),
            message: message.map(Into::into),
            versions: versions.into_iter().map(|version| version.text).collect(),
            before: lines(before),
            after: lines(after),
            member_count,
            members: members.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<EvidenceLine> for EvidenceLineModel {
    fn from(line: EvidenceLine) -> Self {
        Self {
            seq: line.seq,
            time: line.time,
            from: line.from.into(),
            to: line.to.map(Into::into),
            text: line.text,
            removed: line.removed,
        }
    }
}

impl From<EvidenceUser> for EvidenceUserModel {
    fn from(user: EvidenceUser) -> Self {
        Self {
            id: user.id,
            account: user.account,
            name: user.name,
        }
    }
}
