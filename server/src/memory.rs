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

/// How many connections have to come, whatever became of them, and at least a quarter of the
/// clients: those that are refused have had buffers, too, and those that load the page.
const MANY_CONNECTIONS: usize = 256;

/// How many calls there are at least between two returns, because each takes some
/// milliseconds: clients that come and go all the time cost no more than that.
const CALLS_BETWEEN: u32 = 10;

/// After how many calls memory is returned once more: by then, what waited for clients that
/// left has gone, too, because sessions that may be resumed end after two minutes unless the
/// operator says otherwise.
const CALLS_UNTIL_AGAIN: u32 = 130;

/// Remembers how many clients there were.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The most clients since memory was last returned.
    peak: usize,
    /// How many connections had come by then.
    connections: usize,
    /// How many calls there were since then.
    calls: u32,
    /// Whether it is to be returned once more, for what has been kept for those that left.
    again: bool,
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
        let have_come = connections.wrapping_sub(self.connections) >= MANY_CONNECTIONS.max(now / 4);
        let has_left = (are_many || have_come) && self.calls >= CALLS_BETWEEN;
        let is_due = has_left || self.again && self.calls >= CALLS_UNTIL_AGAIN;
        if is_due {
            self.again = has_left;
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
        let (mut memory, mut connections) = (Memory::default(), 0);
        let mut due = |clients: usize, each: usize| {
            let calls = (1..=100).filter(|_| {
                connections += each;
                memory.is_due(clients, clients, connections)
            });
            calls.count()
        };
        // 256 have come after two calls, but ten are between two returns.
        assert_eq!(due(0, 200), 10);
        assert_eq!(due(0, 8), 3, "and once more");
        assert_eq!(due(10_000, 25), 1, "a quarter of them");
    }

    #[test]
    fn it_is_returned_once_more_when_the_sessions_of_those_that_left_have_ended() {
        let mut memory = Memory::default();
        let due: Vec<u32> = (1..=500)
            .filter(|&call| match call {
                ..20 => memory.is_due(300, 300, 0),
                20 => memory.is_due(0, 300, 0),
                _ => memory.is_due(0, 0, 0),
            })
            .collect();
        assert_eq!(due, [20, 150]);
    }

    #[test]
    fn clients_that_come_and_go_return_it_now_and_then() {
        let mut memory = Memory::default();
        let returns = (0..100).filter(|_| memory.is_due(100, 1_100, 0)).count();
        assert_eq!(returns, 10);
    }
}
