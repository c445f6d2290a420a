//! The JSON of the API: what routes are asked for and what they answer. Each type is described in
//! `OpenAPI` by itself.

pub(crate) mod client;
pub(crate) mod line;
pub(crate) mod member;
pub(crate) mod report;
pub(crate) mod room;
pub(crate) mod sanction;
pub(crate) mod user;

/// A JSON object that the game has made, as it is; `None` if there is none.
pub(crate) fn object(text: &str) -> Option<serde_json::Value> {
    serde_json::from_str(text).ok()
}
