//! Errors at the start of the server: one line on standard error that says what to do,
//! and an exit code other than 0.

use std::net::TcpListener;
use std::process::Command;

use guildhall_server::listen::ListenError;
use rustix::thread::{
    CapabilitySet, capability_is_in_bounding_set, remove_capability_from_bounding_set,
};

use crate::program::{self, Program, command};

/// Checks the one line of a start that fails.
#[track_caller]
fn check(command: Command, exit_code: i32, words: &[&str]) {
    let shown = format!("{command:?}");
    let output = program::run(command);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(exit_code), "{shown}: {text}");
    assert_eq!(text.lines().count(), 1, "{shown}: {text}");
    assert!(
        text.starts_with("guildhall: ") && text.ends_with('\n'),
        "{text}"
    );
    for word in words {
        assert!(text.contains(word), "{shown}: no {word} in: {text}");
    }
    let mut parts: Vec<_> = text.trim().split(": ").collect();
    parts.sort_unstable();
    let count = parts.len();
    parts.dedup();
    assert_eq!(parts.len(), count, "{shown}: said twice: {text}");
    assert!(output.stdout.is_empty());
}

/// Checks the line for a wrong command line.
#[track_caller]
fn check_usage(arguments: &[&str], words: &[&str]) {
    let words = [words, &["guildhall --help"]].concat();
    check(command(arguments), 2, &words);
}

#[test]
fn a_port_in_use_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let words = ["in use", "127.0.0.1", &port, "--port"];
    check(command(&["--port", &port]), 1, &words);
    let arguments = ["--port", &port, "--host", "127.0.0.1"];
    check(command(&arguments), 1, &words);
}

#[test]
fn a_second_server_at_the_same_port_is_an_error() {
    let first = Program::start(&[]);
    let port = first.address().port().to_string();
    check(command(&["--port", &port]), 1, &["in use", &port, "--port"]);
    // Also if it asks for the other address family alone.
    if let Some(address) = first.addresses().get(1) {
        let arguments = ["--port", &port, "--host", "::1"];
        let words = ["in use", &address.ip().to_string(), "--port"];
        check(command(&arguments), 1, &words);
    }
    assert_eq!(first.join().1, 1);
}

#[test]
fn an_unknown_host_is_an_error() {
    // A resolver refuses a name with two dots in a row without asking other machines.
    let host = "no..such..host";
    check(command(&["--host", host]), 1, &["cannot find", host]);
}

#[test]
fn an_address_of_another_machine_is_an_error() {
    // TEST-NET-1 (RFC 5737), which no machine has.
    let words = ["192.0.2.1", "this machine does not have that address"];
    check(command(&["--port", "0", "--host", "192.0.2.1"]), 1, &words);
}

#[test]
fn a_privileged_port_is_an_error() {
    // The error's text, which is the same on any machine.
    let address = "127.0.0.1:80".parse().unwrap();
    let words = ListenError::NoPermission(address, "--port").to_string();
    assert!(words.contains("no permission to listen on 127.0.0.1:80"));
    assert!(words.contains("--port"));

    // A machine may allow low ports to all users; containers often do.
    let first = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
    let first: u16 = first.trim().parse().unwrap();
    // The highest of the low ports is seldom in use.
    let Some(port) = first.checked_sub(1) else {
        let program = Program::start(&["--host", "127.0.0.1"]);
        assert_eq!(program.join().1, 1, "there is no privileged port");
        return;
    };
    // Root may listen there, so the child has to be a root without that capability.
    // The bounding set of the thread that starts it limits its capabilities.
    let test = move || {
        let power = CapabilitySet::NET_BIND_SERVICE;
        if capability_is_in_bounding_set(power).unwrap() {
            let dropped = remove_capability_from_bounding_set(power);
            let is_root = rustix::process::geteuid().is_root();
            assert!(dropped.is_ok() || !is_root, "{dropped:?}");
        }
        let port = port.to_string();
        let arguments = ["--host", "127.0.0.1", "--port", &port];
        check(
            command(&arguments),
            1,
            &["no permission", &port, "--port", "1024"],
        );
    };
    std::thread::spawn(test).join().expect("refused");
}

#[test]
fn a_thread_that_cannot_start_is_an_error_before_anybody_is_told_of_a_server() {
    // The first event of each thread fails, which is that of its reactor.
    let program = command(&["--threads", "3", "--port", "0"]);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-o", "/dev/null", "-e", "trace=eventfd2"]);
    strace.args(["-e", "inject=eventfd2:error=EMFILE:when=1"]);
    strace.arg(program.get_program()).args(program.get_args());
    check(
        strace,
        1,
        &["cannot start network thread", "Too many open files"],
    );
}

#[test]
fn so_few_open_files_that_no_client_fits_are_an_error() {
    let program = command(&["--port", "0"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 250; exec \"$@\"", "sh"]);
    shell.arg(program.get_program()).args(program.get_args());
    check(shell, 1, &["250 open files", "ulimit -n"]);
}

#[test]
fn a_wrong_value_is_an_error() {
    check_usage(&["--port", "banana"], &["banana", "--port"]);
    check_usage(&["--port", "70000"], &["70000", "--port"]);
    check_usage(&["--port=-1"], &["-1", "--port"]);
    check_usage(&["--port"], &["--port"]);
    check_usage(&["--max-connections", "many"], &["--max-connections"]);
    check_usage(
        &["--max-connections-per-address", "1.5"],
        &["--max-connections-per-address"],
    );
    check_usage(&["--max-waiting", "1M"], &["1M", "--max-waiting"]);
    check_usage(&["--log-format", "xml"], &["xml", "--log-format"]);
    check_usage(
        &["--allow-origin", "game.example"],
        &["game.example", "--allow-origin", "https://"],
    );
}

#[test]
fn an_unknown_flag_is_an_error() {
    check_usage(&["--prot", "8080"], &["--prot", "did you mean '--port'?"]);
    check_usage(&["bnech"], &["bnech", "did you mean 'bench'?"]);
    check_usage(
        &["bench", "ws://x", "--clints", "5"],
        &["did you mean '--clients'?"],
    );
    check_usage(
        &["--log-format", "jsn"],
        &["jsn", "text, json", "did you mean 'json'?"],
    );
    check_usage(&["8080"], &["8080"]);
    check_usage(&["-x"], &["-x"]);
}

#[test]
fn the_environment_sets_a_value_that_no_flag_sets() {
    let mut command = command(&["--port", "banana"]);
    command.env("GUILDHALL_PORT", "0");
    check(command, 2, &["banana"]);
    let help = program::run(program::command(&["--help"]));
    assert!(help.status.success() && help.stderr.is_empty());
    let help = String::from_utf8(help.stdout).unwrap();
    for name in ["PORT", "HOST", "MAX_CONNECTIONS", "ALLOW_ORIGIN", "LOG"] {
        assert!(
            help.contains(&format!("GUILDHALL_{name}")),
            "{name}: {help}"
        );
    }
    let version = program::run(program::command(&["--version"]));
    assert!(version.status.success());
    assert!(version.stdout.starts_with(b"guildhall "));
}
