//! A thread-safe registry of objects, which gives each of them an ID.
//!
//! `shared` registers the connections of all threads in one. The registry knows nothing
//! about its objects, and never calls a caller's code while it holds its lock.

use std::collections::{HashMap, HashSet};

use crate::sync::lock::{Lock, MutexGuard};

/// IDs are below this, so that clients with signed integers can read them.
const END_OF_IDS: u64 = 1 << 63;

/// A map from IDs to objects. It gives out the IDs 1, 2, 3 and so on, and none of them
/// twice.
///
/// ```
/// let names = guildhall_server::SharedCollection::new();
/// let id = names.add("Ann");
/// assert_eq!(names.get(id), Some("Ann"));
/// ```
#[derive(Debug)]
pub struct SharedCollection<T> {
    inner: Lock<Inner<T>>,
}

#[derive(Debug)]
struct Inner<T> {
    objects: HashMap<u64, T>,
    /// The next automatic ID, unless it is in `explicit`.
    next_id: u64,
    /// The explicit IDs from `next_id` up that are or were in use. Automatic IDs skip
    /// them, even if their object was removed.
    explicit: HashSet<u64>,
}

/// Why an object was not added under the ID that the caller chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddError {
    /// The ID is 0, which means no object, or 2^63 or higher, which some clients read as
    /// a negative number.
    #[error("ID {0} is not between 1 and 2^63 - 1")]
    OutOfRange(u64),
    /// The ID is or was in use, as an automatic or an explicit one.
    #[error("ID {0} is taken")]
    Taken(u64),
}

impl<T> SharedCollection<T> {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: Lock::new(Inner {
                objects: HashMap::new(),
                next_id: 1,
                explicit: HashSet::new(),
            }),
        }
    }

    /// Adds the object that `make` returns for the next automatic ID, and returns the ID.
    /// The registry is not locked while `make` runs.
    pub fn add_with(&self, make: impl FnOnce(u64) -> T) -> u64 {
        let id = self.lock().take_id();
        let object = make(id);
        self.lock().objects.insert(id, object);
        id
    }

    /// Adds `object` under the next automatic ID, and returns the ID.
    pub fn add(&self, object: T) -> u64 {
        let mut inner = self.lock();
        let id = inner.take_id();
        inner.objects.insert(id, object);
        id
    }

    /// Adds `object` under an ID that the caller chooses.
    ///
    /// # Errors
    ///
    /// [`AddError`] if the ID is out of range, or is or was in use. So no object is ever
    /// replaced, and an automatic ID never equals an explicit one.
    pub fn add_at(&self, id: u64, object: T) -> Result<(), AddError> {
        if id == 0 || id >= END_OF_IDS {
            return Err(AddError::OutOfRange(id));
        }
        let mut inner = self.lock();
        if id < inner.next_id || !inner.explicit.insert(id) {
            return Err(AddError::Taken(id));
        }
        inner.objects.insert(id, object);
        Ok(())
    }

    /// Gives no automatic ID below `first` from now on.
    pub(crate) fn begin_at(&self, first: u64) {
        let mut inner = self.lock();
        inner.next_id = inner.next_id.max(first);
    }

    /// Removes and returns the object with this ID. `None` if there is none.
    pub fn remove(&self, id: u64) -> Option<T> {
        self.lock().objects.remove(&id)
    }

    /// The exact number of objects at this moment.
    pub fn len(&self) -> usize {
        self.lock().objects.len()
    }

    /// Whether there is no object at this moment.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock()
    }
}

impl<T: Clone> SharedCollection<T> {
    /// Returns a clone of the object with this ID. `None` if there is none.
    pub fn get(&self, id: u64) -> Option<T> {
        self.lock().objects.get(&id).cloned()
    }

    /// Calls `visit` for each object that is registered now, in no particular order. The
    /// registry is not locked meanwhile: `visit` may add and remove objects.
    pub fn for_each(&self, mut visit: impl FnMut(u64, T)) {
        let snapshot: Vec<(u64, T)> = self
            .lock()
            .objects
            .iter()
            .map(|(&id, object)| (id, object.clone()))
            .collect();
        for (id, object) in snapshot {
            visit(id, object);
        }
    }
}

impl<T> Default for SharedCollection<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Inner<T> {
    fn take_id(&mut self) -> u64 {
        while self.explicit.remove(&self.next_id) {
            self.next_id += 1;
        }
        let id = self.next_id;
        assert!(
            id < END_OF_IDS,
            "no server lives long enough to use 2^63 IDs"
        );
        self.next_id += 1;
        id
    }
}

#[cfg(all(test, not(model)))]
mod tests {
    use super::*;

    #[test]
    fn automatic_ids_count_from_one_and_are_given_once() {
        let registry = SharedCollection::new();
        assert_eq!(registry.add("a"), 1);
        assert_eq!(registry.add("b"), 2);
        assert_eq!(registry.remove(2), Some("b"));
        assert_eq!(registry.remove(2), None);
        assert_eq!(registry.add("c"), 3);
        assert_eq!(registry.len(), 2);
        assert_eq!(registry.get(1), Some("a"));
        assert_eq!(registry.get(2), None);
    }

    #[test]
    fn automatic_ids_begin_where_the_owner_says_and_never_go_back() {
        let registry = SharedCollection::new();
        registry.begin_at(9);
        assert_eq!(registry.add("a"), 9);
        registry.begin_at(3);
        assert_eq!(registry.add("b"), 10);
        assert_eq!(registry.add_at(4, "c"), Err(AddError::Taken(4)));
    }

    #[test]
    fn an_explicit_id_equals_no_other_and_replaces_no_object() {
        let registry = SharedCollection::new();
        assert_eq!(registry.add_at(2, "two"), Ok(()));
        assert_eq!(registry.add_at(2, "again"), Err(AddError::Taken(2)));
        assert_eq!(registry.add("auto"), 1);
        assert_eq!(registry.add("auto"), 3);
        assert_eq!(registry.get(2), Some("two"));
        assert_eq!(registry.add_at(1, "late"), Err(AddError::Taken(1)));
    }

    #[test]
    fn an_explicit_id_is_not_given_again_after_its_object_was_removed() {
        let registry = SharedCollection::new();
        assert_eq!(registry.add_at(1, "one"), Ok(()));
        registry.remove(1);
        assert_eq!(registry.add_at(1, "again"), Err(AddError::Taken(1)));
        assert_eq!(registry.add("auto"), 2);
    }

    #[test]
    fn ids_out_of_range_are_refused() {
        let registry = SharedCollection::new();
        assert_eq!(registry.add_at(0, ()), Err(AddError::OutOfRange(0)));
        assert_eq!(
            registry.add_at(1 << 63, ()),
            Err(AddError::OutOfRange(1 << 63))
        );
        assert_eq!(registry.add_at((1 << 63) - 1, ()), Ok(()));
    }

    #[test]
    fn callbacks_may_change_the_registry() {
        let registry = SharedCollection::new();
        registry.add(10);
        registry.add(20);
        let mut sum = 0;
        registry.for_each(|id, number| {
            sum += number;
            registry.remove(id);
            registry.add(number);
        });
        assert_eq!(sum, 30);
        assert_eq!(registry.len(), 2);
        let id = registry.add_with(|id| {
            registry.add(0);
            i32::try_from(id).expect("a small number")
        });
        assert_eq!(registry.get(id), Some(5));
        assert_eq!(registry.len(), 4);
    }
}

#[cfg(all(test, model))]
mod model {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    #[test]
    fn concurrent_adds_get_different_ids() {
        loom::model(|| {
            let registry = Arc::new(SharedCollection::new());
            let other = {
                let registry = Arc::clone(&registry);
                thread::spawn(move || registry.add("other"))
            };
            let mine = registry.add_with(|_| "mine");
            let other = other.join().expect("the thread ends");
            assert_ne!(mine, other);
            assert_eq!(registry.len(), 2);
            assert_eq!(registry.get(mine), Some("mine"));
            assert_eq!(registry.get(other), Some("other"));
        });
    }

    #[test]
    fn an_explicit_id_and_an_automatic_one_differ() {
        loom::model(|| {
            let registry = Arc::new(SharedCollection::new());
            let explicit = {
                let registry = Arc::clone(&registry);
                thread::spawn(move || registry.add_at(1, "explicit"))
            };
            let automatic = registry.add("automatic");
            match explicit.join().expect("the thread ends") {
                Ok(()) => {
                    assert_eq!(automatic, 2);
                    assert_eq!(registry.get(1), Some("explicit"));
                }
                Err(error) => {
                    assert_eq!(error, AddError::Taken(1));
                    assert_eq!(automatic, 1);
                }
            }
            assert_eq!(registry.get(automatic), Some("automatic"));
        });
    }

    #[test]
    fn an_object_that_stays_is_visited_and_the_length_is_exact() {
        loom::model(|| {
            let registry = Arc::new(SharedCollection::new());
            let first = registry.add("first");
            let remover = {
                let registry = Arc::clone(&registry);
                thread::spawn(move || registry.remove(first))
            };
            registry.add("second");
            let mut seen = Vec::new();
            registry.for_each(|_, name| seen.push(name));
            assert!(seen.contains(&"second"));
            assert_eq!(remover.join().expect("the thread ends"), Some("first"));
            assert_eq!(registry.len(), 1);
        });
    }
}
