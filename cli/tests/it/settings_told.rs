//! Settings of which the operator is warned.

use crate::program::Program;

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
