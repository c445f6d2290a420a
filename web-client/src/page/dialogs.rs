//! The dialogs that ask for the user's name, for a room to join and for what to look for; and the
//! forms about other users and about the room.

mod block_list;
pub(in crate::page) mod form_dialog;
pub(in crate::page) mod join_dialog;
pub(in crate::page) mod name_dialog;
pub(in crate::page) mod search_dialog;
pub(in crate::page) mod tab_dialog;

use web_sys::{HtmlDialogElement, HtmlElement, HtmlInputElement};

use crate::page::elements::focus;

/// The answer in `field` did not do, as these words tell: the dialog shows them in `hint` and
/// waits for another. Returns false if it is not open.
fn ask_again(
    dialog: &HtmlDialogElement,
    hint: &HtmlElement,
    field: &HtmlInputElement,
    words: &str,
) -> bool {
    let is_open = dialog.open();
    if is_open {
        hint.set_text_content(Some(words));
        focus(field);
        field.select();
    }
    is_open
}
