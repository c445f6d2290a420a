//! The page's own words in one conversation: with each element that has some, what
//! it says, so that it can be said again when the user chooses another language.

use std::cell::{Cell, RefCell};

use web_sys::Element;

use crate::notice::Notice;

use super::localizer::Localizer;

/// How many there are before anybody looks which of them are gone.
const FEW: usize = 200;

/// What was said where.
pub(super) struct LocalizedTexts {
    all: RefCell<Vec<(Element, Notice)>>,
    /// With more than these, it is time to look again.
    room: Cell<usize>,
}

impl LocalizedTexts {
    pub(super) fn new() -> Self {
        Self {
            all: RefCell::default(),
            room: Cell::new(FEW),
        }
    }

    /// Says it in `element`, now and in every language that follows.
    pub(super) fn say(&self, localizer: &Localizer, element: &Element, notice: Notice) {
        element.set_text_content(Some(&localizer.words(&notice)));
        self.all.borrow_mut().push((element.clone(), notice));
    }

    /// Says all of it in the language that is spoken now.
    pub(super) fn say_again(&self, localizer: &Localizer) {
        for (element, notice) in &*self.all.borrow() {
            element.set_text_content(Some(&localizer.words(notice)));
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
