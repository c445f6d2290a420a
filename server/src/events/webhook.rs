//! A webhook: an address of the game's to which the events are sent, signed as Standard Webhooks
//! says (<https://www.standardwebhooks.com>). Pure values; whoever sends is a [`WebhookClient`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::hook::signature::Secret;

use super::WebhookRow;
use super::selection::Selection;

/// An address that is sent events.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// The address.
    pub url: Arc<str>,
    /// The secrets that sign what is sent: several while one takes the place of another.
    pub secrets: Vec<Secret>,
    /// The events that it is sent, of those that the feed has.
    pub selection: Selection,
    /// Sends them.
    pub client: Arc<dyn WebhookClient>,
}

/// A message on its way to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookMessage {
    /// Its ID: the same for each attempt, and for no other message.
    pub id: String,
    /// When this attempt is made, in seconds since 1970.
    pub timestamp: u64,
    /// The signatures, with a space between two of them.
    pub signature: String,
    /// The body: JSON.
    pub body: String,
}

/// The answer of a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// When it may be asked again, by its `Retry-After`.
    pub retry_after: Option<Duration>,
}

/// How a webhook does, for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebhookState {
    /// Its address.
    pub(crate) url: Arc<str>,
    /// The number of the last event that its receiver has acknowledged, or that is not for it.
    pub(crate) acknowledged: u64,
    /// When it last acknowledged something, in milliseconds since 1970; 0: not since the start.
    pub(crate) last_success: u64,
    /// Since when all attempts have failed.
    pub(crate) failing_since: Option<u64>,
    /// Why the last attempt has failed.
    pub(crate) problem: Option<String>,
    /// When the receiver has said that it wants no more; 0: it has not.
    pub(crate) disabled: u64,
}

impl WebhookState {
    /// The state of a webhook that has come so far, before the first attempt.
    pub(crate) fn new(row: &WebhookRow) -> Self {
        Self {
            url: Arc::clone(&row.url),
            acknowledged: row.acknowledged,
            last_success: 0,
            failing_since: None,
            problem: None,
            disabled: row.disabled,
        }
    }
}

/// Sends messages to one address. It is called on a thread that may block.
pub trait WebhookClient: fmt::Debug + Send + Sync {
    /// Sends a message, and returns the answer if there is one within this time.
    ///
    /// # Errors
    ///
    /// A sentence that says why there is none.
    fn post(&self, message: &WebhookMessage, within: Duration) -> Result<WebhookAnswer, String>;
}

impl WebhookMessage {
    /// A message that is signed with each of these secrets.
    #[must_use]
    pub fn signed(id: String, timestamp: u64, body: String, secrets: &[Secret]) -> Self {
        let signatures = secrets
            .iter()
            .map(|key| key.sign(&id, timestamp, body.as_bytes()));
        Self {
            signature: signatures.collect::<Vec<_>>().join(" "),
            id,
            timestamp,
            body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_by_each_secret() {
        let texts = [
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_bmV2ZXIgdXNlIHRoaXMgZm9yIGFueXRoaW5nIHJlYWw=",
        ];
        let secrets = texts.map(|text| text.parse::<Secret>().unwrap());
        let signed = WebhookMessage::signed("msg_1".into(), 7, "{}".into(), &secrets);
        let signatures = secrets.map(|secret| secret.sign("msg_1", 7, b"{}"));
        assert_eq!(signed.signature, signatures.join(" "));
        assert_ne!(signatures[0], signatures[1]);
    }
}
