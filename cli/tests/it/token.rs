//! `guildhall token`: what it prints, and what a server takes it for.

use std::fs;
use std::path::PathBuf;

use guildhall_cli::token::now;
use guildhall_server::accounts::{Accounts, Cap, Claims, Key, Right};

use crate::program::{command, run};
use crate::settings_file::File;

const SECRET: &str = "a secret of at least 32 bytes, as it has to be";
const TESTDATA: &str = "../server/src/accounts/testdata";

/// The output of `guildhall token` with these flags, and what it says in words.
fn token(flags: &[&str]) -> (String, String) {
    let mut token = command(&["token", "--user", "42"]);
    token.args(flags).env("GAME_SECRET", SECRET);
    let output = run(token);
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{words}");
    let token = String::from_utf8(output.stdout).unwrap();
    let token = token.strip_suffix('\n').expect("one line").to_owned();
    assert!(
        !words.contains(&token) && !words.contains(SECRET),
        "{words}"
    );
    (token, words)
}

/// Checks that no token is made, and why.
#[track_caller]
fn refused(flags: &[&str], words: &str) {
    let mut token = command(&["token", "--user", "42"]);
    token.args(flags).env("GAME_SECRET", SECRET);
    let output = run(token);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert_eq!(output.stdout, b"", "{flags:?}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains(words), "{flags:?}: {error}");
}

fn verify(key: Key, token: &str) -> Claims {
    let accounts = Accounts {
        keys: vec![key],
        ..Accounts::default()
    };
    accounts.verify(token, now().unwrap()).unwrap()
}

fn secret() -> Key {
    Key::secret("HS256", None, SECRET.as_bytes()).unwrap()
}

#[test]
fn a_token_says_what_the_flags_say() {
    let (token, words) = token(&[
        "--secret-env=GAME_SECRET",
        "--name=Mira",
        "--room=guild-42",
        "--room=team-7",
        "--allow=guild-*=join,say",
        "--allow=lobby=mod",
        r##"--info={"color":"#fc0"}"##,
        "--for=10m",
    ]);
    let claims = verify(secret(), &token);
    let cap = |rooms: &str, allow: &[Right]| Cap {
        rooms: vec![rooms.into()],
        allow: allow.to_vec(),
    };
    let (issued, expires) = (claims.issued.unwrap(), claims.expires);
    assert_eq!(expires, issued + 600);
    assert!(issued.abs_diff(now().unwrap()) < 60);
    let expected = Claims {
        user: "42".into(),
        name: Some("Mira".into()),
        info: Some(r##"{"color":"#fc0"}"##.into()),
        rooms: vec!["guild-42".into(), "team-7".into()],
        caps: vec![
            cap("guild-*", &[Right::Join, Right::Say]),
            cap("lobby", &[Right::Mod]),
        ],
        expires,
        issued: Some(issued),
    };
    assert_eq!(claims, expected);
    for line in [
        "A token of the user 42, called Mira, that holds for 10 minutes, until 20",
        "- it joins guild-42, team-7",
        "- it may join, say something in guild-*",
        "- it may moderate in lobby",
        r##"- others see {"color":"#fc0"}"##,
    ] {
        assert!(
            words.lines().any(|it| it.starts_with(line)),
            "{line}: {words}"
        );
    }
}

#[test]
fn the_settings_file_has_the_key_and_what_tokens_have_to_say() {
    let secret_file = File::new(&format!("{SECRET}\n"));
    let file = File::new(&format!(
        "[accounts]\nissuer = 'game'\naudience = ['a', 'b']\nkeys = [\n\
         {{ pem_file = '{}', algorithm = 'RS256' }},\n{{ secret_file = '{}', kid = 'k' }}]\n",
        fs::canonicalize(format!("{TESTDATA}/rsa.pub.pem"))
            .unwrap()
            .display(),
        secret_file.path(),
    ));
    let (of_file, words) = token(&["--config", file.path()]);
    assert!(words.contains("is of game (iss)") && words.contains("is for a (aud)"));
    let accounts = |audience: &str| Accounts {
        keys: vec![Key::secret("HS256", Some("k".into()), SECRET.as_bytes()).unwrap()],
        issuer: Some("game".into()),
        audiences: vec![audience.into()],
        ..Accounts::default()
    };
    accounts("a").verify(&of_file, now().unwrap()).unwrap();
    let (of_flag, _) = token(&["--config", file.path(), "--audience=b"]);
    accounts("b").verify(&of_flag, now().unwrap()).unwrap();
    // As the server reads it.
    let mut by_variable = command(&["token", "--user=42"]);
    by_variable.env("GUILDHALL_CONFIG", file.path());
    assert!(run(by_variable).status.success());
}

#[test]
fn a_private_key_signs_for_what_it_is_for() {
    let file = |name: &str| format!("{TESTDATA}/{name}.pem");
    for (name, algorithm) in [
        ("rsa", "RS256"),
        ("p256", "ES256"),
        ("p384", "ES384"),
        ("ed25519", "EdDSA"),
    ] {
        let public = fs::read(file(&format!("{name}.pub"))).unwrap();
        let key = Key::pem(algorithm, Some("a".into()), &public).unwrap();
        let (token, _) = token(&["--pem-file", &file(name), "--kid=a"]);
        assert_eq!(verify(key, &token).user, "42", "{name}");
    }
    let key = Key::pem("PS512", None, &fs::read(file("rsa.pub")).unwrap()).unwrap();
    let (of_other, _) = token(&["--pem-file", &file("rsa"), "--algorithm=PS512"]);
    assert_eq!(verify(key, &of_other).user, "42");
}

#[test]
fn a_check_says_whose_token_it_is_or_why_it_is_refused() {
    let secret_file = File::new(SECRET);
    let keys = format!("keys = [{{ secret_file = '{}' }}]\n", secret_file.path());
    let accounts = |settings: &str| File::new(&format!("[accounts]\n{keys}{settings}"));
    let checked = |file: &File, token: &str| {
        let token = File::new(token);
        let output = run(command(&[
            "check",
            file.path(),
            "--token-file",
            token.path(),
        ]));
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (token, _) = token(&["--secret-env=GAME_SECRET", "--name=Mira", "--room=guild-42"]);
    let (holds, text) = checked(&accounts(""), &token);
    assert!(holds, "{text}");
    let line = "The token holds. It is one of the user 42, called Mira, that holds for";
    assert!(
        text.contains(line) && text.contains("- it joins guild-42"),
        "{text}"
    );
    let other = format!("{token}x");
    for (settings, token, words) in [
        (accounts("audience = 'game'"), &token, "audience (aud)"),
        (accounts("issuer = 'game'"), &token, "issuer (iss)"),
        (
            accounts("revoked = [{ user = '42', before = 9999999999 }]"),
            &token,
            "accounts.revoked",
        ),
        (accounts(""), &other, "the token is refused"),
        (File::new(""), &token, "no accounts.keys"),
    ] {
        let (holds, text) = checked(&settings, token);
        assert!(!holds && text.contains(words), "{words}: {text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    let output = run(command(&["check", "--token-file", "/nowhere/token"]));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("a token from /nowhere/token"), "{text}");
}

#[test]
fn no_token_is_made_that_a_server_would_refuse() {
    let key = "--secret-env=GAME_SECRET";
    refused(&[], "there is no key");
    refused(&["--secret-env=NOBODY_SETS_THIS"], "NOBODY_SETS_THIS");
    refused(&["--secret-file=/nowhere"], "No such file");
    refused(
        &["--secret-env=GAME_SECRET", "--pem-file=a"],
        "cannot be used with",
    );
    refused(&["--algorithm=HS256"], "required");
    refused(&[key, "--algorithm=RS256"], "`RS256`");
    refused(
        &["--pem-file", &format!("{TESTDATA}/rsa.pub.pem")],
        "no private key",
    );
    refused(
        &[
            "--pem-file",
            &format!("{TESTDATA}/p256.pem"),
            "--algorithm=RS256",
        ],
        "RS256",
    );
    refused(&[key, "--user=43"], "--user");
    refused(&[key, "--info=red"], "JSON");
    refused(&[key, "--allow=guild-1=shout"], "'shout'");
    refused(&[key, "--for=soon"], "such as 10m");
    let large = format!("--info={{\"a\":\"{}\"}}", "x".repeat(1024));
    refused(&[key, &large], "`info`");
    let rooms: Vec<_> = (0..21).map(|room| format!("--room=r{room}")).collect();
    let rooms: Vec<_> = [key]
        .into_iter()
        .chain(rooms.iter().map(String::as_str))
        .collect();
    refused(&rooms, "`rooms`");
    let short = File::new("short\n");
    refused(&["--secret-file", short.path()], "32 bytes");
    let public: PathBuf = fs::canonicalize(format!("{TESTDATA}/rsa.pub.pem")).unwrap();
    let public = File::new(&format!(
        "[accounts]\nkeys = [{{ pem_file = '{}', algorithm = 'RS256' }}]\n",
        public.display()
    ));
    refused(&["--config", public.path()], "name the private key");
    let nothing = File::new("");
    refused(&["--config", nothing.path()], "no accounts.keys");
    let wrong = File::new("[accounts]\nisuer = 'a'\n");
    refused(&["--config", wrong.path()], "line 2");
}
