//! Settings of which the operator is warned.

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::os::unix::fs::FileExt as _;

use crate::data_folder::Folder;
use crate::program::{Program, command, run};

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

#[test]
fn a_check_finds_a_store_of_a_newer_version_which_no_server_of_this_one_starts_with() {
    /// The place where the header of a SQLite database has the number of its schema.
    const SCHEMA: u64 = 60;
    let folder = Folder::new();
    folder.start(&[]).stop();
    let check = || {
        let mut check = command(&["check"]);
        check.env("GUILDHALL_DATA", folder.path());
        let output = run(check);
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    assert_eq!(check(), (Some(0), String::new()));
    let file = folder.join("guildhall.db");
    let database = OpenOptions::new().write(true).open(&file).unwrap();
    database
        .write_all_at(&99_u32.to_be_bytes(), SCHEMA)
        .unwrap();
    let (code, said) = check();
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("schema 99") && said.contains("Use the version"),
        "{said}"
    );
}

#[test]
fn a_check_finds_listeners_that_have_the_same_port() {
    let check = |listen: &str| {
        checked(&[
            ("GUILDHALL_HOST", "127.0.0.1"),
            ("GUILDHALL_PORT", "8080"),
            ("GUILDHALL_API_LISTEN", listen),
            ("GUILDHALL_API_KEY", &"k".repeat(32)),
        ])
    };
    for listen in [
        "127.0.0.1:8080",
        "localhost:8080",
        "0.0.0.0:8080",
        "[::]:8080",
    ] {
        let (code, printed) = check(listen);
        assert_eq!(code, Some(1), "{printed}");
        let problem = "--port and --api-listen both want port 8080 of ";
        assert!(printed.contains(problem), "{printed}");
    }
    for listen in ["127.0.0.1:8081", "[::1]:8080", "127.0.0.2:8080"] {
        let (code, printed) = check(listen);
        assert_eq!(code, Some(0), "{printed}");
    }
}

/// A check with these variables: its exit code, and all that it prints.
fn checked(variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut check = command(&["check"]);
    check.envs(variables.iter().copied());
    let output = run(check);
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(printed).unwrap())
}

#[test]
fn a_check_finds_addresses_that_this_machine_does_not_have() {
    let key = "k".repeat(32);
    let key = ("GUILDHALL_API_KEY", &*key);
    // Addresses for documents, which no machine has (RFC 5737).
    let host = ("GUILDHALL_HOST", "192.0.2.7");
    let api = ("GUILDHALL_API_LISTEN", "192.0.2.7:9000");
    let unknown = ("GUILDHALL_HOST", "chat..example");
    for (variables, words) in [
        (&[host][..], "192.0.2.7:8080: this machine does not have"),
        (&[api, key], "192.0.2.7:9000: this machine does not have"),
        (&[unknown], "cannot find the address of 'chat..example'"),
    ] {
        let (code, printed) = checked(variables);
        assert_eq!(code, Some(1), "{printed}");
        assert!(printed.contains(words), "{printed}");
    }
}

#[test]
fn a_check_says_that_a_port_is_in_use_which_it_is_while_the_server_runs() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, printed) = checked(&[("GUILDHALL_PORT", &port)]);
    assert_eq!(code, Some(0), "{printed}");
    let line = format!("Port {port} is in use on 127.0.0.1 now. ");
    assert!(printed.contains(&line), "{printed}");
    drop(taken);
    let (_, printed) = checked(&[("GUILDHALL_PORT", &port)]);
    assert!(!printed.contains("is in use"), "{printed}");
}

#[test]
fn a_check_says_that_a_folder_is_in_use_which_it_is_while_the_server_runs() {
    let folder = Folder::new();
    let server = folder.start(&[]);
    let variables = [("GUILDHALL_DATA", folder.path())];
    let line = format!("The folder {} is in use now. ", folder.path());
    let (code, printed) = checked(&variables);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains(&line), "{printed}");
    server.stop();
    let (code, printed) = checked(&variables);
    assert_eq!(code, Some(0), "{printed}");
    assert!(!printed.contains(&line), "{printed}");
}
