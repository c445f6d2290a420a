//! The scenarios of the cost runner: a load, and the servers that get it in turns.

mod list;

pub use list::SCENARIOS;

/// A load, and what is compared between the servers that get it in the same run.
#[derive(Debug)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its description in the table.
    pub about: &'static str,
    /// The flags of the load tool.
    pub load: &'static [&'static str],
    /// The servers that get the load in turns. Ratios are to the floor with the same
    /// load, or to the first server.
    pub contenders: &'static [Contender],
    /// The figure that is compared.
    pub measure: Measure,
}

/// A server, and its additions to the scenario's load.
#[derive(Debug, Clone, Copy)]
pub struct Contender {
    /// Its name in the table.
    pub name: &'static str,
    /// The program that runs.
    pub server: Server,
    /// More flags of the server.
    pub flags: &'static [&'static str],
    /// Whether it keeps what is said on a disk, in a new folder each time.
    pub is_durable: bool,
    /// Whether it speaks TLS, with a certificate of this run.
    pub is_secure: bool,
    /// More flags of the load tool.
    pub load: &'static [&'static str],
    /// The doings of others meanwhile.
    pub beside: Beside,
}

/// The doings of others beside a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// A second load tool with these flags, which is started again and again.
    Storms(&'static [&'static str]),
    /// So many TLS handshakes a second.
    Handshakes(u32),
}

/// A program that can get the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The floor.
    Floor,
    /// The floor with joined sends.
    JoinedFloor,
    /// Guildhall.
    Guildhall,
}

/// The figure that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// CPU time of the server for each delivery.
    Cpu,
    /// CPU time of the server for each connection: accepting it, its handshake
    /// and its first message.
    Connecting,
    /// Memory for each idle connection.
    Memory,
    /// The latency that one delivery in a hundred exceeds.
    P99,
}

impl Contender {
    /// Whether `other` is compared with this: a floor that gets the same load.
    #[must_use]
    pub fn is_floor_of(&self, other: &Self) -> bool {
        self.server != Server::Guildhall && self.load == other.load
    }
}

impl Scenario {
    /// How many clients take part.
    #[must_use]
    pub fn clients(&self) -> Option<u32> {
        let at = self.load.iter().position(|&flag| flag == "--clients")?;
        self.load.get(at + 1)?.parse().ok()
    }
}

/// The scenarios with these names, or whose names begin with them (`idle`). Without
/// names, all scenarios but the curve, the threads, the durable rooms, the blocks and TLS.
///
/// # Errors
///
/// A name that no scenario begins with.
pub fn named(names: &[String]) -> Result<Vec<&'static Scenario>, String> {
    let begins = |scenario: &Scenario, name: &String| {
        let is_one = SCENARIOS.iter().any(|scenario| scenario.name == name);
        scenario.name == name || !is_one && scenario.name.starts_with(name.as_str())
    };
    if let Some(none) = names
        .iter()
        .find(|name| !SCENARIOS.iter().any(|scenario| begins(scenario, name)))
    {
        return Err(none.clone());
    }
    let chosen = SCENARIOS.iter().filter(|scenario| {
        if names.is_empty() {
            !["curve", "threads", "durable", "blocks", "tls"]
                .iter()
                .any(|group| scenario.name.starts_with(group))
        } else {
            names.iter().any(|name| begins(scenario, name))
        }
    });
    Ok(chosen.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[track_caller]
    fn check(names: &[&str], expected: &[&str]) {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let found = named(&names).unwrap();
        let found: Vec<_> = found.iter().map(|scenario| scenario.name).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn names_are_unique() {
        let names: HashSet<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        assert_eq!(names.len(), SCENARIOS.len());
    }

    #[test]
    fn a_name_or_its_beginning_finds_scenarios() {
        check(&["single"], &["single"]);
        check(&["idle-10000", "large"], &["large", "idle-10000"]);
        check(&["idle"], &["idle-5000", "idle-10000", "idle-18000"]);
        // A whole name finds one scenario, also if other names begin with it.
        check(&["curve-10"], &["curve-10"]);
        let unknown = ["single".to_owned(), "nothing".to_owned()];
        assert_eq!(named(&unknown).unwrap_err(), "nothing");
    }

    #[test]
    fn without_names_all_but_some_groups_are_chosen() {
        let all = named(&[]).unwrap();
        assert!(all.iter().any(|scenario| scenario.name == "stalled"));
        assert!(!all.iter().any(|scenario| scenario.name == "curve-2"));
        assert!(!all.iter().any(|scenario| scenario.name == "threads-single"));
        assert!(!all.iter().any(|scenario| scenario.name == "durable-10"));
        assert!(!all.iter().any(|scenario| scenario.name == "blocks-single"));
    }
}
