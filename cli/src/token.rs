//! `guildhall token`: a token for trying a server, and what it says in words.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use guildhall_server::accounts::{Claims, KeyError, NewToken, Right, SigningKey};
use indicatif::HumanDuration;
use jiff::Timestamp;

use crate::accounts::AccountsSettings;
use crate::accounts::read_key::{KeySource, SECRET_ALGORITHM, content};
use crate::arguments::TokenArguments;
use crate::arguments::environment::parse_file;

/// The algorithms that are tried if nobody names that of a private key. It can sign for only
/// one of them.
const PEM_ALGORITHMS: [&str; 4] = ["EdDSA", "ES256", "ES384", "RS256"];

/// A token, and what it says.
#[derive(Debug)]
pub struct Made {
    /// The token.
    pub token: String,
    says: NewToken,
    claims: Claims,
}

/// Makes a token.
///
/// # Errors
///
/// A sentence for the user: there is no key, or a server would refuse the token.
pub fn token(arguments: &TokenArguments) -> anyhow::Result<Made> {
    let settings = match &arguments.config {
        Some(file) => Some(settings(file)?),
        None => None,
    };
    let (issuer, audiences) = match &settings {
        Some(settings) => settings.issuer_and_audiences(),
        None => (None, &[][..]),
    };
    let now = now()?;
    let says = NewToken {
        user: arguments.user.clone(),
        name: arguments.name.clone(),
        info: arguments.info.clone(),
        rooms: arguments.room.clone(),
        caps: arguments.allow.clone(),
        issuer: arguments.issuer.as_deref().or(issuer).map(Into::into),
        aud: (arguments.audience.clone()).or_else(|| audiences.first().cloned()),
        issued: now,
        expires: now.saturating_add(arguments.holds_for.as_secs()),
    };
    let claims = says.claims()?;
    let key = match named_key(arguments)? {
        Some(key) => Arc::new(key),
        None => settings_key(settings.as_ref())?,
    };
    Ok(Made {
        token: key.sign(&says)?,
        says,
        claims,
    })
}

/// The accounts of a settings file.
fn settings(file: &Path) -> anyhow::Result<AccountsSettings> {
    let parsed = parse_file(Some(file)).map_err(anyhow::Error::msg)?;
    Ok(parsed.tables.accounts_settings)
}

/// The key that a flag names.
fn named_key(arguments: &TokenArguments) -> anyhow::Result<Option<SigningKey>> {
    let source = if let Some(file) = &arguments.secret_file {
        KeySource::Secret(file.clone())
    } else if let Some(name) = &arguments.secret_env {
        KeySource::Env(name.clone())
    } else if let Some(file) = &arguments.pem_file {
        KeySource::Pem(file.clone())
    } else {
        return Ok(None);
    };
    let content = content(&source).map_err(anyhow::Error::msg)?;
    let (algorithm, id) = (arguments.algorithm.as_deref(), &arguments.kid);
    let key = match (&source, algorithm) {
        (KeySource::Pem(_), Some(algorithm)) => SigningKey::pem(algorithm, id.clone(), &content),
        (KeySource::Pem(_), None) => {
            let mut keys = PEM_ALGORITHMS
                .iter()
                .map(|it| SigningKey::pem(it, id.clone(), &content));
            keys.find_map(Result::ok)
                .ok_or_else(|| KeyError::PrivatePem {
                    algorithm: PEM_ALGORITHMS.join(", "),
                    problem: "--algorithm names another one".into(),
                })
        }
        (_, algorithm) => {
            let algorithm = algorithm.unwrap_or(SECRET_ALGORITHM);
            SigningKey::secret(algorithm, id.clone(), &content)
        }
    };
    Ok(Some(key.with_context(|| source.to_string())?))
}

/// The first key of the settings that can make tokens.
fn settings_key(settings: Option<&AccountsSettings>) -> anyhow::Result<Arc<SigningKey>> {
    const FLAGS: &str = "--secret-file, --secret-env or --pem-file";
    let Some(settings) = settings else {
        bail!("there is no key: name the server's settings with --config, or a key with {FLAGS}");
    };
    let mut keys = settings.keys().iter();
    if let Some(key) = keys.find_map(|key| key.signing.clone()) {
        return Ok(key);
    }
    if settings.keys().is_empty() {
        bail!("the settings have no accounts.keys: name a key with {FLAGS}");
    }
    bail!(
        "the settings have public keys alone, which make no tokens: name the private key with \
         --pem-file"
    )
}

/// The content of the token, in lines for the user.
impl fmt::Display for Made {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { claims, says, .. } = self;
        formatter.write_str("A token of ")?;
        describe(formatter, claims, says.issued)?;
        if let Some(issuer) = &says.issuer {
            write!(formatter, "\n- it is of {issuer} (iss)")?;
        }
        if let Some(audience) = &says.aud {
            write!(formatter, "\n- it is for {audience} (aud)")?;
        }
        Ok(())
    }
}

/// Writes whose token has these claims, for how long it holds from now on, and what it allows.
///
/// # Errors
///
/// Those of the writer.
pub fn describe(writer: &mut impl fmt::Write, claims: &Claims, now: u64) -> fmt::Result {
    write!(writer, "the user {}", claims.user)?;
    if let Some(name) = &claims.name {
        write!(writer, ", called {name},")?;
    }
    let holds_for = Duration::from_secs(claims.expires.saturating_sub(now));
    write!(writer, " that holds for {}", HumanDuration(holds_for))?;
    let until = i64::try_from(claims.expires).ok();
    if let Some(until) = until.and_then(|it| Timestamp::from_second(it).ok()) {
        write!(writer, ", until {until}")?;
    }
    if !claims.rooms.is_empty() {
        write!(writer, "\n- it joins {}", claims.rooms.join(", "))?;
    }
    for cap in &claims.caps {
        let rights: Vec<_> = cap.allow.iter().map(|right| words(*right)).collect();
        let rooms = cap.rooms.join(", ");
        write!(writer, "\n- it may {} in {rooms}", rights.join(", "))?;
    }
    if let Some(info) = &claims.info {
        write!(writer, "\n- others see {info}")?;
    }
    Ok(())
}

/// The time, in seconds since 1970.
///
/// # Errors
///
/// If the clock is before that.
pub fn now() -> anyhow::Result<u64> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Ok(now
        .context("this computer's clock is before 1970")?
        .as_secs())
}

/// The words for a right, behind "may".
fn words(right: Right) -> &'static str {
    match right {
        Right::Join => "join",
        Right::Say => "say something",
        Right::History => "read what was said before",
        Right::Members => "see the members",
        Right::Mod => "moderate",
        Right::Admin => "moderate and give roles",
    }
}
