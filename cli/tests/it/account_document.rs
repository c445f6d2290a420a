//! docs/accounts.md: the programs that make tokens, run as readers would run them, and the
//! settings that it shows.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use guildhall_cli::token::now;
use guildhall_server::accounts::{Accounts, Cap, Claims, Key, Right};

use crate::program::{command, printed};

const SECRET: &str = "a secret of at least 32 bytes, as it has to be";

fn document() -> String {
    fs::read_to_string("../docs/accounts.md").unwrap()
}

/// The blocks of the document in this language.
fn blocks(language: &str) -> Vec<String> {
    let document = document();
    let start = format!("\n```{language}\n");
    let blocks = document.split(&start).skip(1);
    let blocks = blocks.map(|block| block.split_once("\n```\n").expect("its end").0.to_owned());
    blocks.collect()
}

/// The one block in this language that makes a token.
fn program_in(language: &str) -> String {
    let mut blocks = blocks(language);
    blocks.retain(|block| block.contains("secret.txt"));
    assert_eq!(blocks.len(), 1, "{language}");
    blocks.remove(0)
}

/// A folder with a secret, for one language.
fn folder(language: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("token-in-{language}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("secret.txt"), format!("{SECRET}\n")).unwrap();
    folder
}

/// Runs the program of a language, and checks what a server takes its token for. Without the
/// language on this machine, returns `false`; fails if that must not be.
fn check(language: &str, file: &str, words: &[&str], is_needed: bool) -> bool {
    let folder = folder(language);
    fs::write(folder.join(file), program_in(language)).unwrap();
    let mut program = Command::new(words[0]);
    program.args(&words[1..]).current_dir(&folder);
    let output = match program.stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) => {
            assert!(!is_needed, "{}: {error}", words[0]);
            return false;
        }
    };
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{language}: {error}");
    let token = String::from_utf8(output.stdout).unwrap();
    let now = now().unwrap();
    let accounts = Accounts {
        keys: vec![Key::secret("HS256", None, SECRET.as_bytes()).unwrap()],
        ..Accounts::default()
    };
    let claims = accounts.verify(token.trim_end(), now);
    let claims = claims.unwrap_or_else(|error| panic!("{language}: {error}: {token}"));
    let issued = claims.issued.unwrap();
    assert!(issued.abs_diff(now) < 60, "{language}");
    let info: serde_json::Value = serde_json::from_str(claims.info.as_ref().unwrap()).unwrap();
    assert_eq!(info, serde_json::json!({ "color": "#fc0" }), "{language}");
    let expected = Claims {
        user: "42".into(),
        name: Some("Mira".into()),
        info: claims.info.clone(),
        rooms: vec!["guild-7".into()],
        caps: vec![Cap {
            rooms: vec!["guild-7".into()],
            allow: vec![Right::Join, Right::Say, Right::History, Right::Members],
        }],
        expires: issued + 3_600,
        issued: Some(issued),
    };
    assert_eq!(claims, expected, "{language}");
    true
}

/// Tells it also if the tests pass, when the test runner hides what `println` prints.
fn tell_loudly(text: &str) {
    let _ = writeln!(io::stderr(), "\n    *** NOT RUN: {text} ***");
}

#[test]
fn every_language_makes_a_token_that_a_server_takes() {
    // The project needs these two anyway.
    check("js", "token.mjs", &["node", "token.mjs"], true);
    check("python", "token.py", &["python3", "token.py"], true);
    for (language, file, words) in [
        ("go", "token.go", &["go", "run", "token.go"]),
        // A file is a program since .NET 10.
        ("csharp", "token.cs", &["dotnet", "run", "token.cs"]),
    ] {
        if !check(language, file, words, false) {
            tell_loudly(&format!(
                "the program in {language} of docs/accounts.md, because this machine has no {}",
                words[0]
            ));
        }
    }
    // The engine's tests run it: godot/tests/suite.
    assert!(program_in("gdscript").contains("func chat_token("));
}

#[test]
fn the_settings_that_it_shows_are_right() {
    let folder = folder("settings");
    fs::create_dir(folder.join("keys")).unwrap();
    let key = "../server/src/accounts/testdata/ed25519.pub.pem";
    fs::copy(key, folder.join("keys/chat.pub.pem")).unwrap();
    let shown = blocks("toml");
    assert!(shown.len() >= 3, "{shown:?}");
    let file = folder.join("guildhall.toml");
    for text in shown {
        fs::write(&file, text).unwrap();
        printed(command(&["check", file.to_str().unwrap()]));
    }
}
