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
            token: self.secret.clone(),
            last_request: self.last_request,
            whisper_seq: self.whisper_seq,
        };
        (!self.secret.is_empty()).then_some(claim)
    }

    /// The next Hello resumes the session of this claim, if the server still has it. Does
    /// nothing while there is a socket.
    pub fn resume(&mut self, claim: Claim) {
        if self.link.has_socket() {
            return;
        }
        self.last_request = self.last_request.max(claim.last_request);
        self.whisper_seq = claim.whisper_seq;
        self.secret = claim.token;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Action, Event};
    use guildhall_protocol::{Hello, Message as _, Packet, PacketBody, Reply, ReplyResult};
    use guildhall_protocol::{Request, RequestBody, Welcome, decode};

    fn drain(session: &mut Session) -> Option<Request> {
        while session.next_event().is_some() {}
        let mut last = None;
        while let Some(action) = session.next_action() {
            if let Action::Send(bytes) = action
                && let Some(PacketBody::Request(request)) = decode(&bytes).unwrap().msg
            {
                last = Some(request);
            }
        }
        last
    }

    /// Connects, and gives the ID of Hello with what is in it.
    fn hello(session: &mut Session) -> (u64, Hello) {
        session.connect(0);
        session.opened(0);
        match drain(session) {
            Some(Request {
                id,
                ask: Some(RequestBody::Hello(hello)),
            }) => (id, hello),
            other => panic!("{other:?}"),
        }
    }

    fn welcome(session: &mut Session, id: u64, name: &str, resumed: bool) {
        let welcome = Welcome {
            id: 7,
            name: name.into(),
            session: b"secret".to_vec(),
            resumed,
            ..Welcome::default()
        };
        let result = Some(ReplyResult::Welcome(welcome));
        let packet = Packet::from(PacketBody::Reply(Reply { id, result }));
        session.received(&packet.encode_to_vec(), 0);
    }

    fn claim() -> Claim {
        Claim {
            token: b"secret".to_vec(),
            last_request: RequestId(1_000),
            whisper_seq: 5,
        }
    }

    #[test]
    fn a_session_goes_on_elsewhere_with_its_name() {
        let mut before = Session::new("Ann");
        assert_eq!(before.claim(), None);
        let (id, _) = hello(&mut before);
        welcome(&mut before, id, "Ann", false);
        let told = before.claim().unwrap();
        assert_eq!((&told.token[..], told.whisper_seq), (&b"secret"[..], 0));
        assert!(told.last_request >= RequestId(id));

        let mut after = Session::new("Ann");
        after.resume(claim());
        let (id, hello) = hello(&mut after);
        assert_eq!(
            (id, &hello.session[..], hello.whisper_seq),
            (1_001, &b"secret"[..], 5)
        );
        welcome(&mut after, id, "Ann", true);
        let events = core::iter::from_fn(|| after.next_event());
        let resumed = |event: Event| matches!(event, Event::Welcomed { resumed: true, .. });
        assert!(events.into_iter().any(resumed));
    }

    #[test]
    fn the_name_of_a_session_that_goes_on_is_the_user_s_choice() {
        let mut session = Session::new("Ann");
        session.resume(claim());
        let (id, _) = hello(&mut session);
        welcome(&mut session, id, "Ann", true);
        assert_eq!(drain(&mut session), None, "there is nothing to rename");
        session.closed(1006, "", 0, 0.0);
        assert_eq!(hello(&mut session).1.name, "Ann");
    }

    #[test]
    fn a_claim_changes_nothing_while_there_is_a_socket() {
        let mut session = Session::new("Ann");
        let (id, _) = hello(&mut session);
        session.resume(claim());
        welcome(&mut session, id, "Ann", false);
        assert!(session.claim().unwrap().last_request < RequestId(1_000));
    }
}
