//! `guildhall verify`: it says what was changed, and where. The reports are those of players on a
//! real server.

use std::fs;
use std::path::Path;

use guildhall_protocol::{LineRef, Reason, ReplyResult, Report, RequestBody, RequestError};
use guildhall_testing::v1_client::V1Client;
use rustix::process::Signal;
use serde_json::Value;

use crate::data_folder::Folder;
use crate::program::{Program, command, run};

const NOTE: &str = "he does it each day";

/// Runs `guildhall verify`. Returns its exit code, and what it prints.
fn verify(folder: &Folder, words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = command(&[&["verify", "--data", folder.path()], words].concat());
    command.env_remove("GUILDHALL_DATA");
    let output = run(command);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn report(client: &mut V1Client, room: &str, line: LineRef) -> Result<u64, RequestError> {
    let report = Report {
        room: room.into(),
        line: Some(line),
        reason: Reason::Hate.into(),
        note: NOTE.into(),
        ..Report::default()
    };
    match client.ask(RequestBody::Report(report))? {
        ReplyResult::Reported(reported) => Ok(reported.id),
        other => panic!("{other:?}"),
    }
}

/// A server on which Ann has reported a line of Eve.
fn reported(folder: &Folder) -> (Program, V1Client, LineRef) {
    let server = folder.start(&[]);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let (mut eve, _) = V1Client::in_room(server.address(), "Eve", "hall");
    let said = eve.say("hall", "you fool");
    let line = LineRef {
        epoch: said.epoch,
        seq: said.seq,
    };
    assert_eq!(report(&mut ann, "hall", line), Ok(1));
    (server, ann, line)
}

#[test]
fn a_report_that_was_answered_is_there_after_a_kill_and_verifies() {
    let folder = Folder::new();
    let (server, ..) = reported(&folder);
    let (code, out, error) = verify(&folder, &[]);
    assert_eq!((code, error.as_str()), (Some(0), ""), "beside a server");
    let lines: Vec<_> = out.lines().collect();
    assert!(lines[0].starts_with("audit: 1, "), "{out}");
    assert!(lines[1].starts_with("room:hall: 1, "), "{out}");
    assert_eq!(
        lines[2..],
        [
            "1 report with evidence, 1 act in the audit log",
            "All of it is as it was kept."
        ]
    );
    server.end_by(Signal::KILL);
    let query = "SELECT json_extract(evidence, '$.message.text') FROM report";
    assert_eq!(folder.value(query), "you fool");
    assert_eq!(verify(&folder, &[]).0, Some(0));
}

#[test]
fn a_changed_byte_is_named_and_so_is_a_chain_that_does_not_go_on() {
    let folder = Folder::new();
    let (server, mut ann, line) = reported(&folder);
    let (code, before, _) = verify(&folder, &["--json"]);
    assert_eq!(code, Some(0));
    let since = folder.join("before.json");
    fs::write(&since, &before).unwrap();
    let since = since.to_str().unwrap();
    let again = report(&mut ann, "hall", line).unwrap_err();
    assert_eq!(again.code, 32, "it is reported already");
    assert_eq!(verify(&folder, &["--since", since]).0, Some(0));
    server.stop();

    let file = folder.join("guildhall.db");
    let good = fs::read(&file).unwrap();
    let at = good
        .windows(NOTE.len())
        .position(|it| it == NOTE.as_bytes());
    let mut bad = good.clone();
    bad[at.unwrap()] = b'H';
    fs::write(&file, &bad).unwrap();
    let (code, out, error) = verify(&folder, &[]);
    assert_eq!(code, Some(1));
    let changed = "The report 1 is not as it came: its evidence was changed.";
    assert_eq!(out.lines().next(), Some(changed));
    assert!(error.starts_with("guildhall: the evidence or the audit log"));
    let (code, out, _) = verify(&folder, &["--json"]);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, found["problems"][0].as_str()),
        (Some(1), Some(changed))
    );
    let mut check = command(&["store", "check", "--data", folder.path()]);
    check.env_remove("GUILDHALL_DATA");
    let checked = run(check);
    assert_eq!(checked.status.code(), Some(1));
    assert!(String::from_utf8(checked.stdout).unwrap().contains(changed));

    fs::write(&file, &good).unwrap();
    let hash = serde_json::from_str::<Value>(&before).unwrap();
    let hash = hash["heads"][0]["hash"].as_str().unwrap();
    fs::write(since, before.replace(hash, &"00".repeat(32))).unwrap();
    let (code, out, _) = verify(&folder, &["--since", since]);
    assert_eq!(code, Some(1));
    let anew = "The chain \"audit\" was calculated anew: its number 1 had another hash.";
    assert_eq!(out.lines().next(), Some(anew));
}

#[test]
fn what_cannot_be_verified_is_an_error() {
    let folder = Folder::empty();
    let (code, out, error) = verify(&folder, &[]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(error.contains("There is no store in"), "{error}");
    let (server, ..) = reported(&folder);
    server.stop();
    for content in ["", "{}", "[]", "{\"heads\":[{\"chain\":\"audit\"}]}"] {
        let file = folder.join("since.json");
        fs::write(&file, content).unwrap();
        let (code, _, error) = verify(&folder, &["--since", file.to_str().unwrap()]);
        assert_eq!(code, Some(1));
        assert!(
            error.contains("is not what `guildhall verify --json` prints"),
            "{error}"
        );
    }
    assert_eq!(
        verify(&folder, &["--since", "/nowhere/heads.json"]).0,
        Some(1)
    );
    assert_eq!(verify(&folder, &["--other"]).0, Some(2));
}

/// The words in back quotes of a document.
fn quoted(document: &str) -> impl Iterator<Item = &str> {
    document.split('`').skip(1).step_by(2)
}

#[test]
fn the_tests_that_the_checklist_names_exist() {
    let document = fs::read_to_string("../docs/safety.md").unwrap();
    let table = document
        .split("## What is left to the game")
        .next()
        .unwrap();
    let files = quoted(table).filter(|word| word.contains("/tests/") || word.contains(".rs"));
    let mut count = 0;
    for file in files {
        assert!(Path::new("..").join(file).exists(), "{file}");
        count += 1;
    }
    assert!(count > 30, "{count} files");
    let sources = [
        "../server/src/store/tests/reports.rs",
        "../server/src/session/v1/tests/reports.rs",
        "../server/src/session/v1/tests/reports/told.rs",
        "../cli/tests/it/verify.rs",
    ];
    let sources: String = sources
        .map(|file| fs::read_to_string(file).unwrap())
        .concat();
    let is_test = |word: &&str| word.matches('_').count() > 4 && !word.contains('/');
    for test in quoted(table).filter(is_test) {
        assert!(sources.contains(&format!("fn {test}(")), "{test}");
        count += 1;
    }
    assert!(count > 38, "{count} tests");
}
