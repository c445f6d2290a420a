//! Every setting of the server: what is refused, with which words, and that nothing else is
//! refused, whether it is a flag or a variable.

use guildhall_protocol::RequestBody;
use guildhall_protocol::limits::LOBBY;
use guildhall_testing::v1_client::{V1Client, say, whisper};
use guildhall_testing::wire::eventually;

use crate::program::{self, Program, command};

/// A setting and its values.
struct Setting {
    flag: &'static str,
    /// Those that are refused, each with a word of the reason.
    wrong: &'static [(&'static str, &'static str)],
    /// Those that a server starts with, 0 and the largest among them if they are allowed.
    right: &'static [&'static str],
}

/// The largest number of 64 bits.
const HUGE: &str = "18446744073709551615";
const TOO_LARGE: &str = "18446744073709551616";

/// Texts that are no numbers where 0 is one.
const NO_NUMBER: &[(&str, &str)] = &[
    ("many", "a whole number"),
    ("-1", "a whole number"),
    ("+1", "a whole number"),
    ("1.5", "a whole number"),
    ("1M", "a whole number"),
    ("0x10", "a whole number"),
    (" 5", "a whole number"),
    (TOO_LARGE, "a whole number"),
];

const SETTINGS: &[Setting] = &[
    Setting {
        flag: "--config",
        // Others are tried in `settings_file`.
        wrong: &[],
        right: &["../docs/guildhall.toml"],
    },
    Setting {
        flag: "--port",
        wrong: &[
            ("banana", "from 0 to 65535"),
            ("70000", "from 0 to 65535"),
            ("+80", "from 0 to 65535"),
            ("-1", "from 0 to 65535"),
            ("8080x", "from 0 to 65535"),
        ],
        right: &["0"],
    },
    Setting {
        flag: "--host",
        wrong: &[],
        // Others are tried in `startup`.
        right: &["localhost"],
    },
    Setting {
        flag: "--max-connections",
        wrong: &[
            ("0", "1 or more"),
            ("-1", "1 or more"),
            (TOO_LARGE, "1 or more"),
        ],
        right: &["1", HUGE],
    },
    zero_or_more("--max-connections-per-address"),
    Setting {
        flag: "--allow-origin",
        wrong: &[
            ("game.example", "https://"),
            ("https://game.example:80800", "1 to 65535"),
            ("https://game.example/play", "path"),
            ("https://game.*", "*"),
            ("wss://game.example", "http"),
            ("https://good.example,bad", "'bad'"),
            ("https://good.example,,null", "''"),
            ("https://good.example,", "''"),
        ],
        right: &[
            "*",
            "null",
            "https://game.example, https://*.game.example",
            "capacitor://localhost,tauri://localhost,file://",
        ],
    },
    Setting {
        flag: "--allow-host",
        wrong: &[
            ("chat.example:80", "port"),
            ("https://chat.example", "chat.example"),
            ("chat.example:80800", "port"),
            ("*.chat.example", "*"),
            ("chat.example,", "''"),
        ],
        right: &["*", "chat.example", "chat.example, two.example"],
    },
    Setting {
        flag: "--page-server",
        wrong: &[
            ("chat.example", "wss://"),
            ("https://chat.example", "wss://"),
            ("wss://chat.example:80800", "wss://"),
            ("wss://chat.example:+80", "wss://"),
        ],
        right: &[
            "*",
            "wss://chat.example",
            "ws://a.example:9000/ws, wss://b.example",
        ],
    },
    Setting {
        flag: "--trusted-proxies",
        wrong: &[
            ("proxy.example", "10.0.0.0/8"),
            ("10.0.0.0/33", "10.0.0.0/8"),
            ("10.0.0.5/8", "10.0.0.0/8"),
            ("10.0.0.2:80", "10.0.0.0/8"),
            ("[::1]", "fd00::/8"),
            ("*", "fd00::/8"),
            ("10.0.0.2,", "''"),
        ],
        right: &["10.0.0.2", "10.0.0.0/8, ::1,fd00::/8", "0.0.0.0/0,::/0"],
    },
    Setting {
        flag: "--proxy-protocol",
        wrong: &[("yes", "off, on"), ("On", "off, on"), ("v2", "off, on")],
        right: &["off", "on"],
    },
    Setting {
        flag: "--max-waiting",
        wrong: &[
            ("0", "65536 or more"),
            ("65535", "65536 or more"),
            ("1M", "65536 or more"),
        ],
        right: &["65536", HUGE],
    },
    zero_or_more("--client-rate"),
    zero_or_more("--client-burst"),
    zero_or_more("--room-rate"),
    zero_or_more("--room-burst"),
    rate("--rates-say"),
    rate("--rates-whisper"),
    rate("--rates-join"),
    rate("--rates-rename"),
    rate("--rates-request"),
    rate("--rates-refused"),
    rate("--rates-handshake"),
    Setting {
        flag: "--rates-address-share",
        wrong: &[
            ("many", "from 0 to 4294967295"),
            ("-1", "from 0 to 4294967295"),
            ("4294967296", "from 0 to 4294967295"),
        ],
        right: &["0", "1", "4294967295"],
    },
    zero_or_more("--history-lines"),
    zero_or_more("--history-bytes"),
    zero_or_more("--history-seconds"),
    zero_or_more("--replay-lines"),
    Setting {
        flag: "--max-rooms",
        wrong: &[
            ("0", "1 or more"),
            ("-1", "1 or more"),
            (TOO_LARGE, "1 or more"),
        ],
        right: &["1", HUGE],
    },
    zero_or_more("--keep-empty-rooms"),
    zero_or_more("--resume-seconds"),
    Setting {
        flag: "--threads",
        wrong: &[
            ("0", "from 1 to 256"),
            ("257", "from 1 to 256"),
            ("9999", "from 1 to 256"),
            (HUGE, "from 1 to 256"),
        ],
        right: &["1", "2"],
    },
    Setting {
        flag: "--log",
        wrong: &[
            ("loud", "off, error, warn, info, debug, trace"),
            ("info,loud", "'loud'"),
            (
                "guildhall_server=loud",
                "off, error, warn, info, debug, trace",
            ),
            ("x=dbug", "off, error, warn, info, debug, trace"),
            ("a=b=c", "off, error, warn, info, debug, trace"),
            ("gildhall_server=info", "guildhall_server"),
            ("info,", "empty"),
        ],
        right: &[
            "info",
            "TRACE",
            "warn,guildhall_server=debug,guildhall=info",
        ],
    },
    Setting {
        flag: "--log-format",
        wrong: &[("xml", "text, json"), ("JSON", "text, json")],
        right: &["json"],
    },
];

/// How often something may be done.
const fn rate(flag: &'static str) -> Setting {
    Setting {
        flag,
        wrong: &[
            ("8", "8, 2/s"),
            ("2/s", "8, 2/s"),
            ("8, 2", "8, 2/s"),
            ("0, 2/s", "8, 2/s"),
            ("8, 0/s", "8, 2/s"),
            ("8, 2/d", "/min, /h"),
            ("1000001, 2/s", "1000000"),
            ("-8, 2/s", "8, 2/s"),
            ("none", "off"),
        ],
        right: &["off", "0", "1, 1/h", "1000000, 1000000/s"],
    }
}

const fn zero_or_more(flag: &'static str) -> Setting {
    Setting {
        flag,
        wrong: NO_NUMBER,
        right: &["0", HUGE],
    }
}

fn variable(flag: &str) -> String {
    let name = flag.trim_start_matches('-').replace('-', "_");
    format!("GUILDHALL_{}", name.to_uppercase())
}

/// Checks the one line of a program that ends at once.
#[track_caller]
pub(crate) fn check_refused(command: std::process::Command, words: &[&str], not: &str) {
    let shown = format!("{command:?}");
    let output = program::run(command);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{shown}: {text}");
    assert_eq!(text.lines().count(), 1, "{shown}: {text}");
    for word in words.iter().chain(&["guildhall: ", "guildhall --help"]) {
        assert!(text.contains(word), "{shown}: no {word} in: {text}");
    }
    assert!(!text.contains(not), "{shown}: {not} in: {text}");
}

#[test]
fn this_list_has_every_setting() {
    let help = program::run(command(&["--help"]));
    let help = String::from_utf8(help.stdout).unwrap();
    let flags = help.lines().filter_map(|line| {
        let flag = line.trim_start().strip_prefix("--")?;
        flag.split(' ').next().map(|flag| format!("--{flag}"))
    });
    let listed: Vec<_> = SETTINGS.iter().map(|setting| setting.flag).collect();
    assert_eq!(flags.collect::<Vec<_>>(), listed);
    for flag in listed {
        assert!(
            help.contains(&format!("[env: {}=]", variable(flag))),
            "{flag}"
        );
    }
}

#[test]
fn a_wrong_value_is_refused_and_the_flag_or_the_variable_is_named() {
    for Setting { flag, wrong, .. } in SETTINGS {
        let name = variable(flag);
        for (value, word) in *wrong {
            let by_flag = command(&[&format!("{flag}={value}")]);
            check_refused(by_flag, &[word, flag], &name);
            let mut by_variable = command(&[]);
            by_variable.env(&name, value);
            check_refused(by_variable, &[word, &name], &format!("'{flag}"));
        }
        // Nothing is not a value of a flag.
        check_refused(command(&[&format!("{flag}=")]), &[flag], &name);
    }
}

#[test]
fn a_server_starts_with_every_right_value() {
    for Setting { flag, right, .. } in SETTINGS {
        for value in *right {
            if *flag == "--log" {
                // Such a log may have no line to wait for, but it is accepted.
                let mut by_variable = command(&["--host", "no..such..host"]);
                by_variable.env("GUILDHALL_LOG", value);
                assert_eq!(program::run(by_variable).status.code(), Some(1), "{value}");
                continue;
            }
            Program::start(&[&format!("{flag}={value}")]).stop();
        }
    }
}

#[test]
fn a_chat_works_with_the_smallest_and_the_largest_values() {
    let numbers = || SETTINGS.iter().filter(|it| it.right.contains(&HUGE));
    let all = |take: fn(&[&'static str]) -> &'static str| -> Vec<String> {
        numbers()
            .filter(|it| it.flag != "--max-connections")
            .map(|it| format!("{}={}", it.flag, take(it.right)))
            .collect()
    };
    let smallest = all(|right| right[0]);
    let largest = all(|right| right[right.len() - 1]);
    let no_burst = ["--client-burst=0".to_owned(), "--room-burst=0".to_owned()];
    for arguments in [smallest, largest, no_burst.to_vec()] {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let program = Program::start(&arguments);
        let (mut ann, _) = V1Client::in_room(program.address(), "Ann", LOBBY);
        let (mut bob, welcome) = V1Client::in_room(program.address(), "Bob", LOBBY);
        // Without a burst, one message has to wait for the other.
        let send = |ann: &mut V1Client, request: RequestBody| {
            eventually("a message that fits", || {
                let id = ann.send(request.clone());
                ann.outcome(id).ok()
            });
        };
        send(&mut ann, say(LOBBY, "hello"));
        assert_eq!(bob.line().text, "hello", "{arguments:?}");
        send(&mut ann, whisper(welcome.id, "", "psst"));
        assert_eq!(bob.whisper_line().text, "psst", "{arguments:?}");
        // A client that comes back, and a room that everybody leaves.
        let last = bob.last_request;
        bob.client.reset();
        let (mut bob, _) = V1Client::resume(program.address(), &welcome, last, 1);
        bob.join(LOBBY);
        bob.leave(LOBBY);
        ann.leave(LOBBY);
        ann.join(LOBBY);
        send(&mut ann, say(LOBBY, "again"));
        program.stop();
    }
}

#[test]
fn an_empty_variable_counts_as_unset() {
    for value in ["", " ", "\r"] {
        let mut all = command(&["--port", "0", "--host", "no..such..host"]);
        for Setting { flag, .. } in SETTINGS {
            all.env(variable(flag), value);
        }
        // The flag counts, and is wrong in another way.
        let output = program::run(all);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{value:?}: {text}");
        assert!(text.contains("no..such..host"), "{value:?}: {text}");
    }
    let empty: Vec<_> = SETTINGS.iter().map(|it| (variable(it.flag), "")).collect();
    let empty = empty.iter().map(|(name, value)| (name.as_str(), *value));
    let program = Program::start_with(&["--port", "0", "--log-format", "json"], empty);
    assert_eq!(program.join().1, 1);
    program.stop();
}

#[test]
fn what_kubernetes_sets_for_a_service_of_this_name_does_no_harm() {
    let variables = [
        ("GUILDHALL_PORT", "tcp://10.0.0.5:8080"),
        ("GUILDHALL_SERVICE_HOST", "10.0.0.5"),
        ("GUILDHALL_SERVICE_PORT", "8080"),
        ("GUILDHALL_SERVICE_PORT_WEBSOCKET", "8080"),
        ("GUILDHALL_PORT_8080_TCP", "tcp://10.0.0.5:8080"),
        ("GUILDHALL_PORT_8080_TCP_PROTO", "tcp"),
        ("GUILDHALL_PORT_8080_TCP_PORT", "8080"),
        ("GUILDHALL_PORT_8080_TCP_ADDR", "10.0.0.5"),
        // Of other services, whose names begin alike.
        ("GUILDHALL_LOG_PORT", "udp://10.0.0.6:514"),
        ("GUILDHALL_LOG_SERVICE_HOST", "10.0.0.6"),
    ];
    let arguments = ["--port", "0", "--log-format", "json"];
    let program = Program::start_with(&arguments, variables);
    assert_eq!(program.join().1, 1);
    let log = program.stop();
    let mut warnings = log.iter().filter(|line| line["level"] == "WARN");
    let warning = warnings.next().expect("a warning");
    assert_eq!(warning["variable"], "GUILDHALL_PORT");
    assert_eq!(warning["value"], "tcp://10.0.0.5:8080");
    let message = warning["message"].as_str().unwrap();
    assert!(message.contains("--port"), "{message}");
    assert_eq!(
        warnings.next(),
        None,
        "for the others, there is nothing to do"
    );
}

#[test]
fn a_history_that_no_client_could_get_at_once_is_told() {
    let warnings = |bytes: &str| {
        let arguments = ["--max-waiting=65536", "--history-bytes", bytes];
        let log = Program::start(&arguments).stop();
        log.iter().filter(|line| line["level"] == "WARN").count()
    };
    assert_eq!((warnings("32768"), warnings("32769")), (0, 1));
}

#[test]
fn a_variable_that_is_no_setting_is_told() {
    let arguments = ["--port", "0", "--log-format", "json"];
    let program = Program::start_with(&arguments, [("GUILDHALL_MAX_CONECTIONS", "5")]);
    let log = program.stop();
    let warning = log.iter().find(|line| line["level"] == "WARN");
    let warning = warning.expect("a warning");
    assert_eq!(warning["variable"], "GUILDHALL_MAX_CONECTIONS");
}
