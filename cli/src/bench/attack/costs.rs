//! What the server costs while something happens: CPU and memory, if its process is
//! on this machine.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use super::super::process::Process;

/// How often memory is read while something happens.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The CPU time and the memory of a process from now on.
#[derive(Debug)]
pub(super) struct Costs<'a> {
    process: Option<&'a Process>,
    start: Instant,
    cpu_before: Option<Duration>,
    /// The most memory that was seen.
    memory: Option<u64>,
    looked: Instant,
}

impl<'a> Costs<'a> {
    /// Begins to count.
    pub(super) fn of(process: Option<&'a Process>) -> Self {
        let now = Instant::now();
        Self {
            process,
            start: now,
            cpu_before: process.and_then(|process| process.cpu().ok()),
            memory: process.and_then(|process| process.resident().ok()),
            looked: now,
        }
    }

    /// Looks at the memory, if it is time.
    pub(super) fn look(&mut self) {
        if self.looked.elapsed() >= LOOK_EVERY {
            self.looked = Instant::now();
            let memory = self.process.and_then(|process| process.resident().ok());
            self.memory = self.memory.max(memory);
        }
    }

    /// The share of one core since the beginning, in percent.
    #[must_use]
    pub(super) fn cpu_percent(&self) -> Option<f64> {
        let took = self.process?.cpu().ok()?.saturating_sub(self.cpu_before?);
        let share = took.as_secs_f64() / self.start.elapsed().as_secs_f64();
        Some(share * 100.0)
    }

    /// The most memory that was seen, in bytes.
    #[must_use]
    pub(super) fn memory(&self) -> Option<u64> {
        self.memory
    }
}

/// The ID of the process that listens on one of these addresses, if it is on this
/// machine and we may look into it. From `/proc` of Linux.
pub(super) fn listener(addresses: &[SocketAddr]) -> Option<u32> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    let mut sockets = tables.iter().flatten().flat_map(|table| {
        let ports = addresses.iter().map(SocketAddr::port);
        ports.filter_map(|port| listening(table, port))
    });
    let socket = format!("socket:[{}]", sockets.next()?);
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .find(|pid: &u32| has_open(Path::new(&format!("/proc/{pid}/fd")), &socket).unwrap_or(false))
}

/// The inode of the socket that listens on `port`, in one of the kernel's tables.
fn listening(table: &str, port: u16) -> Option<&str> {
    const LISTEN: &str = "0A";
    let port = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, state) = (fields.next()?, fields.nth(1)?);
        (local.ends_with(&port) && state == LISTEN).then(|| fields.nth(5))?
    })
}

fn has_open(folder: &Path, file: &str) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        if fs::read_link(entry?.path()).is_ok_and(|link| link == Path::new(file)) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_table_names_the_socket_that_listens() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:1F90 0200007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 111 1 0 100 0 0 10 0\n\
            1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 222 1 0 100 0 0 10 0\n";
        assert_eq!(listening(table, 8080), Some("222"));
        assert_eq!(listening(table, 8081), None);
        assert_eq!(listening("", 8080), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_found_by_its_port() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(super::listener(&[address]), Some(std::process::id()));
        drop(listener);
        assert_eq!(super::listener(&[address]), None);
    }
}
