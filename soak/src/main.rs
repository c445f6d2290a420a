//! A soak: the real server with a store, for as long as one likes, while many clients of all kinds
//! come, go, stall, flood and break off, and while it is killed, stopped, upgraded and paused, its
//! disk is full, it has no file descriptors, and its clock jumps. Afterwards each log equals the
//! server's, memory is back where it was, and nothing is left over.
//!
//! `cargo xtask soak` runs it, and `cargo xtask test soak` a short one.

mod arguments;
mod check;
mod clients;
mod clock;
mod course;
mod disk;
mod faults;
mod measure;
mod run;
mod server;
mod shared;
mod wire;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match course::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
