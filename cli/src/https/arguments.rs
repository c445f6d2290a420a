//! The flags for TLS of the server itself. In a settings file, they are the table `[tls]`.

use std::path::PathBuf;

use clap::builder::{NonEmptyStringValueParser, TypedValueParser as _};
use clap::{Args, ValueHint};

use crate::api::arguments::ApiAddress;
use crate::number::number;

/// Let's Encrypt, for everybody.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// A year, for which browsers keep to https://.
const YEAR: u64 = 31_536_000;

/// The server's certificate, or who issues one.
#[derive(Debug, Clone, Args)]
pub struct TlsArguments {
    /// A PEM file with the server's certificate and those that it builds on
    /// (fullchain.pem). With it, the server speaks TLS (https, wss) and nothing else
    #[arg(
        long,
        env = "GUILDHALL_TLS_CERT",
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        value_parser = NonEmptyStringValueParser::new().map(PathBuf::from)
    )]
    pub tls_cert: Option<PathBuf>,

    /// A PEM file with the certificate's private key. Both files are read again when
    /// they change
    #[arg(
        long,
        env = "GUILDHALL_TLS_KEY",
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        value_parser = NonEmptyStringValueParser::new().map(PathBuf::from)
    )]
    pub tls_key: Option<PathBuf>,

    /// The address and the port on which the server sends browsers from http:// on to
    /// https://, such as 0.0.0.0:80
    #[arg(long, env = "GUILDHALL_TLS_REDIRECT", value_name = "ADDRESS:PORT")]
    pub tls_redirect: Option<ApiAddress>,

    /// The port of https:// that browsers are sent on to, if something in front of
    /// the server gives it another one than --port
    #[arg(
        long,
        env = "GUILDHALL_TLS_REDIRECT_TO",
        value_name = "PORT",
        value_parser = number::<u16>(1..=u64::from(u16::MAX))
    )]
    pub tls_redirect_to: Option<u16>,

    /// For how many seconds browsers keep to https:// for this host once they were
    /// there (HSTS); 0 if they should not
    #[arg(
        long,
        env = "GUILDHALL_TLS_HSTS_SECONDS",
        value_name = "SECONDS",
        default_value_t = YEAR,
        value_parser = number::<u64>(0..=u64::from(u32::MAX))
    )]
    pub tls_hsts_seconds: u64,

    /// A host whose certificate the server gets itself, from Let's Encrypt or another
    /// ACME server, instead of --tls-cert; may be given more than once
    #[arg(
        long,
        env = "GUILDHALL_TLS_ACME_HOSTS",
        value_name = "HOST",
        value_delimiter = ',',
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub tls_acme_hosts: Vec<String>,

    /// An e-mail address to which the ACME server may write; may be given more than
    /// once
    #[arg(
        long,
        env = "GUILDHALL_TLS_ACME_EMAIL",
        value_name = "ADDRESS",
        value_delimiter = ',',
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub tls_acme_email: Vec<String>,

    /// The folder in which the account and the certificates are kept, for nobody
    /// else to read; it is needed for --tls-acme-hosts
    #[arg(
        long,
        env = "GUILDHALL_TLS_ACME_CACHE",
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        value_parser = NonEmptyStringValueParser::new().map(PathBuf::from)
    )]
    pub tls_acme_cache: Option<PathBuf>,

    /// The address of the ACME server's directory
    #[arg(
        long,
        env = "GUILDHALL_TLS_ACME_DIRECTORY",
        value_name = "URL",
        default_value = LETS_ENCRYPT,
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub tls_acme_directory: String,

    /// Trust the certificates in this PEM file when talking to the ACME server, and no
    /// others: for an ACME server of your own
    #[arg(
        long,
        env = "GUILDHALL_TLS_ACME_CA",
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        value_parser = NonEmptyStringValueParser::new().map(PathBuf::from)
    )]
    pub tls_acme_ca: Option<PathBuf>,
}

impl TlsArguments {
    /// A sentence for the settings that are there and mean nothing.
    pub(super) fn idle(&self) -> Vec<String> {
        let has_hosts = !self.tls_acme_hosts.is_empty();
        let of_acme = [
            ("tls.acme_email", !self.tls_acme_email.is_empty()),
            ("tls.acme_cache", self.tls_acme_cache.is_some()),
            (
                "tls.acme_directory",
                self.tls_acme_directory != LETS_ENCRYPT,
            ),
            ("tls.acme_ca", self.tls_acme_ca.is_some()),
        ];
        let of_tls = [
            ("tls.redirect_to", self.tls_redirect_to.is_some()),
            ("tls.hsts_seconds", self.tls_hsts_seconds != YEAR),
        ];
        let names = |settings: &[(&str, bool)]| {
            let there = settings.iter().filter(|(_, is_there)| *is_there);
            there.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
        };
        let mut idle = Vec::new();
        let without_hosts = names(&of_acme);
        if !has_hosts && !without_hosts.is_empty() {
            idle.push(format!(
                "{without_hosts}: no meaning without tls.acme_hosts"
            ));
        }
        let without_tls = names(&of_tls);
        if !has_hosts && self.tls_cert.is_none() && !without_tls.is_empty() {
            idle.push(format!(
                "{without_tls}: no meaning without a certificate (tls.cert, tls.acme_hosts)"
            ));
        }
        idle
    }
}
