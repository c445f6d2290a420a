//! `floor --port 9000 [--joined] [--append FILE]`: the floor as a server of its own, for
//! `guildhall bench`.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use clap::Parser;
use guildhall_benches::floor::{self, Sends};

/// Runs the least relay, to compare servers with. It is not a chat server: it has
/// no limits.
#[derive(Debug, Parser)]
struct Arguments {
    /// The port on this machine
    #[arg(long, default_value_t = 9000)]
    port: u16,

    /// Send all messages of one round with one call for each recipient
    #[arg(long)]
    joined: bool,

    /// Append what is sent to this new file before, and wait until it is on the disk
    #[arg(long, value_name = "FILE")]
    append: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    rlimit::increase_nofile_limit(u64::MAX)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port))?;
    println!("ws://{}/ws", listener.local_addr()?);
    let sends = if arguments.joined {
        Sends::Joined
    } else {
        Sends::Single
    };
    let file = arguments.append.map(File::create_new).transpose()?;
    // The other end is never closed: the floor runs until the process ends.
    let (stop, _never) = UnixStream::pair()?;
    floor::run(&listener, sends, file, stop)?;
    Ok(())
}
