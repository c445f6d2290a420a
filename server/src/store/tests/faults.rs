//! Failures of disks and processes, with the real store. The errors are the kernel's: a
//! full or read-only file system of a mount namespace, and system calls that fail or take long
//! through strace.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::*;
use crate::ids::UserId;
use crate::journal::UserRow;
use crate::policy::{Keep, Pattern, Rule, Rules};
use crate::store::StoreError;

/// The variable that names the folder to [`driven`].
const FOLDER: &str = "GUILDHALL_TEST_STORE";

/// How a line of [`driven`] begins.
const MARK: &str = "> ";

/// Another process with a store, which does what it is told.
struct Driven {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Driven {
    /// Starts it behind this command and its arguments, if any.
    fn start(folder: &Path, before: &[&str]) -> Self {
        let own = std::env::current_exe().unwrap();
        let mut line: Vec<_> = before.iter().map(|&word| word.to_owned()).collect();
        line.push(own.to_str().unwrap().to_owned());
        let mut child = Command::new(&line[0])
            .args(&line[1..])
            .args(["--exact", "store::tests::faults::driven", "--ignored"])
            .arg("--nocapture")
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// The next answer; `None`: the process has ended.
    fn answer(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some((_, answer)) = line.trim_end().split_once(MARK) {
                return Some(answer.to_owned());
            }
        }
    }

    fn ask(&mut self, command: &str) -> String {
        writeln!(self.input, "{command}").unwrap();
        self.answer().expect("an answer")
    }

    /// Says a line, and returns what was decided.
    fn say(&mut self, nonce: u64) -> String {
        self.ask(&format!("say {nonce}"))
    }

    /// How many lines the store has.
    fn lines(&mut self) -> String {
        self.ask("read")
    }

    fn end(mut self) {
        drop(self.input);
        assert!(self.child.wait().unwrap().success());
    }
}

/// Not a test of its own: the store of another process, which the tests here start.
#[test]
#[ignore = "other tests start it"]
fn driven() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let tell = |text: &str| println!("{MARK}{text}");
    let store = match Store::open(Path::new(&folder), &options()) {
        Ok((store, _)) => store,
        Err(error) => return tell(&format!("{error:?}")),
    };
    let hall = TestRoom::new("hall", 5);
    tell("open");
    for command in std::io::stdin().lines() {
        let command = command.unwrap();
        let (command, number) = command.split_once(' ').unwrap_or((&command, "0"));
        let number: u64 = number.parse().unwrap();
        match command {
            "say" => {
                let text = "x".repeat(1_000);
                tell(&format!(
                    "{:?}",
                    hall.say(&store, line("hall", number, &text))
                ));
            }
            "read" => {
                // Lines wait to be kept meanwhile, if the disk is slow.
                tell(&kept_lines(&store, from(1), 1 << 20).count.to_string());
            }
            "many" => {
                for nonce in number..number + 500 {
                    hall.hand_over(&store, line("hall", nonce, "hi"));
                }
                kept_lines(&store, from(1), 1);
                let numbers: Vec<_> = (hall.decisions(500).into_iter())
                    .map(|decision| stored(decision).seq)
                    .collect();
                assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]));
                tell(&numbers[499].to_string());
            }
            "records" => tell(&format!(
                "{:?}",
                kept::tried_on_a_full_disk(Path::new(&folder))
            )),
            "order" => tell(&during::say(&store, &hall, number)),
            "flood" => flood(&store, &hall, number),
            other => panic!("{other}"),
        }
    }
    store.close();
}

/// Says lines without end, several at a time, and tells which are kept.
fn flood(store: &Store, hall: &Arc<TestRoom>, first: u64) {
    for batch in 0.. {
        let count = 1 + batch % 7;
        for nonce in 0..count {
            let nonce = first + batch * 10 + nonce;
            hall.hand_over(store, line("hall", nonce, &format!("text {nonce}")));
        }
        for decision in hall.decisions(usize::try_from(count).unwrap()) {
            let line = stored(decision);
            println!("{MARK}{} {}", line.seq, line.nonce);
        }
    }
}

#[test]
fn a_killed_process_loses_nothing_that_it_has_acknowledged() {
    let folder = TestFolder::new();
    let hall = TestRoom::new("hall", 5);
    let mut acknowledged = Vec::new();
    for round in 1..=15 {
        let mut driven = Driven::start(folder.path(), &[]);
        assert_eq!(driven.answer().as_deref(), Some("open"));
        writeln!(driven.input, "flood {}", round * 1_000_000).unwrap();
        for _ in 0..fastrand::usize(1..400) {
            let answer = driven.answer().expect("a kept line");
            acknowledged.push(answer);
        }
        driven.child.kill().unwrap();
        // The lines that are still in the pipe were acknowledged, too; but for half a line.
        while let Some(answer) = driven.answer() {
            if answer.contains(' ') {
                acknowledged.push(answer);
            }
        }
        driven.child.wait().unwrap();
        acknowledged.pop();

        let store = folder.open();
        let kept = kept_room(&store, "hall", 1 << 20, 1 << 30).unwrap();
        let numbers = kept.lines.iter().map(|line| line.seq);
        assert!(numbers.eq(1..=kept.last.0));
        for answer in &acknowledged {
            let (seq, nonce) = answer.split_once(' ').unwrap();
            let line = &kept.lines[seq.parse::<usize>().unwrap() - 1];
            assert_eq!(line.nonce.to_string(), nonce);
            assert_eq!(line.text, format!("text {nonce}"));
        }
        // A line that is kept and was not acknowledged is known when it is sent again.
        let newest = kept.lines.last().unwrap().clone();
        let again = hall.say(&store, Line { seq: 0, ..newest });
        assert!(matches!(again, Decision::Repeated), "{again:?}");
        let next = hall.said(&store, line("hall", round, "on"));
        assert_eq!(next.seq, kept.last.0 + 1);
    }
    assert_eq!(
        super::super::check(folder.path()).unwrap().problems,
        [""; 0]
    );
}

/// Whether this machine lets this user mount something in a namespace. Some do not.
fn may_mount() -> bool {
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

#[test]
fn a_full_disk_refuses_says_reads_on_and_gets_well_by_itself() {
    if !may_mount() {
        return;
    }
    let folder = TestFolder::new();
    let mount = "mount -t tmpfs -o size=2m tmpfs $GUILDHALL_TEST_STORE && exec \"$@\"";
    let mut driven = Driven::start(folder.path(), &["unshare", "-rm", "sh", "-c", mount, "sh"]);
    assert_eq!(driven.answer().as_deref(), Some("open"));
    // The same file system, as that process sees it.
    let root = format!("/proc/{}/root", driven.child.id());
    let ballast = PathBuf::from(root + folder.path().to_str().unwrap()).join("ballast");
    assert!(driven.say(1).starts_with("Stored"));
    let bytes = vec![0; 64 * 1024];
    let mut file = fs::File::create(&ballast).unwrap();
    // Again before each line: what the search index gives back is taken, too.
    let mut top_up = || while file.write(&bytes).is_ok() {};
    let mut nonce = 2;
    let failed = loop {
        top_up();
        let decision = driven.say(nonce);
        if !decision.starts_with("Stored") {
            break decision;
        }
        nonce += 1;
        assert!(nonce < 2_000, "the disk is full");
    };
    assert_eq!(failed, "Failed(Full)");
    top_up();
    assert_eq!(driven.say(nonce), "Failed(Full)");
    let kept = (nonce - 1).to_string();
    assert_eq!(driven.lines(), kept);
    fs::remove_file(&ballast).unwrap();
    drop(file);
    // The system may give the place back a moment later.
    let mut decisions = (0..10_000).map(|_| driven.say(nonce));
    let decision = decisions.find(|decision| *decision != failed).unwrap();
    assert!(decision.contains(&format!("seq: {nonce},")), "{decision}");
    driven.end();
}

#[test]
fn a_read_only_folder_is_named_before_anything_is_read() {
    if !may_mount() {
        return;
    }
    let folder = TestFolder::new();
    let mount = "mount --bind $GUILDHALL_TEST_STORE $GUILDHALL_TEST_STORE \
                 && mount -o remount,ro,bind $GUILDHALL_TEST_STORE && exec \"$@\"";
    for _ in ["without a store", "with one"] {
        let mut driven = Driven::start(folder.path(), &["unshare", "-rm", "sh", "-c", mount, "sh"]);
        let answer = driven.answer().unwrap();
        assert!(answer.starts_with("Folder {"), "{answer}");
        assert!(answer.contains("ReadOnlyFilesystem"), "{answer}");
        driven.end();
        folder.open();
    }
}

/// A strace that changes what system calls of a process do.
struct Strace(Child);

impl Strace {
    fn attach(pid: u32, inject: &str) -> Self {
        Self::attach_to("fsync,fdatasync", pid, inject)
    }

    /// The same for these system calls.
    fn attach_to(calls: &str, pid: u32, inject: &str) -> Self {
        let mut strace = Command::new("strace")
            .args(["-f", "-o", "/dev/null", "-e", &format!("trace={calls}")])
            .args(["-e", &format!("inject={calls}:{inject}")])
            .args(["-p", &pid.to_string()])
            .stderr(Stdio::piped())
            .spawn()
            .expect("this test needs strace: apt-get install strace");
        let mut messages = BufReader::new(strace.stderr.take().unwrap());
        let mut line = String::new();
        messages.read_line(&mut line).unwrap();
        assert!(line.contains("attached"), "{line}");
        // Its other messages are about threads. If nobody read them, it could end.
        std::thread::spawn(move || std::io::copy(&mut messages, &mut std::io::sink()));
        Self(strace)
    }

    fn detach(mut self) {
        let pid = self.0.id().to_string();
        let ended = Command::new("kill").args(["-INT", &pid]).status();
        assert!(ended.unwrap().success());
        self.0.wait().unwrap();
    }
}

#[test]
fn an_error_of_a_sync_refuses_what_waits_and_the_next_commit_is_well() {
    let folder = TestFolder::new();
    let mut driven = Driven::start(folder.path(), &[]);
    assert_eq!(driven.answer().as_deref(), Some("open"));
    assert!(driven.say(1).starts_with("Stored"));
    // A commit waits for its data, and not for the times of the file.
    let strace = Strace::attach_to("fsync", driven.child.id(), "error=EIO");
    assert!(driven.say(2).starts_with("Stored"));
    strace.detach();
    let strace = Strace::attach(driven.child.id(), "error=EIO");
    let failed = driven.say(3);
    assert!(failed.starts_with("Failed(Other("), "{failed}");
    assert!(failed.contains("I/O"), "{failed}");
    assert_eq!(driven.lines(), "2");
    strace.detach();
    let decision = driven.say(3);
    assert!(decision.contains("seq: 3,"), "{decision}");
    assert_eq!(driven.lines(), "3");
    driven.end();
    let kept = kept_room(&folder.open(), "hall", 9, 1 << 20).unwrap();
    assert_eq!((kept.last, kept.lines.len()), (Seq(3), 3));
}

#[test]
fn what_is_said_during_a_commit_that_fails_fails_with_it() {
    let folder = TestFolder::new();
    let mut driven = Driven::start(folder.path(), &[]);
    assert_eq!(driven.answer().as_deref(), Some("open"));
    assert_eq!(driven.ask("order 10"), "1 2 3 true");
    // Only the next one: if the second line were tried, it would be kept in front of the first.
    let strace = Strace::attach(driven.child.id(), "error=EIO:when=1");
    assert_eq!(driven.ask("order 20"), "failed failed failed false");
    strace.detach();
    assert_eq!(driven.ask("order 20"), "4 5 6 true");
    assert_eq!(driven.lines(), "6");
    driven.end();
    let (_store, known) = folder.open_with(&options());
    assert_eq!(known.next_id, 1_020);
}

#[test]
fn a_full_disk_is_tried_with_a_few_of_many_records() {
    let folder = TestFolder::new();
    let mut driven = Driven::start(folder.path(), &[]);
    assert_eq!(driven.answer().as_deref(), Some("open"));
    let strace = Strace::attach_to("pwrite64", driven.child.id(), "error=ENOSPC");
    assert_eq!(driven.ask("records"), "[10000, 256]");
    strace.detach();
    driven.end();
}

#[test]
fn a_slow_disk_makes_speakers_wait_and_nothing_else() {
    let folder = TestFolder::new();
    let mut driven = Driven::start(folder.path(), &[]);
    assert_eq!(driven.answer().as_deref(), Some("open"));
    for (round, milliseconds) in [(1, 2), (2, 20), (3, 200)] {
        let delay = format!("delay_enter={}", milliseconds * 1_000);
        let strace = Strace::attach(driven.child.id(), &delay);
        let last = driven.ask(&format!("many {}", round * 1_000));
        assert_eq!(last, (round * 500).to_string());
        strace.detach();
    }
    driven.end();
}

#[test]
fn a_full_database_keeps_records_for_later_and_gets_well_by_itself() {
    let folder = TestFolder::new();
    let limited = StoreOptions {
        max_pages: Some(200),
        ..options()
    };
    let (store, _) = folder.open_with(&limited);
    let hall = TestRoom::new("hall", 5);
    let long = "x".repeat(10_000);
    let mut nonce = 1;
    let failed = loop {
        match hall.say(&store, line("hall", nonce, &long)) {
            Decision::Stored { .. } => nonce += 1,
            other => break other,
        }
    };
    assert!(
        matches!(failed, Decision::Failed(Failure::Full)),
        "{failed:?}"
    );
    let user = UserRow {
        id: UserId(7),
        account: None,
        chosen: None,
        claimed: None,
        info: long.as_str().into(),
    };
    store.append(Entry::Record(Record {
        rows: Box::new({
            let user = user.clone();
            move || vec![Row::User(user)]
        }),
        done: None,
    }));
    assert_eq!(
        put(&store, vec![Row::User(user.clone())]),
        Err(Failure::Full)
    );
    assert_eq!(folder.count("person"), 0);
    assert_eq!(kept_lines(&store, from(1), 9).first, Seq(1));
    // Lines that are forgotten make room.
    store.set_rules(&Arc::new(Rules::new(vec![Rule {
        keep: Keep {
            durable: None,
            lines: Some(10),
            ..Keep::default()
        },
        ..Rule::open(Pattern::ANY)
    }])));
    while kept_lines(&store, from(1), 1).oldest == Seq(1) {
        std::thread::yield_now();
    }
    assert_eq!(hall.said(&store, line("hall", nonce, &long)).seq, nonce);
    drop(store);
    let (_store, known) = folder.open_with(&options());
    assert_eq!(known.users, [user]);
}

#[test]
fn a_damaged_file_is_found_when_it_is_opened() {
    let folder = TestFolder::new();
    TestRoom::new("hall", 5).said(&folder.open(), line("hall", 1, "hi"));
    let whole = fs::read(folder.database()).unwrap();
    for bytes in [
        // Cut off.
        whole[..whole.len() / 2].to_vec(),
        // The first page is another.
        [&[0xa5; 4096], &whole[4096..]].concat(),
        // All pages but the first are others.
        [&whole[..4096], &vec![0xa5; whole.len() - 4096]].concat(),
    ] {
        fs::write(folder.database(), bytes).unwrap();
        let error = Store::open(folder.path(), &options()).map(|_| ());
        let error = error.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("guildhall store restore"));
    }
}
