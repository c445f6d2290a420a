//! The progress of a run: a bar on a terminal, elsewhere a line every few seconds.

use std::io::{IsTerminal as _, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::complain;

/// How often a line is printed if there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// One stage of a run.
pub(super) struct Progress {
    what: &'static str,
    total: u64,
    bar: Option<ProgressBar>,
    line_at: Instant,
}

impl Progress {
    /// A stage that ends at `total`.
    pub(super) fn new(what: &'static str, total: u64) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let style =
                ProgressStyle::with_template("{prefix:>10} {wide_bar} {percent:>3} % {msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
            let target = ProgressDrawTarget::stderr_with_hz(10);
            ProgressBar::with_draw_target(Some(total), target)
                .with_style(style)
                .with_prefix(what)
        });
        Self {
            what,
            total,
            bar,
            line_at: Instant::now() + LINE_EVERY,
        }
    }

    /// Shows `done` of the total, and words about it.
    pub(super) fn at(&mut self, done: u64, words: impl FnOnce() -> String) {
        match &self.bar {
            Some(bar) if bar.position() != done => {
                bar.set_position(done);
                bar.set_message(words());
            }
            None if Instant::now() >= self.line_at => {
                self.line_at += LINE_EVERY;
                complain(format_args!(
                    "{} {}/{} {}",
                    self.what,
                    done,
                    self.total,
                    words()
                ));
            }
            Some(_) | None => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
