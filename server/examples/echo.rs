//! A server that answers every message with the same one, for suites that test how a server speaks
//! RFC 6455. It prints its address, and runs until it is ended.

use std::error::Error;
use std::io::{self, Write as _};

use guildhall_server::listen;
use guildhall_server::testing::run_echo;

fn main() -> Result<(), Box<dyn Error>> {
    let mut listeners = listen::bind("127.0.0.1", 0)?;
    let listener = listeners.swap_remove(0);
    let address = listener.local_addr()?;
    println!("{address}");
    io::stdout().flush()?;
    run_echo(listener)?;
    Ok(())
}
