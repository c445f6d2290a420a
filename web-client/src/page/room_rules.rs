//! What holds in the room that is shown: its topic above the log, its rules above the textbox,
//! and for how long the user has to wait in slow mode.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use guildhall_client::session::RoomView;
use guildhall_client::texts;
use web_sys::HtmlElement;

use crate::client::Client;
use crate::page::elements::{Elements, set};
use crate::page::language::localizer::Localizer;
use crate::timer::Timer;

/// The topic, the rules and the wait.
pub(super) struct RoomRules {
    topic: HtmlElement,
    rules: HtmlElement,
    wait: HtmlElement,
    localizer: Rc<Localizer>,
    /// When the user may say something again, in the session's milliseconds.
    may_say_at: Cell<u64>,
    tick: RefCell<Option<Timer>>,
}

impl RoomRules {
    /// Shows nothing yet.
    pub(super) fn new(elements: &Elements, localizer: &Rc<Localizer>) -> Rc<Self> {
        Rc::new(Self {
            topic: elements.topic.clone(),
            rules: elements.rules.clone(),
            wait: elements.wait.clone(),
            localizer: Rc::clone(localizer),
            may_say_at: Cell::default(),
            tick: RefCell::default(),
        })
    }

    /// Shows what holds in this room, or that the user is in it no more, for this reason.
    pub(super) fn show(self: &Rc<Self>, room: Option<&RoomView>, removed: Option<&str>) {
        let settings = room.map(|room| &room.settings);
        let topic = settings.map_or("", |settings| settings.topic.as_str());
        write(&self.topic, topic);
        self.topic.set_hidden(topic.is_empty());
        let rules = match (removed, settings) {
            (Some(reason), _) => reason.into(),
            (None, Some(it)) => texts::room_rules(self.localizer.language(), it).join(" "),
            (None, None) => String::new(),
        };
        // Of a room that the user is in no more, a notice in the log tells aloud.
        let live = if removed.is_some() { "off" } else { "polite" };
        set(&self.rules, "aria-live", live);
        write(&self.rules, &rules);
        self.may_say_at.set(room.map_or(0, |room| room.may_say_at));
        self.count_down();
    }

    /// Shows the seconds that are left, and comes back for the next one.
    fn count_down(self: &Rc<Self>) {
        let millis = Client::millis_until(self.may_say_at.get());
        if millis == 0 {
            write(&self.wait, "");
            self.tick.take();
            return;
        }
        let seconds = millis.div_ceil(1_000);
        let language = self.localizer.language();
        write(&self.wait, &texts::slow_mode_wait(language, seconds.into()));
        let next = Rc::clone(self);
        let until_next = millis - (seconds - 1) * 1_000;
        self.tick
            .replace(Some(Timer::after(until_next, move || next.count_down())));
    }
}

/// Writes a text, unless it is there: a screen reader tells what changes.
fn write(element: &HtmlElement, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}
