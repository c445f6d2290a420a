//! Settings of which the operator is warned.

use std::fs::OpenOptions;
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
fn a_check_finds_listeners_that_have_the_port_of_the_chat() {
    let check = |port: &str| {
        let mut check = command(&["check"]);
        check.env("GUILDHALL_PORT", "8080");
        check.env("GUILDHALL_API_LISTEN", format!("127.0.0.1:{port}"));
        check.env("GUILDHALL_API_KEY", "k".repeat(32));
        let output = run(check);
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let warning = "Warning: api.listen has the port of the chat, 8080";
    assert!(check("8080").contains(warning));
    assert!(!check("8081").contains(warning));
}
