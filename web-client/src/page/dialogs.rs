//! The dialogs that ask for the user's name and for a room to join.

pub(in crate::page) mod join_dialog;
pub(in crate::page) mod name_dialog;
pub(in crate::page) mod tab_dialog;
