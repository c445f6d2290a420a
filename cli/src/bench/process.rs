//! What a process costs: its CPU time and its memory, from `/proc` of Linux.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// `/proc/PID/stat` counts in hundredths of a second on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// A running process.
#[derive(Debug)]
pub struct Process(PathBuf);

impl Process {
    /// The process with this ID.
    #[must_use]
    pub fn of(pid: u32) -> Self {
        Self(PathBuf::from(format!("/proc/{pid}")))
    }

    /// This process.
    #[must_use]
    pub fn own() -> Self {
        Self("/proc/self".into())
    }

    /// The CPU time of all its threads so far, in the kernel and outside. Exact to
    /// the microsecond, or to the tick if threads of it have ended.
    ///
    /// # Errors
    ///
    /// If there is no such process, or this is not Linux.
    pub fn cpu(&self) -> io::Result<Duration> {
        let mut running = Duration::ZERO;
        for thread in fs::read_dir(self.0.join("task"))? {
            // A thread may end meanwhile.
            if let Ok(line) = fs::read_to_string(thread?.path().join("schedstat")) {
                let nanos = line.split(' ').next().and_then(|nanos| nanos.parse().ok());
                running += Duration::from_nanos(nanos.ok_or(io::ErrorKind::InvalidData)?);
            }
        }
        let all = fs::read_to_string(self.0.join("stat"))?;
        Ok(running.max(ticks(&all).ok_or(io::ErrorKind::InvalidData)?))
    }

    /// Its resident memory, in bytes.
    ///
    /// # Errors
    ///
    /// If there is no such process, or this is not Linux.
    pub fn resident(&self) -> io::Result<u64> {
        // Exact, unlike the counters of `status`.
        let lines = fs::read_to_string(self.0.join("smaps_rollup"))?;
        resident(&lines).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Whether the process exists.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.0.exists()
    }
}

/// User and system time in a `stat` line.
fn ticks(stat: &str) -> Option<Duration> {
    // The program's name, in brackets, may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * (user + system))
}

/// The `Rss` line of a `smaps_rollup`, in bytes.
fn resident(lines: &str) -> Option<u64> {
    let line = lines.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_lines_are_read() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 50 13 14";
        assert_eq!(ticks(stat), Some(Duration::from_secs(2)));
        assert_eq!(ticks("7 (a) S"), None);
        let smaps = "00-ff ---p 00 00:00 0 [rollup]\nRss:            1234 kB\nPss: 5 kB\n";
        assert_eq!(resident(smaps), Some(1234 * 1024));
        assert_eq!(resident(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_cost_of_this_process_grows_with_its_work() {
        let process = Process::own();
        let before = process.cpu().unwrap();
        while process.cpu().unwrap() < before + Duration::from_millis(5) {}
        assert!(process.resident().unwrap() > 100_000);
        assert!(process.exists());
        assert!(!Process::of(u32::MAX).exists());
        assert!(Process::of(u32::MAX).cpu().is_err());
    }
}
