//! How the prompt and the line being typed are drawn. The line editor calculates their
//! rows and columns, and goes up as many rows as it has calculated before it draws again.
//! But how wide a terminal draws an emoji of several characters is not known, and with a
//! row too many, earlier lines would be erased. So text is drawn to where the editor
//! calculates it to be: each row is begun here, and behind each character whose width is
//! not certain, the cursor is put where the editor expects it.
//!
//! A terminal that gets narrower wraps its rows anew, which the editor does not know of,
//! either: the rows that came of it are cleared here.

use std::fmt::Write as _;

use rustyline::GraphemeClusterMode;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::sanitize::whole;

#[cfg(test)]
mod tests;

/// How far apart the editor's tab stops are.
pub(super) const TAB: u8 = 8;

/// Switches off, and on, that a terminal begins a row by itself.
const NO_WRAP: &str = "\x1b[?7l";
pub(super) const WRAP: &str = "\x1b[?7h";

/// Begins a row.
const NEW_ROW: &str = "\r\n";

/// Clears the rest of the screen.
const CLEAR_REST: &str = "\x1b[J";

/// What drawing needs to know of the terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) columns: u16,
    /// How the editor calculates widths.
    pub(super) widths: GraphemeClusterMode,
    /// Whether the terminal wraps its rows anew if it gets narrower.
    pub(super) rewraps: bool,
}

/// The prompt and the line behind it, as they are on the screen.
#[derive(Debug)]
pub(super) struct Draft {
    /// With the columns that the editor calculates with.
    form: Form,
    /// The terminal's columns when the line was drawn. The editor learns of a new size
    /// a little later.
    drawn_at: u16,
    prompt: String,
    line: String,
    /// Where the cursor is in the line, in bytes.
    cursor: usize,
    /// After a new size: how many rows are above those that the editor clears before it
    /// draws again.
    rows_above: Option<u16>,
}

impl Form {
    /// The terminal that this program runs in, as it says itself.
    pub(super) fn of_the_environment(columns: u16) -> Self {
        let is_set = |name| std::env::var_os(name).is_some();
        // xterm and screen cut rows off. In a multiplexer, what is around it does not count.
        let cuts = !is_set("TMUX") && (is_set("XTERM_VERSION") || is_set("STY"));
        Self {
            columns,
            widths: GraphemeClusterMode::from_env(),
            rewraps: !cuts,
        }
    }
}

impl Draft {
    /// Nothing is drawn yet.
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            drawn_at: form.columns,
            prompt: String::new(),
            line: String::new(),
            cursor: 0,
            rows_above: None,
        }
    }

    /// The editor begins a line on a terminal of so many columns.
    pub(super) fn begin(&mut self, columns: u16) {
        *self = Self::new(Form {
            columns,
            ..self.form
        });
    }

    /// The editor is about to show another line or cursor, and calculates with so many
    /// columns. If it draws for a new size, the terminal's columns are asked for. Returns
    /// whether the line has to be drawn here: if not, the editor writes or erases single
    /// characters by itself.
    pub(super) fn change(
        &mut self,
        line: &str,
        cursor: usize,
        columns: u16,
        terminal: impl FnOnce() -> u16,
    ) -> bool {
        self.rows_above = None;
        self.drawn_at = if columns == self.form.columns || self.is_in_one_row_of(columns) {
            columns
        } else {
            let now = terminal();
            self.rows_above = Some(self.rows_unknown_at(now));
            now
        };
        self.form.columns = columns;
        line.clone_into(&mut self.line);
        self.cursor = cursor;
        !is_certain(line)
    }

    /// What to write for the prompt. The cursor is at the beginning of the first row that
    /// the editor knows of.
    pub(super) fn draw_prompt(&mut self, prompt: &str, columns: u16) -> String {
        self.drawn_at = columns;
        prompt.clone_into(&mut self.prompt);
        let mut pen = Pen::new(self.form);
        pen.draw(prompt, prompt.len());
        let drawn = pen.out(columns);
        match self.rows_above.take() {
            None => drawn,
            // The terminal takes no count of 0.
            Some(0) => format!("{CLEAR_REST}{drawn}"),
            Some(rows) => format!("\x1b[{rows}A{CLEAR_REST}{drawn}"),
        }
    }

    /// What to write for the line, behind the prompt.
    pub(super) fn draw_line(&mut self, line: &str, cursor: usize) -> String {
        line.clone_into(&mut self.line);
        self.cursor = cursor;
        let mut pen = self.behind_prompt();
        pen.out.clear();
        pen.draw(line, cursor);
        if pen.column == 0 && !line.ends_with('\n') {
            // Nothing in the last row is as wide as a column. The editor takes the row before
            // for a full one, and begins the last one itself.
            let end = pen.out.rfind(NEW_ROW).unwrap_or(pen.out.len());
            pen.out.truncate(end);
        }
        pen.out(self.drawn_at)
    }

    /// How many rows the prompt and the line take when the line is entered, with the row
    /// that the cursor is on behind a full one.
    pub(super) fn rows(&self, prompt: &str, line: &str) -> u16 {
        let mut pen = Pen::new(self.form);
        pen.draw(prompt, prompt.len());
        pen.draw(line, line.len());
        let behind = u16::from(pen.column == self.form.columns);
        pen.row().saturating_add(1 + behind)
    }

    /// A pen that has drawn the prompt.
    fn behind_prompt(&self) -> Pen {
        let mut pen = Pen::new(self.form);
        pen.draw(&self.prompt, self.prompt.len());
        pen
    }

    /// Whether the draft is one row, and one also with so many columns: then the editor does
    /// not draw it again for a new size.
    fn is_in_one_row_of(&self, columns: u16) -> bool {
        let mut pen = self.behind_prompt();
        pen.draw(&self.line, self.cursor);
        let end = pen.column;
        pen.row() == 0 && end < columns && end < self.form.columns
    }

    /// How many rows there are above the cursor that the editor does not know of, now that
    /// the terminal has so many columns.
    fn rows_unknown_at(&self, columns: u16) -> u16 {
        if !self.form.rewraps || columns >= self.drawn_at {
            return 0;
        }
        let mut pen = self.behind_prompt();
        let (before, behind) = self.line.split_at(self.cursor);
        pen.end_part(!before.is_empty());
        pen.put_all(before);
        pen.end_part(true);
        let (row, column) = (pen.row(), pen.column);
        pen.put_all(behind);
        let wrapped = |cells: &Cells| cells.wrapped(self.drawn_at, columns, u16::MAX);
        let above: u16 = pen.rows[..usize::from(row)].iter().map(wrapped).sum();
        let to_cursor = pen.rows[usize::from(row)].wrapped(self.drawn_at, columns, column);
        (above + to_cursor - 1).saturating_sub(row)
    }
}

/// Draws text to where the editor calculates it to be.
struct Pen {
    form: Form,
    /// The next column of the last row.
    column: u16,
    rows: Vec<Cells>,
    out: String,
    /// Whether the editor's own way of drawing would come to the same.
    is_plain: bool,
}

impl Pen {
    fn new(form: Form) -> Self {
        Self {
            form,
            column: 0,
            rows: vec![Cells::default()],
            out: String::new(),
            is_plain: true,
        }
    }

    /// The last row.
    fn row(&self) -> u16 {
        u16::try_from(self.rows.len() - 1).unwrap_or(u16::MAX)
    }

    /// Draws text with the cursor at `cursor` bytes of it. The editor calculates the parts
    /// before it and behind it by themselves.
    fn draw(&mut self, text: &str, cursor: usize) {
        let (before, behind) = text.split_at(cursor);
        self.end_part(!before.is_empty());
        self.put_all(before);
        self.end_part(!behind.is_empty());
        self.put_all(behind);
    }

    /// For the editor, a part that fills its row ends in the next one. If nothing follows,
    /// it goes there by itself.
    fn end_part(&mut self, more: bool) {
        if more && self.column == self.form.columns {
            self.begin_row();
        }
    }

    fn put_all(&mut self, text: &str) {
        for grapheme in text.graphemes(true) {
            self.put(grapheme);
        }
    }

    fn put(&mut self, grapheme: &str) {
        if grapheme == "\n" {
            return self.begin_row();
        }
        let is_tab = grapheme == "\t";
        let width = if is_tab {
            let stop = u16::from(TAB);
            stop - self.column % stop
        } else {
            self.form.widths.width(grapheme)
        };
        if self.column.saturating_add(width) > self.form.columns {
            self.begin_row();
        }
        self.column = self.column.saturating_add(width);
        if let Some(cells) = self.rows.last_mut() {
            cells.put(width, is_tab);
        }
        if is_certain(grapheme) {
            self.out.push_str(grapheme);
            return;
        }
        self.is_plain = false;
        if is_tab {
            self.out.extend(std::iter::repeat_n(' ', width.into()));
            return;
        }
        // For the editor, all other controls have no width.
        let shown = whole(grapheme).chars().filter(|c| !c.is_control());
        self.out.extend(shown);
        if self.column < self.form.columns {
            let _ = write!(self.out, "\x1b[{}G", self.column + 1);
        }
    }

    fn begin_row(&mut self) {
        self.is_plain = false;
        self.out.push_str(NEW_ROW);
        self.rows.push(Cells::default());
        self.column = 0;
    }

    /// What to write on a terminal of so many columns.
    fn out(self, columns: u16) -> String {
        if self.is_plain && self.column <= columns {
            self.out
        } else {
            format!("{NO_WRAP}{}{WRAP}", self.out)
        }
    }
}

/// The cells of a row that are in use, by their widths.
#[derive(Debug, Default)]
struct Cells {
    widths: Vec<u16>,
    /// Columns behind them that were left out.
    gap: usize,
}

impl Cells {
    fn put(&mut self, width: u16, is_blank: bool) {
        if width == 0 {
            return;
        }
        self.widths.extend(std::iter::repeat_n(1, self.gap));
        self.gap = 0;
        if is_blank {
            self.widths.extend(std::iter::repeat_n(1, width.into()));
        } else {
            // A terminal that draws less of an emoji leaves the rest empty.
            self.widths.push(width.min(2));
            self.gap = width.saturating_sub(2).into();
        }
    }

    /// How many rows a row of `from` columns becomes up to the column of the cursor, if it
    /// is wrapped to `to` columns.
    fn wrapped(&self, from: u16, to: u16, cursor: u16) -> u16 {
        let (mut rows, mut column, mut passed) = (1, 0, 0);
        for &width in &self.widths {
            if passed + width > from || passed > cursor {
                break;
            }
            passed += width;
            column += width;
            if column > to {
                rows += 1;
                column = width;
            }
        }
        rows
    }
}

/// Whether every terminal draws this text as wide as it is long.
fn is_certain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
