//! A disk that is full: what lasts is refused, everything else goes on, and when there is room
//! again, so does the rest.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use guildhall_protocol::{ErrorCode, RequestError};
use guildhall_testing::line_log::{edit, react};
use guildhall_testing::v1_client::{V1Client, say, whisper};

use super::*;
use crate::settings_file::File;

/// Whether this machine lets this user mount something in a namespace. Some do not.
pub(crate) fn may_mount() -> bool {
    let may = Command::new("unshare")
        .args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
        .stderr(Stdio::null())
        .status();
    let may = may.is_ok_and(|status| status.success());
    if !may {
        println!("left out: nothing can be mounted here");
    }
    may
}

/// The file that fills the disk of a server.
pub(crate) struct Ballast(PathBuf);

impl Ballast {
    pub(crate) fn new(folder: &Folder, server: &Program) -> Self {
        // The file system as that process sees it.
        let root = format!("/proc/{}/root", server.pid().as_raw_nonzero());
        Self(PathBuf::from(root + folder.path()).join("ballast"))
    }

    pub(crate) fn fill(&self) {
        let mut file = fs::File::create(&self.0).unwrap();
        let bytes = vec![0; 4096];
        while file.write(&bytes).is_ok() {}
    }

    pub(crate) fn remove(&self) {
        fs::remove_file(&self.0).unwrap();
    }
}

#[track_caller]
fn check_unavailable(error: &RequestError, arguments: &[&str]) {
    assert_eq!(error.code(), ErrorCode::Unavailable, "{error:?}");
    assert_eq!(error.arguments, arguments);
    assert!(error.temporary && error.retry_after > 0, "{error:?}");
}

/// Says a text until it is refused: there is some room left in the store's own files. Returns how
/// often it was stored, and the request that was refused.
fn say_until_refused(client: &mut V1Client, text: &str) -> (usize, u64, RequestError) {
    for stored in 0..4_000 {
        let nonce = client.send_say("hall", text);
        if let Err(error) = client.outcome(nonce) {
            return (stored, nonce, error);
        }
    }
    panic!("the disk is never full");
}

#[test]
fn a_full_disk_refuses_what_lasts_and_gets_well_by_itself() {
    if !may_mount() {
        return;
    }
    let folder = Folder::empty();
    let file = File::new("[[rooms]]\nmatch = 'team'\nkeep = { durable = false }\n");
    let mount = format!("mount -t tmpfs -o size=3m tmpfs {}", folder.path());
    let server = Program::start_in_namespace(
        &mount,
        &[
            "--data",
            folder.path(),
            "--config",
            file.path(),
            "--history-lines",
            "2",
        ],
    );
    let address = server.address();
    let (mut tutorial, tutorials) = server.join();
    let (mut other, _) = server.join();
    let (mut ann, _) = V1Client::hello(address, "Ann");
    let (mut bob, bobs) = V1Client::hello(address, "Bob");
    for client in [&mut ann, &mut bob] {
        assert!(client.join("hall").durable);
        assert!(!client.join("team").durable);
    }
    let first = ann.say("hall", "the first dragon");
    bob.line();
    tutorial.say("before");
    other.expect_chat(tutorials, "before");
    for round in 1..=2 {
        let ballast = Ballast::new(&folder, &server);
        ballast.fill();
        let long = "x".repeat(1_000);
        let (stored, nonce, error) = say_until_refused(&mut ann, &long);
        check_unavailable(&error, &["hall"]);
        bob.texts(stored);
        // The next line is refused as well, so that the order is kept.
        let second = ann.send_say("hall", "second");
        let error = ann.reply(second).unwrap_err();
        assert_eq!(error.code(), ErrorCode::RateLimited);
        assert!(error.temporary);
        let error = ann.ask(edit(&first, "edited")).unwrap_err();
        assert!(error.temporary, "{error:?}");
        let reacted = bob.send(react(&first, "👍"));
        check_unavailable(&bob.reply(reacted).unwrap_err(), &["hall"]);
        let psst = ann.send(whisper(bobs.id, "", "psst"));
        check_unavailable(&ann.reply(psst).unwrap_err(), &[]);
        // The tutorial's clients know no errors. They stay.
        for _ in 0..20 {
            tutorial.say(&format!("refused {round} {long}"));
        }

        // Everything else goes on.
        let page = bob.fetch("hall", first.epoch, 3, 0);
        assert_eq!(page.lines[0].text, "the first dragon");
        assert_eq!(found(&mut bob, search("hall", "dragon")).len(), 1);
        ann.say("team", "in memory");
        assert_eq!(bob.line().text, "in memory");
        let (mut new, _) = V1Client::hello(address, &format!("Cid{round}"));
        let joined = new.join_from("hall", first.epoch, 1).unwrap();
        assert_eq!(joined.first_seq, 2);
        new.texts(usize::try_from(joined.last_seq - 1).unwrap());
        new.join("another");
        let refused = new.send_say("another", "x");
        check_unavailable(&new.reply(refused).unwrap_err(), &["another"]);
        let (mut late, _) = server.join();

        ballast.remove();
        // As a client does it: the same requests in their order, until they are stored.
        loop {
            ann.send_request(nonce, say("hall", &long));
            match ann.outcome(nonce) {
                Ok(()) => break,
                Err(error) => check_unavailable(&error, &["hall"]),
            }
        }
        ann.send_request(second, say("hall", "second"));
        assert_eq!(ann.line().text, "second");
        ann.send_request(second, say("hall", "second"));
        assert!(matches!(ann.reply(second), Ok(ReplyResult::Repeated(_))));
        ann.send_request(psst, whisper(bobs.id, "", "psst"));
        assert_eq!(ann.whisper_line().nonce, psst);
        let lines = [bob.line(), bob.line()];
        assert_eq!(bob.whisper_line().seq, round);
        assert_eq!(lines[0].text, long);
        assert_eq!(lines[1].text, "second");
        assert_eq!(lines[0].seq + 1, lines[1].seq);
        bob.send_request(reacted, react(&first, "👍"));
        assert_eq!(bob.line().nonce, reacted);
        ann.line();
        bob.expect_quiet();
        assert_eq!(new.texts(3), [&long, "second", ""]);
        tutorial.say("after");
        other.expect_chat(tutorials, "after");
        late.expect_chat(tutorials, "after");
        drop(late);
    }
    check_log(&server.stop());
}

/// A full disk is told once, though many commits have failed and others between them have not.
/// Twice, if the second time was long after the first one.
fn check_log(log: &[serde_json::Value]) {
    // The index is on that disk, too, and has lines of its own.
    let of_store = |line: &&serde_json::Value| {
        let message = line["message"].as_str().unwrap();
        message.contains("the store cannot keep")
    };
    let told: Vec<_> = log.iter().filter(of_store).collect();
    assert!((1..=2).contains(&told.len()), "{log:#?}");
    for line in told {
        assert!(line["error"].as_str().unwrap().contains("full"), "{line}");
        let what_to_do = line["what_to_do"].as_str().unwrap();
        assert!(what_to_do.contains("make room"), "{line}");
    }
}
