//! The settings in force as the operator has written them, each with the place that it is from.
//! Whoever starts a server fills them in, and the API shows them. No secret is among them.

/// The settings in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShownSettings {
    /// The settings file, if there is one.
    pub file: Option<String>,
    /// Each setting, in the order in which an operator reads them.
    pub settings: Vec<ShownSetting>,
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSetting {
    /// Its key in a settings file, such as `rates.say`.
    pub name: String,
    /// Its value as a settings file would have it, without secrets. Empty: it is not set.
    pub value: String,
    /// The place that the value is from.
    pub origin: SettingOrigin,
    /// Whether another value is taken over while the server runs.
    pub is_reloaded: bool,
}

/// A place that the value of a setting is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingOrigin {
    /// Nobody has set it.
    Default,
    /// This line of the settings file.
    File(usize),
    /// The environment variable of this name.
    Variable(String),
    /// This flag.
    Flag(String),
}
