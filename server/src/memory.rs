//! Returns memory to the system after many clients have left. The worker's sweep calls
//! it.
//!
//! The allocator of Linux's GNU C library keeps freed memory if anything above it is
//! still in use, and something always is. Without this, a server that once had ten
//! thousand clients would keep the memory for them.

/// How many clients have to leave before it is worth the time, if they are half of all.
const MANY: usize = 64;

/// How many have to leave if they are fewer than half. One address may have as many.
const VERY_MANY: usize = 256;

/// How many connections have to come, whatever became of them: those that are refused have
/// had buffers, too.
const MANY_CONNECTIONS: usize = 1_024;

/// How many calls there are at least between two returns, because each takes some
/// milliseconds: clients that come and go all the time cost no more than that.
const CALLS_BETWEEN: u32 = 10;

/// Remembers how many clients there were.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The most clients since memory was last returned.
    peak: usize,
    /// How many connections had come by then.
    connections: usize,
    /// How many calls there were since then.
    calls: u32,
}

impl Memory {
    /// Takes the number of clients, the highest one since the last call, and how many
    /// connections have ever come. Returns memory to the system if many clients have left, or
    /// many connections have come and gone. Call it about once a second.
    pub(crate) fn look(&mut self, clients: usize, peak: usize, connections: usize) {
        if self.is_due(clients, peak, connections) {
            return_memory();
        }
    }

    fn is_due(&mut self, now: usize, peak: usize, connections: usize) -> bool {
        self.peak = self.peak.max(peak);
        self.calls = self.calls.saturating_add(1);
        let left = self.peak - now;
        let are_many = left >= VERY_MANY || left >= MANY && now <= self.peak / 2;
        let have_come = connections.wrapping_sub(self.connections) >= MANY_CONNECTIONS;
        let is_due = (are_many || have_come) && self.calls >= CALLS_BETWEEN;
        if is_due {
            self.peak = now;
            self.connections = connections;
            self.calls = 0;
        }
        is_due
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether memory is returned after `before` clients, of which `after` are left.
    fn is_returned(before: usize, after: usize) -> bool {
        let mut memory = Memory::default();
        (0..CALLS_BETWEEN).for_each(|_| assert!(!memory.is_due(before, before, 0)));
        memory.is_due(after, before, 0)
    }

    #[test]
    fn memory_is_returned_after_many_clients_have_left() {
        assert!(is_returned(356, 100), "one address has left");
        assert!(is_returned(10_256, 10_000));
        assert!(is_returned(64, 0));
        assert!(!is_returned(63, 0));
        assert!(!is_returned(10_000, 9_800));
    }

    #[test]
    fn memory_is_returned_after_many_connections_that_were_no_clients() {
        let mut memory = Memory::default();
        let due: Vec<_> = (1..=100)
            .filter(|&call| memory.is_due(0, 0, 200 * call))
            .collect();
        // 1,024 have come after six calls, but ten are between two returns.
        assert_eq!(due, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
        assert!((0..100).all(|_| !memory.is_due(0, 0, 20_000 + 1_023)));
    }

    #[test]
    fn clients_that_come_and_go_return_it_now_and_then() {
        let mut memory = Memory::default();
        let returns = (0..100).filter(|_| memory.is_due(100, 1_100, 0)).count();
        assert_eq!(returns, 10);
    }
}
