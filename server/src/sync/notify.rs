//! A wake-up call for one task that waits for a condition. Any thread may call it.

use std::future::poll_fn;
use std::task::Poll;

use atomic_waker::AtomicWaker;

/// Wakes the one task that waits for a condition.
#[derive(Debug, Default)]
pub(crate) struct Notify(AtomicWaker);

impl Notify {
    /// Makes the waiting task check its condition again.
    pub(crate) fn notify(&self) {
        self.0.wake();
    }

    /// Waits until `condition` holds. It is checked now, and after every
    /// [`Notify::notify`]. Only one task waits at a time.
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
