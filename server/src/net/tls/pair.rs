//! A certificate with its key, as PEM files have them, and what is in the certificate.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_rustls::pki_types::pem::{self, PemObject as _};
use futures_rustls::pki_types::{CertificateDer, PrivateKeyDer};
use futures_rustls::rustls;
use futures_rustls::rustls::sign::CertifiedKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use super::provider;

/// A certificate, those that it builds on, and its key.
#[derive(Debug, Clone)]
pub struct CertificatePair {
    key: Arc<CertifiedKey>,
    names: Vec<String>,
    not_before: SystemTime,
    not_after: SystemTime,
}

/// Two are equal if they are the same certificate, and so have the same key.
impl PartialEq for CertificatePair {
    fn eq(&self, other: &Self) -> bool {
        self.key.cert == other.key.cert
    }
}

/// Why two files are no certificate with its key.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// The first one has no certificate.
    #[error(
        "there is no certificate in it: it begins with -----BEGIN CERTIFICATE----- (PEM), and \
         those of its authorities follow (fullchain.pem)"
    )]
    NoCertificate,
    /// The first one is damaged.
    #[error("it is not PEM: {0}")]
    BadCertificate(String),
    /// The second one has no key.
    #[error(
        "there is no private key in it: it begins with -----BEGIN PRIVATE KEY----- (PEM), and has \
         no passphrase"
    )]
    NoKey,
    /// The second one is damaged.
    #[error("it is not PEM: {0}")]
    BadKey(String),
    /// Nothing can be signed with the key.
    #[error("its key is of no use: it has to be ECDSA (P-256, P-384), Ed25519 or RSA ({0})")]
    UnknownKey(String),
    /// The key is that of another certificate.
    #[error("its key is not that of the certificate")]
    OtherKey,
}

impl PairError {
    /// Whether it is about the file with the key.
    #[must_use]
    pub fn is_of_key(&self) -> bool {
        !matches!(self, Self::NoCertificate | Self::BadCertificate(_))
    }
}

impl CertificatePair {
    /// Reads a certificate and its key.
    ///
    /// # Errors
    ///
    /// [`PairError`].
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, PairError> {
        let chain = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| PairError::BadCertificate(error.to_string()))?;
        let first = chain.first().ok_or(PairError::NoCertificate)?;
        let (_, leaf) = X509Certificate::from_der(first)
            .map_err(|error| PairError::BadCertificate(error.to_string()))?;
        let names = names(&leaf);
        let validity = leaf.validity();
        let [not_before, not_after] =
            [validity.not_before, validity.not_after].map(|time| at(time.timestamp()));
        drop(leaf);
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
            pem::Error::NoItemsFound => PairError::NoKey,
            error => PairError::BadKey(error.to_string()),
        })?;
        let key = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => PairError::OtherKey,
            error => PairError::UnknownKey(error.to_string()),
        })?;
        Ok(Self {
            key: Arc::new(key),
            names,
            not_before,
            not_after,
        })
    }

    /// The names and addresses that the certificate is for.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether it is for a host of this name, or for the host that `*.` is put in front of.
    #[must_use]
    pub fn is_for(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']).to_lowercase();
        let parent = host.split_once('.').map(|(_, parent)| parent);
        self.names.iter().any(|name| {
            *name == host || (name.strip_prefix("*.")).is_some_and(|name| parent == Some(name))
        })
    }

    /// When it begins to hold.
    #[must_use]
    pub fn not_before(&self) -> SystemTime {
        self.not_before
    }

    /// When it does not hold any more.
    #[must_use]
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    pub(super) fn key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.key)
    }
}

/// The names of a certificate (RFC 5280 section 4.2.1.6); no browser looks at its subject.
fn names(leaf: &X509Certificate<'_>) -> Vec<String> {
    let names = leaf.subject_alternative_name().ok().flatten();
    let names = names
        .into_iter()
        .flat_map(|names| &names.value.general_names);
    names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_lowercase()),
            GeneralName::IPAddress(bytes) => match bytes.len() {
                4 => Some(<[u8; 4]>::try_from(*bytes).ok()?)
                    .map(|it| std::net::Ipv4Addr::from(it).to_string()),
                16 => Some(<[u8; 16]>::try_from(*bytes).ok()?)
                    .map(|it| std::net::Ipv6Addr::from(it).to_string()),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

fn at(seconds: i64) -> SystemTime {
    match u64::try_from(seconds) {
        Ok(seconds) => UNIX_EPOCH + Duration::from_secs(seconds),
        Err(_) => UNIX_EPOCH,
    }
}

#[cfg(test)]
mod tests;
