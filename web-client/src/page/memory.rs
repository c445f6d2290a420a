//! What the browser remembers for this page until the next visit. A browser
//! that remembers nothing is no reason not to chat.

use web_sys::{Storage, Window};

const NAME: &str = "guildhall.name";
const LANGUAGE: &str = "guildhall.language";
const ROOMS: &str = "guildhall.rooms";

/// Between the names of rooms, which have no line ends in them.
const BETWEEN: &str = "\n";

/// The browser's storage for this page, if it has one.
pub(super) struct Memory(Option<Storage>);

impl Memory {
    pub(super) fn new(window: &Window) -> Self {
        Self(window.local_storage().ok().flatten())
    }

    /// The name the user gave; empty where the user did not want to give one;
    /// `None` where nobody asked yet.
    pub(super) fn name(&self) -> Option<String> {
        self.get(NAME)
    }

    pub(super) fn keep_name(&self, name: &str) {
        self.put(NAME, name);
    }

    /// The tag of the language the user chose.
    pub(super) fn language(&self) -> Option<String> {
        self.get(LANGUAGE)
    }

    pub(super) fn keep_language(&self, tag: &str) {
        self.put(LANGUAGE, tag);
    }

    /// The rooms the user was in.
    pub(super) fn rooms(&self) -> Vec<String> {
        let rooms = self.get(ROOMS).unwrap_or_default();
        let rooms = rooms.split(BETWEEN).filter(|room| !room.is_empty());
        rooms.map(String::from).collect()
    }

    pub(super) fn keep_rooms(&self, rooms: &[&str]) {
        self.put(ROOMS, &rooms.join(BETWEEN));
    }

    fn get(&self, key: &str) -> Option<String> {
        self.0.as_ref()?.get_item(key).ok().flatten()
    }

    fn put(&self, key: &str, value: &str) {
        if let Some(storage) = &self.0 {
            // Fails where the user allows no storage or it is full.
            let _ = storage.set_item(key, value);
        }
    }
}
