//! Which user has which name: by its choice, or from its token. Names that look alike are
//! one, see [`names::looks`].

use std::sync::Arc;

use crate::ids::UserId;
use crate::moderation::UserSnapshot;
use crate::names::{self, Looks};
use crate::shared::name::Name;
use crate::shared::user::User;

use super::wanted_name::{NameError, WantedName};
use super::{Inner, Users};

impl Users {
    /// Gives `user` another name, and returns it.
    ///
    /// # Errors
    ///
    /// [`NameError`]. The user keeps the old name then. It is also the error if the user's
    /// last session has ended and its connection is still open, because nothing would free the name.
    pub fn rename(&self, user: &User, raw: &str) -> Result<Name, NameError> {
        let wanted = WantedName::new(raw)?;
        let mut inner = self.lock();
        if !inner.users.contains_key(&user.id) {
            return Err(NameError::Taken);
        }
        inner.rename(user, wanted)
    }

    /// Returns the ID of the user whose name is `name` or looks like it. For a name that
    /// the server gives, returns the number in it, whether or not there is such a user.
    #[must_use]
    pub fn id_of(&self, name: &str) -> Option<UserId> {
        let name = names::client_name(name).ok()?;
        let looks = names::looks(&name);
        if names::is_guest(&looks) {
            return names::guest_number(&name).map(UserId);
        }
        let inner = self.lock();
        looks
            .iter()
            .find_map(|look| inner.by_look.get(look))
            .copied()
    }

    /// Returns the user that somebody means: by its ID, or by its account or name if the ID is
    /// 0. It may be away.
    pub(crate) fn meant(&self, id: u64, name: &str) -> Option<Arc<User>> {
        let id = match id {
            0 => {
                let by_account = self.lock().by_account.get(name).copied();
                by_account.or_else(|| self.id_of(name))?
            }
            id => UserId(id),
        };
        let known = self.lock();
        known.users.get(&id).map(|known| Arc::clone(&known.user))
    }

    /// The user that this was: by its account, or by its number if it was a guest. It may be away.
    pub(crate) fn of_snapshot(&self, user: &UserSnapshot) -> Option<Arc<User>> {
        let inner = self.lock();
        let id = if user.account.is_empty() {
            user.id
        } else {
            *inner.by_account.get(&user.account)?
        };
        inner.users.get(&id).map(|known| Arc::clone(&known.user))
    }
}

impl Inner {
    /// Gives the name to this user, and frees the one that it has chosen before. The caller
    /// keeps the looks with the user.
    pub(super) fn take_name(
        &mut self,
        id: UserId,
        WantedName { name, looks }: WantedName,
    ) -> Result<(Name, Looks), NameError> {
        let is_taken = |look| self.by_look.get(look).is_some_and(|&user| user != id);
        if looks.iter().any(is_taken) {
            return Err(NameError::Taken);
        }
        self.free_name(id);
        self.own(id, &looks);
        Ok((Name::new(&name), looks))
    }

    /// Gives a user that is known the name that it wants, and returns it.
    pub(super) fn rename(&mut self, user: &User, wanted: WantedName) -> Result<Name, NameError> {
        let (name, looks) = self.take_name(user.id, wanted)?;
        self.known(user.id).looks = Some(looks);
        let name = name.with_account(user.account());
        // Under the lock, so that the user's name always matches `by_look`.
        user.set_name(name.clone());
        self.note_user(user.id);
        Ok(name)
    }

    /// Records that names that look like this are the user's. Nobody else has one.
    pub(super) fn own(&mut self, user: UserId, looks: &Looks) {
        for look in looks {
            self.by_look.insert(Arc::clone(look), user);
        }
    }

    /// Frees the name that a user has chosen, unless its token gives it the same.
    pub(super) fn free_name(&mut self, id: UserId) {
        let known = self.users.get_mut(&id);
        let looks = known.and_then(|known| known.looks.take());
        self.free(id, looks.as_ref());
    }

    /// Frees names that look like this, which a user had until now. It keeps those that look
    /// like another name of its own.
    pub(super) fn free(&mut self, id: UserId, looks: Option<&Looks>) {
        let known = self.users.get(&id);
        for look in looks.into_iter().flatten() {
            if !known.is_some_and(|known| known.has(look)) {
                self.by_look.remove(look);
            }
        }
    }
}
