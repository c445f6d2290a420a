//! When the user comes to the page, leaves it and comes back, and when the network does: which
//! session goes on, and whether the connection is still of use.

use std::rc::Rc;

use guildhall_client::session::State;
use web_sys::{Event, PageTransitionEvent};

use super::Page;
use crate::page::elements::on;
use crate::page::memory;

impl Page {
    /// Listens to the browser.
    pub(super) fn listen_to_visits(self: &Rc<Self>) {
        let (document, window) = (&self.elements.document, &self.elements.window);
        let back = Rc::clone(self);
        on(document, "visibilitychange", move |_: Event| {
            back.mark_read();
            if !back.elements.document.hidden() {
                back.client.wake();
            }
        });
        for (event, is_there) in [("offline", false), ("online", true)] {
            let page = Rc::clone(self);
            on(window, event, move |_: Event| {
                (page.status).set_network(is_there, &page.client.session());
            });
        }
        // A clean close: the server frees the name at once, for the next page.
        let leaving = Rc::clone(self);
        on(window, "pagehide", move |_: Event| {
            // Of a session that is closed already, another tab may have the claim.
            if leaving.client.session().claim().is_some() && !leaving.is_closed() {
                leaving.memory.forget_claim(&leaving.server);
            }
            leaving.client.close();
        });
        let returning = Rc::clone(self);
        on(window, "pageshow", move |event: PageTransitionEvent| {
            if event.persisted() {
                returning.begin();
            }
        });
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self.client.session().state(), State::Closed { .. })
    }

    /// Connects. If a session is left, it goes on, unless another tab has it: then the user
    /// is asked.
    pub(super) fn begin(self: &Rc<Self>) {
        let Some(claim) = self.memory.claim(&self.server) else {
            return self.client.connect();
        };
        let page = Rc::clone(self);
        self.other_tabs
            .ask(&memory::secret(&claim.token), move |is_there| {
                if is_there {
                    page.tab_dialog.open();
                } else {
                    page.go_on();
                }
            });
    }

    /// Connects, and goes on with the session that is left, whichever tab has it.
    pub(super) fn go_on(&self) {
        if let Some(claim) = self.memory.claim(&self.server) {
            self.client.with_session(|session| session.resume(claim));
        }
        // The other tab may have given the user another name.
        if !self.has_tokens {
            let _ = self.wish_for(&self.memory.name().unwrap_or_default());
        }
        self.client.connect();
    }

    /// Keeps what goes on with the session, in another tab or after a crash.
    pub(super) fn keep_claim(&self) {
        if let Some(claim) = self.client.session().claim() {
            self.memory.keep_claim(&self.server, &claim);
        }
    }
}
