//! The handlers of the API, a file for each kind of thing. They translate, and call `shared`.

pub(crate) mod audit;
pub(crate) mod clients;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod held;
pub(crate) mod history;
pub(crate) mod lines;
pub(crate) mod log;
pub(crate) mod me;
pub(crate) mod members;
pub(crate) mod metrics;
pub(crate) mod moves;
pub(crate) mod proximity;
pub(crate) mod reports;
pub(crate) mod roles;
pub(crate) mod rooms;
pub(crate) mod sanctions;
pub(crate) mod says;
pub(crate) mod search;
pub(crate) mod settings;
pub(crate) mod user_data;
pub(crate) mod users;
