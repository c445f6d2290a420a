//! The settings file as a text.

mod rooms;

use super::*;
use crate::accounts::KeySets;
use crate::arguments::Arguments;
use clap::CommandFactory as _;

#[track_caller]
fn check(text: &str, expected: &[(&str, &[&str])]) {
    let settings = settings(text, &Arguments::command(), Path::new(""))
        .unwrap()
        .flags;
    let found: Vec<_> = (settings.iter())
        .map(|it| {
            (
                it.id.as_str(),
                it.values.iter().map(String::as_str).collect(),
            )
        })
        .collect();
    let expected: Vec<(&str, Vec<&str>)> = (expected.iter())
        .map(|(id, values)| (*id, values.to_vec()))
        .collect();
    assert_eq!(found, expected);
}

#[track_caller]
fn refused(text: &str, expected: &[&str]) {
    let problem = settings(text, &Arguments::command(), Path::new("")).unwrap_err();
    for part in expected {
        assert!(problem.text.contains(part), "{text}: {}", problem.text);
    }
}

#[test]
fn each_flag_is_a_key() {
    check("", &[]);
    check("# nothing\n", &[]);
    check(
        "host = 'chat.example'\nport = 9_000",
        &[("host", &["chat.example"]), ("port", &["9000"])],
    );
    check(
        "allow_origin = ['https://a.example', '*']",
        &[("allow_origin", &["https://a.example", "*"])],
    );
    check(
        "allow_origin = 'https://a.example'",
        &[("allow_origin", &["https://a.example"])],
    );
    check("allow_origin = []", &[("allow_origin", &[])]);
}

#[test]
fn the_flags_of_the_rates_are_a_table() {
    let expected: &[(&str, &[&str])] = &[
        ("port", &["80"]),
        ("rates_address_share", &["9"]),
        ("rates_say", &["8, 2/s"]),
    ];
    check(
        "port = 80\n[rates]\nsay = '8, 2/s'\naddress_share = 9",
        expected,
    );
    check(
        "rates.say = '8, 2/s'\nport = 80\nrates.address_share = 9",
        expected,
    );
    refused(
        "[rates]\nsays = 'off'",
        &["`rates.says`", "did you mean `rates.say`?"],
    );
    refused(
        "rates_say = 'off'",
        &["`rates_say`", "did you mean `rates.say`?"],
    );
    refused("[rates]\nport = 80", &["`port` belongs to no table"]);
    refused("[rates]\nsay = 8", &["`rates.say`", "8, 2/s"]);
    refused("[rates]\nsay = '8'", &["`rates.say`", "8, 2/s"]);
    refused("[rates]\nsay = [8, 2]", &["one value"]);
    refused("rates = 'off'", &["[rates]"]);
    refused_on_line(
        "[rates]\njoin = 'off'\nsays = '8, 2/s'",
        3,
        "there is no setting `rates.says`: did you mean `rates.say`?",
    );
}

#[test]
fn a_wrong_key_names_the_nearest_one() {
    refused("prot = 1", &["`prot`", "did you mean `port`?"]);
    refused("max-waiting = 65536", &["did you mean `max_waiting`?"]);
    refused("history_line = 1", &["did you mean `history_lines`?"]);
    refused("zzz = 1", &["`zzz`", "guildhall --help"]);
    refused("config = 'other.toml'", &["`config`"]);
    refused("help = true", &["`help`"]);
    refused(
        "[acounts]\nkey = 1",
        &["`acounts`", "did you mean `accounts`?"],
    );
    refused(
        "[tsl]\ncert = 'a'",
        &["`tsl`", "the tables are `accounts`", "`tls`"],
    );
    refused(
        "[[accounts.keys]]\nsecret = 'a'",
        &["did you mean `secret_file` or `secret_env`?"],
    );
    refused(
        "[[filters]]\nlinks = ['a.example']\nact = 'm`s`k'",
        &["`m`s`k` is not a value", "did you mean `mask`?"],
    );
}

#[test]
fn a_wrong_value_names_its_key_and_what_is_right() {
    refused("port = 70000", &["port", "from 0 to 65535"]);
    refused("port = -1", &["port", "from 0 to 65535"]);
    refused("port = 0x50", &["port", "from 0 to 65535"]);
    refused("port = 80.5", &["a whole number"]);
    refused("port = [80]", &["one value"]);
    refused("port = { a = 1 }", &["a text or a whole number"]);
    refused("host = ''", &["host"]);
    refused("threads = 0", &["threads", "from 1 to 256"]);
    refused("log = 'loud'", &["log"]);
    refused("log_format = 'xml'", &["log_format", "xml"]);
    refused("allow_origin = ['https://a.example', 'b']", &["'b'"]);
    refused("allow_origin = [['*']]", &["a text"]);
    refused("port = 1\nport = 2", &["`port` is there twice"]);
    refused("port 1", &["expected"]);
    refused("[accounts]\nguests = true", &["expected a text in quotes"]);
    refused("[accounts]\nkeys = 'a'", &["expected a list in brackets"]);
}

#[test]
fn the_line_is_that_of_the_mistake() {
    let file = tempfile("# one\n\nhost = 'a'\nport = 'x'\n");
    let error = read(&file, &Arguments::command()).unwrap_err().to_string();
    fs::remove_file(&file).unwrap();
    assert!(error.contains(", line 4: "), "{error}");
    assert!(!error.contains("(see guildhall"), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let file = tempfile("\u{fffd}");
    fs::write(&file, b"# one\nhost = '\xff'").unwrap();
    let error = read(&file, &Arguments::command()).unwrap_err().to_string();
    assert!(error.contains(file.to_str().unwrap()), "{error}");
    assert!(
        error.contains("line 2: this line is not in UTF-8"),
        "{error}"
    );
    fs::remove_file(&file).unwrap();
    let error = read(&file, &Arguments::command()).unwrap_err().to_string();
    assert!(error.contains(file.to_str().unwrap()), "{error}");
}

/// A file with this text.
fn tempfile(text: &str) -> PathBuf {
    let number = fastrand::u64(..);
    let path = std::env::temp_dir().join(format!("guildhall-test-{number}.toml"));
    fs::write(&path, text).unwrap();
    path
}

/// Checks the problem of a text, and its line.
#[track_caller]
fn refused_on_line(text: &str, line: usize, expected: &str) {
    let problem = settings(text, &Arguments::command(), Path::new("")).unwrap_err();
    let found = line_of(text, problem.at);
    assert_eq!((found, &*problem.text), (line, expected), "{text}");
}

/// The users of the revocations, and the times before which their tokens were issued.
fn revoked(file: &SettingsFile) -> Vec<(String, u64)> {
    let config = file.tables.accounts_settings.config(&KeySets::default());
    let revoked = config.revoked.into_iter();
    revoked.map(|it| (it.user, it.before)).collect()
}

#[test]
fn tables_stand_beside_flags() {
    let text = "port = 1\n[accounts]\nguests = 'read-only'\n[[accounts.revoked]]\nuser = 'a'\n\
                before = 1\n[[accounts.revoked]]\nuser = 'b'\nbefore = 2\n";
    let file = settings(text, &Arguments::command(), Path::new("")).unwrap();
    assert_eq!(file.flags.len(), 1);
    assert_eq!(revoked(&file), [("a".into(), 1), ("b".into(), 2)]);
    let [table] = &file.table_texts[..] else {
        panic!("{:?}", file.table_texts);
    };
    assert_eq!((&*table.name, table.line), ("accounts", 2));
    let again = format!("accounts = {}", table.value);
    let again = settings(&again, &Arguments::command(), Path::new("")).unwrap();
    assert_eq!(again.table_texts[0].value, table.value);
    assert_eq!(revoked(&again), revoked(&file));
}

#[test]
fn a_mistake_in_a_table_has_its_line_and_the_nearest_name() {
    refused_on_line(
        "port = 1\n[accounts]\nisuer = 'game'\n",
        3,
        "there is no setting `isuer` in this table: did you mean `issuer`?",
    );
    refused_on_line(
        "[accounts]\n\n[[accounts.keys]]\npem-file = 'key.pem'\n",
        4,
        "there is no setting `pem-file` in this table: did you mean `pem_file`?",
    );
    refused_on_line(
        "[[accounts.revoked]]\nuser = '1'\nbefore = 1\nzzz = 1\n",
        4,
        "there is no setting `zzz` in this table: there are `user`, `before`",
    );
    refused_on_line(
        "[accounts]\nguests = 'read-only'\nport = 9000\n",
        3,
        "`port` belongs to no table: put it in front of the first line that begins with [",
    );
    refused_on_line(
        "[tls]\nhost = '::'\n",
        2,
        "`host` belongs to no table: put it in front of the first line that begins with [",
    );
    refused_on_line(
        "[hook]\nurl = 'game.example'\n",
        2,
        "'game.example' has to begin with https:// or http://",
    );
    refused_on_line(
        "[hook]\nurl = 'https//game.example'\n",
        2,
        "'https//game.example' is no address: it looks like https://game.example/chat",
    );
    refused_on_line(
        "[accounts]\nguests = 'readonly'\n",
        2,
        "`readonly` is not a value of this setting: did you mean `read-only`?",
    );
    refused_on_line(
        "[accounts]\n\nissuer = 5\n",
        3,
        "invalid type: integer `5`, expected a text in quotes",
    );
    refused_on_line(
        "[accounts]\nkeys = [\n  { kid = 'a' },\n  { kid = true },\n]\n",
        4,
        "invalid type: boolean `true`, expected a text in quotes",
    );
    refused_on_line(
        "[accounts]\naudience = 1\n",
        2,
        "invalid type: integer `1`, expected a text or a list of texts",
    );
    refused_on_line(
        "port = 1\n[[accounts.revoked]]\nuser = '1'\n",
        2,
        "missing field `before`",
    );
    refused_on_line(
        "port = 1\naccounts = 5\n",
        2,
        "invalid type: integer `5`, expected a table",
    );
}

#[test]
fn a_time_is_a_date_with_an_offset_or_seconds() {
    let time = |before: &str| {
        let text = format!("[[accounts.revoked]]\nuser = '1'\nbefore = {before}\n");
        let file = settings(&text, &Arguments::command(), Path::new(""))?;
        Ok::<_, Problem>(revoked(&file)[0].1)
    };
    for right in [
        "1969",
        "1970-01-01T00:32:49Z",
        "1970-01-01 01:32:49+01:00",
        "'1970-01-01T00:32:49Z'",
    ] {
        assert_eq!(time(right).unwrap(), 1969, "{right}");
    }
    for wrong in ["-1", "1970-01-01T00:32:49", "1970-01-01", "'soon'", "true"] {
        time(wrong).unwrap_err();
    }
}
