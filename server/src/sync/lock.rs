//! The lock around what the network threads share. With `--cfg model` it is loom's lock,
//! which tries every interleaving of a test's threads.

#[cfg(model)]
pub(crate) use loom::sync::MutexGuard;
#[cfg(not(model))]
pub(crate) use std::sync::MutexGuard;

#[cfg(model)]
use loom::sync::Mutex;
#[cfg(not(model))]
use std::sync::{Mutex, PoisonError};

/// A mutex that ignores poisoning: no code of a caller, which could panic, runs while it
/// is held, so its data is never left half changed.
#[derive(Debug, Default)]
pub(crate) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    /// A lock around `value`.
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Waits until no other thread holds the lock, and takes it.
    #[cfg(not(model))]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(model)]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().expect("loom's locks are never poisoned")
    }
}
