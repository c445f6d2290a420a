//! The dialog that is shown if another tab of this browser has the session: the user goes on
//! here, or is somebody else in this tab.

use std::rc::Rc;

use web_sys::{Event, HtmlDialogElement};

use crate::page::elements::{Elements, on};
use crate::page::user_action::{Dispatch, UserAction};

/// The dialog.
pub(in crate::page) struct TabDialog(HtmlDialogElement);

impl TabDialog {
    /// Creates the dialog, closed, which listens to the user.
    pub(in crate::page) fn start(elements: &Elements, dispatch: &Dispatch) -> Self {
        let dialog = elements.tab_dialog.clone();
        // There is nothing to see behind it before the user has chosen.
        on(&dialog, "cancel", |event: Event| event.prevent_default());
        let (closing, chosen) = (dialog.clone(), Rc::clone(dispatch));
        on(&elements.go_on_here, "click", move |_: Event| {
            closing.close();
            chosen(UserAction::GoOnHere);
        });
        let (closing, chosen) = (dialog.clone(), Rc::clone(dispatch));
        on(&elements.be_another, "click", move |_: Event| {
            closing.close();
            chosen(UserAction::BeAnother);
        });
        Self(dialog)
    }

    /// Opens the dialog.
    pub(in crate::page) fn open(&self) {
        if !self.0.open() {
            // Fails only for a dialog that is open already or not in a document.
            let _ = self.0.show_modal();
        }
    }
}
