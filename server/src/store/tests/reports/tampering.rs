//! Whoever changes something in the database is found out.

use super::*;
use crate::store::{Head, check};

/// A store with three reports, of which the second is decided.
fn reported() -> Talk {
    let talk = Talk::new();
    for seq in [3, 5, 7] {
        report(&talk.store, 3, seq).unwrap();
    }
    decide(&talk.store, 2).unwrap();
    assert!(talk.problems().is_empty(), "{:?}", talk.problems());
    talk
}

/// Runs SQL without the triggers, as somebody who knows the tables would.
fn tamper(talk: &Talk, sql: &str) {
    let shell = talk.folder.shell();
    shell
        .execute_batch(
            "DROP TRIGGER audit_stays; DROP TRIGGER audit_is_kept;
             DROP TRIGGER evidence_stays; DROP TRIGGER evidence_is_kept;",
        )
        .unwrap();
    shell.execute_batch(sql).unwrap();
}

/// Checks the problems that `verify` finds after this SQL.
#[track_caller]
fn check_found(sql: &str, expected: &[&str]) {
    let talk = reported();
    tamper(&talk, sql);
    let problems = talk.problems();
    assert_eq!(problems, expected, "{sql}");
    let checked = check(talk.folder.path()).unwrap();
    assert_eq!(checked.problems, expected, "the check mentions it, too");
}

#[test]
fn nobody_changes_or_deletes_evidence_or_acts() {
    let talk = reported();
    let shell = talk.folder.shell();
    for sql in [
        "UPDATE audit SET time = 1 WHERE id = 1",
        "UPDATE audit SET details = '[]'",
        "DELETE FROM audit WHERE id = 4",
        "DELETE FROM audit",
        "UPDATE report SET evidence = '{}' WHERE id = 1",
        "UPDATE report SET note = '' WHERE id = 1",
        "UPDATE report SET name = 'Ann' WHERE id = 1",
        "DELETE FROM report WHERE id = 1",
        "REPLACE INTO audit SELECT * FROM audit WHERE id = 1",
        "REPLACE INTO report SELECT * FROM report WHERE id = 1",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE id = 4",
    ] {
        let refused = shell.execute_batch(sql).unwrap_err().to_string();
        assert!(
            refused.contains("is never changed") || refused.contains("is kept"),
            "{sql}: {refused}"
        );
    }
    assert!(talk.problems().is_empty(), "{:?}", talk.problems());
}

#[test]
fn a_changed_report_is_found() {
    let changed = "The report 2 is not as it came: its evidence was changed.";
    for sql in [
        "UPDATE report SET evidence = replace(evidence, '\"5\"', '\"6\"') WHERE id = 2",
        "UPDATE report SET note = 'he does it each Day' WHERE id = 2",
        "UPDATE report SET account = 'bob' WHERE id = 2",
        "UPDATE report SET time = time + 1 WHERE id = 2",
        "UPDATE report SET reason = 1 WHERE id = 2",
        "UPDATE report SET whisper = 1 WHERE id = 2",
        "UPDATE report SET evidence = '' WHERE id = 2",
    ] {
        check_found(sql, &[changed]);
    }
}

#[test]
fn exchanged_reports_are_found() {
    check_found(
        "CREATE TEMP TABLE other AS SELECT id, evidence FROM report;
         UPDATE report SET evidence = (SELECT evidence FROM other WHERE other.id = 4 - report.id)
         WHERE id IN (1, 3);",
        &[
            "The report 1 is not as it came: its evidence was changed.",
            "The report 3 is not as it came: its evidence was changed.",
        ],
    );
    check_found(
        "UPDATE evidence SET number = 9 WHERE number = 1;
         UPDATE evidence SET number = 1 WHERE number = 2;
         UPDATE evidence SET number = 2 WHERE number = 9;",
        &[
            "Number 1 of the evidence of the room \"hall\" was changed, or the one before it.",
            "Number 2 of the evidence of the room \"hall\" was changed, or the one before it.",
            "Number 3 of the evidence of the room \"hall\" was changed, or the one before it.",
            "The report 1 is not as it came: its evidence was changed.",
            "The report 2 is not as it came: its evidence was changed.",
        ],
    );
}

#[test]
fn a_deleted_report_is_found() {
    let missing = "The report 3 is missing, with its evidence.";
    check_found("DELETE FROM report WHERE id = 3", &[missing]);
    check_found(
        "DELETE FROM report WHERE id = 3; UPDATE evidence SET forgotten = 1 WHERE report = 3;",
        &[missing],
    );
    check_found(
        "DELETE FROM report WHERE id = 3; DELETE FROM evidence WHERE report = 3;",
        &[
            "Number 3 of the evidence of the room \"hall\" is missing.",
            missing,
        ],
    );
    // With both ends of the chain as they were before it.
    check_found(
        "DELETE FROM report WHERE id = 3; DELETE FROM evidence WHERE report = 3;
         UPDATE chain SET last = 2, head = (SELECT hash FROM evidence WHERE number = 2)
         WHERE name = 'room:hall';",
        &[missing],
    );
}

#[test]
fn a_decision_that_the_audit_log_does_not_know_is_found() {
    let other = "What was decided about the report 2 is not what the audit log says.";
    check_found("UPDATE report SET acted = 0 WHERE id = 2", &[other]);
    check_found("UPDATE report SET state = 0 WHERE id = 2", &[other]);
    check_found("UPDATE report SET changed = 5 WHERE id = 2", &[other]);
    check_found("UPDATE report SET words = 'no' WHERE id = 2", &[other]);
    check_found(
        "UPDATE report SET state = 2 WHERE id = 1",
        &["What was decided about the report 1 is not what the audit log says."],
    );
}

#[test]
fn a_changed_audit_log_is_found() {
    let changed = "Number 2 of the audit log was changed, or the one before it.";
    for sql in [
        "UPDATE audit SET time = time + 1 WHERE id = 2",
        "UPDATE audit SET actor = 'game' WHERE id = 2",
        "UPDATE audit SET actor_name = 'Bob' WHERE id = 2",
        "UPDATE audit SET account = 'bob' WHERE id = 2",
        "UPDATE audit SET room = 'attic' WHERE id = 2",
        "UPDATE audit SET details = replace(details, 'HARASSMENT', 'SPAM') WHERE id = 2",
    ] {
        check_found(sql, &[changed]);
    }
    check_found(
        "UPDATE audit SET hash = randomblob(32) WHERE id = 4",
        &[
            "Number 4 of the audit log was changed, or the one before it.",
            "The end of the audit log was changed.",
        ],
    );
    check_found(
        "DELETE FROM audit WHERE id IN (1, 3)",
        &[
            "Number 1 of the audit log is missing.",
            "Number 3 of the audit log is missing.",
            "The audit log does not know of the report 1.",
            "The audit log does not know of the report 3.",
        ],
    );
    check_found(
        "DELETE FROM audit WHERE id = 4",
        &[
            "Number 4 of the audit log is missing.",
            "What was decided about the report 2 is not what the audit log says.",
        ],
    );
    check_found(
        "DELETE FROM chain WHERE name = 'audit'",
        &["the audit log has more than it should: it ends with number 0, and not with 4."],
    );
}

#[test]
fn a_chain_that_was_calculated_anew_is_found_by_an_earlier_head() {
    let talk = reported();
    let before = verify(talk.folder.path(), &[]).unwrap();
    assert_eq!((before.reports, before.acts), (3, 4));
    let names: Vec<_> = before.heads.iter().map(|head| &*head.chain).collect();
    assert_eq!(names, ["audit", "room:hall"]);
    report(&talk.store, 3, 9).unwrap();
    let verified = verify(talk.folder.path(), &before.heads).unwrap();
    assert_eq!(verified.problems, Vec::<String>::new());
    let forged = Head {
        hash: "00".repeat(32),
        ..before.heads[0].clone()
    };
    let verified = verify(talk.folder.path(), &[forged]).unwrap();
    assert_eq!(
        verified.problems,
        ["The chain \"audit\" was calculated anew: its number 4 had another hash."]
    );
    let gone = Head {
        chain: "room:attic".into(),
        ..before.heads[1].clone()
    };
    assert_eq!(
        verify(talk.folder.path(), &[gone]).unwrap().problems.len(),
        1
    );
}

#[test]
fn flipped_bytes_of_the_file_are_found() {
    let talk = reported();
    let Talk { folder, store, .. } = talk;
    drop(store);
    let file = folder.database();
    let bytes = fs::read(&file).unwrap();
    let note = b"he does it each day";
    let places = (0..bytes.len() - note.len()).filter(|at| bytes[*at..].starts_with(note));
    let places: Vec<_> = places.collect();
    assert_eq!(places.len(), 3);
    let mut found = Vec::new();
    for place in places {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1;
        fs::write(&file, flipped).unwrap();
        let problems = verify(folder.path(), &[]).unwrap().problems;
        assert_eq!(problems.len(), 1, "{problems:?}");
        found.extend(problems);
    }
    found.sort_unstable();
    let of = |report| format!("The report {report} is not as it came: its evidence was changed.");
    assert_eq!(found, [1, 2, 3].map(of));
}
