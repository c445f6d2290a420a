//! The tables of the settings file: each setting with values that a server starts with, and
//! with values that are refused with their line.

use guildhall_testing::authority::Authority;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{Program, check_fails, command, printed, run};

const TESTDATA: &str = "../server/src/accounts/testdata";

/// A setting of a table. The rest of the file stands before it.
struct Setting {
    name: &'static str,
    before: &'static str,
    right: &'static [&'static str],
    /// Each with a word of the reason.
    wrong: &'static [(&'static str, &'static str)],
}

const KEYS: &str = "[accounts]\nkeys = [{ secret_file = 'secret.txt' }]";

const ACCOUNTS: &[Setting] = &[
    Setting {
        name: "keys",
        before: "[accounts]",
        right: &[
            "keys = []",
            "keys = [{ secret_file = 'secret.txt' }]",
            "keys = [{ secret_file = 'secret.txt', algorithm = 'HS384', kid = 'a' }]",
            "keys = [{ secret_env = 'PATH' }]",
            "keys = [{ pem_file = 'rsa.pub.pem', algorithm = 'PS256' }]",
            "keys = [{ jwks_file = 'jwks.json' }, { secret_file = 'secret.txt' }]",
            // Nobody answers there, and the server starts.
            "keys = [{ jwks_url = 'https://127.0.0.1:9/keys' }]",
        ],
        wrong: &[
            ("keys = 'secret.txt'", "expected a list in brackets"),
            ("keys = ['secret.txt']", "expected a table"),
            ("keys = [{}]", "needs a source"),
            ("keys = [{ secret = 'x' }]", "`secret_env`"),
            ("keys = [{ secret_file = 'rsa.pub' }]", "No such file"),
            ("keys = [{ secret_file = 'short.txt' }]", "32 bytes"),
            ("keys = [{ secret_env = 'NOBODY_SETS_THIS' }]", "is not set"),
            (
                "keys = [{ pem_file = 'rsa.pem', algorithm = 'RS256' }]",
                "private key",
            ),
            ("keys = [{ pem_file = 'rsa.pub.pem' }]", "`algorithm`"),
            ("keys = [{ jwks_file = 'secret.txt' }]", "JWKS"),
            (
                "keys = [{ jwks_url = 'http://127.0.0.1:9/keys' }]",
                "https://",
            ),
        ],
    },
    Setting {
        name: "issuer",
        before: KEYS,
        right: &["issuer = 'https://game.example'"],
        wrong: &[
            ("issuer = ['a', 'b']", "expected a text in quotes"),
            ("isuer = 'a'", "`issuer`"),
        ],
    },
    Setting {
        name: "audience",
        before: KEYS,
        right: &[
            "audience = 'chat'",
            "audience = ['chat', 'voice']",
            "audience = []",
        ],
        wrong: &[
            ("audience = 1", "a text or a list of texts"),
            ("audience = [1]", "expected a text in quotes"),
        ],
    },
    Setting {
        name: "guests",
        before: KEYS,
        right: &[
            "guests = 'allow'",
            "guests = 'read-only'",
            "guests = 'deny'",
        ],
        wrong: &[
            ("guests = 'readonly'", "`read-only`"),
            ("guests = true", "expected a text in quotes"),
        ],
    },
    Setting {
        name: "may_rename",
        before: KEYS,
        right: &["may_rename = true", "may_rename = false"],
        wrong: &[("may_rename = 'yes'", "expected a boolean")],
    },
    Setting {
        name: "revoked",
        before: KEYS,
        right: &[
            "revoked = []",
            "revoked = [{ user = '42', before = 1764000000 }]",
            "revoked = [{ user = '42', before = 2026-11-30T18:00:00Z }]",
        ],
        wrong: &[
            ("revoked = ['42']", "expected a table"),
            (
                "revoked = [{ user = 42, before = 1 }]",
                "expected a text in quotes",
            ),
            ("revoked = [{ user = '42' }]", "`before`"),
            (
                "revoked = [{ user = '42', before = 2026-11-30 }]",
                "no time with an offset",
            ),
        ],
    },
];

/// Wrong settings of other tables, whose right ones have tests of their own.
const OTHERS: &[Setting] = &[
    Setting {
        name: "[moderation]",
        before: "[moderation]",
        right: &[],
        wrong: &[
            ("apeal = 'x'", "did you mean `appeal`?"),
            ("appeal = 7", "expected a text in quotes"),
            ("appeal = \"two\\nlines\"", "one line"),
            ("keep_reports = 'soon'", "is no time"),
            ("keep_audit = 30", "expected"),
        ],
    },
    Setting {
        name: "[[filters]]",
        before: "[[filters]]\nact = 'block'",
        right: &[],
        wrong: &[
            ("file = 'nowhere.txt'", "No such file"),
            ("links = { allow = 'https://a.example' }", "is no host"),
            ("capitals = { percent = 100 }", "0 to 99"),
            ("mentions = { most = 5000 }", "0 to 1000"),
            ("repeats = { times = 0, seconds = 9 }", "1 to 32"),
            ("rooms = 'no room'\nlinks = {}", "no room has a name like"),
            ("words = 'words-en.txt'", "no setting `words`"),
        ],
    },
    Setting {
        name: "[[filters]], act",
        before: "[[filters]]\nlinks = {}",
        right: &[],
        wrong: &[("act = 'delete'", "block"), ("act = 1", "expected")],
    },
];

/// A folder with keys and a settings file.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("keys")).unwrap();
    for file in fs::read_dir(TESTDATA).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    fs::copy(
        format!("{TESTDATA}/ed25519.pub.pem"),
        folder.join("keys/chat.pub.pem"),
    )
    .unwrap();
    fs::write(
        folder.join("secret.txt"),
        "a secret of at least 32 bytes, as it has to be\n",
    )
    .unwrap();
    fs::write(folder.join("short.txt"), "short").unwrap();
    let secret = "whsec_bmV2ZXIgdXNlIHRoaXMgZm9yIGFueXRoaW5nIHJlYWw=\n";
    fs::write(folder.join("hook.secret"), secret).unwrap();
    fs::write(folder.join("words-en.txt"), "# words\nbad\n").unwrap();
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";
    fs::write(folder.join("hook-secret.txt"), secret).unwrap();
    folder
}

/// The settings that a table has, as the program lists them.
fn names(table: &str) -> Vec<String> {
    let file = folder("table-names").join("guildhall.toml");
    fs::write(&file, format!("[{table}]\nzzz = 1\n")).unwrap();
    let output = run(command(&["check", file.to_str().unwrap()]));
    let error = String::from_utf8(output.stderr).unwrap();
    let (_, names) = error.split_once("there are ").expect("a list of names");
    let names = names.split('`').skip(1).step_by(2);
    names.map(String::from).collect()
}

#[test]
fn this_list_and_the_example_have_every_setting_of_the_tables() {
    let listed: Vec<_> = ACCOUNTS.iter().map(|setting| setting.name).collect();
    assert_eq!(names("accounts"), listed);
    let example = fs::read_to_string("../docs/guildhall.toml").unwrap();
    for name in listed {
        let forms = [format!("\n#{name} = "), format!("\n#[[accounts.{name}]]\n")];
        assert!(forms.iter().any(|form| example.contains(form)), "{name}");
    }
}

#[test]
fn a_server_starts_with_every_right_value_of_a_table() {
    let file = folder("right-tables").join("guildhall.toml");
    for Setting { before, right, .. } in ACCOUNTS {
        for value in *right {
            fs::write(&file, format!("{before}\n{value}\n")).unwrap();
            Program::start(&["--config", file.to_str().unwrap()]).stop();
        }
    }
}

#[test]
fn a_wrong_value_of_a_table_is_refused_with_its_line() {
    let file = folder("wrong-tables").join("guildhall.toml");
    let path = file.to_str().unwrap();
    for Setting { before, wrong, .. } in ACCOUNTS.iter().chain(OTHERS) {
        let line = format!("line {}: ", before.lines().count() + 1);
        for (value, word) in *wrong {
            fs::write(&file, format!("{before}\n{value}\n")).unwrap();
            for words in [["--config", path], ["check", path]] {
                check_fails(&words, &[path, &line, word]);
            }
        }
    }
}

#[test]
fn what_the_example_has_commented_out_is_right() {
    let example = fs::read_to_string("../docs/guildhall.toml").unwrap();
    let is_example = |line: &str| {
        let setting = line.strip_prefix('#');
        // A list that goes on is indented.
        setting.is_some_and(|it| !it.starts_with(' ') || it.starts_with("  ")) && line != "#"
    };
    let tables: Vec<_> = example.lines().filter(|line| is_example(line)).collect();
    assert!(tables.len() > 10, "{tables:?}");
    let lines = example
        .lines()
        .map(|line| if is_example(line) { &line[1..] } else { line });
    let folder = folder("example-tables");
    let issued = Authority::new().issue(&["chat.example"]);
    fs::write(folder.join("fullchain.pem"), issued.certificate).unwrap();
    fs::write(folder.join("privkey.pem"), issued.key).unwrap();
    let file = folder.join("guildhall.toml");
    fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let mut check = command(&["check", file.to_str().unwrap()]);
    check.env("GUILDHALL_API_KEY", "a-key-that-has-32-bytes-and-more");
    let printed = printed(check);
    for sentence in [
        "knows a user by a token",
        "lets guests, who have no token, read, and say nothing",
        "takes tokens for \"chat\" alone",
        "tells who is muted or banned where to appeal",
        "by the HTTP API at 127.0.0.1:8081, which only this machine can reach, with the key",
        "speaks TLS alone (https://, wss://), with the certificate in",
        "browsers that come to http:// at 0.0.0.0:80 are sent on",
        "keeps the events user_seen, joined, left",
        "sends the events left, room_empty of rooms like guild-* to https://game.example/chat-events",
        "has a rule for the rooms \"guild-*\"",
        "refuses texts with the 1 entry of en (words-en.txt) in the rooms lobby, guild-*",
        "asks https://game.example/chat-hook before something is said",
    ] {
        assert!(printed.contains(sentence), "{sentence}: {printed}");
    }
}
