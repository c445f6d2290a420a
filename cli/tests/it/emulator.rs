//! A terminal as a user sees it: what is on the screen, and above it, after a program has
//! written some bytes. Terminals do not agree on how wide an emoji of several characters
//! is, so several kinds are here. If it gets narrower or wider, rows are wrapped anew.

use unicode_width::UnicodeWidthChar as _;

/// How a terminal draws characters with a zero-width joiner between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Emoji {
    /// As one, of two columns.
    Joined,
    /// One behind the other.
    Apart,
    /// As one, and a character that is to be an emoji of two columns, too.
    Wide,
}

const JOINER: char = '\u{200d}';
const AS_EMOJI: char = '\u{fe0f}';

/// A row of cells. The second cell of a wide character is empty.
#[derive(Debug, Default, Clone)]
struct Row {
    cells: Vec<String>,
    /// Whether the next row goes on with its text.
    is_wrapped: bool,
}

/// The terminal.
#[derive(Debug)]
pub(crate) struct Emulator {
    emoji: Emoji,
    columns: usize,
    height: usize,
    /// Also those that have left the screen.
    rows: Vec<Row>,
    row: usize,
    /// As large as `columns` behind a full row, until something follows.
    column: usize,
    wraps: bool,
    joins: bool,
}

impl Emulator {
    pub(crate) fn new(columns: u16, height: u16, emoji: Emoji) -> Self {
        Self {
            emoji,
            columns: columns.into(),
            height: height.into(),
            rows: vec![Row::default()],
            row: 0,
            column: 0,
            wraps: true,
            joins: false,
        }
    }

    /// The text up to the cursor's row, without spaces at the ends. Rows that the terminal
    /// has wrapped by itself are one line.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for row in &self.rows[..=self.row] {
            line.push_str(&row.cells.concat());
            if !row.is_wrapped {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
        }
        lines.extend((!line.is_empty()).then_some(line));
        lines
    }

    pub(crate) fn write(&mut self, text: &str) {
        let mut chars = text.chars();
        while let Some(char) = chars.next() {
            match char {
                '\x1b' => {
                    if chars.next() == Some('[') {
                        let mut body = String::new();
                        let end = chars.find(|&c| {
                            body.push(c);
                            c.is_ascii_alphabetic()
                        });
                        self.control(body.trim_end_matches(char::is_alphabetic), end);
                    }
                }
                '\r' => self.column = 0,
                '\n' => self.feed(),
                '\x07' => {}
                char => self.put(char),
            }
        }
    }

    fn control(&mut self, parameter: &str, end: Option<char>) {
        let count = parameter.parse().unwrap_or(1);
        let top = self.rows.len().saturating_sub(self.height);
        let column = self.column.min(self.columns - 1);
        match end {
            Some('A') => self.row = self.row.saturating_sub(count).max(top),
            Some('B') => {
                self.row = (self.row + count).min(top + self.height - 1);
                let rows = self.rows.len().max(self.row + 1);
                self.rows.resize(rows, Row::default());
            }
            Some('C') => self.column = (column + count).min(self.columns - 1),
            Some('D') => self.column = column.saturating_sub(count),
            Some('G') => self.column = count.min(self.columns) - 1,
            Some('H') => (self.row, self.column) = (top, 0),
            Some('J') => {
                self.rows.truncate(self.row + 1);
                self.clear_row();
            }
            Some('K') => self.clear_row(),
            Some('h') if parameter == "?7" => self.wraps = true,
            Some('l') if parameter == "?7" => self.wraps = false,
            _ => {}
        }
    }

    fn clear_row(&mut self) {
        let row = &mut self.rows[self.row];
        row.cells.truncate(self.column);
        row.is_wrapped = false;
    }

    fn feed(&mut self) {
        self.row += 1;
        if self.row == self.rows.len() {
            self.rows.push(Row::default());
        }
    }

    fn put(&mut self, char: char) {
        let joins = std::mem::take(&mut self.joins) && self.emoji != Emoji::Apart;
        let width = char.width().unwrap_or(0);
        if width == 0 || joins {
            self.joins = char == JOINER;
            let before = &mut self.rows[self.row].cells[..];
            let at = self.column.min(before.len());
            let cell = before[..at].iter_mut().rev().find(|cell| !cell.is_empty());
            if let Some(cell) = cell {
                cell.push(char);
                if char == AS_EMOJI && self.emoji == Emoji::Wide {
                    self.widen();
                }
            }
            return;
        }
        if self.column + width > self.columns {
            if self.wraps {
                self.rows[self.row].is_wrapped = true;
                self.feed();
                self.column = 0;
            } else {
                self.column = self.columns - width;
            }
        }
        let cells = &mut self.rows[self.row].cells;
        let end = cells.len().max(self.column + width);
        cells.resize(end, " ".to_owned());
        cells[self.column] = char.to_string();
        cells[self.column + 1..self.column + width].fill(String::new());
        self.column += width;
    }

    /// Makes the character before the cursor two columns wide, if there is room.
    fn widen(&mut self) {
        let cells = &mut self.rows[self.row].cells;
        let is_narrow = self.column > 0 && !cells[self.column - 1].is_empty();
        if is_narrow && self.column < self.columns {
            cells.resize(cells.len().max(self.column + 1), String::new());
            cells[self.column] = String::new();
            self.column += 1;
        }
    }

    /// The user makes the window wider or narrower.
    pub(crate) fn resize(&mut self, columns: u16) {
        self.columns = columns.into();
        let is_behind = self.column >= self.rows[self.row].cells.len();
        let (mut rows, mut cursor) = (vec![], (0, 0));
        let mut goes_on = false;
        for (index, row) in self.rows.iter().enumerate() {
            if !goes_on {
                rows.push(Row::default());
            }
            goes_on = row.is_wrapped;
            let mut cells = row.cells.iter().enumerate().peekable();
            while let Some((column, cell)) = cells.next() {
                let is_wide = cells.next_if(|(_, next)| next.is_empty()).is_some();
                let width = 1 + usize::from(is_wide);
                let last = rows.last_mut().expect("a row");
                if last.cells.len() + width > self.columns {
                    last.is_wrapped = true;
                    rows.push(Row::default());
                }
                let at = (rows.len() - 1, rows[rows.len() - 1].cells.len());
                if index == self.row && column <= self.column {
                    cursor = at;
                }
                let last = rows.last_mut().expect("a row");
                last.cells.push(cell.clone());
                last.cells.extend(is_wide.then(String::new));
            }
            if index == self.row && is_behind {
                cursor = (rows.len() - 1, rows[rows.len() - 1].cells.len());
            }
        }
        self.rows = rows;
        (self.row, self.column) = cursor;
    }
}

#[test]
fn a_terminal_shows_what_is_written() {
    /// Every row, and where the cursor is.
    fn rows(terminal: &Emulator) -> (Vec<String>, (usize, usize)) {
        let rows = terminal.rows.iter().map(|row| row.cells.concat());
        let column = terminal.column.min(terminal.columns - 1);
        (rows.collect(), (terminal.row, column))
    }
    #[track_caller]
    fn check(terminal: &Emulator, text: &[&str], cursor: (usize, usize)) {
        let text = text.iter().map(|&row| row.to_owned()).collect();
        assert_eq!(rows(terminal), (text, cursor));
    }

    let wide = "🧑\u{200d}🚀x";
    let mut terminal = Emulator::new(5, 3, Emoji::Joined);
    terminal.write("abcdefg\r\n🧑\u{200d}🚀x");
    check(&terminal, &["abcde", "fg", wide], (2, 3));
    assert_eq!(terminal.lines(), ["abcdefg", wide]);
    terminal.write("\x1b[1A\r\x1b[Kq");
    check(&terminal, &["abcde", "q", wide], (1, 1));
    terminal.write("\x1b[5A\r\x1b[K\x1b[?7lABCDEF\x1b[?7h");
    check(&terminal, &["ABCDF", "q", wide], (0, 4));
    terminal.resize(3);
    check(&terminal, &["ABC", "DF", "q", wide], (1, 2));
    terminal.resize(10);
    check(&terminal, &["ABCDF", "q", wide], (0, 5));
    let mut terminal = Emulator::new(5, 3, Emoji::Apart);
    terminal.write(wide);
    check(&terminal, &[wide], (0, 4));
    let mut terminal = Emulator::new(5, 3, Emoji::Wide);
    terminal.write("a❤\u{fe0f}b\u{fe0f}");
    check(&terminal, &["a❤\u{fe0f}b\u{fe0f}"], (0, 4));
}
