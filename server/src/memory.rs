//! Returns memory to the system after many clients have left. The worker's sweep calls
//! it.
//!
//! The allocator of Linux's GNU C library keeps freed memory if anything above it is
//! still in use, and something always is. Without this, a server that once had ten
//! thousand clients would keep the memory for them.

/// How many clients have to leave before it is worth the time.
const MANY: usize = 500;

/// Remembers how many clients there were.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The most clients since memory was last returned.
    peak: usize,
}

impl Memory {
    /// Takes the number of clients, and the highest one since the last call. Returns
    /// memory to the system if many clients have left, and at least half of them. Call
    /// it about once a second.
    pub(crate) fn clients(&mut self, now: usize, peak: usize) {
        self.peak = self.peak.max(peak);
        if self.peak - now >= MANY && now <= self.peak / 2 {
            self.peak = now;
            return_memory();
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn return_memory() {
    #[allow(unsafe_code, reason = "no safe wrapper of this call is well kept")]
    // SAFETY: malloc_trim takes no pointer, may be called at any time and from
    // any thread, and changes nothing that is in use.
    let returned = unsafe { libc::malloc_trim(0) };
    tracing::debug!(returned = returned == 1, "returned memory to the system");
}

/// Other allocators return memory by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn return_memory() {}
