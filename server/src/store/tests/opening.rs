use super::*;
use crate::store::{StoreError, check_version};

fn refused(folder: &TestFolder) -> StoreError {
    Store::open(folder.path(), &options())
        .map(|_| ())
        .unwrap_err()
}

/// What is found without opening it.
fn found(folder: &TestFolder) -> StoreError {
    check_version(folder.path()).unwrap_err()
}

#[test]
fn a_second_server_is_kept_out() {
    let folder = TestFolder::new();
    let store = folder.open();
    assert!(matches!(refused(&folder), StoreError::InUse(_)));
    check_version(folder.path()).unwrap();
    drop(store);
    folder.open();
}

#[test]
fn an_emptied_or_missing_file_is_refused() {
    let folder = TestFolder::new();
    let hall = TestRoom::new("hall", 5);
    hall.said(&folder.open(), line("hall", 1, "hi"));
    fs::write(folder.database(), "").unwrap();
    assert!(matches!(found(&folder), StoreError::Gone(_)));
    assert!(matches!(refused(&folder), StoreError::Gone(_)));
    assert_eq!(fs::metadata(folder.database()).unwrap().len(), 0);
    fs::remove_file(folder.database()).unwrap();
    assert!(matches!(found(&folder), StoreError::Gone(_)));
    assert!(matches!(refused(&folder), StoreError::Gone(_)));
    assert!(!folder.database().exists());
}

#[test]
fn an_exchanged_file_is_refused() {
    let [folder, other] = [(), ()].map(|()| TestFolder::new());
    for folder in [&folder, &other] {
        TestRoom::new("hall", 5).said(&folder.open(), line("hall", 1, "hi"));
    }
    fs::copy(other.database(), folder.database()).unwrap();
    assert!(matches!(found(&folder), StoreError::Exchanged(_)));
    assert!(matches!(refused(&folder), StoreError::Exchanged(_)));
}

#[test]
fn a_newer_store_is_refused_and_stays_as_it_is() {
    let folder = TestFolder::new();
    folder.open();
    folder
        .shell()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = refused(&folder);
    assert!(matches!(error, StoreError::Newer { found: 99, .. }));
    let text = error.to_string();
    assert!(text.contains("has the schema 99"), "{text}");
    let version: i32 = folder
        .shell()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 99);
}

#[test]
fn another_programs_file_is_refused() {
    let folder = TestFolder::new();
    folder.shell().execute_batch("CREATE TABLE a (b)").unwrap();
    folder
        .shell()
        .pragma_update(None, "application_id", 7)
        .unwrap();
    assert!(matches!(refused(&folder), StoreError::Foreign(_)));
}

#[test]
fn a_file_that_is_no_database_is_called_damaged() {
    let folder = TestFolder::new();
    fs::write(
        folder.database(),
        "not a database, but long enough to be read\n".repeat(99),
    )
    .unwrap();
    assert!(matches!(refused(&folder), StoreError::Damaged { .. }));
}

#[test]
fn a_folder_that_cannot_be_is_named() {
    let folder = TestFolder::new();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Store::open(&file.join("data"), &options())
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }), "{error}");
}
