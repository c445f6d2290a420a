//! Every setting of the server: what is refused, with which words, and that nothing else is
//! refused, whether it is a flag or a variable.

mod list;

use guildhall_protocol::RequestBody;
use guildhall_protocol::limits::LOBBY;
use guildhall_testing::v1_client::{V1Client, say, whisper};
use guildhall_testing::wire::eventually;

use crate::program::{self, Program, check_fails, check_refused, command};

use super::settings_file::File;

use self::list::{HUGE, SETTINGS, Setting};

fn variable(flag: &str) -> String {
    let name = flag.trim_start_matches('-').replace('-', "_");
    format!("GUILDHALL_{}", name.to_uppercase())
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
        // The help does not show the value of a secret.
        let is_secret = ["--api-key", "--api-metrics-key"].contains(&flag);
        let end = if is_secret { "" } else { "=" };
        let variable = format!("[env: {}{end}]", variable(flag));
        assert!(help.contains(&variable), "{flag}");
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

/// The lines of a settings file with this value of a flag, as text or as a number.
fn in_a_file(flag: &str, value: &str) -> String {
    let name = flag.trim_start_matches('-');
    let table = ["api", "rates", "tls"].into_iter().find_map(|table| {
        let name = name.strip_prefix(table)?.strip_prefix('-')?;
        Some((format!("[{table}]\n"), name))
    });
    let (table, name) = table.unwrap_or((String::new(), name));
    // TOML writes its numbers in one way.
    let is_number = |number: i64| number.to_string() == value;
    let value = match value.parse() {
        Ok(number) if is_number(number) => value.to_owned(),
        // A text of JSON is one of TOML.
        _ => serde_json::to_string(value).unwrap(),
    };
    format!("{table}{} = {value}\n", name.replace('-', "_"))
}

#[test]
fn a_check_finds_every_wrong_value() {
    for Setting { flag, wrong, .. } in SETTINGS {
        for (value, word) in *wrong {
            let by_flag = format!("{flag}={value}");
            let lines = in_a_file(flag, value);
            let file = File::new(&lines);
            let line = format!("line {}: ", lines.lines().count());
            check_fails(&["check", "--", &by_flag], &[word, flag]);
            check_fails(&["check", file.path()], &[word, &line]);
        }
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
    let is_number = |it: &&Setting| it.right.contains(&HUGE) || it.flag == "--resume-seconds";
    let numbers = || SETTINGS.iter().filter(is_number);
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
