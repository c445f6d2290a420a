//! What the browser stores for the next visit: the name, the rooms, the language, and what
//! resumes the session after a crash. The page also works in a browser that stores nothing.

use std::cell::RefCell;

use guildhall_client::RequestId;
use guildhall_client::session::Claim;
use web_sys::{Storage, Window};

const NAME: &str = "guildhall.name";
const LANGUAGE: &str = "guildhall.language";
const ROOMS: &str = "guildhall.rooms";
const CLAIM: &str = "guildhall.session ";
/// Whether this tab is another user than the browser's other tabs.
const APART: &str = "guildhall.apart";

/// Separates the names of rooms, which contain no line ends.
const BETWEEN: char = '\n';

/// More requests than a page makes. A page that goes on with a session begins to count so far
/// behind the last page: no two requests of a session may have one ID.
const REQUESTS_OF_A_PAGE: u64 = 1 << 32;

/// The browser's storage for this page, if it has one: that of all tabs, or that of this tab
/// alone, if its user is another one.
pub(super) struct Memory {
    of_tab: Option<Storage>,
    chosen: RefCell<Option<Storage>>,
}

impl Memory {
    pub(super) fn new(window: &Window) -> Self {
        let of_tab = window.session_storage().ok().flatten();
        let is_apart = of_tab.as_ref().is_some_and(|it| get(it, APART).is_some());
        let of_all = window.local_storage().ok().flatten();
        let chosen = if is_apart { of_tab.clone() } else { of_all };
        Self {
            of_tab,
            chosen: RefCell::new(chosen),
        }
    }

    /// From now on this tab is another user than the other tabs.
    pub(super) fn be_apart(&self) {
        let language = self.language();
        self.chosen.replace(self.of_tab.clone());
        self.put(APART, "");
        if let Some(language) = language {
            self.keep_language(&language);
        }
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
        let mut all = String::new();
        for room in rooms {
            all.push_str(room);
            all.push(BETWEEN);
        }
        self.put(ROOMS, &all);
    }

    /// What goes on with the session at this server that a tab has, or had when it crashed.
    pub(super) fn claim(&self, server: &str) -> Option<Claim> {
        parse(&self.get(&[CLAIM, server].concat())?)
    }

    pub(super) fn keep_claim(&self, server: &str, claim: &Claim) {
        self.put(&[CLAIM, server].concat(), &format(claim));
    }

    /// The session at this server has ended.
    pub(super) fn forget_claim(&self, server: &str) {
        if let Some(storage) = &*self.chosen.borrow() {
            let _ = storage.remove_item(&[CLAIM, server].concat());
        }
    }

    fn get(&self, key: &str) -> Option<String> {
        get(self.chosen.borrow().as_ref()?, key)
    }

    fn put(&self, key: &str, value: &str) {
        if let Some(storage) = &*self.chosen.borrow() {
            // Fails if the user forbids storage or it is full.
            let _ = storage.set_item(key, value);
        }
    }
}

fn get(storage: &Storage, key: &str) -> Option<String> {
    storage.get_item(key).ok().flatten()
}

/// A secret as text: a character for each byte.
pub(super) fn secret(token: &[u8]) -> String {
    token.iter().map(|byte| char::from(*byte)).collect()
}

fn format(claim: &Claim) -> String {
    let (last, whisper) = (
        claim.last_request.0.to_string(),
        claim.whisper_seq.to_string(),
    );
    [&last, " ", &whisper, " ", &secret(&claim.token)].concat()
}

fn parse(text: &str) -> Option<Claim> {
    let (last, rest) = text.split_once(' ')?;
    let (whisper, secret) = rest.split_once(' ')?;
    let mut token = Vec::new();
    for character in secret.chars() {
        token.push(u8::try_from(character).ok()?);
    }
    let last: u64 = last.parse().ok()?;
    Some(Claim {
        token,
        last_request: RequestId(last.checked_add(REQUESTS_OF_A_PAGE)?),
        whisper_seq: whisper.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_read_as_it_was_written_and_counts_on() {
        let claim = Claim {
            token: vec![0, 15, 16, 255],
            last_request: RequestId(7),
            whisper_seq: u64::MAX,
        };
        assert_eq!(format(&claim), "7 18446744073709551615 \0\u{f}\u{10}\u{ff}");
        let read = parse(&format(&claim)).unwrap();
        assert_eq!(read.last_request, RequestId(7 + (1 << 32)));
        assert_eq!((read.token, read.whisper_seq), (claim.token, u64::MAX));
    }

    #[test]
    fn what_is_no_claim_is_none() {
        for text in [
            "",
            "1",
            "1 2",
            "x 2 a",
            "1 x a",
            "1 2 \u{100}",
            "18446744073709551615 2 a",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
