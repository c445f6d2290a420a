//! The catalogues of texts for users: one Fluent file per language, of which the
//! English one says which messages there are and what their arguments are.
//!
//! - [`Catalogues`] reads and checks them.
//! - [`rust`] writes them as Rust, for `guildhall-client`. `xtask` writes the GDScript.
//! - [`reserved`] writes the words that nobody gets as a name, for the server.
//!
//! `cargo xtask texts` runs this. No client reads a catalogue, and no build needs one:
//! what is generated is committed.

mod catalogues;
mod check;
mod file;
mod pattern;
mod plural;
pub mod reserved;
pub mod rust;

pub use catalogues::{Catalogues, Entry, Error, Language};
pub use pattern::{Argument, Part, Pattern, Text};
pub use plural::{Category, Condition, PluralRules};
