//! What the cost runner measures: the load, and the servers that get it in
//! turns.

/// One row of questions, asked of several servers in the same run.
#[derive(Debug)]
pub struct Scenario {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is, for the table.
    pub about: &'static str,
    /// The flags of the load tool.
    pub load: &'static [&'static str],
    /// Who gets the load, in turns. Ratios are to the first.
    pub contenders: &'static [Contender],
    /// What is compared.
    pub measure: Measure,
}

/// A server, and what its load has besides the scenario's.
#[derive(Debug, Clone, Copy)]
pub struct Contender {
    /// Its name in the table.
    pub name: &'static str,
    /// What runs.
    pub server: Server,
    /// More flags of the load tool.
    pub load: &'static [&'static str],
}

/// What can get the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The bare loop of sends.
    Floor,
    /// The bare loop with joined sends.
    JoinedFloor,
    /// Guildhall.
    Guildhall,
}

/// Which figure the ratio is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// CPU time of the server for each delivery.
    Cpu,
    /// Memory for each idle connection.
    Memory,
    /// The latency that one delivery in a hundred exceeds.
    P99,
}

const FLOOR: Contender = Contender {
    name: "floor",
    server: Server::Floor,
    load: &[],
};
const JOINED: Contender = Contender {
    name: "joined floor",
    server: Server::JoinedFloor,
    load: &[],
};
const GUILDHALL: Contender = Contender {
    name: "guildhall",
    server: Server::Guildhall,
    load: &[],
};
const STALLED: Contender = Contender {
    name: "guildhall, one stalled",
    load: &["--stalled", "1"],
    ..GUILDHALL
};

const PLAIN: Scenario = Scenario {
    name: "",
    about: "",
    load: &[],
    contenders: &[FLOOR, JOINED, GUILDHALL],
    measure: Measure::Cpu,
};
const UNDER_LOAD: Scenario = Scenario {
    contenders: &[JOINED, GUILDHALL],
    ..PLAIN
};
const IDLE: Scenario = Scenario {
    contenders: &[FLOOR, GUILDHALL],
    measure: Measure::Memory,
    ..PLAIN
};
const CURVE: Scenario = Scenario {
    contenders: &[FLOOR, GUILDHALL],
    ..PLAIN
};

/// Every scenario. Those of the curve are run only when they are named, by
/// name or as `curve`.
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
        contenders: &[JOINED, FLOOR, GUILDHALL],
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
        // Enough and long enough for the one to be closed.
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
        name: "curve-100",
        about: "100 members",
        load: &["--clients", "100"],
        ..CURVE
    },
    Scenario {
        name: "curve-1000",
        about: "1,000 members",
        load: &["--clients", "1000"],
        ..CURVE
    },
    Scenario {
        name: "curve-5000",
        about: "5,000 members",
        load: &["--clients", "5000"],
        ..CURVE
    },
    Scenario {
        name: "curve-18000",
        about: "18,000 members",
        load: &["--clients", "18000"],
        ..CURVE
    },
];

/// The scenarios of these names; a name may end in the middle (`idle`). No
/// names are all but the curve. `Err` with a name that is none.
///
/// # Errors
///
/// A name that no scenario begins with.
pub fn named(names: &[String]) -> Result<Vec<&'static Scenario>, String> {
    let begins = |scenario: &Scenario, name: &String| scenario.name.starts_with(name.as_str());
    if let Some(none) = names
        .iter()
        .find(|name| !SCENARIOS.iter().any(|scenario| begins(scenario, name)))
    {
        return Err(none.clone());
    }
    let chosen = SCENARIOS.iter().filter(|scenario| {
        if names.is_empty() {
            !scenario.name.starts_with("curve")
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
    fn names_and_their_beginnings_find_scenarios() {
        check(&["single"], &["single"]);
        check(&["idle-10000", "large"], &["large", "idle-10000"]);
        check(&["idle"], &["idle-5000", "idle-10000", "idle-18000"]);
        let unknown = ["single".to_owned(), "nothing".to_owned()];
        assert_eq!(named(&unknown).unwrap_err(), "nothing");
    }

    #[test]
    fn no_names_are_all_but_the_curve() {
        let all = named(&[]).unwrap();
        assert!(all.iter().any(|scenario| scenario.name == "stalled"));
        assert!(!all.iter().any(|scenario| scenario.name == "curve-2"));
    }
}
