//! A cable between a client and the server that can be pulled: connections
//! through it break without a goodbye, and later ones go through again.

use std::io::copy;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A cable to one server.
#[derive(Debug)]
pub struct Cable {
    address: SocketAddr,
    /// Both ends of each connection; `None` while it is pulled.
    open: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl Cable {
    /// A cable to a server, plugged in.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let open = Arc::new(Mutex::new(Some(Vec::new())));
        let plugged = Arc::clone(&open);
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let mut open = plugged.lock().unwrap();
                // Who comes while it is pulled is cut off.
                let Some(open) = open.as_mut() else { continue };
                let Ok(server) = TcpStream::connect(server) else {
                    continue;
                };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    thread::spawn(move || {
                        // However it ends, the other end is to know.
                        let _ = copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Write);
                    });
                }
                open.extend([client, server]);
            }
        });
        Self { address, open }
    }

    /// Where the client's end is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks all connections, and lets none through.
    pub fn pull(&self) {
        for stream in self.open.lock().unwrap().take().unwrap_or_default() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections through again.
    pub fn plug_in(&self) {
        *self.open.lock().unwrap() = Some(Vec::new());
    }
}
