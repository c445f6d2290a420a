//! Going on with a session in another program, or in the same one after it was started again:
//! whoever knows the session's secret resumes it, with its name.

use alloc::vec::Vec;

use super::Session;
use crate::RequestId;

/// What resumes a session. It has the session's secret: whoever knows it is this user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The secret of the last Welcome.
    pub token: Vec<u8>,
    /// The largest ID of a request so far, or a larger one. The server takes none twice.
    pub last_request: RequestId,
    /// The number of the last whisper that was received.
    pub whisper_seq: u64,
}

impl Session {
    /// What resumes this session elsewhere; `None` before the first Welcome, and if the
    /// server gave no secret.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        let claim = Claim {
            token: self.token.clone(),
            last_request: self.last_request,
            whisper_seq: self.whisper_seq,
        };
        (!self.token.is_empty()).then_some(claim)
    }

    /// The next Hello resumes the session of this claim, if the server still has it. Does
    /// nothing while there is a socket.
    pub fn resume(&mut self, claim: Claim) {
        if self.link.has_socket() {
            return;
        }
        self.last_request = self.last_request.max(claim.last_request);
        self.whisper_seq = claim.whisper_seq;
        self.token = claim.token;
    }
}
