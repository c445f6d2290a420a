//! A TCP proxy that harms what goes through it: splits and delays the bytes, and
//! cuts connections in the middle of them. Where it splits and cuts follows
//! from a seed alone.
//!
//! For tests of clients, in this repository's languages and others. It knows
//! nothing of WebSocket.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Connections are cut after this many bytes in one direction at most, where
/// nothing else is asked for.
pub const MOST_BYTES: NonZeroUsize = NonZeroUsize::new(16 * 1024).unwrap();

/// And half of them after so many at most: in the handshake and the first messages.
const EARLY_BYTES: usize = 1024;

/// How long bytes are held back at most, in microseconds.
const MOST_DELAY: u64 = 3_000;

/// A running proxy. It runs until the process ends.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    fate: Arc<Fate>,
}

/// What a proxy does to those who use it.
#[derive(Debug, Clone, Copy)]
pub struct Harm {
    /// Where it splits and cuts follows from this.
    pub seed: u64,
    /// How often it cuts; then it only splits and delays.
    pub cuts: u64,
    /// After how many bytes in one direction it cuts at most.
    pub most_bytes: NonZeroUsize,
}

/// What is still to be done to whom.
#[derive(Debug)]
struct Fate {
    harm: Harm,
    has_begun: AtomicBool,
    cuts: AtomicU64,
}

impl FaultProxy {
    /// A proxy on this address (port 0 for any) to `upstream`. Until it is told to
    /// begin, it only splits and delays.
    ///
    /// # Errors
    ///
    /// Where it cannot listen.
    pub fn start(listen: SocketAddr, upstream: SocketAddr, harm: Harm) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let fate = Arc::new(Fate {
            harm,
            has_begun: AtomicBool::new(false),
            cuts: AtomicU64::new(0),
        });
        let shared = Arc::clone(&fate);
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
        Ok(Self { address, fate })
    }

    /// Begins to cut, also what is connected already.
    pub fn begin(&self) {
        self.fate.has_begun.store(true, Ordering::SeqCst);
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often it has cut so far.
    pub fn cuts(&self) -> u64 {
        let cuts = self.fate.cuts.load(Ordering::SeqCst);
        cuts.min(self.fate.harm.cuts)
    }
}

/// Carries bytes from one end to the other on a thread of its own.
fn carry(fate: &Arc<Fate>, number: u64, from: &TcpStream, to: &TcpStream) {
    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else {
        return;
    };
    let fate = Arc::clone(fate);
    let Harm {
        seed,
        cuts,
        most_bytes,
    } = fate.harm;
    let mut random = fastrand::Rng::with_seed(seed.wrapping_mul(1 << 20).wrapping_add(number));
    thread::spawn(move || {
        let most_bytes = most_bytes.get();
        let early = most_bytes.min(EARLY_BYTES);
        let most = if random.bool() { most_bytes } else { early };
        let mut left = random.usize(0..most);
        let mut buffer = [0; 4096];
        loop {
            // Between two bytes that were written together, too.
            let size = random.usize(1..=buffer.len());
            let Ok(read @ 1..) = from.read(&mut buffer[..size]) else {
                // However it ended, the other end is to know.
                let _ = to.shutdown(Shutdown::Write);
                return;
            };
            if random.u8(..) < 16 {
                thread::sleep(Duration::from_micros(random.u64(..MOST_DELAY)));
            }
            if !fate.has_begun.load(Ordering::SeqCst) {
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
                if fate.cuts.fetch_add(1, Ordering::SeqCst) < cuts {
                    // What is behind is lost, and whatever is on its way in the
                    // other direction.
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
