//! The scenarios of the cost runner: a load, and the servers that get it in turns.

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
    /// More flags of the load tool.
    pub load: &'static [&'static str],
    /// The flags of a second load tool that is started again and again meanwhile.
    /// Without flags there is no second one.
    pub beside: &'static [&'static str],
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

const FLOOR: Contender = Contender {
    name: "floor",
    server: Server::Floor,
    flags: &[],
    load: &[],
    beside: &[],
};
const JOINED: Contender = Contender {
    name: "joined floor",
    server: Server::JoinedFloor,
    ..FLOOR
};
const GUILDHALL: Contender = Contender {
    name: "guildhall",
    server: Server::Guildhall,
    ..FLOOR
};
const GUILDHALL_V1: Contender = Contender {
    name: "guildhall, v1 clients",
    load: &["--v1"],
    ..GUILDHALL
};
const FLOOR_V1: Contender = Contender {
    name: "floor, v1 clients",
    load: &["--v1"],
    ..FLOOR
};
const JOINED_V1: Contender = Contender {
    name: "joined floor, v1 clients",
    load: &["--v1"],
    ..JOINED
};
const STALLED: Contender = Contender {
    name: "guildhall, one stalled",
    load: &["--stalled", "1"],
    ..GUILDHALL
};
const TWO_THREADS: Contender = Contender {
    name: "guildhall, two threads",
    flags: &["--threads=2"],
    ..GUILDHALL
};

/// Ten thousand clients connect as fast as they can, and hang up at once.
const STORM: &[&str] = &["--clients", "10000", "--seconds", "0"];
const FLOOR_AND_STORMS: Contender = Contender {
    name: "floor, crowds",
    beside: STORM,
    ..FLOOR
};
const GUILDHALL_AND_STORMS: Contender = Contender {
    name: "guildhall, crowds",
    beside: STORM,
    ..GUILDHALL
};

const PLAIN: Scenario = Scenario {
    name: "",
    about: "",
    load: &[],
    contenders: &[FLOOR, GUILDHALL, FLOOR_V1, GUILDHALL_V1],
    measure: Measure::Cpu,
};
const UNDER_LOAD: Scenario = Scenario {
    contenders: &[JOINED, GUILDHALL, JOINED_V1, GUILDHALL_V1],
    ..PLAIN
};
const IDLE: Scenario = Scenario {
    contenders: &[FLOOR, GUILDHALL, GUILDHALL_V1],
    measure: Measure::Memory,
    ..PLAIN
};
const THREADS: Scenario = Scenario {
    contenders: &[FLOOR, JOINED, GUILDHALL, TWO_THREADS],
    ..PLAIN
};
const CURVE: Scenario = Scenario {
    contenders: &[FLOOR, GUILDHALL],
    ..PLAIN
};

impl Scenario {
    /// How many clients take part.
    #[must_use]
    pub fn clients(&self) -> Option<u32> {
        let at = self.load.iter().position(|&flag| flag == "--clients")?;
        self.load.get(at + 1)?.parse().ok()
    }
}

/// All scenarios. Those of the curve and of two threads run only if they are named,
/// by name or as `curve` and `threads`.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "single",
        about: "1 in flight, 1,000 members",
        load: &["--clients", "1000", "--in-flight", "1"],
        ..PLAIN
    },
    Scenario {
        name: "joined",
        about: "16 in flight, 1,000 members",
        load: &["--clients", "1000", "--in-flight", "16"],
        contenders: &[JOINED, FLOOR, GUILDHALL, JOINED_V1, GUILDHALL_V1],
        ..PLAIN
    },
    Scenario {
        name: "large",
        about: "1 in flight, 10,000 members",
        load: &["--clients", "10000", "--in-flight", "1"],
        ..PLAIN
    },
    Scenario {
        name: "ping-pong",
        about: "1 in flight, 2 members",
        load: &["--clients", "2", "--in-flight", "1"],
        ..PLAIN
    },
    Scenario {
        name: "some-speaking",
        about: "200 of 1,000 members speaking, 2,000 msg/s",
        load: &["--clients", "1000", "--speakers", "200", "--rate", "2000"],
        ..UNDER_LOAD
    },
    Scenario {
        name: "speaking-2000",
        about: "1,000 members all speaking, 2,000 msg/s",
        load: &["--clients", "1000", "--speakers", "1000", "--rate", "2000"],
        ..UNDER_LOAD
    },
    Scenario {
        name: "speaking-5000",
        about: "1,000 members all speaking, 5,000 msg/s",
        load: &["--clients", "1000", "--speakers", "1000", "--rate", "5000"],
        ..UNDER_LOAD
    },
    Scenario {
        name: "stalled",
        about: "1,000 members, 50 speaking, 500 msg/s of 200 bytes, one more that never reads",
        // The load is large and long enough that the server closes this one.
        load: &[
            "--clients",
            "1000",
            "--speakers",
            "50",
            "--rate",
            "500",
            "--bytes",
            "200",
            "--seconds",
            "12",
        ],
        contenders: &[GUILDHALL, STALLED],
        measure: Measure::P99,
    },
    Scenario {
        name: "storm",
        about: "10,000 connect as fast as they can",
        load: STORM,
        contenders: &[FLOOR, GUILDHALL],
        measure: Measure::Connecting,
    },
    Scenario {
        name: "crowds",
        about: "100 members, 10 speaking, 100 msg/s; crowds of 10,000 come and hang up",
        load: &[
            "--clients",
            "100",
            "--speakers",
            "10",
            "--rate",
            "100",
            "--seconds",
            "12",
        ],
        contenders: &[FLOOR_AND_STORMS, GUILDHALL, GUILDHALL_AND_STORMS],
        measure: Measure::P99,
    },
    Scenario {
        name: "idle-5000",
        about: "5,000 idle members",
        load: &["--clients", "5000", "--seconds", "0"],
        ..IDLE
    },
    Scenario {
        name: "idle-10000",
        about: "10,000 idle members",
        load: &["--clients", "10000", "--seconds", "0"],
        ..IDLE
    },
    Scenario {
        name: "idle-18000",
        about: "18,000 idle members",
        load: &["--clients", "18000", "--seconds", "0"],
        ..IDLE
    },
    Scenario {
        name: "threads-single",
        about: "1 in flight, 1,000 members",
        load: &["--clients", "1000", "--in-flight", "1"],
        ..THREADS
    },
    Scenario {
        name: "threads-joined",
        about: "16 in flight, 1,000 members",
        load: &["--clients", "1000", "--in-flight", "16"],
        contenders: &[JOINED, GUILDHALL, TWO_THREADS],
        ..THREADS
    },
    Scenario {
        name: "threads-ping-pong",
        about: "1 in flight, 2 members",
        load: &["--clients", "2", "--in-flight", "1"],
        ..THREADS
    },
    Scenario {
        name: "threads-speaking",
        about: "1,000 members all speaking, 5,000 msg/s",
        load: &["--clients", "1000", "--speakers", "1000", "--rate", "5000"],
        contenders: &[JOINED, GUILDHALL, TWO_THREADS],
        ..THREADS
    },
    Scenario {
        name: "curve-2",
        about: "2 members",
        load: &["--clients", "2"],
        ..CURVE
    },
    Scenario {
        name: "curve-10",
        about: "10 members",
        load: &["--clients", "10"],
        ..CURVE
    },
    Scenario {
        name: "curve-30",
        about: "30 members",
        load: &["--clients", "30"],
        ..CURVE
    },
    Scenario {
        name: "curve-100",
        about: "100 members",
        load: &["--clients", "100"],
        ..CURVE
    },
    Scenario {
        name: "curve-300",
        about: "300 members",
        load: &["--clients", "300"],
        ..CURVE
    },
    Scenario {
        name: "curve-1000",
        about: "1,000 members",
        load: &["--clients", "1000"],
        ..CURVE
    },
    Scenario {
        name: "curve-2000",
        about: "2,000 members",
        load: &["--clients", "2000"],
        ..CURVE
    },
    Scenario {
        name: "curve-5000",
        about: "5,000 members",
        load: &["--clients", "5000"],
        ..CURVE
    },
    Scenario {
        name: "curve-10000",
        about: "10,000 members",
        load: &["--clients", "10000"],
        ..CURVE
    },
    Scenario {
        name: "curve-18000",
        about: "18,000 members",
        load: &["--clients", "18000"],
        ..CURVE
    },
];

/// The scenarios with these names, or whose names begin with them (`idle`). Without
/// names, all scenarios but the curve and the threads.
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
            !["curve", "threads"]
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
    fn without_names_all_but_the_curve_and_the_threads_are_chosen() {
        let all = named(&[]).unwrap();
        assert!(all.iter().any(|scenario| scenario.name == "stalled"));
        assert!(!all.iter().any(|scenario| scenario.name == "curve-2"));
        assert!(!all.iter().any(|scenario| scenario.name == "threads-single"));
    }
}
