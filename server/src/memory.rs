//! Gives memory back to the system when a crowd has left.
//!
//! The allocator of Linux's GNU C library keeps what was freed below something
//! that is still in use, and there is always something: without a word from
//! us, a server that had ten thousand clients once stays that large.

/// So many clients have to be gone for it to be worth the while.
const CROWD: usize = 500;

/// Knows how many clients there were.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    most: usize,
}

impl Memory {
    /// To be told how many clients there are, now and then, and how many there
    /// were at most since the last time. Gives memory back when at least half of
    /// a crowd has left.
    pub(crate) fn clients(&mut self, now: usize, most: usize) {
        self.most = self.most.max(most);
        if self.most - now >= CROWD && now <= self.most / 2 {
            self.most = now;
            give_back();
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_back() {
    #[allow(unsafe_code, reason = "no safe wrapper of this call is well kept")]
    // SAFETY: malloc_trim takes no pointer, may be called at any time and from
    // any thread, and changes nothing that is in use.
    let gave = unsafe { libc::malloc_trim(0) };
    tracing::debug!(gave = gave == 1, "gave memory back");
}

/// Other allocators do it by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}
