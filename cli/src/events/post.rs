//! Sends to a webhook over HTTP or HTTPS, as the hook asks.

use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::anyhow;
use bytes::Bytes;
use guildhall_server::{WebhookAnswer, WebhookClient, WebhookMessage};
use http::header::{HeaderValue, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use smol::{LocalExecutor, Timer, future};

use crate::hook::post::{HttpUrl, Poster};
use crate::tls::Trust;

/// Sends what is posted to one address, each time over a connection of its own: a message has many
/// events if they are many.
#[derive(Debug)]
pub struct HttpPost {
    url: HttpUrl,
    /// The certificates that are trusted, once they were read.
    trust: OnceLock<Trust>,
}

impl HttpPost {
    /// Sends to this address.
    #[must_use]
    pub fn new(url: HttpUrl) -> Self {
        Self {
            url,
            trust: OnceLock::new(),
        }
    }

    /// The certificates that are trusted; `None` for an address without TLS.
    fn trust(&self) -> anyhow::Result<Option<Trust>> {
        if !self.url.is_https() {
            return Ok(None);
        }
        if let Some(trust) = self.trust.get() {
            return Ok(Some(trust.clone()));
        }
        let trust = Trust::new(None, "SSL_CERT_FILE names others")?;
        Ok(Some(self.trust.get_or_init(|| trust).clone()))
    }

    async fn attempt(
        &self,
        message: &WebhookMessage,
        executor: &Rc<LocalExecutor<'static>>,
    ) -> anyhow::Result<WebhookAnswer> {
        let poster = Poster::new(self.url.clone(), self.trust()?, Rc::clone(executor));
        let headers = [
            ("webhook-id", message.id.clone()),
            ("webhook-timestamp", message.timestamp.to_string()),
            ("webhook-signature", message.signature.clone()),
        ];
        let body = Bytes::from(message.body.clone());
        let (head, _) = poster.exchange(&headers, &body).await?;
        Ok(WebhookAnswer {
            status: head.status.as_u16(),
            retry_after: head.headers.get(RETRY_AFTER).and_then(retry_after),
        })
    }
}

impl WebhookClient for HttpPost {
    fn post(&self, message: &WebhookMessage, within: Duration) -> Result<WebhookAnswer, String> {
        let executor = Rc::new(LocalExecutor::new());
        let answer = future::or(self.attempt(message, &executor), async {
            Timer::after(within).await;
            Err(anyhow!("no answer within {} s", within.as_secs()))
        });
        smol::block_on(executor.run(answer)).map_err(|error| format!("{error:#}"))
    }
}

/// The time in a `Retry-After`: seconds, or a date (RFC 9110 section 10.2.3).
fn retry_after(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?;
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    let left = date.as_second() - Timestamp::now().as_second();
    u64::try_from(left).ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_says_by_seconds_or_a_date_when_it_may_be_asked_again() {
        let after = |text: &str| retry_after(&HeaderValue::from_str(text).unwrap());
        assert_eq!(after("120"), Some(Duration::from_mins(2)));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT"), None, "it is over");
        let later = after("Tue, 31 Dec 2999 23:59:59 GMT").unwrap();
        assert!(later > Duration::from_hours(24));
        assert_eq!(after("soon"), None);
    }
}
