//! A TCP proxy with faults: it splits and delays the bytes, and cuts connections in
//! the middle of them. A seed alone decides where it splits and cuts.
//!
//! It is for tests of clients, in this repository's languages and others. It does
//! not know WebSocket.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// By default, a connection is cut after at most this many bytes in one direction.
pub const MOST_BYTES: NonZeroUsize = NonZeroUsize::new(16 * 1024).unwrap();

/// Half of the connections are cut after at most this many bytes: in the handshake
/// and the first messages.
const EARLY_BYTES: usize = 1024;

/// The longest delay of bytes, in microseconds.
const MOST_DELAY: u64 = 3_000;

/// A running proxy. It runs until the process ends.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    state: Arc<State>,
}

/// What a proxy does to its connections.
#[derive(Debug, Clone, Copy)]
pub struct FaultPlan {
    /// Decides where the proxy splits and cuts.
    pub seed: u64,
    /// How often it cuts. After that it only splits and delays.
    pub cuts: u64,
    /// The largest number of bytes in one direction before a cut.
    pub most_bytes: NonZeroUsize,
}

/// What all connections share.
#[derive(Debug)]
struct State {
    plan: FaultPlan,
    has_begun: AtomicBool,
    cuts: AtomicU64,
}

impl FaultProxy {
    /// Starts a proxy on this address (port 0 for any) to `upstream`. Until
    /// [`FaultProxy::begin`], it only splits and delays.
    ///
    /// # Errors
    ///
    /// If it cannot listen.
    pub fn start(listen: SocketAddr, upstream: SocketAddr, plan: FaultPlan) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            plan,
            has_begun: AtomicBool::new(false),
            cuts: AtomicU64::new(0),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for (number, client) in (0..).zip(listener.incoming()) {
                let Ok(client) = client else { continue };
                let Ok(server) = TcpStream::connect(upstream) else {
                    continue;
                };
                let _ = client.set_nodelay(true);
                let _ = server.set_nodelay(true);
                carry(&shared, 2 * number, &client, &server);
                carry(&shared, 2 * number + 1, &server, &client);
            }
        });
        Ok(Self { address, state })
    }

    /// Begins to cut, also connections that are open already.
    pub fn begin(&self) {
        self.state.has_begun.store(true, Ordering::SeqCst);
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often it has cut so far.
    pub fn cuts(&self) -> u64 {
        let cuts = self.state.cuts.load(Ordering::SeqCst);
        cuts.min(self.state.plan.cuts)
    }

    /// Cuts no more connections. Returns how many were cut.
    pub fn stop_cutting(&self) -> u64 {
        let most = self.state.plan.cuts;
        self.state.cuts.swap(most, Ordering::SeqCst).min(most)
    }
}

/// Carries bytes from one end to the other, on a thread of its own.
fn carry(state: &Arc<State>, number: u64, from: &TcpStream, to: &TcpStream) {
    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else {
        return;
    };
    let state = Arc::clone(state);
    let FaultPlan {
        seed,
        cuts,
        most_bytes,
    } = state.plan;
    let mut random = fastrand::Rng::with_seed(seed.wrapping_mul(1 << 20).wrapping_add(number));
    thread::spawn(move || {
        let most_bytes = most_bytes.get();
        let early = most_bytes.min(EARLY_BYTES);
        let most = if random.bool() { most_bytes } else { early };
        let mut left = random.usize(0..most);
        let mut buffer = [0; 4096];
        loop {
            // A split may also be between two bytes that were written together.
            let size = random.usize(1..=buffer.len());
            let Ok(read @ 1..) = from.read(&mut buffer[..size]) else {
                // The other end has to see the end, whatever its reason.
                let _ = to.shutdown(Shutdown::Write);
                return;
            };
            if random.u8(..) < 16 {
                thread::sleep(Duration::from_micros(random.u64(..MOST_DELAY)));
            }
            if !state.has_begun.load(Ordering::SeqCst) {
                if to.write_all(&buffer[..read]).is_err() {
                    return;
                }
                continue;
            }
            let arrives = read.min(left);
            if to.write_all(&buffer[..arrives]).is_err() {
                return;
            }
            left -= arrives;
            if left == 0 {
                if state.cuts.fetch_add(1, Ordering::SeqCst) < cuts {
                    // The rest is lost, and all bytes on their way in the other
                    // direction.
                    let _ = from.shutdown(Shutdown::Both);
                    let _ = to.shutdown(Shutdown::Both);
                    return;
                }
                left = usize::MAX;
                if to.write_all(&buffer[arrives..read]).is_err() {
                    return;
                }
            }
        }
    });
}
