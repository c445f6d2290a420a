//! The page's own texts in one conversation: each element that has one, and the
//! notice that it shows, so that all of them can be translated when the user
//! chooses another language.

use std::cell::{Cell, RefCell};

use web_sys::Element;

use crate::notice::Notice;

use crate::page::elements::set;
use crate::page::language::localizer::Localizer;

/// Marks an element that has an entry, so that it is not looked for in all of them.
const MARK: &str = "data-localized";

/// With no more entries than this, removed elements are not looked for.
const FEW: usize = 200;

/// The elements, and what each of them shows.
pub(in crate::page) struct LocalizedTexts {
    all: RefCell<Vec<(Element, Notice)>>,
    /// With more entries than this, removed elements are looked for.
    clean_above: Cell<usize>,
}

impl LocalizedTexts {
    pub(in crate::page) fn new() -> Self {
        Self {
            all: RefCell::default(),
            clean_above: Cell::new(FEW),
        }
    }

    /// Shows `notice` in `element`, now and in every language chosen later.
    pub(in crate::page) fn show(&self, localizer: &Localizer, element: &Element, notice: Notice) {
        element.set_text_content(Some(&localizer.words(&notice)));
        let mut all = self.all.borrow_mut();
        if element.has_attribute(MARK) {
            let mut newest = all.iter_mut().rev();
            if let Some((_, shown)) = newest.find(|(known, _)| known == element) {
                *shown = notice;
                return;
            }
        }
        set(element, MARK, "");
        all.push((element.clone(), notice));
    }

    /// Changes the notice that `element` shows, if `change` does so.
    pub(in crate::page) fn change(
        &self,
        localizer: &Localizer,
        element: &Element,
        change: impl FnOnce(&mut Notice) -> bool,
    ) -> bool {
        let mut all = self.all.borrow_mut();
        let known = all.iter_mut().rev().find(|(shown, _)| shown == element);
        let Some((_, notice)) = known else {
            return false;
        };
        let changed = change(notice);
        if changed {
            element.set_text_content(Some(&localizer.words(notice)));
        }
        changed
    }

    /// Writes all texts again, in the language that is chosen now.
    pub(in crate::page) fn translate(&self, localizer: &Localizer) {
        for (element, notice) in &*self.all.borrow() {
            element.set_text_content(Some(&localizer.words(notice)));
        }
    }

    /// Forgets the elements that are no longer in `container`, if there are many.
    pub(in crate::page) fn forget_removed(&self, container: &Element) {
        let mut all = self.all.borrow_mut();
        if all.len() > self.clean_above.get() {
            all.retain(|(element, _)| container.contains(Some(element)));
            self.clean_above.set(FEW + 2 * all.len());
        }
    }
}
