//! A server in this process, on a free port. It stops when it is dropped.

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use guildhall_server::accounts::ApiKeys;
use guildhall_server::{
    Config, Listeners, Rate, Rates, RoomLimits, Stop, listen, run_with_reloads,
};
use smol::channel::{Sender, bounded, unbounded};
use socket2::SockRef;

use crate::client::Client;

/// The key of the API of a test's server.
pub const API_KEY: &str = "a-key-of-32-bytes-and-more-for-tests";

/// A running server.
#[derive(Debug)]
pub struct TestServer {
    addresses: Vec<SocketAddr>,
    /// That of the API, if it has one.
    api: Option<SocketAddr>,
    stop: Sender<Stop>,
    /// That which sends on to https, if it has one.
    redirect: Option<SocketAddr>,
    reloads: Sender<Config>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Starts a server with the default settings.
    pub fn open() -> Self {
        Self::with(Config::default())
    }

    /// Starts a server with these settings, but without the limits on how often users may ask
    /// for what: tests ask faster than users.
    pub fn with(config: Config) -> Self {
        Self::limited(unlimited(config))
    }

    /// Starts a server with these settings, and with their limits on how often users may ask
    /// for what.
    pub fn limited(config: Config) -> Self {
        Self::on(listen::bind("localhost", 0).expect("localhost"), config)
    }

    /// The same as [`TestServer::with`], with the smallest receive buffers: the kernel holds few
    /// bytes that the server has not read, so nearly all that a client has written, the server
    /// has read.
    pub fn narrow(config: Config) -> Self {
        let listeners = listen::bind("localhost", 0).expect("localhost");
        for listener in &listeners {
            // The connections inherit this setting.
            let socket = SockRef::from(listener);
            socket.set_recv_buffer_size(4096).unwrap();
        }
        Self::on(listeners, unlimited(config))
    }

    /// The same as [`TestServer::with`], with the HTTP API and [`API_KEY`].
    pub fn with_api(config: Config) -> Self {
        Self::with_api_and_rates(unlimited(config))
    }

    /// The same with these limits on how often users may ask for what.
    pub fn with_api_and_rates(config: Config) -> Self {
        let listeners = Listeners {
            chat: listen::bind("localhost", 0).expect("localhost"),
            api: listen::bind("127.0.0.1", 0).expect("localhost"),
            redirect: Vec::new(),
        };
        Self::with_key(listeners, config)
    }

    /// The same with a listener that sends on to https, for settings with TLS.
    pub fn with_redirect(config: Config) -> Self {
        let bind = || listen::bind("127.0.0.1", 0).expect("localhost");
        let listeners = Listeners {
            chat: bind(),
            api: bind(),
            redirect: bind(),
        };
        Self::with_key(listeners, config)
    }

    fn with_key(listeners: Listeners, config: Config) -> Self {
        let api_keys = ApiKeys::new(&[API_KEY]).unwrap();
        Self::on(listeners, Config { api_keys, ..config })
    }

    fn on(listeners: impl Into<Listeners>, config: Config) -> Self {
        let listeners: Listeners = listeners.into();
        let api = listeners.api.first().map(|one| one.local_addr().unwrap());
        let redirect = listeners.redirect.first();
        let redirect = redirect.map(|one| one.local_addr().unwrap());
        let addresses = listeners.chat.iter().map(|one| one.local_addr().unwrap());
        let addresses = addresses.collect();
        let (stop, stopped) = bounded(1);
        let (reloads, reloaded) = unbounded();
        let thread = std::thread::spawn(move || {
            // They end when the sender is closed, and so does the server.
            run_with_reloads(config, listeners, reloaded, stopped).expect("the server runs");
        });
        Self {
            addresses,
            api,
            redirect,
            stop,
            reloads,
            thread: Some(thread),
        }
    }

    /// Has the server take over these settings, as far as they can change while it runs. It
    /// does so a moment later.
    pub fn reload(&self, config: Config) {
        self.reloads
            .try_send(unlimited(config))
            .expect("the server runs");
    }

    /// The addresses that it listens on, IPv4 first.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The address of its API.
    pub fn api(&self) -> SocketAddr {
        self.api.expect("a server with the API")
    }

    /// The address that sends on to https.
    pub fn redirect(&self) -> SocketAddr {
        self.redirect.expect("a server with a redirect")
    }

    /// The address that it listens on at 127.0.0.1.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Connects a client to the room. Returns it and its ID.
    pub fn join(&self) -> (Client, u64) {
        Client::join(self.address())
    }

    /// Connects two clients to a new server. Their IDs are 1 and 2.
    pub fn pair(&self) -> (Client, Client) {
        let (one, first) = self.join();
        let (two, second) = self.join();
        assert_eq!((first, second), (1, 2));
        (one, two)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.close();
        // A test that fails may leave clients that keep the server busy. Its
        // message must not wait for them.
        if !std::thread::panicking() {
            let ended = self.thread.take().expect("only drop takes it").join();
            ended.expect("the server does not panic");
        }
    }
}

/// The same settings without limits on how often users may ask for what.
fn unlimited(config: Config) -> Config {
    Config {
        rates: Rates::OFF,
        ..config
    }
}

/// The default limits, but clients may say as much as they like.
pub fn unpaced() -> RoomLimits {
    RoomLimits {
        client_rate: Rate::UNBOUNDED,
        room_rate: Rate::UNBOUNDED,
        ..RoomLimits::default()
    }
}

/// The default settings, but with frequent checks of the deadlines.
pub fn brisk() -> Config {
    Config {
        sweep_every: Duration::from_millis(10),
        ..Config::default()
    }
}
