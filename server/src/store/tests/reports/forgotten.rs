//! Reports and acts whose time is over.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rusqlite::TransactionBehavior;

use super::*;
use crate::store::records::{audit as audit_rows, reports as report_rows};

/// Forgets what is older than this, as the thread that writes does.
fn forget(talk: &Talk, until: u64) {
    let mut shell = talk.folder.shell();
    let transaction = shell
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    report_rows::forget(&transaction, until, START + 900, 64).unwrap();
    transaction.commit().unwrap();
}

#[test]
fn a_report_that_is_forgotten_leaves_no_text_and_the_chain_holds() {
    let talk = Talk::new();
    for seq in [3, 5, 7] {
        report(&talk.store, 3, seq).unwrap();
    }
    decide(&talk.store, 2).unwrap();
    // The second was decided after this time; the others came before it.
    forget(&talk, START + 300);
    assert_eq!(list(&talk.store, ReportFilter::All, 0, 9), (vec![2], false));
    assert!(full(&talk.store, 1).is_none());
    assert!(talk.problems().is_empty(), "{:?}", talk.problems());
    assert_eq!(
        talk.folder.count("evidence"),
        2,
        "the first link is not needed"
    );
    let forgotten = kinds(&talk.store);
    let forgotten = forgotten
        .iter()
        .filter(|kind| *kind == "evidence_forgotten");
    assert_eq!(forgotten.count(), 2);
    assert_eq!(
        report(&talk.store, 3, 3).unwrap().id,
        4,
        "no number comes again"
    );
    forget(&talk, u64::MAX >> 1);
    assert_eq!(talk.folder.count("evidence"), 0);
    assert_eq!(report(&talk.store, 3, 3).unwrap().id, 5);
    assert!(talk.problems().is_empty(), "{:?}", talk.problems());
}

#[test]
fn the_oldest_acts_are_forgotten_and_the_chain_holds() {
    let talk = Talk::new();
    for seq in 1..=5 {
        report(&talk.store, 3, seq).unwrap();
    }
    let heads = verify(talk.folder.path(), &[]).unwrap().heads;
    let mut shell = talk.folder.shell();
    let transaction = shell
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    assert!(audit_rows::forget(&transaction, START + 101, 2).unwrap());
    assert!(!audit_rows::forget(&transaction, START + 100, 2).unwrap());
    transaction.commit().unwrap();
    let ids: Vec<_> = audit(&talk.store).iter().map(|entry| entry.id).collect();
    assert_eq!(ids, [3, 4, 5]);
    report(&talk.store, 3, 6).unwrap();
    let verified = verify(talk.folder.path(), &heads).unwrap();
    assert_eq!(verified.problems, Vec::<String>::new());
}

#[test]
fn the_server_forgets_by_itself() {
    let talk = Talk::new();
    report(&talk.store, 3, 12).unwrap();
    let Talk { folder, store, .. } = talk;
    drop(store);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    // All that was ever said is from 2023.
    let keep = KeepEvidence {
        reports: since.checked_sub(Duration::from_millis(START + 1_000_000)),
        audit: None,
    };
    let (store, _) = folder.open_with(&StoreOptions { keep, ..options() });
    let late = Instant::now() + Duration::from_secs(20);
    while full(&store, 1).is_some() {
        assert!(Instant::now() < late, "the report stays");
        std::thread::yield_now();
    }
    assert_eq!(kinds(&store), ["reported", "evidence_forgotten"]);
}
