//! Which thread may write to the terminal. While a line is edited, the line editor
//! prints new lines above it. Between two lines nobody prints, because the line that was
//! typed is removed from the screen then. After the editor has ended, everybody may
//! print.

use std::io::{Write as _, stdout};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use rustyline::ExternalPrinter;

/// How often a thread that must not wait tries again, and the pause before each try.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(1);

/// The terminal's state, shared by the line editor and the printing thread.
#[derive(Debug, Default)]
pub(in crate::chat) struct Screen {
    turn: Mutex<Turn>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// A line is being edited.
    Editing,
    /// The user has entered a line, and the editor has not begun the next one.
    #[default]
    Between,
    /// The editor has ended.
    Over,
}

impl Screen {
    /// The editor begins a line. Call it only if [`Screen::leave`] was successful or not
    /// called: otherwise the printing thread may hold the screen and wait for the editor.
    pub(in crate::chat) fn enter(&self) {
        self.turn_to(&mut self.lock(), Turn::Editing);
    }

    /// The user has entered a line: from now on nobody prints. False if the printing
    /// thread is at work, which may wait for the editor: then the editor must not wait,
    /// and goes on as if nothing had happened.
    pub(in crate::chat) fn leave(&self) -> bool {
        self.try_turn_to(Turn::Between)
    }

    /// The editor has ended, or nobody is to wait for it. False if the printing thread
    /// still waits for it.
    pub(in crate::chat) fn end(&self) -> bool {
        self.try_turn_to(Turn::Over)
    }

    /// Prints whole lines as soon as that is allowed.
    pub(in crate::chat) fn print(&self, printer: &mut dyn ExternalPrinter, text: &str) {
        let waits = |turn: &mut Turn| *turn == Turn::Between;
        let turn = self
            .changed
            .wait_while(self.lock(), waits)
            .unwrap_or_else(PoisonError::into_inner);
        let over = *turn == Turn::Over;
        if over || printer.print(text.to_owned()).is_err() {
            // The line being typed is overwritten.
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

    /// Sends what it is to print, and goes on printing until it is released.
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
    fn nothing_is_printed_between_two_lines() {
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
    fn the_editor_never_waits_for_a_printer_that_waits_for_it() {
        let screen = Arc::new(Screen::default());
        screen.enter();
        let (printed, go, thread) = printing(&screen);
        printed.recv_timeout(PATIENCE).unwrap();
        assert!(!screen.leave(), "the printer is at work");
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
