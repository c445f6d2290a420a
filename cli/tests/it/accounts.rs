//! Accounts from a settings file, in a running server: tokens of `guildhall token`, and what a
//! hang-up takes over.

use std::fs;

use guildhall_protocol::{Hello, RequestError, Welcome};
use guildhall_testing::v1_client::{V1Client, hello};
use guildhall_testing::wire::eventually;
use rustix::process::Signal;

use crate::program::{Program, command, printed};
use crate::settings_file::File;

const SECRET: &str = "a secret of at least 32 bytes, as it has to be";

/// A token of `guildhall token` with the secret of the settings.
pub(crate) fn token(settings: &File, flags: &[&str]) -> String {
    let mut token = command(&["token", "--config", settings.path()]);
    token.args(flags);
    printed(token).trim_end().to_owned()
}

/// Says hello with a token. Returns the client, and what the server answers.
pub(crate) fn sign_in(program: &Program, token: &str) -> (V1Client, Result<Welcome, RequestError>) {
    let mut client = V1Client::dial(program.address());
    let answer = client.welcome(Hello {
        token: token.into(),
        ..hello("")
    });
    (client, answer)
}

fn settings(secret: &File, more: &str) -> String {
    let secret = secret.path();
    format!(
        "port = 0\nlog_format = 'json'\n[accounts]\nkeys = [{{ secret_file = '{secret}' }}]\n{more}"
    )
}

/// Changes the settings, and waits for the line about it.
fn reload(program: &mut Program, file: &File, text: &str, message: &str) -> serde_json::Value {
    fs::write(file.path(), text).unwrap();
    program.signal(Signal::HUP);
    program.wait_for(message)
}

#[test]
fn a_token_signs_a_user_in_and_a_guest_stays_out() {
    let secret = File::new(&format!("{SECRET}\n"));
    let file = File::new(&settings(&secret, "audience = 'game'\n"));
    let program = Program::start_with(&["--config", file.path()], []);
    let flags = ["--user=42", "--name=Mira", "--room=guild-42", "--for=10m"];
    let (client, welcome) = sign_in(&program, &token(&file, &flags));
    let welcome = welcome.unwrap();
    assert_eq!((&*welcome.user, &*welcome.name), ("42", "Mira"));
    assert!((590..=600).contains(&welcome.ttl), "{}", welcome.ttl);
    assert_eq!(welcome.rooms, ["guild-42"]);
    assert!(!welcome.may_rename);
    // For somebody else.
    let (mut refused, answer) = sign_in(&program, &token(&file, &["--user=7", "--audience=b"]));
    answer.unwrap_err();
    refused.client.expect_close(3501);
    let mut guest = V1Client::dial(program.address());
    guest.welcome(hello("Bo")).unwrap_err();
    drop(client);
    program.stop();
}

#[test]
fn a_hang_up_takes_over_keys_revocations_and_guests_or_keeps_all() {
    let secret = File::new(SECRET);
    let file = File::new(&settings(&secret, ""));
    let mut program = Program::start_with(&["--config", file.path()], []);
    let mira = token(&file, &["--user=42", "--name=Mira"]);
    let (mut first, welcome) = sign_in(&program, &mira);
    welcome.unwrap();
    // A wrong file leaves everything as it is, with one line.
    let line = reload(
        &mut program,
        &file,
        &settings(&secret, "guests = 'all'\n"),
        "SIGHUP: the settings stay as they are",
    );
    let problem = line["problem"].as_str().unwrap();
    assert!(
        problem.contains("line 5: `all` is not a value"),
        "{problem}"
    );
    first.expect_quiet();
    // So does a key that cannot be read.
    fs::write(secret.path(), "short").unwrap();
    let line = reload(
        &mut program,
        &file,
        &settings(&secret, ""),
        "SIGHUP: the settings stay as they are",
    );
    let problem = line["problem"].as_str().unwrap();
    assert!(
        problem.contains("line 4") && problem.contains("32 bytes"),
        "{problem}"
    );
    fs::write(secret.path(), SECRET).unwrap();
    first.expect_quiet();
    let open = settings(&secret, "guests = 'allow'\n");
    assert_eq!(
        reload(&mut program, &file, &open, "SIGHUP: reloaded")["settings"],
        "accounts"
    );
    eventually("a guest may come", || {
        let mut guest = V1Client::dial(program.address());
        guest.welcome(hello("Bo")).ok()
    });
    first.expect_quiet();
    // Another secret in the same file.
    let other = SECRET.to_uppercase();
    fs::write(secret.path(), &other).unwrap();
    let line = reload(&mut program, &file, &open, "SIGHUP: reloaded");
    assert_eq!(line["settings"], "accounts");
    let fresh = token(&file, &["--user=7", "--name=Ann"]);
    eventually("the new key holds", || sign_in(&program, &fresh).1.ok());
    sign_in(&program, &mira).1.unwrap_err();
    // A client that is connected stays until its token ends, or is revoked.
    first.expect_quiet();
    let revoked = "[[accounts.revoked]]\nuser = '42'\nbefore = 2100-01-01T00:00:00Z\n";
    reload(
        &mut program,
        &file,
        &format!("{open}{revoked}"),
        "SIGHUP: reloaded",
    );
    first.client.expect_close(3502);
    program.stop();
}
