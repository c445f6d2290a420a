//! All scenarios, and the servers that they compare.

use super::{Beside, Contender, Measure, Scenario, Server};

const FLOOR: Contender = Contender {
    name: "floor",
    server: Server::Floor,
    flags: &[],
    is_durable: false,
    is_secure: false,
    load: &[],
    beside: Beside::Nothing,
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
const DURABLE_FLOOR: Contender = Contender {
    name: "joined floor that appends to a file, v1 clients",
    is_durable: true,
    ..JOINED_V1
};
const DURABLE: Contender = Contender {
    name: "guildhall, durable, v1 clients",
    is_durable: true,
    ..GUILDHALL_V1
};
const STALLED: Contender = Contender {
    name: "guildhall, one stalled",
    load: &["--stalled", "1"],
    ..GUILDHALL
};
const WITH_BLOCKS: Contender = Contender {
    name: "guildhall, v1 clients, 5 blocks each",
    load: &["--v1", "--blocks", "5"],
    ..GUILDHALL
};
const WITH_TLS: Contender = Contender {
    name: "guildhall, TLS, v1 clients",
    is_secure: true,
    ..GUILDHALL_V1
};
const TWO_THREADS: Contender = Contender {
    name: "guildhall, two threads",
    flags: &["--threads=2"],
    ..GUILDHALL
};

/// A conversation that others may disturb.
const CONVERSATION: &[&str] = &[
    "--clients",
    "100",
    "--speakers",
    "10",
    "--rate",
    "100",
    "--seconds",
    "12",
];

/// Ten thousand clients connect as fast as they can, and hang up at once.
const STORM: &[&str] = &["--clients", "10000", "--seconds", "0"];
const FLOOR_AND_STORMS: Contender = Contender {
    name: "floor, crowds",
    beside: Beside::Storms(STORM),
    ..FLOOR
};
const GUILDHALL_AND_STORMS: Contender = Contender {
    name: "guildhall, crowds",
    beside: Beside::Storms(STORM),
    ..GUILDHALL
};

/// The same with full handshakes of TLS: fewer, because the tool that makes them needs as long.
const FEWER: &[&str] = &["--clients", "2000", "--seconds", "0"];
const CROWDS_BESIDE: Contender = Contender {
    name: "guildhall, v1 clients, crowds",
    beside: Beside::Storms(FEWER),
    ..GUILDHALL_V1
};
const TLS_CROWDS_BESIDE: Contender = Contender {
    name: "guildhall, TLS, v1 clients, crowds",
    beside: Beside::Storms(FEWER),
    ..WITH_TLS
};
const HANDSHAKES_BESIDE: Contender = Contender {
    name: "guildhall, TLS, v1 clients, 1,000 handshakes a second",
    beside: Beside::Handshakes(1000),
    ..WITH_TLS
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
/// Says until the own line is there, which for a durable room means on the disk.
const LASTING: Scenario = Scenario {
    contenders: &[DURABLE_FLOOR, DURABLE, GUILDHALL_V1],
    measure: Measure::P99,
    ..PLAIN
};
/// The cost of a member that blocks others, some of whom speak.
const BLOCKS: Scenario = Scenario {
    contenders: &[GUILDHALL_V1, WITH_BLOCKS],
    ..PLAIN
};
/// The cost of TLS.
const TLS: Scenario = Scenario {
    contenders: &[GUILDHALL_V1, WITH_TLS],
    ..PLAIN
};
const CURVE: Scenario = Scenario {
    contenders: &[FLOOR, GUILDHALL],
    ..PLAIN
};

/// All scenarios. Those of the curve, of two threads, of durable rooms, of blocks and of TLS run only
/// if they are named, by name or as `curve`, `threads`, `durable`, `blocks` and `tls`.
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
        name: "blocks-single",
        about: "1 in flight, 1,000 members",
        load: &["--clients", "1000", "--in-flight", "1"],
        ..BLOCKS
    },
    Scenario {
        name: "blocks-joined",
        about: "16 in flight, 1,000 members",
        load: &["--clients", "1000", "--in-flight", "16"],
        ..BLOCKS
    },
    Scenario {
        name: "blocks-speaking",
        about: "1,000 members all speaking, 2,000 msg/s",
        load: &["--clients", "1000", "--speakers", "1000", "--rate", "2000"],
        ..BLOCKS
    },
    Scenario {
        name: "tls-single",
        about: "1 in flight, 1,000 members",
        load: &["--clients", "1000", "--in-flight", "1"],
        ..TLS
    },
    Scenario {
        name: "tls-speaking",
        about: "1,000 members all speaking, 2,000 msg/s",
        load: &["--clients", "1000", "--speakers", "1000", "--rate", "2000"],
        ..TLS
    },
    Scenario {
        name: "tls-idle",
        about: "5,000 idle members",
        load: &["--clients", "5000", "--seconds", "0"],
        measure: Measure::Memory,
        ..TLS
    },
    Scenario {
        name: "tls-storm",
        about: "2,000 connect as fast as they can",
        load: FEWER,
        measure: Measure::Connecting,
        ..TLS
    },
    Scenario {
        name: "tls-crowds",
        about: "100 members, 10 speaking, 100 msg/s; crowds of 2,000 come and hang up",
        load: CONVERSATION,
        contenders: &[GUILDHALL_V1, CROWDS_BESIDE, WITH_TLS, TLS_CROWDS_BESIDE],
        measure: Measure::P99,
    },
    Scenario {
        name: "tls-handshakes",
        about: "100 members, 10 speaking, 100 msg/s; others do handshakes and hang up",
        load: CONVERSATION,
        contenders: &[WITH_TLS, HANDSHAKES_BESIDE],
        measure: Measure::P99,
    },
    Scenario {
        name: "durable-10",
        about: "10 members all speaking, 10 msg/s",
        load: &["--clients", "10", "--speakers", "10", "--rate", "10"],
        ..LASTING
    },
    Scenario {
        name: "durable-1000",
        about: "10 members all speaking, 1,000 msg/s",
        load: &["--clients", "10", "--speakers", "10", "--rate", "1000"],
        ..LASTING
    },
    Scenario {
        name: "durable-5000",
        about: "10 members all speaking, 5,000 msg/s",
        load: &["--clients", "10", "--speakers", "10", "--rate", "5000"],
        ..LASTING
    },
    Scenario {
        name: "durable-of-200",
        // Few speak, so that the load is not what decides: it has to read a million lines a second.
        about: "20 of 200 members speaking, 5,000 msg/s",
        load: &["--clients", "200", "--speakers", "20", "--rate", "5000"],
        measure: Measure::Cpu,
        ..LASTING
    },
    Scenario {
        name: "durable-of-1000",
        about: "1,000 members all speaking, 5,000 msg/s",
        load: &["--clients", "1000", "--speakers", "1000", "--rate", "5000"],
        measure: Measure::Cpu,
        ..LASTING
    },
    Scenario {
        name: "durable-most",
        about: "10 members all speaking, 64 in flight each",
        load: &["--clients", "10", "--speakers", "10", "--in-flight", "64"],
        measure: Measure::Cpu,
        ..LASTING
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
        load: CONVERSATION,
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
