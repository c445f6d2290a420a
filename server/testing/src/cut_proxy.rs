//! A proxy whose connections a test can cut: they break without a goodbye. Later
//! connections go through again.

use std::io::copy;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A proxy to one server.
#[derive(Debug)]
pub struct CutProxy {
    address: SocketAddr,
    /// Both ends of each connection; `None` while the proxy is cut.
    open: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl CutProxy {
    /// Starts a proxy to a server.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let open = Arc::new(Mutex::new(Some(Vec::new())));
        let connections = Arc::clone(&open);
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let mut open = connections.lock().unwrap();
                // While the proxy is cut, a new connection is dropped.
                let Some(open) = open.as_mut() else { continue };
                let Ok(server) = TcpStream::connect(server) else {
                    continue;
                };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    thread::spawn(move || {
                        // The other end has to see the end, whatever its reason.
                        let _ = copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Write);
                    });
                }
                open.extend([client, server]);
            }
        });
        Self { address, open }
    }

    /// The address for clients.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks all connections, and lets none through.
    pub fn cut(&self) {
        for stream in self.open.lock().unwrap().take().unwrap_or_default() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections through again.
    pub fn restore(&self) {
        *self.open.lock().unwrap() = Some(Vec::new());
    }
}
