//! The line editor of a terminal: a prompt with the room that is shown, a history,
//! completion with Tab, Page Up for older lines. What comes meanwhile is printed above the line.

use std::io::{IsTerminal as _, Write as _, stdin, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    Cmd, CompletionType, ConditionalEventHandler, Config, Context, Editor, Event, EventContext,
    EventHandler, Helper, KeyCode, KeyEvent, Modifiers, RepeatCount,
};
use smol::channel::{Receiver, Sender, bounded};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::input::Typed;
use super::local_command::LocalCommand;
use super::output::{Output, Terminal};
use super::prompt::Prompt;
use super::sanitize::sanitize;
use super::screen::Screen;

/// What comes within this time of what was printed is printed with what follows.
/// Nobody reads faster, and who prints without a pause would never let the
/// editor have the screen for itself.
const FRAME: Duration = Duration::from_millis(30);

/// A terminal with everything a line editor needs.
pub(super) struct LineEditor {
    editor: Editor<Help, MemHistory>,
    printer: Box<dyn rustyline::ExternalPrinter + Send>,
}

impl LineEditor {
    /// The terminal that input comes from and output goes to; `None` where
    /// there is none, or a dumb one.
    pub(super) fn open() -> Option<Self> {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return None;
        }
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .auto_add_history(true)
            .build();
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).ok()?;
        let printer = editor.create_external_printer().ok()?;
        Some(Self {
            editor,
            printer: Box::new(printer),
        })
    }

    /// Starts the two threads: what is typed, where lines go, and what gives the
    /// terminal back as it was.
    pub(super) fn start(
        self,
        prompt: Prompt,
    ) -> std::io::Result<(Receiver<Typed>, Output, Restored)> {
        let Self {
            mut editor,
            mut printer,
        } = self;
        let restored = Restored::later()?;
        let screen = Arc::new(Screen::default());
        let left = Arc::new(AtomicBool::new(true));
        editor.set_helper(Some(Help {
            prompt: prompt.clone(),
            screen: Arc::clone(&screen),
            left: Arc::clone(&left),
        }));
        let (sender, typed) = bounded(1);
        let page_up = PageUp {
            prompt: prompt.clone(),
            typed: sender.clone(),
        };
        editor.bind_sequence(
            KeyEvent(KeyCode::PageUp, Modifiers::NONE),
            EventHandler::Conditional(Box::new(page_up)),
        );
        let editing = Editing {
            prompt,
            screen: Arc::clone(&screen),
            left,
            typed: sender,
        };
        thread::spawn(move || editing.run(editor));

        let (lines, to_print) = channel::<String>();
        let above = Arc::clone(&screen);
        let printer = thread::spawn(move || {
            while let Ok(mut text) = to_print.recv() {
                text.extend(to_print.try_iter());
                above.print(printer.as_mut(), &text);
                thread::sleep(FRAME);
            }
        });
        let output = Output::Terminal(Terminal {
            lines,
            printer,
            screen,
        });
        Ok((typed, output, restored))
    }
}

/// The editor's thread.
struct Editing {
    prompt: Prompt,
    screen: Arc<Screen>,
    /// Whether nobody prints until the next line is edited.
    left: Arc<AtomicBool>,
    typed: Sender<Typed>,
}

impl Editing {
    /// Passes on line after line until the user has enough.
    fn run(self, mut editor: Editor<Help, MemHistory>) {
        loop {
            let room = self.prompt.shown();
            let prompt = format!("{}> ", sanitize(&room));
            if self.left.swap(false, Ordering::Relaxed) {
                self.screen.enter();
            }
            let text = match editor.readline(&prompt) {
                Ok(text) => text,
                // The window has another size.
                Err(ReadlineError::Signal(_)) => continue,
                Err(_) => break,
            };
            // A text comes back as a line of its room, in its place: it is not
            // to stand there twice. A command stays.
            if !text.trim_start().starts_with('/') && self.left.load(Ordering::Relaxed) {
                let columns = editor.dimensions().map_or(80, |(columns, _)| columns);
                let rows = rows(&format!("{prompt}{text}"), usize::from(columns));
                let _ = write!(stdout(), "\x1b[{rows}A\r\x1b[J");
                let _ = stdout().flush();
            }
            let (done, processed) = bounded(1);
            let typed = Typed {
                text,
                room: Some(room).filter(|room| !room.is_empty()),
                done: Some(done),
            };
            if self.typed.send_blocking(typed).is_err() {
                break;
            }
            // The next prompt may name another room.
            let _ = processed.recv_blocking();
        }
        // With the editor, whoever waits for it to print is free.
        drop(editor);
        self.screen.end();
    }
}

/// How many rows of the screen a line takes, as the editor wraps it.
fn rows(line: &str, columns: usize) -> usize {
    let (mut rows, mut column) = (1, 0);
    for grapheme in line.graphemes(true) {
        if grapheme == "\n" {
            rows += 1;
            column = 0;
            continue;
        }
        let width = grapheme.width();
        column += width;
        if column > columns {
            rows += 1;
            column = width;
        }
    }
    // A full row puts the cursor on the next one.
    rows + usize::from(column == columns)
}

/// What the editor asks while a line is edited.
struct Help {
    prompt: Prompt,
    screen: Arc<Screen>,
    left: Arc<AtomicBool>,
}

impl Completer for Help {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        if pos < line.len() {
            return Ok((pos, Vec::new()));
        }
        Ok((0, self.prompt.complete(line)))
    }
}

impl Validator for Help {
    /// Called when a line is complete, before the editor leaves it.
    fn validate(&self, _: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.left.store(self.screen.leave(), Ordering::Relaxed);
        Ok(ValidationResult::Valid(None))
    }
}

impl Hinter for Help {
    type Hint = String;
}

impl Highlighter for Help {}

impl Helper for Help {}

/// Page Up, which asks for older lines and leaves what is being typed alone.
struct PageUp {
    prompt: Prompt,
    typed: Sender<Typed>,
}

impl ConditionalEventHandler for PageUp {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        // Where one page is still to be asked for, this would be one too many.
        let _ = self.typed.try_send(Typed {
            text: LocalCommand::Older.name().to_owned(),
            room: Some(self.prompt.shown()).filter(|room| !room.is_empty()),
            done: None,
        });
        Some(Cmd::Noop)
    }
}

/// Gives the terminal back as it was, also where the editor is in the middle of
/// a line: nothing can take it out of that.
pub(super) struct Restored {
    #[cfg(unix)]
    modes: rustix::termios::Termios,
}

impl Restored {
    #[cfg(unix)]
    fn later() -> std::io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let modes = tcgetattr(stdin())?;
        // What is typed between two lines, when the editor does not look, is
        // its to show in the next one.
        let mut silent = modes.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin(), OptionalActions::Now, &silent)?;
        Ok(Self { modes })
    }

    #[cfg(not(unix))]
    fn later() -> std::io::Result<Self> {
        Ok(Self {})
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            use rustix::termios::{OptionalActions, tcsetattr};
            let _ = tcsetattr(stdin(), OptionalActions::Now, &self.modes);
        }
        // Without bracketed paste, which the editor switches on, and below what
        // it shows.
        let _ = write!(stdout(), "\x1b[?2004l\r\x1b[J");
        let _ = stdout().flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_takes_the_rows_it_is_wrapped_to() {
        assert_eq!(rows("> hi", 10), 1);
        assert_eq!(rows("> 1234567", 10), 1);
        assert_eq!(rows("> 12345678", 10), 2, "the cursor is on the next");
        assert_eq!(rows("> 123456789", 10), 2);
        assert_eq!(rows("> 1234567世", 10), 2, "does not fit");
        assert_eq!(rows("> a\nb", 10), 2);
        assert_eq!(rows("> e\u{301}", 4), 1);
    }
}
