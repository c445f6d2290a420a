//! The settings of the room that is shown: its topic above the log, its rules above the textbox,
//! and for how long the user has to wait in slow mode. A sanction for which the user can say
//! nothing takes the place of the rules: why, until when, and where to appeal.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use guildhall_client::session::RoomView;
use guildhall_client::texts;
use guildhall_protocol::{Sanction, SanctionKind};
use web_sys::HtmlElement;

use crate::client::Client;
use crate::page::elements::{Elements, set, set_text};
use crate::page::language::localizer::Localizer;
use crate::timer::Timer;

/// The rest of a sanction is counted down if it is no more than this; otherwise the page shows
/// at what time it ends.
const NEAR_MILLIS: u32 = 90 * 60_000;

/// A time that is counted down in minutes is looked at again after this.
const MINUTES_TICK: u32 = 15_000;

/// The rest is counted down in seconds from here on.
const SECONDS_MILLIS: u32 = 90_000;

/// Why the user can say nothing in a room, or has left it.
#[derive(Default)]
pub(super) struct Hold {
    /// The mute, or the sanction for which the user is not in the room any more.
    pub(super) sanction: Option<Sanction>,
    /// When it ends, in the session's milliseconds; `None`: it has no end.
    pub(super) ends_at: Option<u64>,
    /// Why the user is not in the room, if it is not for a sanction.
    pub(super) removed: Option<String>,
    /// Whether the user may join the room again.
    pub(super) may_come_back: bool,
}

/// Shows how to appeal, as a link if it is an address.
pub(super) fn show_appeal(link: &HtmlElement, localizer: &Localizer, appeal: &str) {
    link.set_hidden(appeal.is_empty());
    if appeal.starts_with("https://") {
        set(link, "href", appeal);
    } else {
        // Fails only for an invalid name.
        let _ = link.remove_attribute("href");
    }
    let words = texts::sanction_appeal(localizer.language(), appeal);
    set_text(link, &words);
}

/// The topic, the rules and the wait.
pub(super) struct RoomRules {
    topic: HtmlElement,
    rules: HtmlElement,
    wait: HtmlElement,
    appeal: HtmlElement,
    join_again: HtmlElement,
    localizer: Rc<Localizer>,
    /// When the user may say something again, or a sanction ends, in the session's milliseconds.
    may_say_at: Cell<u64>,
    /// The time at which a sanction ends, in words; `None`: none holds.
    end: RefCell<Option<String>>,
    tick: RefCell<Option<Timer>>,
}

impl RoomRules {
    /// Shows nothing yet.
    pub(super) fn new(elements: &Elements, localizer: &Rc<Localizer>) -> Rc<Self> {
        Rc::new(Self {
            topic: elements.topic.clone(),
            rules: elements.rules.clone(),
            wait: elements.wait.clone(),
            appeal: elements.appeal.clone(),
            join_again: elements.join_again.clone(),
            localizer: Rc::clone(localizer),
            may_say_at: Cell::default(),
            end: RefCell::default(),
            tick: RefCell::default(),
        })
    }

    /// Shows what holds in this room and against the user.
    pub(super) fn show(self: &Rc<Self>, room: Option<&RoomView>, hold: Hold) {
        let language = self.localizer.language();
        let settings = room.map(|room| &room.settings);
        let topic = settings.map_or("", |settings| settings.topic.as_str());
        set_text(&self.topic, topic);
        self.topic.set_hidden(topic.is_empty());
        // Of what holds against the user, a notice in the log tells aloud.
        let is_held = hold.sanction.is_some() || hold.removed.is_some();
        set(
            &self.rules,
            "aria-live",
            if is_held { "off" } else { "polite" },
        );
        self.join_again.set_hidden(!hold.may_come_back);
        let mut may_say_at = room.map_or(0, |room| room.may_say_at);
        let (mut end, mut appeal) = (None, String::new());
        let rules = match (hold.sanction, hold.removed, settings) {
            (Some(mut sanction), ..) => {
                appeal = core::mem::take(&mut sanction.appeal);
                if sanction.kind() != SanctionKind::Kick {
                    may_say_at = hold.ends_at.unwrap_or(u64::MAX);
                    end = Some(self.localizer.end_of(&sanction));
                }
                let reasons = texts::sanction_reasons(language, &sanction);
                [&texts::sanction_kind(language, &sanction), " ", &*reasons].concat()
            }
            (None, Some(reason), _) => reason,
            (None, None, Some(it)) => texts::room_rules(language, it).join(" "),
            (None, None, None) => String::new(),
        };
        set_text(&self.rules, &rules);
        show_appeal(&self.appeal, &self.localizer, &appeal);
        self.may_say_at.set(may_say_at);
        self.end.replace(end);
        self.count_down();
    }

    /// Shows what is left, and comes back when that has changed.
    fn count_down(self: &Rc<Self>) {
        let millis = Client::millis_until(self.may_say_at.get());
        if millis == 0 {
            set_text(&self.wait, "");
            self.tick.take();
            return;
        }
        let seconds = millis.div_ceil(1_000);
        let mut until_next = millis - (seconds - 1) * 1_000;
        let language = self.localizer.language();
        let words = match &*self.end.borrow() {
            None => texts::slow_mode_wait(language, seconds.into()),
            Some(end) if millis > NEAR_MILLIS => {
                until_next = NEAR_MILLIS;
                end.clone()
            }
            Some(_) => {
                if millis > SECONDS_MILLIS {
                    until_next = MINUTES_TICK;
                }
                texts::ends_in(language, Some(millis.into()))
            }
        };
        set_text(&self.wait, &words);
        let next = Rc::clone(self);
        self.tick
            .replace(Some(Timer::after(until_next, move || next.count_down())));
    }
}
