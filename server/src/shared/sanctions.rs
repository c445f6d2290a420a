//! The sanctions that hold: mutes and bans, of users and of the addresses of guests. The acts
//! change them; sessions ask what holds against their user, and look again only if a counter has
//! changed, so that a line takes no lock. No clock: the caller passes in the time.
//!
//! A sanction of a user with an account holds on all of its devices, whatever its name is. That of
//! a guest follows its number, so its session; if it holds against the guest's address as well, it
//! holds against every guest of that address, also one that comes with a new session and a new
//! name.

mod against;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use guildhall_protocol::SanctionKind;

use crate::events::{Event, EventKind};
use crate::ids::UserId;
use crate::journal::Row;
use crate::moderation::{Author, Ended, Sanction, SanctionRow, UserSnapshot};
use crate::network::Network;
use crate::sync::lock::Lock;

use super::feed::Feed;
use super::records::Records;

pub(crate) use self::against::{Against, fitting};

/// The most sanctions that hold at a time.
const MAX_SANCTIONS: usize = 65_536;

/// The most of one user, or of one address.
const MAX_OF_ONE: usize = 100;

/// All sanctions that hold.
#[derive(Debug)]
pub(crate) struct Sanctions {
    /// Counts the changes.
    version: AtomicU32,
    state: Lock<State>,
    /// The way to appeal.
    appeal: Lock<Arc<str>>,
}

#[derive(Debug)]
struct State {
    by_id: BTreeMap<u64, Arc<Sanction>>,
    by_account: HashMap<Arc<str>, Vec<Arc<Sanction>>>,
    by_guest: HashMap<UserId, Vec<Arc<Sanction>>>,
    by_network: HashMap<Network, Vec<Arc<Sanction>>>,
    /// When those with an end are over, and their numbers.
    ends: BTreeSet<(u64, u64)>,
    next_id: u64,
    records: Records,
    feed: Option<Arc<Feed>>,
}

/// Somebody against whom something may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// Its account; empty: a guest.
    pub(crate) account: &'a str,
    /// Its number.
    pub(crate) id: UserId,
    /// The network that it is connected from, which counts for a guest. `None`: none.
    pub(crate) network: Option<Network>,
}

/// As many sanctions hold as may, in all or against this user or address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("as many sanctions hold as may")]
pub(crate) struct SanctionsFull;

impl Sanctions {
    /// No sanctions. Those of later are handed over to `records`, and the game is told of them, if
    /// there is a feed.
    pub(crate) fn new(records: Records, feed: Option<Arc<Feed>>) -> Self {
        Self {
            version: AtomicU32::new(0),
            state: Lock::new(State {
                by_id: BTreeMap::new(),
                by_account: HashMap::new(),
                by_guest: HashMap::new(),
                by_network: HashMap::new(),
                ends: BTreeSet::new(),
                next_id: 1,
                records,
                feed,
            }),
            appeal: Lock::new("".into()),
        }
    }

    /// Takes over what holds from before. Called once, before anybody else. `next` is the first
    /// number that was never given.
    pub(crate) fn restore(&self, sanctions: Vec<Sanction>, next: u64) {
        let mut state = self.state.lock();
        state.next_id = next.max(1);
        for sanction in sanctions {
            state.add(&Arc::new(sanction));
        }
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Replaces the words about where and how to appeal.
    pub(crate) fn set_appeal(&self, appeal: &str) {
        *self.appeal.lock() = appeal.into();
    }

    /// Returns the way to appeal; empty: users are not told.
    pub(crate) fn appeal(&self) -> Arc<str> {
        Arc::clone(&self.appeal.lock())
    }

    /// All that holds against somebody.
    pub(crate) fn against(&self, subject: Subject<'_>) -> Against {
        // First, so that a change in between is seen the next time.
        let version = self.version.load(Ordering::Acquire);
        let state = self.state.lock();
        let own = state.own(subject.account, subject.id);
        let network = subject.network.filter(|_| subject.account.is_empty());
        let address = network.and_then(|network| state.by_network.get(&network));
        let mut all = own.to_vec();
        for sanction in address.into_iter().flatten() {
            if !own.iter().any(|one| one.id == sanction.id) {
                all.push(Arc::clone(sanction));
            }
        }
        Against {
            version,
            all: all.into(),
        }
    }

    /// Imposes a sanction, which gets its number here. One of the same kind in the same room
    /// ends. If this one holds against an address, it holds against those of the other, too. A
    /// kick is only kept for the record.
    ///
    /// # Errors
    ///
    /// [`SanctionsFull`]. Nothing has changed then.
    pub(crate) fn impose(
        &self,
        mut sanction: Sanction,
        of_address: bool,
    ) -> Result<Arc<Sanction>, SanctionsFull> {
        let mut state = self.state.lock();
        let holds = sanction.kind != SanctionKind::Kick;
        let before = state.holding(&sanction.user.account, sanction.user.id, &sanction);
        if holds && before.is_none() && state.is_full_for(&sanction) {
            return Err(SanctionsFull);
        }
        let still_holding = before.as_ref().filter(|it| it.holds_at(sanction.since));
        if of_address && let Some(before) = still_holding {
            let new = sanction.networks.iter().chain(&before.networks);
            sanction.networks = new.copied().collect::<BTreeSet<_>>().into_iter().collect();
        }
        sanction.id = state.next_id;
        state.next_id += 1;
        let (time, by) = (sanction.since, sanction.by.clone());
        let ended = |note: &str| Ended {
            time,
            by: by.clone(),
            note: note.into(),
        };
        let sanction = Arc::new(sanction);
        if !holds {
            state.note_new(&sanction, Some(ended("")));
            return Ok(sanction);
        }
        if let Some(before) = before {
            state.end(before.id, ended(&format!("replaced by {}", sanction.id)));
        }
        state.add(&sanction);
        state.note_new(&sanction, None);
        self.version.fetch_add(1, Ordering::Release);
        Ok(sanction)
    }

    /// Ends the sanction of this kind in this room of the user with this account or number.
    /// Returns it; `None` if none holds.
    pub(crate) fn lift(
        &self,
        (account, id): (&str, UserId),
        (kind, room): (SanctionKind, &str),
        ended: Ended,
    ) -> Option<Arc<Sanction>> {
        let mut state = self.state.lock();
        let mut own = state.own(account, id).iter();
        let is_it = |one: &&Arc<Sanction>| one.is(kind, room) && one.holds_at(ended.time);
        let sanction = own.find(is_it)?.id;
        let lifted = state.end(sanction, ended);
        self.version.fetch_add(1, Ordering::Release);
        lifted
    }

    /// The user as the newest sanction has it whose user is the wanted one: for one that the server
    /// does not know any more.
    pub(crate) fn user(&self, is_it: impl Fn(&UserSnapshot) -> bool) -> Option<UserSnapshot> {
        let state = self.state.lock();
        let newest = state.by_id.values().rev();
        let mut users = newest.map(|one| &one.user);
        users.find(|user| is_it(user)).cloned()
    }

    /// Those that hold in rooms for which `is_wanted` is true, the newest first.
    pub(crate) fn list(
        &self,
        unix_millis: u64,
        mut is_wanted: impl FnMut(&Sanction) -> bool,
    ) -> Vec<Arc<Sanction>> {
        let state = self.state.lock();
        let newest = state.by_id.values().rev();
        let listed = newest.filter(|one| one.holds_at(unix_millis) && is_wanted(one));
        listed.cloned().collect()
    }

    /// The guests whose sanctions hold against nobody else, with the numbers of the sanctions.
    pub(crate) fn guests(&self) -> Vec<(UserId, u64)> {
        let state = self.state.lock();
        let guests = state.by_guest.values().flatten();
        let alone = guests.filter(|one| one.networks.is_empty());
        alone.map(|one| (one.user.id, one.id)).collect()
    }

    /// Ends these sanctions, because there is nobody any more against whom they could hold.
    pub(crate) fn forget(&self, sanctions: &[u64], unix_millis: u64) {
        let mut state = self.state.lock();
        for &sanction in sanctions {
            let ended = Ended {
                time: unix_millis,
                by: Author::default(),
                note: "the guest is gone".into(),
            };
            state.end(sanction, ended);
        }
    }

    /// Forgets the name of a user, and what moderators have noted about it: it is erased. What holds
    /// against it goes on holding. It is nobody's any more what it has imposed itself. The records
    /// of before are the caller's.
    pub(crate) fn erase(&self, user: &UserSnapshot) {
        let mut state = self.state.lock();
        let has_imposed =
            |one: &Sanction| !user.account.is_empty() && one.by.account == user.account;
        let erased: Vec<_> = (state.by_id.values())
            .filter(|one| one.user.is_same_user(user) || has_imposed(one))
            .map(|one| {
                let mut erased = (**one).clone();
                if erased.user.is_same_user(user) {
                    erased.user.name = "".into();
                    erased.note = "".into();
                }
                if has_imposed(one) {
                    erased.by = Author::default();
                }
                Arc::new(erased)
            })
            .collect();
        for sanction in &erased {
            state.remove(sanction.id);
            state.add(sanction);
        }
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Ends those whose time is over. Sessions need no hint: they look at the time.
    pub(crate) fn sweep(&self, unix_millis: u64) {
        let mut state = self.state.lock();
        while let Some(&(until, sanction)) = state.ends.first()
            && until <= unix_millis
        {
            let ended = Ended {
                time: until,
                by: Author::default(),
                note: "".into(),
            };
            state.end(sanction, ended);
        }
    }
}

impl State {
    /// Returns the sanctions that hold against a user itself.
    fn own(&self, account: &str, id: UserId) -> &[Arc<Sanction>] {
        let own = match account {
            "" => self.by_guest.get(&id),
            account => self.by_account.get(account),
        };
        own.map_or(&[], Vec::as_slice)
    }

    /// The sanction in whose place this one comes.
    fn holding(&self, account: &str, id: UserId, new: &Sanction) -> Option<Arc<Sanction>> {
        let mut own = self.own(account, id).iter();
        own.find(|one| one.is(new.kind, &new.room)).cloned()
    }

    /// Whether no more may hold, in all, or against the user or an address of this one.
    fn is_full_for(&self, sanction: &Sanction) -> bool {
        let own = self.own(&sanction.user.account, sanction.user.id).len();
        let of_network = |network| self.by_network.get(network).map_or(0, Vec::len);
        let most = sanction.networks.iter().map(of_network).max();
        self.by_id.len() >= MAX_SANCTIONS || own.max(most.unwrap_or(0)) >= MAX_OF_ONE
    }

    fn add(&mut self, sanction: &Arc<Sanction>) {
        let user = &sanction.user;
        match &*user.account {
            "" => add(&mut self.by_guest, user.id, sanction),
            _ => add(&mut self.by_account, Arc::clone(&user.account), sanction),
        }
        for &network in &sanction.networks {
            add(&mut self.by_network, network, sanction);
        }
        if sanction.until > 0 {
            self.ends.insert((sanction.until, sanction.id));
        }
        self.by_id.insert(sanction.id, Arc::clone(sanction));
    }

    /// Ends a sanction, and returns it. Its record has no address from now on.
    fn end(&mut self, id: u64, ended: Ended) -> Option<Arc<Sanction>> {
        let sanction = self.remove(id)?;
        let kept = Sanction {
            networks: Box::default(),
            ..(*sanction).clone()
        };
        self.note(Arc::new(kept), Some(ended));
        Some(sanction)
    }

    /// Takes a sanction out of all lists.
    fn remove(&mut self, id: u64) -> Option<Arc<Sanction>> {
        let sanction = self.by_id.remove(&id)?;
        self.ends.remove(&(sanction.until, id));
        match &*sanction.user.account {
            "" => remove(&mut self.by_guest, &sanction.user.id, id),
            account => remove(&mut self.by_account, account, id),
        }
        for network in &sanction.networks {
            remove(&mut self.by_network, network, id);
        }
        Some(sanction)
    }

    /// Hands over a sanction that is imposed, and the event of it in the same record.
    fn note_new(&self, sanction: &Arc<Sanction>, ended: Option<Ended>) {
        let event = self.feed.as_ref().and_then(|feed| {
            feed.row_of(Event {
                time: sanction.since,
                room: Arc::clone(&sanction.room),
                user: Some(sanction.user.clone()),
                kind: EventKind::Sanctioned(sanction.id),
            })
        });
        let sanction = Arc::clone(sanction);
        let row = || Row::Sanction(Box::new(SanctionRow { sanction, ended }));
        (self.records).note(|| iter::once(row()).chain(event).collect());
    }

    /// Hands over what has to be known of a sanction.
    fn note(&self, sanction: Arc<Sanction>, ended: Option<Ended>) {
        let row = || Row::Sanction(Box::new(SanctionRow { sanction, ended }));
        self.records.note(|| vec![row()]);
    }
}

fn add<K: Eq + Hash>(lists: &mut HashMap<K, Vec<Arc<Sanction>>>, key: K, sanction: &Arc<Sanction>) {
    lists.entry(key).or_default().push(Arc::clone(sanction));
}

fn remove<K, Q>(lists: &mut HashMap<K, Vec<Arc<Sanction>>>, key: &Q, id: u64)
where
    K: Eq + Hash + std::borrow::Borrow<Q>,
    Q: Eq + Hash + ?Sized,
{
    if let Some(list) = lists.get_mut(key) {
        list.retain(|one| one.id != id);
        if list.is_empty() {
            lists.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
