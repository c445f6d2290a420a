use super::*;

#[track_caller]
fn check(input: &str, expected: &[&str]) {
    let names = ["alice", "Anna Lee", "bob"];
    let rooms = ["lobby", "Long Hall", "attic"];
    let lines = complete(input, names.into_iter(), rooms.into_iter());
    assert_eq!(lines, expected, "{input:?}");
}

#[test]
fn commands_are_completed() {
    check("/j", &["/join ", "/j "]);
    check("/RO", &["/rooms"]);
    check("/x", &[]);
    assert_eq!(complete("/", [].into_iter(), [].into_iter()).len(), 42);
}

#[test]
fn names_are_completed_and_quoted() {
    check("/w a", &["/w alice ", "/w \"Anna Lee\" "]);
    check("/w \"an", &["/w \"Anna Lee\" "]);
    check("/w \"Anna l", &["/w \"Anna Lee\" "]);
    check("/msg ", &["/msg alice ", "/msg \"Anna Lee\" ", "/msg bob "]);
    check("/w bob h", &[]);
    check("/nick a", &[]);
}

#[test]
fn what_is_completed_reaches_the_name() {
    let names = [
        "John",
        "John \"Ace\" Smith",
        "\"Zed\"",
        "a\\",
        "\\\" \\",
        "x\"y",
    ];
    for input in ["/w ", "/w \""] {
        let lines = complete(input, names.into_iter(), [].into_iter());
        let reached = lines.iter().map(|line| parse(&[line, "hi"].concat()));
        let whisper = |name: &str| Command::Whisper {
            to: name.into(),
            text: "hi".into(),
        };
        assert!(
            reached.eq(names.map(|name| Ok(Some(whisper(name))))),
            "{lines:?}"
        );
    }
}

#[test]
fn names_in_a_text_are_completed() {
    check("b", &["bob: "]);
    check("hey B", &["hey bob "]);
    check("/me hugs a", &["/me hugs alice ", "/me hugs Anna Lee "]);
    check("", &[]);
    check("hey ", &[]);
}

#[test]
fn rooms_are_completed() {
    check("/join lo", &["/join lobby", "/join Long Hall"]);
    check("/j #lo", &["/j #lobby", "/j #Long Hall"]);
    check("/j long h", &["/j Long Hall"]);
    check(
        "/leave ",
        &["/leave lobby", "/leave Long Hall", "/leave attic"],
    );
}

#[test]
fn characters_are_never_cut_in_half() {
    check("/w \u{e4}", &[]);
    check("\u{1f600}", &[]);
    assert_eq!(
        parse("/\u{e4}rger"),
        Ok(Some(Command::Say("/\u{e4}rger".into())))
    );
    assert_eq!(
        parse("/w \"\u{e4}\"\u{f6}"),
        Ok(Some(Command::Whisper {
            to: "\u{e4}".into(),
            text: "\u{f6}".into(),
        }))
    );
}
