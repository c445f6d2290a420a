//! The hearing of an open room, if not everybody hears everybody there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::shared::proximity::{Hearing, NearRoom};
use crate::sync::lock::Lock;

use super::{RoomHandle, RoomState};

/// The room's proximity, if it has one.
#[derive(Debug, Default)]
pub(super) struct Near {
    room: Lock<Option<Arc<NearRoom>>>,
    /// Whether there is one, so that other rooms take no lock.
    is_set: AtomicBool,
}

impl RoomState {
    /// From now on this says who hears whom; `None`: everybody hears everybody.
    pub(crate) fn set_near(&self, near: Option<Arc<NearRoom>>) {
        let mut room = self.near.room.lock();
        self.near.is_set.store(near.is_some(), Ordering::Release);
        *room = near;
    }

    fn near(&self) -> Option<Arc<NearRoom>> {
        if !self.near.is_set.load(Ordering::Acquire) {
            return None;
        }
        self.near.room.lock().clone()
    }
}

impl RoomHandle {
    /// From now on this says who hears whom; `None`: everybody hears everybody.
    #[cfg(test)]
    pub(crate) fn set_near(&self, near: Option<Arc<NearRoom>>) {
        self.state.set_near(near);
    }

    /// Returns the hearing as it is now; `None`: everybody hears everybody.
    pub(crate) fn hearing(&self) -> Option<Arc<Hearing>> {
        self.state.near().map(|near| near.hearing())
    }

    /// Whether not everybody hears everybody, and members do not get what was said before.
    pub(crate) fn is_near_without_history(&self) -> bool {
        self.state.near().is_some_and(|near| !near.has_history())
    }
}
