//! Decides whether a server speaks the subprotocol at all (docs/client.md, "A server
//! of another kind"). It counts and has no sockets; `client` asks it.

/// How many attempts in a row must fail.
const ENOUGH: u32 = 5;

/// What is known about one server.
#[derive(Debug, Default)]
pub(crate) struct SubprotocolProbe {
    /// Whether the server has ever spoken the subprotocol: then it needs no probe.
    is_confirmed: bool,
    /// How many probes in a row were opened, each after an attempt that failed.
    opened_in_a_row: u32,
}

/// What the client does after a connection has ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: the server speaks the subprotocol, and the connection was lost.
    Nothing,
    /// Opens a connection without the subprotocol, and reports its outcome.
    Probe,
    /// Gives up: the server does not speak the subprotocol.
    GiveUp,
}

/// How a probe ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProbeOutcome {
    /// Its handshake succeeded.
    Opened,
    /// It was closed before that.
    Failed,
}

impl SubprotocolProbe {
    /// A handshake with the subprotocol has succeeded.
    pub(crate) fn confirm(&mut self) {
        self.is_confirmed = true;
    }

    /// A connection has ended. If the subprotocol is not confirmed, its handshake
    /// had not succeeded.
    pub(crate) fn connection_ended(&mut self) -> Next {
        if self.is_confirmed {
            return Next::Nothing;
        }
        if self.opened_in_a_row + 1 < ENOUGH {
            return Next::Probe;
        }
        self.opened_in_a_row = 0;
        Next::GiveUp
    }

    /// A probe has ended.
    pub(crate) fn probe_ended(&mut self, outcome: ProbeOutcome) {
        self.opened_in_a_row = match outcome {
            ProbeOutcome::Opened => self.opened_in_a_row + 1,
            ProbeOutcome::Failed => 0,
        };
    }

    /// An attempt was given up before the server answered, which proves nothing.
    pub(crate) fn reset(&mut self) {
        self.opened_in_a_row = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each of `count` attempts asks for if each probe ends like this.
    fn attempts(probe: &mut SubprotocolProbe, count: usize, outcome: ProbeOutcome) -> Vec<Next> {
        let each = (0..count).map(|_| {
            let next = probe.connection_ended();
            probe.probe_ended(outcome);
            next
        });
        each.collect()
    }

    #[test]
    fn five_failed_attempts_in_a_row_are_enough() {
        let mut probe = SubprotocolProbe::default();
        let four = attempts(&mut probe, 4, ProbeOutcome::Opened);
        assert_eq!(four, [Next::Probe, Next::Probe, Next::Probe, Next::Probe]);
        assert_eq!(probe.connection_ended(), Next::GiveUp);
        // A user who tries again starts a new count.
        assert_eq!(probe.connection_ended(), Next::Probe);
    }

    #[test]
    fn a_server_that_is_unreachable_in_between_starts_a_new_count() {
        let interruptions: [fn(&mut SubprotocolProbe); 2] = [
            |probe| probe.probe_ended(ProbeOutcome::Failed),
            SubprotocolProbe::reset,
        ];
        for interrupt in interruptions {
            let mut probe = SubprotocolProbe::default();
            attempts(&mut probe, 4, ProbeOutcome::Opened);
            interrupt(&mut probe);
            attempts(&mut probe, 4, ProbeOutcome::Opened);
            assert_eq!(probe.connection_ended(), Next::GiveUp);
        }
    }

    #[test]
    fn a_probe_without_an_outcome_does_not_count() {
        let mut probe = SubprotocolProbe::default();
        attempts(&mut probe, 3, ProbeOutcome::Opened);
        assert_eq!(probe.connection_ended(), Next::Probe);
        assert_eq!(probe.connection_ended(), Next::Probe);
        probe.probe_ended(ProbeOutcome::Opened);
        assert_eq!(probe.connection_ended(), Next::GiveUp);
    }

    #[test]
    fn a_server_that_has_spoken_the_subprotocol_is_never_probed() {
        let mut probe = SubprotocolProbe::default();
        attempts(&mut probe, 4, ProbeOutcome::Opened);
        probe.confirm();
        assert_eq!(probe.connection_ended(), Next::Nothing);
    }
}
