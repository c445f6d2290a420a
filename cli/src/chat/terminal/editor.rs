//! The line editor of a terminal: a prompt with the current room, a history, completion
//! with Tab, Page Up for older lines. New lines are printed above the one being typed.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{IsTerminal as _, Write as _, stdin, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    Cmd, ColorMode, CompletionType, ConditionalEventHandler, Config, Context, Editor, Event,
    EventContext, EventHandler, Helper, KeyCode, KeyEvent, Modifiers, Movement, RepeatCount,
};
use smol::channel::{Receiver, Sender, bounded};

use crate::chat::local_command::LocalCommand;
use crate::chat::terminal::draft::{Draft, Form, TAB, WRAP};
use crate::chat::terminal::input::Typed;
use crate::chat::terminal::output::{Output, Terminal};
use crate::chat::terminal::prompt::Prompt;
use crate::chat::terminal::screen::Screen;

/// After a print, new lines are gathered for this long and printed together. Nobody
/// reads faster, and a printer without a pause would never leave the screen to the
/// editor.
const FRAME: Duration = Duration::from_millis(30);

/// A size is settled when it is the same for so many frames, and at the latest after so
/// many.
const SETTLED_AFTER: u32 = 10;
const SETTLES_WITHIN: u32 = 100;

/// Around a prompt behind which nothing can be said.
const DIM: &str = "\x1b[2m";
const NOT_DIM: &str = "\x1b[22m";

/// The columns of a terminal that does not tell its size.
const USUAL_COLUMNS: u16 = 80;

/// A terminal with a line editor that has not started.
pub(in crate::chat) struct LineEditor {
    editor: Editor<Help, MemHistory>,
    form: Form,
    printer: Box<dyn rustyline::ExternalPrinter + Send>,
}

impl LineEditor {
    /// Opens the terminal of standard input and output. `None` if one of them is no
    /// terminal, or one that cannot edit.
    pub(in crate::chat) fn open() -> Option<Self> {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return None;
        }
        let form = Form::of_the_environment(USUAL_COLUMNS);
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .auto_add_history(true)
            .grapheme_cluster_mode(form.widths)
            .tab_stop(TAB)
            // Not for colours: otherwise the editor would draw by itself.
            .color_mode(ColorMode::Forced)
            .build();
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).ok()?;
        let printer = editor.create_external_printer().ok()?;
        Some(Self {
            editor,
            form,
            printer: Box::new(printer),
        })
    }

    /// Starts the threads that read and print. Returns the typed lines, the output for
    /// lines to show, and a guard that restores the terminal.
    pub(in crate::chat) fn start(
        self,
        prompt: Prompt,
    ) -> std::io::Result<(Receiver<Typed>, Output, Restored)> {
        let Self {
            mut editor,
            form,
            mut printer,
        } = self;
        let restored = Restored::later()?;
        let screen = Arc::new(Screen::default());
        let left = Arc::new(AtomicBool::new(true));
        editor.set_helper(Some(Help {
            prompt: prompt.clone(),
            screen: Arc::clone(&screen),
            left: Arc::clone(&left),
            draft: RefCell::new(Draft::new(form)),
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
        editor.bind_sequence(
            KeyEvent::ctrl('C'),
            EventHandler::Conditional(Box::new(ClearFirst)),
        );
        // Nobody could see a control character that is typed with one of these. On Windows,
        // one of them pastes.
        for key in ['Q', 'V'].into_iter().filter(|_| cfg!(unix)) {
            editor.bind_sequence(KeyEvent::ctrl(key), EventHandler::Simple(Cmd::Noop));
        }
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
    /// Whether the screen was left: nothing is printed until the next line is edited.
    left: Arc<AtomicBool>,
    typed: Sender<Typed>,
}

impl Editing {
    /// Passes on line after line until the user ends the input.
    fn run(self, mut editor: Editor<Help, MemHistory>) {
        loop {
            let room = self.prompt.shown();
            let prompt = self.prompt.text();
            if self.left.swap(false, Ordering::Relaxed) {
                self.screen.enter();
            }
            let size = editor.dimensions();
            if let Some(help) = editor.helper() {
                let columns = size.map_or(USUAL_COLUMNS, |(columns, _)| columns);
                help.draft.borrow_mut().begin(columns);
            }
            let text = match editor.readline(&prompt) {
                Ok(text) => text,
                // The window was resized.
                Err(ReadlineError::Signal(_)) => continue,
                Err(_) => break,
            };
            // A text comes back as a line of its room, so it is removed here: otherwise
            // the screen would show it twice. A command stays.
            if !text.trim_start().starts_with('/') && self.left.load(Ordering::Relaxed) {
                let rows = editor
                    .helper()
                    .map_or(1, |help| help.draft.borrow().rows(&prompt, &text));
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
            // The line may change the room that the next prompt shows.
            let _ = processed.recv_blocking();
        }
        // A printing thread that waits for the editor is released with it.
        drop(editor);
        self.screen.end();
    }
}

/// Answers the editor's questions while a line is edited.
struct Help {
    prompt: Prompt,
    screen: Arc<Screen>,
    left: Arc<AtomicBool>,
    draft: RefCell<Draft>,
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
    /// Called when the user enters a line, before the editor leaves it.
    fn validate(&self, _: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.left.store(self.screen.leave(), Ordering::Relaxed);
        Ok(ValidationResult::Valid(None))
    }
}

impl Hinter for Help {
    type Hint = String;
}

/// The editor asks for colours, and gets a [`Draft`]. Elsewhere than on Unix it draws by
/// itself.
impl Highlighter for Help {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        if !cfg!(unix) {
            return Cow::Borrowed(prompt);
        }
        let drawn = self.draft.borrow_mut().draw_prompt(prompt, columns());
        if self.prompt.is_dim() {
            return Cow::Owned(format!("{DIM}{drawn}{NOT_DIM}"));
        }
        Cow::Owned(drawn)
    }

    fn highlight<'l>(&self, line: &'l str, cursor: usize) -> Cow<'l, str> {
        if !cfg!(unix) {
            return Cow::Borrowed(line);
        }
        Cow::Owned(self.draft.borrow_mut().draw_line(line, cursor))
    }

    fn highlight_char(&self, line: &str, cursor: usize, _: CmdKind) -> bool {
        let mut draft = self.draft.borrow_mut();
        cfg!(unix) && draft.change(line, cursor, columns(), settled_columns)
    }
}

impl Helper for Help {}

/// Page Up: asks for older lines, and leaves the line being typed as it is.
struct PageUp {
    prompt: Prompt,
    typed: Sender<Typed>,
}

impl ConditionalEventHandler for PageUp {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        // If the channel is full, a page was asked for already.
        let _ = self.typed.try_send(Typed {
            text: LocalCommand::Older.name().to_owned(),
            room: Some(self.prompt.shown()).filter(|room| !room.is_empty()),
            done: None,
        });
        Some(Cmd::Noop)
    }
}

/// Ctrl-C: clears the line, and ends the chat only if there is none.
struct ClearFirst;

impl ConditionalEventHandler for ClearFirst {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, editor: &EventContext<'_>) -> Option<Cmd> {
        Some(if editor.line().is_empty() {
            Cmd::Interrupt
        } else {
            Cmd::Kill(Movement::WholeBuffer)
        })
    }
}

/// The columns of the terminal now, as the editor counts them.
fn columns() -> u16 {
    #[cfg(unix)]
    let columns = rustix::termios::tcgetwinsize(stdout()).map_or(0, |size| size.ws_col);
    #[cfg(not(unix))]
    let columns = 0;
    if columns == 0 { USUAL_COLUMNS } else { columns }
}

/// The columns of the terminal once its user has stopped to change them. Some terminals
/// tell a new size a little after they have wrapped their rows to it, tmux for example
/// 250 ms.
fn settled_columns() -> u16 {
    let (mut columns_before, mut calm) = (columns(), 0);
    for _ in 0..SETTLES_WITHIN {
        thread::sleep(FRAME);
        let now = columns();
        calm = if now == columns_before { calm + 1 } else { 0 };
        columns_before = now;
        if calm == SETTLED_AFTER {
            break;
        }
    }
    columns_before
}

/// Restores the terminal's modes when it is dropped, even if the editor is in the middle
/// of a line: nothing can interrupt it there.
pub(in crate::chat) struct Restored {
    #[cfg(unix)]
    modes: rustix::termios::Termios,
}

impl Restored {
    #[cfg(unix)]
    fn later() -> std::io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let modes = tcgetattr(stdin())?;
        // Keys that are pressed while the editor is busy are for its next line: they are not
        // echoed, and Ctrl-C and Ctrl-D are keys as while a line is edited.
        let mut silent = modes.clone();
        let busy = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        silent.local_modes.remove(busy);
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
        // Switches off bracketed paste, which the editor switched on, and clears the
        // rest of the screen.
        let _ = write!(stdout(), "\x1b[?2004l{WRAP}\r\x1b[J");
        let _ = stdout().flush();
    }
}
