//! What running a program takes: time, and the processors' time of it and of all
//! that it started. The latter is the same on a busy machine.

use std::fmt;
use std::ops::AddAssign;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::Result;

/// The cost of a program that has ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    elapsed: Duration,
    /// Zero where the system does not tell.
    processors: Duration,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.elapsed += other.elapsed;
        self.processors += other.processors;
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.elapsed.as_secs_f32())?;
        if self.processors.is_zero() {
            return Ok(());
        }
        write!(f, ", CPU {:.1} s", self.processors.as_secs_f32())
    }
}

/// Runs a command to its end.
///
/// # Errors
///
/// When it cannot be started.
pub(crate) fn of(command: &mut Command) -> Result<(ExitStatus, Cost)> {
    let started = Instant::now();
    let mut child = command.spawn()?;
    let processors = used_by(child.id()).unwrap_or_default();
    let status = child.wait()?;
    let elapsed = started.elapsed();
    Ok((
        status,
        Cost {
            elapsed,
            processors,
        },
    ))
}

/// Waits for the end of a child, and gives the time that it used. Its record is
/// there until somebody asks for its exit code.
#[cfg(target_os = "linux")]
fn used_by(pid: u32) -> Option<Duration> {
    use nix::sys::wait::{Id, WaitPidFlag, waitid};

    let id = Id::Pid(nix::unistd::Pid::from_raw(pid.try_into().ok()?));
    waitid(id, WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).ok()?;
    used_in(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The time in a line of `/proc/PID/stat`: the process's own and that of its
/// children that have ended, in user mode and in the kernel (proc(5)).
fn used_in(stat: &str) -> Option<Duration> {
    // The second field is a name in parentheses, which may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let times = fields.split(' ').skip(11).take(4);
    let hundredths: u64 = times.map_while(|field| field.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(10 * hundredths))
}

#[cfg(not(target_os = "linux"))]
fn used_by(_pid: u32) -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::used_in;

    #[test]
    fn the_time_is_read_whatever_the_program_is_called() {
        let stat = "42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 100 20 3 400 0 0 1 0";
        assert_eq!(used_in(stat), Some(Duration::from_millis(5_230)));
        assert_eq!(used_in(""), None);
    }
}
