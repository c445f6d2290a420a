//! Other files of a certificate: by a reload, and in the same place.

use std::fs::{self, File};

use guildhall_testing::authority::{Authority, Issued};
use rustix::process::Signal;

use crate::program::Program;

use super::{Folder, Secure, shown_to};

const CHANGED: &str = "the certificate's files have changed: shown from now on";

/// Writes a pair beside the first one.
fn put_other(folder: &Folder, issued: &Issued) {
    folder.write("other.pem", &issued.certificate);
    folder.write("other.key", &issued.key);
}

/// Settings with the pair of these names.
fn settings(folder: &Folder, names: Option<[&str; 2]>) -> String {
    let tls = names.map(|names| {
        let [cert, key] = names.map(|name| folder.path(name));
        format!("[tls]\ncert = \"{cert}\"\nkey = \"{key}\"\n")
    });
    folder.write("guildhall.toml", &tls.unwrap_or_default())
}

const FIRST: [&str; 2] = ["cert.pem", "key.pem"];
const OTHER: [&str; 2] = ["other.pem", "other.key"];

#[test]
fn the_files_that_a_reload_names_are_watched_and_the_others_no_more() {
    let (authority, folder) = (Authority::new(), Folder::new());
    folder.put(&authority.issue(&["localhost"]));
    let file = settings(&folder, Some(FIRST));
    let mut server = Program::start(&["--config", &file]);
    let other = authority.issue(&["localhost"]);
    put_other(&folder, &other);
    settings(&folder, Some(OTHER));
    server.signal(Signal::HUP);
    assert_eq!(server.wait_for("SIGHUP: reloaded")["settings"], "tls.cert");
    assert_eq!(shown_to(&server, &authority), other.der);

    // These are nobody's any more.
    folder.put(&authority.issue(&["localhost"]));
    let renewed = authority.issue(&["localhost"]);
    put_other(&folder, &renewed);
    server.wait_for(CHANGED);
    assert_eq!(shown_to(&server, &authority), renewed.der);
    let changes = server.stop();
    let changes = changes.iter().filter(|line| line["message"] == CHANGED);
    assert_eq!(changes.count(), 1);
}

#[test]
fn a_reload_does_not_turn_tls_on_or_off_and_says_so() {
    let (authority, folder) = (Authority::new(), Folder::new());
    let first = authority.issue(&["localhost"]);
    folder.put(&first);
    let restart = "SIGHUP: for other values of these, restart the server";
    let file = settings(&folder, None);
    let mut plain = Program::start(&["--config", &file]);
    settings(&folder, Some(FIRST));
    let mut secure = Program::start(&["--config", &file]);
    plain.signal(Signal::HUP);
    assert_eq!(plain.wait_for(restart)["settings"], "tls.cert, tls.key");
    plain.stop();

    settings(&folder, None);
    secure.signal(Signal::HUP);
    assert_eq!(secure.wait_for(restart)["settings"], "tls.cert, tls.key");
    assert_eq!(shown_to(&secure, &authority), first.der);
    // And back again.
    settings(&folder, Some(FIRST));
    secure.signal(Signal::HUP);
    secure.wait_for("SIGHUP: no setting has changed");
    secure.stop();
}

#[test]
fn files_of_the_same_length_and_time_are_others_all_the_same() {
    let (authority, folder) = (Authority::new(), Folder::new());
    folder.put(&authority.issue(&["localhost"]));
    let flags = folder.flags();
    let mut server = Program::start(&[&flags[0], &flags[1]]);
    let length = |name: &str| fs::metadata(folder.path(name)).unwrap().len();
    let lengths = FIRST.map(length);
    // Most have the same length.
    let next = loop {
        let next = authority.issue(&["localhost"]);
        put_other(&folder, &next);
        if OTHER.map(length) == lengths {
            break next;
        }
    };
    for (other, name) in OTHER.into_iter().zip(FIRST) {
        let before = fs::metadata(folder.path(name)).unwrap().modified().unwrap();
        let file = File::options().write(true).open(folder.path(other));
        file.unwrap().set_modified(before).unwrap();
        fs::rename(folder.path(other), folder.path(name)).unwrap();
    }
    server.wait_for(CHANGED);
    assert_eq!(shown_to(&server, &authority), next.der);
    server.stop();
}

#[test]
fn an_upgrade_goes_on_with_tls_and_clients_come_back() {
    let (authority, folder) = (Authority::new(), Folder::new());
    let Secure {
        first,
        mut server,
        mut ann,
        ..
    } = Secure::start(&authority, &folder);
    server.signal(Signal::USR2);
    server.wait_for("SIGUSR2: the new program takes over");
    server.wait_for("listening");
    assert_eq!(shown_to(&server, &authority), first.der);
    ann.say(&["still here"]);
    ann.wait_for("[lobby] Ann: still here");
    ann.end().succeeded();
    // A key that is gone is no upgrade.
    fs::remove_file(folder.path("key.pem")).unwrap();
    server.signal(Signal::USR2);
    let stays = server.wait_for("SIGUSR2: the server stays as it is");
    assert!(stays["problem"].as_str().unwrap().contains("tls.key"));
    assert_eq!(shown_to(&server, &authority), first.der);
    server.stop();
}
