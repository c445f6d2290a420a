//! Who may write to the terminal: the line editor prints above its own line while
//! it edits; between two lines nobody does, because what was typed is taken off
//! the screen then; and when the editor is gone, everybody may.

use std::io::{Write as _, stdout};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use rustyline::ExternalPrinter;

/// How often, and after which pause, somebody who must not wait tries again.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(1);

/// The terminal's state, shared by the line editor and the printing thread.
#[derive(Debug, Default)]
pub(super) struct Screen {
    turn: Mutex<Turn>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// A line is being edited.
    Editing,
    /// The editor is busy with a line that is complete.
    #[default]
    Between,
    /// There is no editor any more.
    Over,
}

impl Screen {
    /// The editor begins to edit. To be called where [`Screen::leave`] was not,
    /// or was successful: the printing thread holds the screen no longer than
    /// the editor reads.
    pub(super) fn enter(&self) {
        self.turn_to(&mut self.lock(), Turn::Editing);
    }

    /// The editor has a complete line: from now on nobody prints. False where
    /// somebody prints just now, who may wait for the editor: then the editor
    /// must not wait, and goes on as if nothing had happened.
    pub(super) fn leave(&self) -> bool {
        self.try_turn_to(Turn::Between)
    }

    /// The editor is gone, or is not to be waited for. False where somebody
    /// still waits for it.
    pub(super) fn end(&self) -> bool {
        self.try_turn_to(Turn::Over)
    }

    /// Prints whole lines when that is possible.
    pub(super) fn print(&self, printer: &mut dyn ExternalPrinter, text: &str) {
        let waits = |turn: &mut Turn| *turn == Turn::Between;
        let turn = self
            .changed
            .wait_while(self.lock(), waits)
            .unwrap_or_else(PoisonError::into_inner);
        let over = *turn == Turn::Over;
        if over || printer.print(text.to_owned()).is_err() {
            // The line that was being typed gives way.
            let _ = write!(stdout().lock(), "\r\x1b[J{text}");
            let _ = stdout().flush();
        }
    }

    fn try_turn_to(&self, to: Turn) -> bool {
        for _ in 0..TRIES {
            match self.turn.try_lock() {
                Ok(mut turn) => {
                    self.turn_to(&mut turn, to);
                    return true;
                }
                Err(TryLockError::Poisoned(_)) => return false,
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
        false
    }

    fn turn_to(&self, turn: &mut Turn, to: Turn) {
        if *turn != Turn::Over {
            *turn = to;
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
    use std::thread;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// Tells what is to be printed, and prints until it is let go.
    struct Held {
        printing: Sender<String>,
        let_go: Receiver<()>,
    }

    impl ExternalPrinter for Held {
        fn print(&mut self, text: String) -> rustyline::Result<()> {
            self.printing.send(text).unwrap();
            self.let_go.recv().unwrap();
            Ok(())
        }
    }

    /// A thread that prints one text on the screen.
    fn printing(screen: &Arc<Screen>) -> (Receiver<String>, Sender<()>, thread::JoinHandle<()>) {
        let (sender, printed) = channel();
        let (go, let_go) = channel();
        let screen = Arc::clone(screen);
        let mut held = Held {
            printing: sender,
            let_go,
        };
        let thread = thread::spawn(move || screen.print(&mut held, "hello\n"));
        (printed, go, thread)
    }

    #[test]
    fn nobody_prints_between_two_lines() {
        let screen = Arc::new(Screen::default());
        screen.enter();
        assert!(screen.leave());
        let (printed, go, thread) = printing(&screen);
        let early = printed.recv_timeout(Duration::from_millis(50));
        assert_eq!(early, Err(RecvTimeoutError::Timeout));
        screen.enter();
        assert_eq!(printed.recv_timeout(PATIENCE).unwrap(), "hello\n");
        go.send(()).unwrap();
        thread.join().unwrap();
        assert!(screen.leave());
    }

    #[test]
    fn the_editor_waits_for_nobody_who_waits_for_it() {
        let screen = Arc::new(Screen::default());
        screen.enter();
        let (printed, go, thread) = printing(&screen);
        printed.recv_timeout(PATIENCE).unwrap();
        assert!(!screen.leave(), "somebody prints");
        assert!(!screen.end());
        go.send(()).unwrap();
        thread.join().unwrap();
        assert!(screen.leave());
    }

    #[test]
    fn the_end_is_final() {
        let screen = Screen::default();
        assert!(screen.end());
        screen.enter();
        assert_eq!(*screen.lock(), Turn::Over);
    }
}
