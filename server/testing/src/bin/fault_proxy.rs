//! A TCP proxy that splits, delays and cuts, for tests of clients:
//!
//! ```sh
//! cargo run --bin fault_proxy -- --upstream 127.0.0.1:8080 --seed 7 --cuts 100
//! ```
//!
//! It prints the address it listens on as its first line, and runs until it is
//! stopped or its standard input ends. Any line there is answered with the
//! number of cuts so far; with `--calm` it cuts nothing before the line `begin`.

use std::io::{self, BufRead as _, Write as _};
use std::net::SocketAddr;
use std::num::NonZeroUsize;

use clap::Parser;

use guildhall_testing::fault_proxy as proxy;

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

    /// After how many bytes in one direction it cuts at most; half of the
    /// connections after 1,024 at most
    #[arg(long, default_value_t = proxy::MOST_BYTES)]
    most_bytes: NonZeroUsize,

    /// Cut nothing until the line `begin` comes
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
    let harm = proxy::Harm {
        seed,
        cuts,
        most_bytes,
    };
    let proxy = proxy::FaultProxy::start(listen, upstream, harm)?;
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
