//! A line of the screen, and how one is built. Text of others gets into a line only
//! through [`Painted::put`], which sanitizes it: there is no other way into one.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use guildhall_client::UserId;

use crate::chat::sanitize::sanitize;

/// The colours of names. They are readable on a dark background and on a light one.
const COLOURS: [AnsiColor; 10] = [
    AnsiColor::Green,
    AnsiColor::Cyan,
    AnsiColor::Magenta,
    AnsiColor::Yellow,
    AnsiColor::Blue,
    AnsiColor::BrightGreen,
    AnsiColor::BrightCyan,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightBlue,
    AnsiColor::BrightRed,
];

/// A line of the screen, without the line feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) struct Line {
    /// What is shown.
    pub(in crate::chat) text: String,
    /// What it is about.
    pub(in crate::chat) about: About,
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum About {
    /// The chat, and answers to commands.
    Chat,
    /// The connection, and errors.
    Connection,
}

/// Whether lines have colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum Palette {
    /// A terminal that shows colours.
    Colours,
    /// Anything else.
    Plain,
}

impl Palette {
    /// Begins a line.
    pub(in crate::chat) fn begin(self) -> Painted {
        Painted {
            palette: self,
            text: String::new(),
        }
    }
}

/// A line that is being built.
#[derive(Debug)]
pub(in crate::chat) struct Painted {
    palette: Palette,
    text: String,
}

impl Painted {
    /// Appends text, sanitized: it may be anybody's.
    pub(in crate::chat) fn put(&mut self, style: Style, text: &str) {
        let text = sanitize(text);
        let _ = if self.palette == Palette::Colours && !style.is_plain() {
            write!(self.text, "{style}{text}{style:#}")
        } else {
            write!(self.text, "{text}")
        };
    }

    /// The finished line.
    pub(in crate::chat) fn line(self, about: About) -> Line {
        Line {
            text: self.text,
            about,
        }
    }
}

/// A room's name, as the beginning of a line about it.
pub(in crate::chat) fn place(room: &str) -> String {
    format!("[{room}] ")
}

/// The style of less important text.
pub(in crate::chat) fn dim() -> Style {
    Style::new().dimmed()
}

/// The style of a client's name. It depends on the ID alone, so that a new name keeps
/// its colour.
pub(in crate::chat) fn name_style(UserId(id): UserId) -> Style {
    let count = COLOURS.len() as u64;
    let colour = usize::try_from(id % count).map_or(AnsiColor::Green, |index| COLOURS[index]);
    colour.on_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_colour_of_their_id() {
        assert_eq!(name_style(UserId(7)), name_style(UserId(17)), "ten colours");
        assert_ne!(name_style(UserId(7)), name_style(UserId(8)));
        assert_eq!(name_style(UserId(u64::MAX)), name_style(UserId(5)));
    }

    #[test]
    fn only_a_terminal_has_colours() {
        let paint = |palette: Palette| {
            let mut painted = palette.begin();
            painted.put(dim(), "[lobby] ");
            painted.put(name_style(UserId(0)), "Ann");
            painted.put(Style::new(), ": hi");
            painted.line(About::Chat).text
        };
        assert_eq!(
            paint(Palette::Colours),
            "\x1b[2m[lobby] \x1b[0m\x1b[32mAnn\x1b[0m: hi"
        );
        assert_eq!(paint(Palette::Plain), "[lobby] Ann: hi");
    }

    #[test]
    fn all_text_is_sanitized() {
        let mut painted = Palette::Colours.begin();
        painted.put(Style::new(), "\x1b[2J\r");
        painted.put(dim(), "\u{202e}\n");
        let line = painted.line(About::Chat);
        assert_eq!(line.text, "␛[2J␍\x1b[2m\u{fffd}␊\x1b[0m");
    }
}
