//! Something that is off or on, as flags and settings files say it.

use clap::ValueEnum;

/// Something that is off or on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Switch {
    /// It is not so.
    #[default]
    Off,
    /// It is so.
    On,
}
