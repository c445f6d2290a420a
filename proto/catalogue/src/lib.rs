//! The catalogues of texts for users: one Fluent file per language, of which the
//! English one says which messages there are and what their arguments are.
//!
//! - [`Catalogues`] reads and checks them.
//! - [`rust`] writes them as Rust, for `guildhall-client`'s build script. The
//!   GDScript is written by `cargo xtask gdscript`.
//!
//! This runs when Guildhall is built. No client reads a catalogue when it runs.

mod catalogues;
mod check;
mod file;
mod pattern;
mod plural;
pub mod rust;

pub use catalogues::{Catalogues, Entry, Error, Language};
pub use pattern::{Argument, Part, Pattern, Text};
pub use plural::{Category, Condition, PluralRules};
