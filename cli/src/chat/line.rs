//! A line of the screen, and how one is made. What comes from others is part of
//! a line only through [`Painted::put`], which makes it harmless: there is no other
//! way into one.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use guildhall_client::ClientId;

use super::sanitize::sanitize;

/// Names have these colours, which show on a dark ground and on a light one.
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

/// A line of the screen, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// What is shown.
    pub(super) text: String,
    /// What it is about.
    pub(super) about: About,
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// The chat, and answers to commands.
    Chat,
    /// The connection, and what went wrong.
    Connection,
}

/// What lines are painted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Palette {
    /// A terminal that likes colours.
    Colours,
    /// Anything else.
    Plain,
}

impl Palette {
    /// Begins a line.
    pub(super) fn begin(self) -> Painted {
        Painted {
            palette: self,
            text: String::new(),
        }
    }
}

/// A line in the making.
#[derive(Debug)]
pub(super) struct Painted {
    palette: Palette,
    text: String,
}

impl Painted {
    /// Appends text, whoever wrote it.
    pub(super) fn put(&mut self, style: Style, text: &str) {
        let text = sanitize(text);
        let _ = if self.palette == Palette::Colours && !style.is_plain() {
            write!(self.text, "{style}{text}{style:#}")
        } else {
            write!(self.text, "{text}")
        };
    }

    /// The line, which is done.
    pub(super) fn line(self, about: About) -> Line {
        Line {
            text: self.text,
            about,
        }
    }
}

/// A room's name, as the beginning of what was said or happened in it.
pub(super) fn place(room: &str) -> String {
    format!("[{room}] ")
}

/// Of what matters less.
pub(super) fn dim() -> Style {
    Style::new().dimmed()
}

/// Of a client's name. The same for its whole life, whatever its name.
pub(super) fn name_style(ClientId(id): ClientId) -> Style {
    let count = COLOURS.len() as u64;
    let colour = usize::try_from(id % count).map_or(AnsiColor::Green, |index| COLOURS[index]);
    colour.on_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_colour_of_their_id() {
        assert_eq!(
            name_style(ClientId(7)),
            name_style(ClientId(17)),
            "ten colours"
        );
        assert_ne!(name_style(ClientId(7)), name_style(ClientId(8)));
        assert_eq!(name_style(ClientId(u64::MAX)), name_style(ClientId(5)));
    }

    #[test]
    fn colours_are_for_terminals() {
        let paint = |palette: Palette| {
            let mut painted = palette.begin();
            painted.put(dim(), "[lobby] ");
            painted.put(name_style(ClientId(0)), "Ann");
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
    fn nothing_is_put_raw() {
        let mut painted = Palette::Colours.begin();
        painted.put(Style::new(), "\x1b[2J\r");
        painted.put(dim(), "\u{202e}\n");
        let line = painted.line(About::Chat);
        assert_eq!(line.text, "␛[2J␍\x1b[2m\u{fffd}␊\x1b[0m");
    }
}
