//! An operator works with a store while its server runs, as docs/store.md says it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

use guildhall_testing::v1_client::V1Client;

use crate::program::{command, run};

use super::*;

/// Runs `guildhall store`, and returns its exit code and what it prints.
fn store(folder: &Folder, words: &[&str]) -> (Option<i32>, String) {
    let mut command = command(&[&["store"], words].concat());
    command.env("GUILDHALL_DATA", folder.path());
    let output = run(command);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn what_root_restores_belongs_to_the_user_of_the_folder() {
    let (folder, other) = (Folder::new(), Folder::empty());
    let backup = other.join("chat.backup");
    let server = folder.start(&[]);
    V1Client::in_room(server.address(), "Ann", "hall")
        .0
        .say("hall", "a dragon");
    server.stop();
    let (code, text) = store(&folder, &["backup", backup.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{text}");
    fs::set_permissions(&backup, Permissions::from_mode(0o400)).unwrap();
    // Nobody but root can give files away.
    let own = fs::metadata(folder.path()).unwrap().uid();
    let owner = if own == 0 { 65_534 } else { own };
    chown(folder.path(), Some(owner), None).unwrap();
    for words in [
        &["restore", backup.to_str().unwrap(), "--replace"][..],
        &["reindex"],
    ] {
        let (code, text) = store(&folder, words);
        assert_eq!(code, Some(0), "{text}");
    }
    let mut names = Vec::new();
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let has = file.metadata().unwrap();
        assert_eq!(has.uid(), owner, "{name}");
        assert_eq!(has.mode() & 0o600, 0o600, "{name}");
        names.push(name);
    }
    for name in ["guildhall.db", "search.db"] {
        assert!(names.iter().any(|it| it == name), "{names:?}");
    }
}

#[test]
fn a_backup_of_a_running_server_is_restored_and_a_user_is_erased() {
    let (folder, other) = (Folder::new(), Folder::empty());
    let backup = other.join("chat.backup");
    let backup = backup.to_str().unwrap();
    let server = folder.start(&[]);
    let (mut ann, anns) = V1Client::in_room(server.address(), "Ann", "hall");
    let (mut bob, bobs) = V1Client::in_room(server.address(), "Bob", "hall");
    let first = ann.say("hall", "a dragon of Ann");
    bob.line();
    let second = bob.say("hall", "a dragon of Bob");
    ann.line();

    // The queries of the document, while the server runs.
    let document = fs::read_to_string("../docs/store.md").unwrap();
    let query = document.split("```sql\n").nth(1).unwrap();
    let (query, _) = query.split_once("```").unwrap();
    let rows = folder.value(query);
    let rows: Vec<_> = rows.lines().collect();
    assert_eq!(rows.len(), 2);
    assert!(rows[0].starts_with("2|") && rows[0].ends_with("|Bob|a dragon of Bob"));

    let (code, text) = store(&folder, &["backup", backup]);
    assert_eq!(code, Some(0), "{text}");
    ann.say("hall", "behind the backup");
    bob.line();
    let (code, text) = store(&folder, &["check"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = store(&folder, &["restore", backup, "--replace"]);
    assert_eq!(code, Some(1), "{text}");
    let (last_ann, last_bob) = (ann.last_request, bob.last_request);
    server.stop();
    let (code, text) = store(&folder, &["restore", backup]);
    assert_eq!(code, Some(1), "{text}");
    let (code, text) = store(&folder, &["restore", backup, "--replace"]);
    assert_eq!(code, Some(0), "{text}");

    // Each room has another epoch, and clients load it anew.
    let server = folder.start(&[]);
    let (mut ann, _) = V1Client::resume(server.address(), &anns, last_ann, 0);
    let joined = ann.join_from("hall", first.epoch, 3).unwrap();
    assert!(!joined.resumed);
    assert_ne!(joined.epoch, first.epoch);
    assert_eq!((joined.first_seq, joined.last_seq), (1, 2));
    assert_eq!(ann.texts(2), [&*first.text, &second.text]);
    assert_eq!(ann.say("hall", "after the restore").seq, 3);
    assert_eq!(found(&mut ann, search("hall", "dragon")).len(), 2);
    let (mut bob, _) = V1Client::resume(server.address(), &bobs, last_bob, 0);
    bob.join("hall");
    bob.texts(3);
    let (code, text) = store(&folder, &["erase", "--guest", "1", "--yes"]);
    assert_eq!(code, Some(1), "{text}");
    server.stop();

    let guest = bobs.id.to_string();
    let (code, text) = store(&folder, &["export", "--guest", &guest]);
    assert!(
        code == Some(0) && text.contains("a dragon of Bob"),
        "{text}"
    );
    let (code, text) = store(&folder, &["erase", "--guest", &guest, "--yes"]);
    assert_eq!(code, Some(0), "{text}");
    for file in fs::read_dir(folder.path()).unwrap() {
        let content = fs::read(file.unwrap().path()).unwrap();
        assert!(!content.windows(3).any(|bytes| bytes == b"Bob"));
    }
    let (code, text) = store(&folder, &["check"]);
    assert_eq!(code, Some(0), "{text}");
    let server = folder.start(&[]);
    let (mut new, _) = V1Client::in_room(server.address(), "Bob", "hall");
    assert_eq!(new.texts(3), [&*first.text, "", "after the restore"]);
    assert_eq!(found(&mut new, search("hall", "dragon")), [&*first.text]);
    assert_eq!(new.say("hall", "another Bob").seq, 4);
    server.stop();
}
