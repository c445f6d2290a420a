//! A key of the settings, read from where it is: a file or a variable. A set of keys at an
//! address is fetched later.

use std::fmt;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use guildhall_server::accounts::{Key, KeyError, SigningKey};
use toml::Spanned;

use crate::io_error::told;

use super::Mistake;
use super::https_get::HttpsUrl;
use super::table::KeyTable;

/// The algorithm of a secret that names none.
pub const SECRET_ALGORITHM: &str = "HS256";

/// The largest file of a key or a set of keys, in bytes.
const MAX_FILE_BYTES: u64 = 100 * 1024;

/// The place that a key is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A secret in this file.
    Secret(PathBuf),
    /// A secret in this variable.
    Env(String),
    /// A public key in this file.
    Pem(PathBuf),
    /// A set of public keys in this file.
    Jwks(PathBuf),
    /// A set of public keys at this address.
    Url(HttpsUrl),
}

/// A key, or a set of them.
#[derive(Debug, Clone)]
pub struct ReadKey {
    /// The place that it is from.
    pub source: KeySource,
    /// The key that makes tokens, if the server has it.
    pub signing: Option<Arc<SigningKey>>,
    /// The algorithm of its signatures; empty: the set says it.
    algorithm: String,
    keys: Vec<Key>,
    /// A number that is another one if the file or the variable is.
    pub(super) digest: u64,
}

impl ReadKey {
    /// Reads the key. A path begins at `folder`.
    pub(super) fn read(table: &Spanned<KeyTable>, folder: &Path) -> Result<Self, Mistake> {
        let key_at = table.span().start;
        let table = table.get_ref();
        let (at, source) = source(table, folder).map_err(|text| Mistake { at: key_at, text })?;
        let source = source.map_err(|text| Mistake { at, text })?;
        let wrong = |text: String| Mistake { at, text };
        let is_set = matches!(source, KeySource::Jwks(_) | KeySource::Url(_));
        for (name, value) in [("algorithm", &table.algorithm), ("kid", &table.kid)] {
            if let Some(value) = value.as_ref().filter(|_| is_set) {
                return Err(Mistake {
                    at: value.span().start,
                    text: format!("the set of keys says the `{name}` of each, so remove it here"),
                });
            }
        }
        let algorithm = match (&table.algorithm, &source) {
            (Some(algorithm), _) => algorithm.get_ref().clone(),
            (None, KeySource::Secret(_) | KeySource::Env(_)) => SECRET_ALGORITHM.into(),
            (None, KeySource::Pem(_)) => {
                let text = "pem_file needs its `algorithm` beside it, such as \"RS256\", \"ES256\" \
                            or \"EdDSA\"";
                return Err(wrong(text.into()));
            }
            (None, KeySource::Jwks(_) | KeySource::Url(_)) => String::new(),
        };
        let content = content(&source).map_err(wrong)?;
        let id = table.kid.as_ref().map(|id| id.get_ref().clone());
        let (mut keys, mut signing) = (Vec::new(), None);
        let read: Result<(), KeyError> = (|| {
            match &source {
                KeySource::Secret(_) | KeySource::Env(_) => {
                    keys.push(Key::secret(&algorithm, id.clone(), &content)?);
                    let key = SigningKey::secret(&algorithm, id, &content)?;
                    signing = Some(Arc::new(key));
                }
                KeySource::Pem(_) => keys.push(Key::pem(&algorithm, id, &content)?),
                KeySource::Jwks(_) => keys = Key::jwks(&content)?,
                KeySource::Url(_) => {}
            }
            Ok(())
        })();
        read.map_err(|error| match (error, &table.algorithm) {
            (error @ KeyError::Algorithm(_), Some(algorithm)) => Mistake {
                at: algorithm.span().start,
                text: error.to_string(),
            },
            (error, _) => wrong(format!("{source}: {error}")),
        })?;
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        Ok(Self {
            source,
            signing,
            algorithm,
            keys,
            digest: hasher.finish(),
        })
    }

    /// The keys, unless they are fetched.
    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The danger of it, if there is one.
    pub(super) fn warning(&self) -> Option<String> {
        match &self.source {
            KeySource::Secret(file) if others_may_read(file) => Some(format!(
                "every user of this machine may read the secret in {}: chmod o-rwx it",
                file.display()
            )),
            _ => None,
        }
    }
}

/// As the end of "a token that is signed with ".
impl fmt::Display for ReadKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.source)?;
        match (&self.source, self.keys.len()) {
            (KeySource::Jwks(_), 1) => write!(formatter, " (1 key)"),
            (KeySource::Jwks(_), count) => write!(formatter, " ({count} keys)"),
            (KeySource::Url(_), _) => Ok(()),
            _ => write!(formatter, " ({})", self.algorithm),
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(file) => write!(formatter, "the secret in {}", file.display()),
            Self::Env(name) => write!(formatter, "the secret in the variable {name}"),
            Self::Pem(file) => write!(formatter, "the key in {}", file.display()),
            Self::Jwks(file) => write!(formatter, "the set of keys in {}", file.display()),
            Self::Url(url) => write!(formatter, "the set of keys at {url}"),
        }
    }
}

/// The one source that the table names, or what is wrong with it, and the place of that.
/// The outer error is for a table without a source, or with several.
fn source(table: &KeyTable, folder: &Path) -> Result<(usize, Result<KeySource, String>), String> {
    const NAMES: &str = "secret_file, secret_env, pem_file, jwks_file or jwks_url";
    type Of = fn(PathBuf) -> KeySource;
    let files = [
        (&table.secret_file, KeySource::Secret as Of),
        (&table.pem_file, KeySource::Pem),
        (&table.jwks_file, KeySource::Jwks),
    ];
    let files = files.into_iter().filter_map(|(file, of)| {
        let file = file.as_ref()?;
        Some((file.span().start, Ok(of(folder.join(file.get_ref())))))
    });
    let env = table.secret_env.as_ref().map(|env| {
        let source = KeySource::Env(env.get_ref().clone());
        (env.span().start, Ok(source))
    });
    let url = table.jwks_url.as_ref().map(|url| {
        let source = url.get_ref().parse().map(KeySource::Url);
        (url.span().start, source)
    });
    let mut sources: Vec<_> = files.chain(env).chain(url).collect();
    match (sources.pop(), sources.is_empty()) {
        (Some(source), true) => Ok(source),
        (None, _) => Err(format!("a key needs a source: {NAMES}")),
        (Some(_), false) => Err(format!("a key has one source: {NAMES}")),
    }
}

/// The content of a key's source, without the line break at the end of a secret.
///
/// # Errors
///
/// A sentence that names the source.
pub fn content(source: &KeySource) -> Result<Vec<u8>, String> {
    match source {
        KeySource::Secret(file) => read_file(file).map(|secret| secret.trim_ascii_end().into()),
        KeySource::Env(name) => match std::env::var_os(name) {
            Some(secret) => Ok(secret.as_encoded_bytes().trim_ascii_end().into()),
            None => Err(format!(
                "the variable {name}, which has a secret, is not set"
            )),
        },
        KeySource::Pem(file) | KeySource::Jwks(file) => read_file(file),
        KeySource::Url(_) => Ok(Vec::new()),
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let cannot = |problem: String| format!("cannot read {}: {problem}", path.display());
    // A pipe would wait for somebody who writes.
    let metadata = fs::metadata(path).map_err(|error| cannot(told(&error)))?;
    if !metadata.is_file() {
        return Err(cannot("it is no file".into()));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(cannot(format!("it has more than {MAX_FILE_BYTES} bytes")));
    }
    let mut content = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES).read_to_end(&mut content))
        .map_err(|error| cannot(told(&error)))?;
    Ok(content)
}

/// Whether every user of the machine may read the file.
#[must_use]
pub fn others_may_read(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).is_ok_and(|it| it.permissions().mode() & 0o004 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}
