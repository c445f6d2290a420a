//! The errors of the API: each is one status, one code for programs and one sentence for people,
//! as RFC 9457 wants them.

use std::borrow::Cow;

use hyper::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::journal::Failure;
use crate::shared::acts::rooms::RoomActError;
use crate::shared::acts::says::NotSaid;

/// After how many seconds a request that could not be kept may be sent again.
const RETRY_SECONDS: u64 = 2;

/// Why a request is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The status and the code.
    pub(crate) kind: ProblemKind,
    /// The fault of this request, in a sentence.
    pub(crate) detail: Cow<'static, str>,
}

/// The kinds of problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// The request is not valid.
    BadRequest,
    /// Nobody knows who asks.
    Unauthorized,
    /// Whoever asks may not do this.
    Forbidden,
    /// There is no such route.
    NotFound,
    /// There is no such room.
    NoSuchRoom,
    /// There is no such line.
    NoSuchLine,
    /// There is no such user.
    NoSuchUser,
    /// There is no such client.
    NoSuchClient,
    /// There is no such sanction.
    NoSuchSanction,
    /// There is no such report.
    NoSuchReport,
    /// No such text waits.
    NotHeld,
    /// The room has no proximity.
    NoProximity,
    /// The server keeps no events.
    NoFeed,
    /// The server has another feed of events than the reader.
    OtherFeed,
    /// The events are forgotten.
    Forgotten,
    /// Another moderator has the report.
    Claimed,
    /// The report is decided.
    Decided,
    /// The user moderates, and the caller's rank is not above its.
    IsModerator,
    /// The route has not this method, but these.
    MethodNotAllowed(String),
    /// The body did not come in time.
    Timeout,
    /// The same request is being carried out.
    InProgress,
    /// The body is too long.
    TooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// The idempotency key belongs to another request.
    KeyReused,
    /// Too much is asked for at once.
    TooMany,
    /// A mistake of the server.
    Internal,
    /// It was carried out, and the journal cannot keep it now. It tries again by itself.
    NotKept,
    /// The journal does not keep or find anything now.
    Unavailable,
}

impl ProblemKind {
    /// The status.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::IsModerator => StatusCode::FORBIDDEN,
            Self::NotFound
            | Self::NoSuchRoom
            | Self::NoSuchLine
            | Self::NoSuchUser
            | Self::NoSuchClient
            | Self::NoSuchSanction
            | Self::NoSuchReport
            | Self::NotHeld
            | Self::NoFeed => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::InProgress
            | Self::Claimed
            | Self::Decided
            | Self::NoProximity
            | Self::OtherFeed => StatusCode::CONFLICT,
            Self::Forgotten => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotKept | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The code that programs compare.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::NoSuchRoom => "no_such_room",
            Self::NoSuchLine => "no_such_line",
            Self::NoSuchUser => "no_such_user",
            Self::NoSuchClient => "no_such_client",
            Self::NoSuchSanction => "no_such_sanction",
            Self::NoSuchReport => "no_such_report",
            Self::NotHeld => "not_held",
            Self::NoProximity => "no_proximity",
            Self::NoFeed => "no_feed",
            Self::OtherFeed => "other_feed",
            Self::Forgotten => "forgotten",
            Self::Claimed => "claimed",
            Self::Decided => "decided",
            Self::IsModerator => "is_moderator",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::Timeout => "timeout",
            Self::InProgress => "in_progress",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::KeyReused => "idempotency_key_reused",
            Self::TooMany => "too_many",
            Self::Internal => "internal",
            Self::NotKept => "not_kept",
            Self::Unavailable => "unavailable",
        }
    }

    /// After how many seconds the same request may succeed.
    pub(crate) const fn retry_seconds(&self) -> Option<u64> {
        match self {
            Self::InProgress | Self::TooMany | Self::Unavailable => Some(RETRY_SECONDS),
            _ => None,
        }
    }
}

impl Problem {
    /// A problem with this sentence about it.
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }

    /// A request that is not valid.
    pub(crate) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::BadRequest, detail)
    }

    /// There is no room with this name, or nobody should know that there is.
    pub(crate) fn no_such_room(room: &str) -> Self {
        Self::new(
            ProblemKind::NoSuchRoom,
            format!("there is no room `{room}`"),
        )
    }

    /// There is no such user.
    pub(crate) fn no_such_user() -> Self {
        Self::new(ProblemKind::NoSuchUser, "the server knows no such user")
    }

    /// There is no such client.
    pub(crate) fn no_such_client() -> Self {
        Self::new(
            ProblemKind::NoSuchClient,
            "no client with this number is connected",
        )
    }

    /// The server stops, and the next one may carry out the request.
    pub(crate) fn stopping() -> Self {
        Self::new(ProblemKind::Unavailable, "the server stops")
    }

    /// The problem as JSON.
    pub(crate) fn body<'a>(&'a self, request_id: &'a str) -> ProblemBody<'a> {
        let status = self.kind.status();
        ProblemBody {
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code: self.kind.code(),
            detail: &self.detail,
            request_id,
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::new(ProblemKind::Unavailable, failure.to_string())
    }
}

impl From<RoomActError> for Problem {
    fn from(error: RoomActError) -> Self {
        let kind = match &error {
            RoomActError::NoSuchRoom => ProblemKind::NoSuchRoom,
            RoomActError::NoSuchLine => ProblemKind::NoSuchLine,
            RoomActError::TooMany(_) | RoomActError::Full(_) => ProblemKind::TooMany,
            RoomActError::Unavailable(_) => ProblemKind::Unavailable,
            RoomActError::BadName(_)
            | RoomActError::Settings(_)
            | RoomActError::SameRoom
            | RoomActError::Lobby => ProblemKind::BadRequest,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<NotSaid> for Problem {
    fn from(error: NotSaid) -> Self {
        match error {
            NotSaid::Room(error) => error.into(),
            NotSaid::EmptyText | NotSaid::LongText(_) => Self::bad_request(error.to_string()),
        }
    }
}

/// Why a request was not carried out (RFC 9457, `application/problem+json`). It has no `type`,
/// which means `about:blank`; programs compare `code`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// The status in words.
    title: &'a str,
    /// The status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The kind of the problem, for programs.
    #[schema(example = "no_such_room")]
    code: &'a str,
    /// The fault of this request, for people.
    detail: &'a str,
    /// The ID of the request, as in the header `X-Request-Id`.
    request_id: &'a str,
}
