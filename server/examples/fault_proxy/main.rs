//! A TCP proxy that splits, delays and cuts, for tests of clients:
//!
//! ```sh
//! cargo run --example fault_proxy -- --upstream 127.0.0.1:8080 --seed 7 --cuts 100
//! ```
//!
//! It prints the address it listens on as its first line, and runs until it is
//! stopped or its standard input ends. Any line there is answered with the
//! number of cuts so far.

use std::io::{self, BufRead as _, Write as _};
use std::net::SocketAddr;

use clap::Parser;

mod proxy;

/// Harms the connections that go through it.
#[derive(Debug, Parser)]
struct Arguments {
    /// The server's address
    #[arg(long)]
    upstream: SocketAddr,

    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Where it splits and cuts follows from this
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How often it cuts; then it leaves connections whole
    #[arg(long, default_value_t = 100)]
    cuts: u64,
}

fn main() -> io::Result<()> {
    let Arguments {
        upstream,
        listen,
        seed,
        cuts,
    } = Arguments::parse();
    let proxy = proxy::FaultProxy::start(listen, upstream, seed, cuts)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", proxy.address())?;
    out.flush()?;
    for line in io::stdin().lock().lines() {
        line?;
        writeln!(out, "{}", proxy.cuts())?;
        out.flush()?;
    }
    Ok(())
}
