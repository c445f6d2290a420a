//! A line of the screen, and how one is built. Text of others gets into a line only
//! through [`Painted::put`], which sanitizes it: there is no other way into one. Of a text
//! of several lines, only the first begins where the program's own lines begin.

use std::fmt::Write as _;

use anstyle::{AnsiColor, RgbColor, Style};

use guildhall_client::UserId;
use guildhall_client::info::Info;

use crate::sanitize::{sanitize, whole};

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

/// Begins each further line of a text. It is as wide as a time, so that no text looks like
/// a line of the program, or like somebody else's message.
pub(in crate::chat) const INDENT: &str = "      ";

/// A text of more lines shows the rest in the last one: nobody is to push all others off
/// the screen with one message.
const MOST_LINES: usize = 20;

/// A line of the screen, without the line feed. A text of several lines is one of them.
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
    /// A terminal that shows any colour.
    AllColours,
    /// A terminal that shows the usual colours.
    Colours,
    /// A terminal that does not.
    Plain,
    /// A pipe of a script: no colours, and each message is one line.
    Piped,
}

impl Palette {
    /// Whether lines have colours and other styles.
    pub(in crate::chat) fn has_styles(self) -> bool {
        matches!(self, Self::AllColours | Self::Colours)
    }

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
        let text = sanitize(whole(text));
        let _ = if self.palette.has_styles() && !style.is_plain() {
            write!(self.text, "{style}{text}{style:#}")
        } else {
            write!(self.text, "{text}")
        };
    }

    /// Appends a user's name with what the game shows of the user: `info`. A terminal without
    /// colours shows the name alone: there, a guest's name could look like a badge.
    pub(in crate::chat) fn put_name(
        &mut self,
        id: UserId,
        name: &str,
        info: &str,
        faded: impl Fn(Style) -> Style,
    ) {
        let info = Info::read(info);
        let style = match info.color {
            Some(color) if self.palette == Palette::AllColours => readable(color).on_default(),
            _ => name_style(id),
        };
        self.put(faded(style), name);
        if self.palette.has_styles() && !info.badge.is_empty() {
            self.put(Style::new(), " ");
            self.put(faded(style.invert()), &format!(" {} ", info.badge));
        }
    }

    /// Appends what a user says, which may have several lines.
    pub(in crate::chat) fn put_text(&mut self, style: Style, text: &str) {
        if self.palette == Palette::Piped {
            return self.put(style, text);
        }
        let lines = text.trim_end_matches(['\r', '\n']).splitn(MOST_LINES, '\n');
        for (index, line) in lines.enumerate() {
            if index > 0 {
                self.text.push('\n');
                self.text.push_str(INDENT);
            }
            self.put(style, line.trim_end_matches('\r'));
        }
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

/// The game's colour, as light or dark as it takes to be read on a dark background and on a
/// light one.
fn readable(color: [u8; 3]) -> RgbColor {
    let [red, green, blue] = color.map(u32::from);
    // How light a colour looks (ITU-R BT.601), in thousandths of 255.
    let light = 299 * red + 587 * green + 114 * blue;
    let (least, most) = (95_000, 165_000);
    let mix = |part: u32| {
        let part = if light < least {
            // As much white as is missing.
            part + (255 - part) * (least - light) / (255_000 - light)
        } else if light > most {
            part * most / light
        } else {
            part
        };
        u8::try_from(part).unwrap_or(u8::MAX)
    };
    RgbColor(mix(red), mix(green), mix(blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_game_s_colour_can_be_read() {
        let is = |color, readable_as: [u8; 3]| {
            let RgbColor(red, green, blue) = readable(color);
            assert_eq!([red, green, blue], readable_as, "{color:?}");
        };
        is([200, 80, 80], [200, 80, 80]);
        is([0, 0, 0], [95, 95, 95]);
        is([255, 255, 255], [165, 165, 165]);
        is([0, 0, 255], [74, 74, 255]);
        is([255, 255, 0], [186, 186, 0]);
    }

    #[test]
    fn a_badge_is_shown_with_colours_alone() {
        let info = r##"{"color":"#c85050","badge":"Elder \u001b[2J"}"##;
        let paint = |palette: Palette| {
            let mut painted = palette.begin();
            painted.put_name(UserId(0), "Ann", info, |style| style);
            painted.line(About::Chat).text
        };
        assert_eq!(paint(Palette::Plain), "Ann");
        assert_eq!(paint(Palette::Piped), "Ann");
        let usual = "\x1b[32mAnn\x1b[0m \x1b[7m\x1b[32m Elder [2J \x1b[0m";
        assert_eq!(paint(Palette::Colours), usual);
        assert!(paint(Palette::AllColours).starts_with("\x1b[38;2;200;80;80mAnn"));
    }

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

    #[test]
    fn no_text_is_joined_to_what_follows() {
        let mut painted = Palette::Plain.begin();
        painted.put(dim(), "Ann\u{200d}");
        painted.put(dim(), ": ");
        painted.put_text(dim(), "🧑\u{200d}🚀\u{200d}\n\u{200d}");
        assert_eq!(painted.text, "Ann: 🧑\u{200d}🚀\n      ");
    }

    fn text(palette: Palette, text: &str) -> String {
        let mut painted = palette.begin();
        painted.put_text(dim(), text);
        painted.line(About::Chat).text
    }

    #[test]
    fn a_text_of_several_lines_is_indented() {
        let said = "one\r\n\x1b[2Jtwo\n\n-- three\n";
        assert_eq!(
            text(Palette::Plain, said),
            "one\n      ␛[2Jtwo\n      \n      -- three"
        );
        assert_eq!(
            text(Palette::Colours, "one\ntwo"),
            "\x1b[2mone\x1b[0m\n      \x1b[2mtwo\x1b[0m"
        );
        assert_eq!(text(Palette::Piped, said), "one␍␊␛[2Jtwo␊␊-- three␊");
    }

    #[test]
    fn one_text_does_not_fill_the_screen() {
        let shown = text(Palette::Plain, &"x\n".repeat(100));
        assert_eq!(shown.lines().count(), MOST_LINES);
        assert!(
            shown.ends_with("\n      x␊x") || shown.ends_with("x␊x␊x"),
            "{shown}"
        );
        assert_eq!(shown.matches('x').count(), 100);
    }
}
