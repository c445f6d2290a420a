//! Lines of standard input, if there is no line editor.

use std::io::{BufRead as _, stdin};

use smol::channel::{Receiver, Sender, bounded};

/// A line that the user or a script has typed.
#[derive(Debug)]
pub(in crate::chat) struct Typed {
    /// What was typed, without the line's end.
    pub(in crate::chat) text: String,
    /// The room that the prompt showed; `None`: the current one.
    pub(in crate::chat) room: Option<String>,
    /// Dropped once the line is done: the line editor waits for that.
    pub(in crate::chat) done: Option<Sender<()>>,
}

/// Reads lines on a thread of its own, no faster than they are taken. The channel is
/// closed at the end of the input.
pub(in crate::chat) fn lines() -> Receiver<Typed> {
    let (sender, receiver) = bounded(1);
    std::thread::spawn(move || {
        let mut input = stdin().lock();
        let mut bytes = Vec::new();
        let mut is_first = true;
        while matches!(input.read_until(b'\n', &mut bytes), Ok(1..)) {
            let text = String::from_utf8_lossy(&bytes);
            let mut text = text.trim_end_matches(['\n', '\r']);
            if std::mem::take(&mut is_first) {
                // A byte-order mark, with which some programs begin a text.
                text = text.strip_prefix('\u{feff}').unwrap_or(text);
            }
            let text = text.to_owned();
            bytes.clear();
            let typed = Typed {
                text,
                room: None,
                done: None,
            };
            if sender.send_blocking(typed).is_err() {
                return;
            }
        }
    });
    receiver
}
