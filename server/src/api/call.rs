//! One call of a route, as its handler gets it, and the reply that the handler gives back.

use std::fmt::Display;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::StatusCode;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::journal::{Failure, Found, Read};
use crate::moderation::Actor;
use crate::names;
use crate::shared::Shared;
use crate::shared::acts::rooms::RoomActError;
use crate::sync::moment::Moment;
use crate::threads::Threads;

use super::caller::Caller;
use super::export::Pieces;
use super::numbers::exact;
use super::problem::{Problem, ProblemKind};

/// The type of all replies but streams.
pub(crate) const JSON: &str = "application/json";

/// The body of a response: one piece, or a stream of them.
pub(crate) type ResponseBody = UnsyncBoxBody<Bytes, io::Error>;

/// One call of a route.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) threads: Arc<Threads>,
    pub(crate) caller: Caller,
    /// The parts of the path that the route names, decoded.
    pub(crate) path: Vec<(&'static str, String)>,
    /// The query of the URL, not decoded.
    pub(crate) query: String,
    pub(crate) body: Bytes,
    pub(crate) at: Moment,
}

/// A reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
    /// The pieces that follow the body, if it is a stream.
    pub(crate) rest: Option<Pieces>,
}

impl Call {
    /// The state that the threads share.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.threads.shared
    }

    /// The query of the URL.
    ///
    /// # Errors
    ///
    /// It is not what the route wants.
    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let query = serde_html_form::Deserializer::from_bytes(self.query.as_bytes());
        read("query", serde_path_to_error::deserialize(query))
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// It is not what the route wants.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let mut body = serde_json::Deserializer::from_slice(&self.body);
        let parsed = read("body", serde_path_to_error::deserialize(&mut body))?;
        let ended = body.end();
        ended.map_err(|error| Problem::bad_request(format!("the body: {error}")))?;
        Ok(parsed)
    }

    /// A part of the path.
    ///
    /// # Panics
    ///
    /// If the route does not name it.
    pub(crate) fn part(&self, name: &str) -> &str {
        let part = self.path.iter().find(|part| part.0 == name);
        part.map(|part| part.1.as_str())
            .expect("the route names its parts")
    }

    /// A part of the path that is a number.
    ///
    /// # Errors
    ///
    /// It is none.
    pub(crate) fn number(&self, name: &str) -> Result<u64, Problem> {
        let number = self.part(name).parse();
        let number = number
            .map_err(|_| Problem::bad_request(format!("`{name}` in the path is a number")))?;
        exact(name, number)
    }

    /// Waits until all that was handed to the journal so far is kept. `done` says what has
    /// happened whether it is or not.
    ///
    /// # Errors
    ///
    /// It is not kept now, and the journal tries again. The request was carried out all the same.
    pub(crate) async fn kept(&self, done: &str) -> Result<(), Problem> {
        let (sender, kept) = smol::channel::bounded(1);
        let told = move |result| drop(sender.try_send(result));
        if !self.shared().records().try_note_nothing(Box::new(told)) {
            return Ok(());
        }
        let kept = kept.recv().await.unwrap_or(Err(Failure::Closed));
        kept.map_err(|failure| {
            let detail = format!("{done}, and is not kept yet: {failure}");
            Problem::new(ProblemKind::NotKept, detail)
        })
    }

    /// The room that the path names, as the server writes it.
    ///
    /// # Errors
    ///
    /// No room can have the name.
    pub(crate) fn room(&self) -> Result<String, Problem> {
        room_name(self.part("room"))
    }

    /// Does something that may wait for the journal or for network threads, on a thread that may
    /// wait.
    pub(crate) async fn act<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Arc<Shared>, &Actor, Moment) -> T + Send + 'static,
    ) -> T {
        let (shared, actor, at) = (Arc::clone(self.shared()), self.caller.actor(), self.at);
        smol::unblock(move || act(&shared, &actor, at)).await
    }

    /// Asks for something that is told by a call, and waits for it. `None`: nobody will tell.
    pub(crate) async fn told<T: Send + 'static>(
        &self,
        ask: impl FnOnce(Box<dyn FnOnce(T) + Send>),
    ) -> Option<T> {
        let (told, answer) = smol::channel::bounded(1);
        // Fails if the caller is gone.
        ask(Box::new(move |value| drop(told.try_send(value))));
        answer.recv().await.ok()
    }

    /// Has something read from the journal. `None`: there is no journal.
    ///
    /// # Errors
    ///
    /// It cannot be read now.
    pub(crate) async fn read(&self, read: Read) -> Result<Option<Found>, Failure> {
        let Some(journal) = self.shared().journal() else {
            return Ok(None);
        };
        let (done, found) = smol::channel::bounded(1);
        journal.read(
            read,
            Box::new(move |found| {
                // Fails if the caller is gone.
                let _ = done.try_send(found);
            }),
        );
        // A journal that is closed may drop what it was asked for.
        let found = found.recv().await.unwrap_or(Err(Failure::Closed));
        found.map(Some)
    }
}

/// Returns the value that was read, or a problem that names the field.
fn read<T, E: Display>(
    what: &str,
    parsed: Result<T, serde_path_to_error::Error<E>>,
) -> Result<T, Problem> {
    parsed.map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        Problem::bad_request(match &*path {
            // The whole of it.
            "." => format!("the {what}: {error}"),
            path => format!("the {what}, `{path}`: {error}"),
        })
    })
}

/// A room's name as the server writes it.
///
/// # Errors
///
/// No room can have it.
pub(crate) fn room_name(raw: &str) -> Result<String, Problem> {
    names::room_name(raw).map_err(|fault| RoomActError::BadName(fault).into())
}

/// The same for a room that a caller may leave out: without one, the name is empty, which means all
/// rooms.
///
/// # Errors
///
/// No room can have it.
pub(crate) fn room_or_all(raw: Option<&str>) -> Result<String, Problem> {
    Ok(raw.map(room_name).transpose()?.unwrap_or_default())
}

/// A part of a path, decoded.
///
/// # Errors
///
/// It is not UTF-8.
pub(crate) fn decode(part: &str) -> Result<String, Problem> {
    let decoded = percent_decode_str(part).decode_utf8();
    let decoded = decoded.map_err(|_| Problem::bad_request("the path is not UTF-8"))?;
    Ok(decoded.into_owned())
}

impl Reply {
    /// A reply with this content.
    ///
    /// # Panics
    ///
    /// If a type of ours cannot be JSON.
    pub(crate) fn json(content: &impl Serialize) -> Self {
        let body = serde_json::to_vec(content).expect("the models can be JSON");
        Self {
            status: StatusCode::OK,
            content_type: JSON,
            body: body.into(),
            rest: None,
        }
    }

    /// A reply with what was made.
    pub(crate) fn created(content: &impl Serialize) -> Self {
        Self {
            status: StatusCode::CREATED,
            ..Self::json(content)
        }
    }

    /// A reply without content.
    pub(crate) fn empty() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            content_type: JSON,
            body: Bytes::new(),
            rest: None,
        }
    }

    /// A reply of lines of JSON that begins with `first`.
    pub(crate) fn stream(first: Bytes, rest: Pieces) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: "application/x-ndjson",
            body: first,
            rest: Some(rest),
        }
    }
}
