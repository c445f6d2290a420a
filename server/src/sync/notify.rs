//! Wakes one task of this thread that waits for a condition.

use std::future::poll_fn;
use std::task::Poll;

use atomic_waker::AtomicWaker;

/// A wake-up call for a single waiting task.
#[derive(Debug, Default)]
pub(crate) struct Notify(AtomicWaker);

impl Notify {
    /// Has the waiting task look at its condition again.
    pub(crate) fn notify(&self) {
        self.0.wake();
    }

    /// Waits until `condition` holds. It is looked at now, and at every
    /// [`Notify::notify`].
    pub(crate) async fn until(&self, condition: impl Fn() -> bool) {
        poll_fn(|context| {
            self.0.register(context.waker());
            if condition() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}
