//! The lock around whatever the network threads share. Nothing lies further along
//! the way than this. With `--cfg model` it is loom's, which tries every
//! interleaving of the tests' threads.

#[cfg(model)]
pub(crate) use loom::sync::MutexGuard;
#[cfg(not(model))]
pub(crate) use std::sync::MutexGuard;

#[cfg(model)]
use loom::sync::Mutex;
#[cfg(not(model))]
use std::sync::{Mutex, PoisonError};

/// A mutex for data that is sound between any two steps of our own code: no
/// caller's code that could panic runs under it, so nobody asks whether it is
/// poisoned.
#[derive(Debug, Default)]
pub(crate) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    /// A lock around `value`.
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Waits until nobody else has the value.
    #[cfg(not(model))]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(model)]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().expect("loom's locks are never poisoned")
    }
}
