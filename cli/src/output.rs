//! What the program prints. The reader of a pipe may end before it has read everything, and a
//! disk may be full: `println!` and `eprintln!` panic then, so nothing here uses them.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write as _, stderr, stdout};

/// Standard output takes no more.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Nobody reads it any more, as behind `| head`. That is no fault.
    #[error("nobody reads the output any more")]
    Closed,
    /// It cannot be written.
    #[error("cannot write to standard output: {0}")]
    Failed(io::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(error),
        }
    }
}

impl OutputError {
    /// Whether it is the reason for an error that nobody reads the output any more.
    #[must_use]
    pub fn is_closed(error: &anyhow::Error) -> bool {
        let is_closed = |it: Option<&Self>| matches!(it, Some(Self::Closed));
        error.chain().any(|cause| {
            let inner = || cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref();
            is_closed(cause.downcast_ref()) || is_closed(inner())
        })
    }
}

/// Writes a text to standard output, at once.
///
/// # Errors
///
/// [`OutputError`].
pub fn print(text: impl Display) -> Result<(), OutputError> {
    let mut out = stdout().lock();
    write!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// Writes a line to standard error. If that takes no more, nobody can be told.
pub fn complain(line: impl Display) {
    let _ = writeln!(stderr().lock(), "{line}");
}
