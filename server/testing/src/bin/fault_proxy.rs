//! A TCP proxy that splits, delays and cuts, for the tests of clients:
//!
//! ```sh
//! cargo run --bin fault_proxy -- --upstream 127.0.0.1:8080 --seed 7 --cuts 100
//! ```
//!
//! It prints the address that it listens on as its first line, and runs until it is
//! stopped or its standard input ends. It answers any line there with the number of
//! cuts so far. With `--calm` it does not cut before the line `begin`.

use std::io::{self, BufRead as _, Write as _};
use std::net::SocketAddr;
use std::num::NonZeroUsize;

use clap::Parser;

use guildhall_testing::fault_proxy as proxy;

/// Splits, delays and cuts the connections that go through it.
#[derive(Debug, Parser)]
struct Arguments {
    /// The server's address
    #[arg(long)]
    upstream: SocketAddr,

    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// The seed that decides where it splits and cuts
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How often it cuts; after that it leaves connections whole
    #[arg(long, default_value_t = 100)]
    cuts: u64,

    /// The largest number of bytes in one direction before a cut; for half of the
    /// connections at most 1,024
    #[arg(long, default_value_t = proxy::MOST_BYTES)]
    most_bytes: NonZeroUsize,

    /// Do not cut until the line `begin` is read
    #[arg(long)]
    calm: bool,
}

fn main() -> io::Result<()> {
    let Arguments {
        upstream,
        listen,
        seed,
        cuts,
        most_bytes,
        calm,
    } = Arguments::parse();
    let plan = proxy::FaultPlan {
        seed,
        cuts,
        most_bytes,
    };
    let proxy = proxy::FaultProxy::start(listen, upstream, plan)?;
    if !calm {
        proxy.begin();
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{}", proxy.address())?;
    out.flush()?;
    for line in io::stdin().lock().lines() {
        if line? == "begin" {
            proxy.begin();
        }
        writeln!(out, "{}", proxy.cuts())?;
        out.flush()?;
    }
    Ok(())
}
