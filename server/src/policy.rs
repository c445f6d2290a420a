//! The operator's rules for rooms, and the rights that a user has from its token. Together
//! they say who may do what in which room. Asked in one place before a request is accepted;
//! after that nothing is refused.
//!
//! Pure values: no I/O, no lock and no clock.

mod access;
mod changed;
mod pattern;
mod rank;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::accounts::{Cap, Right};
use crate::names;

use self::changed::ChangedRule;

pub use access::Access;
pub(crate) use changed::{BadSettings, ChangedSettings, MOST_CHANGED};
pub use pattern::{InvalidPattern, Pattern};
pub(crate) use rank::{GivenRole, Rank};

/// An action of a user in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// To join it.
    Join,
    /// To say something in it.
    Say,
    /// To read what was said before.
    History,
    /// To see who is in it.
    Members,
    /// To find it in the list of rooms.
    Find,
}

/// The users that may do something in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Who {
    /// Everybody, guests included.
    #[default]
    Everyone,
    /// Users with an account, and nobody without.
    Users,
    /// Users whose token allows it in this room.
    Caps,
    /// Nobody, whatever a token says.
    Nobody,
}

/// The rule of the rooms whose names match a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The rooms.
    pub pattern: Pattern,
    /// The users that may join them.
    pub join: Who,
    /// The users that may say something.
    pub say: Who,
    /// The users that may read what was said before.
    pub history: Who,
    /// The users that may see the members.
    pub members: Who,
    /// The users that find the rooms in the list.
    pub find: Who,
    /// The room's purpose, as its members read it.
    pub topic: String,
    /// How long a member has to wait between two messages; zero: not at all. Those who may
    /// moderate do not wait.
    pub slow_mode: Duration,
    /// The most members; `None`: as many as the server takes.
    pub max_members: Option<usize>,
    /// The longest text, in bytes; `None`: as long as anywhere.
    pub text_bytes: Option<usize>,
    /// Whether only those who may moderate may say something, of those that `say` names.
    pub announce_only: bool,
    /// Which lines the rooms keep.
    pub keep: Keep,
    /// The most lines that a member gets when it joins; `None`: as many as anywhere.
    pub replay: Option<usize>,
}

/// Which lines a room keeps. `None`: as anywhere, and without a limit on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// The most lines.
    pub lines: Option<usize>,
    /// How long a line is kept.
    pub age: Option<Duration>,
    /// Whether lines are kept on the disk, too, for a room that is durable. `None`: if the server
    /// keeps anything there.
    pub durable: Option<bool>,
}

impl Keep {
    /// No lines.
    pub const NONE: Self = Self {
        lines: Some(0),
        age: None,
        durable: None,
    };

    /// Whether no lines are kept.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.lines == Some(0) || self.age == Some(Duration::ZERO)
    }

    /// Whether the lines are kept on the disk, if the server keeps anything there.
    #[must_use]
    pub fn is_durable(self) -> bool {
        self.durable != Some(false) && !self.is_none()
    }
}

/// The rules of all rooms. The first that matches a room's name holds for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    listed: Vec<Arc<Rule>>,
    /// For the rooms that no rule matches.
    open: Arc<Rule>,
    /// For the rooms whose settings were changed while the server runs.
    changed: HashMap<Arc<str>, ChangedRule>,
}

/// The rights of one user that not everybody has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    level: Level,
    grants: Arc<[Grant]>,
    /// The rooms that the game has put the user into: it may be there, whatever their rules say.
    invited: Arc<[Arc<str>]>,
}

/// How a user is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Level {
    /// A guest that may only read.
    Reader,
    /// A guest.
    #[default]
    Guest,
    /// A user with an account.
    User,
}

/// Rights in the rooms of some patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Grant {
    rooms: Vec<Pattern>,
    allow: Vec<Right>,
    /// Whether it is a role that was given at run time, and is in no token.
    is_given: bool,
}

impl Rules {
    /// These rules, the first of which counts first.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self {
            listed: rules.into_iter().map(Arc::new).collect(),
            open: Arc::new(Rule::open(Pattern::ANY)),
            changed: HashMap::new(),
        }
    }

    /// These rules in place of `before`: a rule that stays the same is shared with it, so that
    /// [`Arc::ptr_eq`] tells for which rooms something changes. What was changed while the server
    /// runs stays changed.
    #[must_use]
    pub fn in_place_of(mut self, before: &Self) -> Self {
        for rule in &mut self.listed {
            if let Some(same) = before.listed.iter().find(|same| *same == rule) {
                *rule = Arc::clone(same);
            }
        }
        self.open = Arc::clone(&before.open);
        self.keep_changed(before);
        self
    }

    /// The rule for the room with this name, as the server writes it. A rule also counts for
    /// the names that only look like those that it matches, so that nobody opens an imitation
    /// of a room to which another rule applies.
    #[must_use]
    pub fn of(&self, room: &str) -> &Arc<Rule> {
        if !self.changed.is_empty()
            && let Some(changed) = self.changed.get(room)
        {
            return changed.rule();
        }
        self.of_file(room)
    }

    /// The same without what was changed while the server runs.
    fn of_file(&self, room: &str) -> &Arc<Rule> {
        if self.listed.is_empty() {
            return &self.open;
        }
        let look = names::room_look(room);
        let mut rules = self.listed.iter();
        let matches =
            |rule: &&Arc<Rule>| rule.pattern.matches(room) || rule.pattern.resembles(&look);
        rules.find(matches).unwrap_or(&self.open)
    }

    /// The rules, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.listed.iter().map(|rule| &**rule)
    }

    /// How many rules there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Rule {
    /// A rule by which everybody may do everything.
    #[must_use]
    pub const fn open(pattern: Pattern) -> Self {
        Self {
            pattern,
            join: Who::Everyone,
            say: Who::Everyone,
            history: Who::Everyone,
            members: Who::Everyone,
            find: Who::Everyone,
            topic: String::new(),
            slow_mode: Duration::ZERO,
            max_members: None,
            text_bytes: None,
            announce_only: false,
            keep: Keep {
                lines: None,
                age: None,
                durable: None,
            },
            replay: None,
        }
    }

    /// The users that may do this.
    #[must_use]
    pub fn who(&self, action: Action) -> Who {
        match action {
            Action::Join => self.join,
            Action::Say => self.say,
            Action::History => self.history,
            Action::Members => self.members,
            Action::Find => self.find,
        }
    }
}

impl Level {
    /// The level of a guest, or of one that may only read.
    #[must_use]
    pub const fn guest(may_speak: bool) -> Self {
        if may_speak { Self::Guest } else { Self::Reader }
    }
}

impl Rights {
    /// The rights of a guest, or of one that may only read.
    #[must_use]
    pub fn guest(may_speak: bool) -> Self {
        Self {
            level: Level::guest(may_speak),
            grants: Arc::default(),
            invited: Arc::default(),
        }
    }

    /// The rights of a user whose token has these caps.
    #[must_use]
    pub fn user(caps: &[Cap]) -> Self {
        let grant = |cap: &Cap| Grant {
            rooms: cap.rooms.iter().map(|room| Pattern::exact(room)).collect(),
            allow: cap.allow.clone(),
            is_given: false,
        };
        Self {
            level: Level::User,
            grants: caps.iter().map(grant).collect(),
            invited: Arc::default(),
        }
    }

    /// The same rights of a user that may also be in these rooms, because the game has put it
    /// there.
    #[must_use]
    pub(crate) fn invited_to(self, rooms: Arc<[Arc<str>]>) -> Self {
        Self {
            invited: rooms,
            ..self
        }
    }

    /// How the user is known.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether the user may do this in the room with this name, which has this rule.
    #[must_use]
    pub fn allow(&self, action: Action, room: &str, rule: &Rule) -> bool {
        if action == Action::Say
            && (self.level == Level::Reader || (rule.announce_only && !self.may_moderate(room)))
        {
            return false;
        }
        if action == Action::Join && self.invited.iter().any(|name| **name == *room) {
            return true;
        }
        match rule.who(action) {
            Who::Everyone => true,
            Who::Users => self.level == Level::User,
            Who::Caps => self.grants(action, room),
            Who::Nobody => false,
        }
    }

    /// Whether the user has rights in some rooms that not every user has.
    #[must_use]
    pub fn has_grants(&self) -> bool {
        !self.grants.is_empty()
    }

    /// Whether the user may moderate the room with this name.
    #[must_use]
    pub fn may_moderate(&self, room: &str) -> bool {
        self.has(Right::Mod, room) || self.has(Right::Admin, room)
    }

    fn grants(&self, action: Action, room: &str) -> bool {
        match action {
            // A user finds the rooms that it may join.
            Action::Join | Action::Find => self.has(Right::Join, room),
            Action::Say => self.has(Right::Say, room),
            Action::History => self.has(Right::History, room),
            Action::Members => self.has(Right::Members, room),
        }
    }

    fn has(&self, right: Right, room: &str) -> bool {
        let has = |grant: &Grant| {
            grant.allow.contains(&right) && grant.rooms.iter().any(|room_of| room_of.matches(room))
        };
        self.grants.iter().any(has)
    }
}

#[cfg(test)]
mod tests;
