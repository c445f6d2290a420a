//! One GET over https, for a set of keys. The address is the operator's: a redirect is not
//! followed, and nothing of a client's gets here.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use bytes::Bytes;
use http::{StatusCode, Uri};
use smol::{Timer, future};

use crate::http_get;
use crate::tls::Trust;

/// How long an attempt may take.
const WITHIN: Duration = Duration::from_secs(1);

/// The most bytes of an answer.
const MAX_BYTES: usize = 100 * 1024;

/// An address that begins with `https://`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpsUrl(Uri);

impl FromStr for HttpsUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|_| {
            format!("'{text}' is no address: it looks like https://auth.example/keys")
        })?;
        let is_https = uri.scheme_str() == Some("https");
        let authority = uri.authority().filter(|_| is_https);
        let Some(authority) = authority.filter(|it| !it.host().is_empty()) else {
            return Err(format!(
                "'{text}' has to begin with https://, so that nobody on the way can change it"
            ));
        };
        if authority.as_str().contains('@') {
            return Err("a user and a password in an address are not sent: remove them".into());
        }
        Ok(Self(uri))
    }
}

impl fmt::Display for HttpsUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Gets what is at the address. Of two attempts that fail, the error is the second one's.
///
/// # Errors
///
/// A sentence, without the address.
pub(super) fn get(url: &HttpsUrl) -> anyhow::Result<Bytes> {
    let trust = Trust::new(None, "SSL_CERT_FILE names others")?;
    smol::block_on(async {
        match within(attempt(url, &trust)).await {
            Err(_) => within(attempt(url, &trust)).await,
            bytes => bytes,
        }
    })
}

async fn within(attempt: impl Future<Output = anyhow::Result<Bytes>>) -> anyhow::Result<Bytes> {
    future::or(attempt, async {
        Timer::after(WITHIN).await;
        Err(anyhow!("no answer within {} s", WITHIN.as_secs()))
    })
    .await
}

async fn attempt(HttpsUrl(uri): &HttpsUrl, trust: &Trust) -> anyhow::Result<Bytes> {
    let accept = "application/jwk-set+json, application/json";
    let (status, body) = http_get::get(uri, Some(trust), accept, MAX_BYTES).await?;
    ensure!(status == StatusCode::OK, "the answer is {status}");
    Ok(body)
}
