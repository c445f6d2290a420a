//! The settings of the load tool and of the chat client: what is refused, and with which words.

use crate::program::check_refused;
use crate::program::{self, Program, command};

#[test]
fn a_variable_of_the_server_does_not_concern_the_tools() {
    for tool in ["chat", "bench"] {
        let mut command = command(&[tool, "no address"]);
        command.env("GUILDHALL_PORT", "tcp://10.0.0.5:8080");
        command.env("GUILDHALL_LOG", "loud");
        let output = program::run(command);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("no address"), "{text}");
    }
}

#[test]
fn a_wrong_value_of_a_tool_is_refused() {
    for (line, word) in [
        ("chat ws://127.0.0.1:1 --wait=-1", "--wait"),
        ("chat ws://127.0.0.1:1 --wait=0", "--wait"),
        ("chat ws://127.0.0.1:1 --ca=", "--ca"),
        (
            "chat ws://127.0.0.1:1 --wait=18446744073709551615",
            "31622400",
        ),
        ("chat ws://127.0.0.1:1 --wait=soon", "--wait"),
        ("chat ws://127.0.0.1:1 --language=xx", "--language"),
        ("chat", "URL"),
        ("bench", "URL"),
        ("bench ws://127.0.0.1:1 --clients=0", "--clients"),
        ("bench ws://127.0.0.1:1 --clients=4294967296", "--clients"),
        ("bench ws://127.0.0.1:1 --speakers=0", "--speakers"),
        ("bench ws://127.0.0.1:1 --rate=0", "--rate"),
        ("bench ws://127.0.0.1:1 --rate=inf", "--rate"),
        ("bench ws://127.0.0.1:1 --seconds=-1", "--seconds"),
        ("bench ws://127.0.0.1:1 --seconds=nan", "--seconds"),
        ("bench ws://127.0.0.1:1 --bytes=0", "--bytes"),
        ("bench ws://127.0.0.1:1 --in-flight=0", "--in-flight"),
        (
            "bench ws://127.0.0.1:1 --in-flight=4294967295",
            "from 1 to 65536",
        ),
        ("bench ws://127.0.0.1:1 --stalled=-1", "--stalled"),
        ("bench ws://127.0.0.1:1 --v1 --rooms=0", "--rooms"),
        ("bench ws://127.0.0.1:1 --pid=x", "--pid"),
        ("bench ws://127.0.0.1:1 --pid=0", "--pid"),
        ("bench ws://127.0.0.1:1 --attack=", "--attack"),
        (
            "bench ws://127.0.0.1:1 --attack=say --attackers=0",
            "--attackers",
        ),
    ] {
        let words: Vec<_> = line.split(' ').collect();
        check_refused(command(&words), &[word], "panicked");
    }
}

#[test]
fn more_connections_than_files_blame_the_flag_that_asks_for_them() {
    let program = Program::start(&[]);
    let url = format!("ws://{}/ws", program.address());
    for (arguments, flag) in [
        (
            ["--clients", "4000000000", "--seconds", "0"],
            "lower --clients",
        ),
        (
            ["--stalled", "4000000000", "--seconds", "1"],
            "or --stalled",
        ),
        (
            ["--attack", "say", "--attackers", "4000000000"],
            "lower --attackers",
        ),
    ] {
        let output = program::run(command(&[&["bench", &url], &arguments[..]].concat()));
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains(flag) && text.contains("open files"), "{text}");
    }
}
