//! An act that a client asks for and that waits for other threads: it is carried out on a thread
//! that may wait, and its result is the answer.

use std::fmt;

use guildhall_protocol::{ReplyResult, RequestError};

/// The result of an act.
pub type Acted = Result<ReplyResult, RequestError>;

/// An act that waits for other threads.
pub struct Act(Box<dyn FnOnce() -> Acted + Send>);

impl Act {
    /// This act.
    pub(crate) fn new(act: impl FnOnce() -> Acted + Send + 'static) -> Self {
        Self(Box::new(act))
    }

    /// Carries it out. Blocks.
    ///
    /// # Errors
    ///
    /// The error that refuses the request.
    pub fn carry_out(self) -> Acted {
        (self.0)()
    }
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Act").finish_non_exhaustive()
    }
}
