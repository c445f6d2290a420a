//! The page's own words in one conversation: with each element that has some, what
//! it says, so that it can be said again when the user chooses another language.

use std::cell::{Cell, RefCell};

use web_sys::Element;

use crate::remark::Remark;

use super::voice::Voice;

/// How many there are before anybody looks which of them are gone.
const FEW: usize = 200;

/// What was said where.
pub(super) struct Spoken {
    all: RefCell<Vec<(Element, Remark)>>,
    /// With more than these, it is time to look again.
    room: Cell<usize>,
}

impl Spoken {
    pub(super) fn new() -> Self {
        Self {
            all: RefCell::default(),
            room: Cell::new(FEW),
        }
    }

    /// Says it in `element`, now and in every language that follows.
    pub(super) fn say(&self, voice: &Voice, element: &Element, remark: Remark) {
        element.set_text_content(Some(&voice.words(&remark)));
        self.all.borrow_mut().push((element.clone(), remark));
    }

    /// Says all of it in the language that is spoken now.
    pub(super) fn say_again(&self, voice: &Voice) {
        for (element, remark) in &*self.all.borrow() {
            element.set_text_content(Some(&voice.words(remark)));
        }
    }

    /// Forgets, where there are many, what is in `place` no longer.
    pub(super) fn forget_gone(&self, place: &Element) {
        let mut all = self.all.borrow_mut();
        if all.len() > self.room.get() {
            all.retain(|(element, _)| place.contains(Some(element)));
            self.room.set(FEW + 2 * all.len());
        }
    }
}
