//! The settings in force, as the API shows them: each with the place that it is from, and no secret.

use std::fs;
use std::net::SocketAddr;

use guildhall_testing::api_client::{bearer, request};
use guildhall_testing::wire::eventually;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::data_folder::Folder;
use crate::program::{Program, free_address};

const KEY: &str = "the-key-of-the-operator-with-32-bytes";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr";

fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> Value {
    request(address, method, path, &bearer(KEY), body).good()
}

/// A setting: its value, the kind of place that it is from, the place, and whether it is reloaded.
fn setting(settings: &Value, name: &str) -> [Value; 4] {
    let all = settings["settings"].as_array().unwrap();
    let found = all.iter().find(|it| it["name"] == name);
    let found = found.unwrap_or_else(|| panic!("{name}: {settings}"));
    ["value", "origin", "place", "reloaded"].map(|field| found[field].clone())
}

#[test]
fn the_settings_in_force_show_where_each_is_from_and_no_secret() {
    let address = free_address();
    let folder = Folder::empty();
    let file = folder.join("guildhall.toml");
    let settings = |rest: &str| {
        format!(
            "max_rooms = 50\nhistory_lines = 40\n{rest}\n[api]\nlisten = \"{address}\"\n\
             [events]\nenabled = true\n[[webhooks]]\nurl = \"http://127.0.0.1:9/x\"\n\
             secrets = [\"{SECRET}\"]\n[hook]\nurl = \"http://127.0.0.1:9/y\"\n\
             secret = \"{SECRET}\"\n",
        )
    };
    fs::write(&file, settings("")).unwrap();
    let arguments = [
        "--config",
        file.to_str().unwrap(),
        "--max-rooms=60",
        "--port=0",
        "--log-format=json",
    ];
    let variables = [
        ("GUILDHALL_API_KEY", KEY),
        ("GUILDHALL_HISTORY_LINES", "30"),
    ];
    let mut program = Program::start_with(&arguments, variables);
    let shown = || ask(address, "GET", "/settings", "");
    let first = shown();
    assert_eq!(first["file"], file.to_str().unwrap());
    for (name, expected) in [
        ("max_rooms", ["60", "flag", "--max-rooms"]),
        (
            "history_lines",
            ["30", "variable", "GUILDHALL_HISTORY_LINES"],
        ),
        ("api.key", ["[\"...\"]", "variable", "GUILDHALL_API_KEY"]),
    ] {
        assert_eq!(
            setting(&first, name)[..3],
            expected.map(Value::from),
            "{name}"
        );
    }
    let listen = [json!(format!("\"{address}\"")), json!("file"), json!("5")];
    assert_eq!(setting(&first, "api.listen")[..3], listen);
    let replay = [json!("50"), json!("default"), Value::Null, json!(false)];
    assert_eq!(setting(&first, "replay_lines"), replay);
    for secret in [KEY, &SECRET["whsec_".len()..]] {
        assert!(!first.to_string().contains(secret), "{first}");
    }

    // Those that a running server takes over, and those that it does not.
    fs::write(
        &file,
        settings("allow_host = [\"chat.example\"]\nresume_seconds = 9"),
    )
    .unwrap();
    program.signal(Signal::HUP);
    program.wait_for("SIGHUP: reloaded");
    eventually("the other host is in force", || {
        let [value, origin, place, _] = setting(&shown(), "allow_host");
        (value == "[\"chat.example\"]" && origin == "file" && place == "3").then_some(())
    });
    assert_eq!(setting(&shown(), "resume_seconds")[0], "120");

    // The API itself changes the log.
    ask(address, "PUT", "/log", "{\"filter\": \"debug\"}");
    let log = [json!("\"debug\""), json!("api"), Value::Null, json!(true)];
    assert_eq!(setting(&shown(), "log"), log);
    program.stop();
}
