//! Signals that wait while nobody can take them: while a server starts, and while a process becomes
//! the next program. Without that, a reload at the wrong moment would end the server.

use std::io;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use nix::sys::signal::{SigSet, Signal};

/// The signals that wait. Not Ctrl-C, which also ends a start that takes long.
///
/// A thread that writes more than a file may have (a log, with `ulimit -f`) sends SIGXFSZ to
/// itself, also for the first line of a start. There it waits for ever, and the write fails.
const HELD: [Signal; 5] = [
    Signal::SIGHUP,
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGXFSZ,
];

/// The size of the stack of the thread that gets them, which does nothing.
const STACK: usize = 64 * 1024;

/// The signals of this process wait.
#[derive(Debug)]
pub struct HeldSignals(SigSet);

impl HeldSignals {
    /// Has them wait from now on. For the process's first thread, before there are others: those
    /// have it from there.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn hold() -> io::Result<Self> {
        let signals: SigSet = HELD.into_iter().collect();
        signals.thread_block()?;
        Ok(Self(signals))
    }

    /// Lets them through in a program that a server has started.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn let_through() -> io::Result<()> {
        let signals: SigSet = HELD.into_iter().collect();
        Ok(signals.thread_unblock()?)
    }

    /// Has them delivered from now on, also those that wait. Whoever takes them has to be there.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn deliver(self) -> io::Result<Delivery> {
        let (end, ended) = mpsc::channel::<()>();
        let Self(signals) = self;
        let thread = thread::Builder::new()
            .name("signals".into())
            .stack_size(STACK)
            .spawn(move || {
                signals.thread_unblock()?;
                // The handlers are called here, and do the rest.
                let _ = ended.recv();
                signals.thread_block()
            })?;
        Ok(Delivery { end, thread })
    }
}

/// The signals of this process are delivered.
#[derive(Debug)]
pub struct Delivery {
    end: Sender<()>,
    thread: JoinHandle<nix::Result<()>>,
}

impl Delivery {
    /// Has them wait again: for the next program, which this process becomes.
    pub fn end(self) {
        drop(self.end);
        // It does nothing that can fail.
        let _ = self.thread.join();
    }
}
