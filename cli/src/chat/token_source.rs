//! The source of the user's token: a file, a command, or a variable. The `client` asks when the
//! session needs one. A token is in no message and in no log.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use std::{env, fs, io};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use smol::io::AsyncReadExt as _;
use smol::process::Command;
use smol::{Timer, future};

use crate::chat::arguments::TOKEN_VARIABLE;

/// So much is read of a file, or of what a command writes, in bytes.
const MAX_BYTES: u64 = 16 * 1024;

/// So long may the command take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The source of the user's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenSource {
    /// This file's first line. The game, or who runs it, writes another one in time.
    File(PathBuf),
    /// The first line that this command writes.
    Command(String),
    /// The variable: there is no other one.
    Variable,
}

/// Why there is no token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoToken {
    /// There may be one later.
    Yet(String),
    /// There is none, and there will be none.
    Ever(String),
}

/// The last token, to tell another one from it.
#[derive(Default, Clone)]
pub(super) struct LastToken(String);

impl TokenSource {
    /// The one that the user has named; else the variable, if it has a token.
    pub(super) fn of(file: Option<&Path>, command: Option<&str>) -> Option<Self> {
        match (file, command) {
            (_, Some(command)) => Some(Self::Command(command.to_owned())),
            (Some(file), None) => Some(Self::File(file.to_owned())),
            (None, None) => {
                let has_token = env::var_os(TOKEN_VARIABLE).is_some_and(|token| !token.is_empty());
                has_token.then_some(Self::Variable)
            }
        }
    }

    /// A token, which is another one than the last.
    ///
    /// # Errors
    ///
    /// Why there is none, in words that have no part of a token.
    pub(super) async fn next(self, last: LastToken) -> Result<String, NoToken> {
        let (said, name) = match &self {
            Self::File(path) => {
                let shown = path.display().to_string();
                let path = path.clone();
                (smol::unblock(move || read(&path)).await, shown)
            }
            Self::Command(command) => (run(command).await, "--token-command".to_owned()),
            Self::Variable => (
                env::var(TOKEN_VARIABLE).map_err(io::Error::other),
                TOKEN_VARIABLE.into(),
            ),
        };
        let problem = match said {
            Ok(said) => {
                let token = said.lines().next().unwrap_or_default().trim();
                if token.is_empty() {
                    format!("{name}: there is no token")
                } else if token == last.0 {
                    format!("{name}: there is no other token than the last")
                } else {
                    return Ok(token.to_owned());
                }
            }
            Err(error) => format!("{name}: {error}"),
        };
        Err(match self {
            Self::Variable => NoToken::Ever(problem),
            Self::File(_) | Self::Command(_) => NoToken::Yet(problem),
        })
    }
}

impl LastToken {
    /// The last token, unless it still holds at this time, in seconds since 1970. The server has
    /// not let it in, and may do so later: as long as it has not fetched the keys.
    pub(super) fn if_over(&self, now: u64) -> Self {
        let is_over = expiry(&self.0).is_none_or(|expires| expires <= now);
        Self(if is_over {
            self.0.clone()
        } else {
            String::new()
        })
    }

    /// This is the last token now.
    pub(super) fn set(&mut self, token: &str) {
        token.clone_into(&mut self.0);
    }
}

/// When a token is over (`exp`, RFC 7519 section 4.1.4), in seconds since 1970. Nobody has looked at
/// its signature.
fn expiry(token: &str) -> Option<u64> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    claims["exp"].as_u64()
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = fs::File::open(path)?;
    file.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// The output of a command. It has no input, so that it does not take what the user types.
async fn run(command: &str) -> io::Result<String> {
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let mut child = Command::new(shell)
        .args([flag, command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // Its errors would be in the middle of the screen.
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let work = async {
        let mut text = String::new();
        if let Some(output) = child.stdout.take() {
            output.take(MAX_BYTES).read_to_string(&mut text).await?;
        }
        let status = child.status().await?;
        if status.success() {
            Ok(text)
        } else {
            Err(io::Error::other(format!("it failed ({status})")))
        }
    };
    let late = async {
        Timer::after(PATIENCE).await;
        let seconds = PATIENCE.as_secs();
        Err(io::Error::other(format!("no end after {seconds} s")))
    };
    future::or(work, late).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(source: TokenSource, last: &str) -> Result<String, NoToken> {
        smol::block_on(source.next(LastToken(last.into())))
    }

    fn command(command: &str) -> TokenSource {
        TokenSource::Command(command.into())
    }

    #[test]
    #[cfg(unix)]
    fn the_first_line_of_a_command_is_the_token() {
        assert_eq!(next(command("echo abc; echo def"), ""), Ok("abc".into()));
        assert_eq!(next(command("printf ' abc\\r\\n'"), "ab"), Ok("abc".into()));
        let no_token = |source, last| match next(source, last) {
            Err(NoToken::Yet(problem)) => problem,
            other => panic!("{other:?}"),
        };
        let same = no_token(command("echo abc"), "abc");
        assert_eq!(
            same,
            "--token-command: there is no other token than the last"
        );
        assert!(no_token(command("true"), "").ends_with("there is no token"));
        assert!(no_token(command("echo abc; exit 3"), "").contains("it failed"));
        // Its input is empty: what is typed is for the chat.
        assert!(no_token(command("cat"), "").ends_with("there is no token"));
    }

    #[test]
    fn a_file_is_read_each_time() {
        let path = env::temp_dir().join(format!("guildhall-token-{}", std::process::id()));
        let file = || TokenSource::File(path.clone());
        assert!(matches!(next(file(), ""), Err(NoToken::Yet(_))), "no file");
        fs::write(&path, "first\n").unwrap();
        assert_eq!(next(file(), ""), Ok("first".into()));
        assert!(matches!(next(file(), "first"), Err(NoToken::Yet(_))));
        fs::write(&path, "second\nfirst\n").unwrap();
        assert_eq!(next(file(), "first"), Ok("second".into()));
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_token_that_still_holds_is_tried_again() {
        let claims = URL_SAFE_NO_PAD.encode(br#"{"sub":"42","exp":100}"#);
        let token = format!("e30.{claims}.c2lnbmF0dXJl");
        let last = LastToken(token.clone());
        assert_eq!(last.if_over(100).0, token);
        assert_eq!(last.if_over(99).0, "");
        let of_another_kind = LastToken("abc".into());
        assert_eq!(of_another_kind.if_over(0).0, "abc");
    }

    #[test]
    fn a_command_counts_more_than_a_file() {
        let file = Some(Path::new("token"));
        assert_eq!(TokenSource::of(file, Some("make")), Some(command("make")));
        let of_file = Some(TokenSource::File("token".into()));
        assert_eq!(TokenSource::of(file, None), of_file);
    }
}
