//! What the browser stores for the next visit: the name, the rooms and the language.
//! The page also works in a browser that stores nothing.

use web_sys::{Storage, Window};

const NAME: &str = "guildhall.name";
const LANGUAGE: &str = "guildhall.language";
const ROOMS: &str = "guildhall.rooms";

/// Separates the names of rooms, which contain no line ends.
const BETWEEN: &str = "\n";

/// The browser's storage for this page, if it has one.
pub(super) struct Memory(Option<Storage>);

impl Memory {
    pub(super) fn new(window: &Window) -> Self {
        Self(window.local_storage().ok().flatten())
    }

    /// The user's name; empty if the user skipped the question; `None` if the page has
    /// not asked yet.
    pub(super) fn name(&self) -> Option<String> {
        self.get(NAME)
    }

    pub(super) fn keep_name(&self, name: &str) {
        self.put(NAME, name);
    }

    /// The tag of the language that the user chose.
    pub(super) fn language(&self) -> Option<String> {
        self.get(LANGUAGE)
    }

    pub(super) fn keep_language(&self, tag: &str) {
        self.put(LANGUAGE, tag);
    }

    /// The rooms that the user was in.
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
            // Fails if the user forbids storage or it is full.
            let _ = storage.set_item(key, value);
        }
    }
}
