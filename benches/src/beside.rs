//! Processes that go on beside a load.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::ensure;
use guildhall_cli::bench::Report;

use crate::handshakes::Handshakes;
use crate::peer::{self, Peer};
use crate::scenario::Beside;

/// The programs that do it, and where.
#[derive(Debug, Clone, Copy)]
pub struct Tools<'a> {
    /// The load tool.
    pub load: &'a Path,
    /// The tool that does handshakes.
    pub handshakes: &'a Path,
    /// The core that they run on; `None`: any.
    pub core: Option<usize>,
}

impl Tools<'_> {
    /// Does `beside` while `load` runs. Returns what `load` does, and what was done beside it.
    ///
    /// # Errors
    ///
    /// Those of `load`, and if what goes on beside it cannot be done.
    pub fn during<T>(
        self,
        peer: &Peer,
        beside: Beside,
        load: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Option<String>)> {
        match beside {
            Beside::Nothing => Ok((load()?, None)),
            Beside::Storms(flags) => {
                let over = AtomicBool::new(false);
                let (loaded, storms) = thread::scope(|scope| {
                    let storms = scope.spawn(|| self.storms(peer, flags, &over));
                    let loaded = load();
                    over.store(true, Ordering::Relaxed);
                    let storms = storms.join();
                    (
                        loaded,
                        storms.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                    )
                });
                let storms = storms?;
                Ok((loaded?, Some(format!("{storms} storms"))))
            }
            Beside::Handshakes(rate) => {
                let mut child = peer.handshakes(self.handshakes, rate, self.core)?;
                let loaded = load();
                // Its input ends, and so do the handshakes.
                drop(child.stdin.take());
                let done: Handshakes = peer::parse(&child.wait_with_output()?)?;
                Ok((loaded?, Some(done.to_string())))
            }
        }
    }

    /// Runs the load tool with these flags again and again until `over` is set. Returns the number
    /// of its runs.
    fn storms(self, peer: &Peer, flags: &[&str], over: &AtomicBool) -> anyhow::Result<usize> {
        let mut storms = 0;
        while !over.load(Ordering::Relaxed) {
            let output = peer
                .beside(self.load, flags, self.core)?
                .wait_with_output()?;
            let report: Report = peer::parse(&output)?;
            ensure!(report.is_clean(), "a client was disconnected: {report}");
            storms += 1;
        }
        Ok(storms)
    }
}
