//! Whether a server speaks the subprotocol at all (docs/client.md, "A server of
//! another kind"). Counts, and knows no socket; `client` asks it.

/// So many attempts in turn have to fail.
const ENOUGH: u32 = 5;

/// The doubt about one server.
#[derive(Debug, Default)]
pub(crate) struct SubprotocolProbe {
    /// The server has spoken it once: there is none any more.
    is_settled: bool,
    /// How many probes in turn have got through, each behind an attempt that had
    /// not.
    got_through: u32,
}

/// What the end of a connection asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: the server speaks it, and the connection was lost.
    Nothing,
    /// A connection without the subprotocol, whose delivery is to be told.
    Probe,
    /// To be given up: the server does not speak it.
    GiveUp,
}

impl SubprotocolProbe {
    /// A handshake with the subprotocol is done.
    pub(crate) fn spoke(&mut self) {
        self.is_settled = true;
    }

    /// A connection has ended. Before its handshake was done, unless the server
    /// is known to speak the subprotocol.
    pub(crate) fn ended(&mut self) -> Next {
        if self.is_settled {
            return Next::Nothing;
        }
        if self.got_through + 1 < ENOUGH {
            return Next::Probe;
        }
        self.got_through = 0;
        Next::GiveUp
    }

    /// A probe has ended; `opened`: its handshake was done.
    pub(crate) fn probed(&mut self, opened: bool) {
        self.got_through = if opened { self.got_through + 1 } else { 0 };
    }

    /// An attempt was given up without an answer, which says nothing of the kind.
    pub(crate) fn forget(&mut self) {
        self.got_through = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each attempt asks for, where each probe ends as this says.
    fn asked(doubt: &mut SubprotocolProbe, probes: &[bool]) -> Vec<Next> {
        let each = probes.iter().map(|&opened| {
            let next = doubt.ended();
            doubt.probed(opened);
            next
        });
        each.collect()
    }

    #[test]
    fn the_same_five_times_in_turn_is_enough() {
        let mut doubt = SubprotocolProbe::default();
        let four = asked(&mut doubt, &[true; 4]);
        assert_eq!(four, [Next::Probe, Next::Probe, Next::Probe, Next::Probe]);
        assert_eq!(doubt.ended(), Next::GiveUp);
        // Who tries again all the same asks anew.
        assert_eq!(doubt.ended(), Next::Probe);
    }

    #[test]
    fn a_server_that_is_away_in_between_is_asked_anew() {
        for away in [
            |doubt: &mut SubprotocolProbe| doubt.probed(false),
            SubprotocolProbe::forget,
        ] {
            let mut doubt = SubprotocolProbe::default();
            asked(&mut doubt, &[true; 4]);
            away(&mut doubt);
            asked(&mut doubt, &[true; 4]);
            assert_eq!(doubt.ended(), Next::GiveUp);
        }
    }

    #[test]
    fn a_probe_without_an_outcome_counts_for_nothing() {
        let mut doubt = SubprotocolProbe::default();
        asked(&mut doubt, &[true; 3]);
        assert_eq!(doubt.ended(), Next::Probe);
        assert_eq!(doubt.ended(), Next::Probe);
        doubt.probed(true);
        assert_eq!(doubt.ended(), Next::GiveUp);
    }

    #[test]
    fn who_has_spoken_it_is_never_doubted() {
        let mut doubt = SubprotocolProbe::default();
        asked(&mut doubt, &[true; 4]);
        doubt.spoke();
        assert_eq!(doubt.ended(), Next::Nothing);
    }
}
