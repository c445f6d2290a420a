//! The text of a script while it is written: lines at a depth of indentation,
//! and documentation comments.

/// Lines of GDScript.
#[derive(Debug, Default)]
pub(crate) struct Script {
    text: String,
    depth: usize,
}

impl Script {
    /// Adds lines at the present depth. Tabs in front of a line go deeper.
    pub(crate) fn add(&mut self, lines: &str) {
        for line in lines.lines() {
            if !line.is_empty() {
                self.text.extend(std::iter::repeat_n('\t', self.depth));
                self.text.push_str(line);
            }
            self.text.push('\n');
        }
    }

    /// Adds an empty line.
    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Adds the schema's comment as documentation; nothing where there is none.
    pub(crate) fn document(&mut self, comment: &[String]) {
        for line in comment {
            self.add(format!("## {line}").trim_end());
        }
    }

    /// What `body` adds is one level deeper.
    pub(crate) fn indented(&mut self, body: impl FnOnce(&mut Self)) {
        self.depth += 1;
        body(self);
        self.depth -= 1;
    }

    /// The whole text.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}
