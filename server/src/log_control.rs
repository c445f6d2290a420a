//! The log, as an operator changes it while the server runs. Whoever starts a server brings the
//! log itself.

use std::fmt;

/// A log whose filter can be changed.
pub trait LogControl: fmt::Debug + Send + Sync {
    /// The filter that it has now.
    fn filter(&self) -> String;

    /// Whether a text is a filter.
    ///
    /// # Errors
    ///
    /// A sentence that says why it is none.
    fn check(&self, filter: &str) -> Result<(), String>;

    /// Logs what this filter lets through from now on.
    ///
    /// # Errors
    ///
    /// A sentence that says why this is no filter.
    fn set_filter(&self, filter: &str) -> Result<(), String>;
}
