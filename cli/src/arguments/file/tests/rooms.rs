//! Every setting of `[[rooms]]`, with right and wrong values.

use std::time::Duration;

use super::*;
use crate::rooms::table::RoomTable;
use guildhall_server::policy::{Keep, Pattern, Rule, Rules, Who};

/// The rule of a table for the lobby that has these lines too.
fn rule(lines: &str) -> Result<Rule, String> {
    let text = format!("[[rooms]]\nmatch = 'lobby'\n{lines}\n");
    let file = settings(&text, &Arguments::command(), Path::new(""));
    file.map(|file| file.tables.rooms[0].rule())
        .map_err(|problem| problem.text)
}

/// A setting with a value makes this rule of an open one.
#[track_caller]
fn check(lines: &str, change: impl Fn(&mut Rule)) {
    let mut expected = Rule::open(Pattern::new("lobby"));
    change(&mut expected);
    assert_eq!(rule(lines), Ok(expected), "{lines}");
}

#[track_caller]
fn refused(lines: &str, expected: &str) {
    let problem = rule(lines).unwrap_err();
    assert!(problem.contains(expected), "{lines}: {problem}");
}

#[test]
fn each_setting_changes_the_rule() {
    check("", |_| {});
    for (word, who) in [
        ("everyone", Who::Everyone),
        ("users", Who::Users),
        ("caps", Who::Caps),
        ("nobody", Who::Nobody),
    ] {
        check(&format!("join = '{word}'"), |rule| rule.join = who);
        check(&format!("say = '{word}'"), |rule| rule.say = who);
        check(&format!("history = '{word}'"), |rule| rule.history = who);
        check(&format!("members = '{word}'"), |rule| rule.members = who);
        check(&format!("find = '{word}'"), |rule| rule.find = who);
    }
    check("topic = 'Ask and answer'", |rule| {
        rule.topic = "Ask and answer".into();
    });
    check("slow_mode = 0", |_| {});
    check("slow_mode = 21600", |rule| {
        rule.slow_mode = Duration::from_hours(6);
    });
    check("max_members = 1", |rule| rule.max_members = Some(1));
    check("text_bytes = 4096", |rule| rule.text_bytes = Some(4_096));
    check("announce_only = true", |rule| rule.announce_only = true);
    check("replay = 0", |rule| rule.replay = Some(0));
    check("replay = 5", |rule| rule.replay = Some(5));
    let keep = |lines, seconds: Option<u64>| Keep {
        lines,
        age: seconds.map(Duration::from_secs),
        durable: None,
    };
    check("keep = 'none'", |rule| rule.keep = keep(Some(0), None));
    check("keep = 100", |rule| rule.keep = keep(Some(100), None));
    check("keep = {}", |_| {});
    check("keep = { lines = 9, seconds = 60 }", |rule| {
        rule.keep = keep(Some(9), Some(60));
    });
    check("keep = { seconds = 60 }", |rule| {
        rule.keep = keep(None, Some(60));
    });
    check("keep = { lines = 0, durable = false }", |rule| {
        rule.keep.lines = Some(0);
        rule.keep.durable = Some(false);
    });
    check("keep = { lines = 9, durable = true }", |rule| {
        rule.keep.lines = Some(9);
        rule.keep.durable = Some(true);
    });
}

#[test]
fn a_wrong_value_says_what_is_right() {
    for who in ["join", "say", "history", "members", "find"] {
        refused(&format!("{who} = 'user'"), "did you mean `users`?");
        refused(&format!("{who} = true"), "expected a text in quotes");
    }
    refused("topic = \"two\\nlines\"", "one line");
    refused(
        &format!("topic = '{}'", "x".repeat(251)),
        "at most 250 characters, and not 251",
    );
    refused("topic = 5", "expected a text in quotes");
    refused("slow_mode = 21601", "from 0 to 21600, not 21601");
    refused("slow_mode = -1", "from 0 to 21600");
    refused("slow_mode = 1.5", "invalid type");
    refused("slow_mode = '10s'", "invalid type");
    refused("max_members = 0", "from 1 to");
    refused("text_bytes = 0", "from 1 to 4096");
    refused("text_bytes = 4097", "from 1 to 4096");
    refused("keep = 'all'", "\"none\", a number of lines, or a table");
    refused("keep = -1", "from 0 to");
    refused("keep = true", "\"none\", a number of lines, or a table");
    refused("keep = { line = 1 }", "did you mean `lines`?");
    refused("keep = { seconds = 'x' }", "invalid type");
    refused("keep = { durable = 1 }", "expected a boolean");
    for nothing in ["lines", "seconds"] {
        let keep = format!("keep = {{ {nothing} = 0, durable = true }}");
        refused(&keep, "a durable room keeps lines");
    }
    refused("announce_only = 1", "expected a boolean");
    refused("replay = -1", "from 0 to");
    refused("slowmode = 1", "did you mean `slow_mode`?");
    refused("zzz = 1", "there are `match`, `join`, `say`");
}

#[test]
fn the_rooms_are_named_by_a_pattern() {
    let rules = |text: &str| {
        let file = settings(text, &Arguments::command(), Path::new(""));
        file.map(|file| Rules::new(file.tables.rooms.iter().map(RoomTable::rule).collect()))
            .map_err(|problem| problem.text)
    };
    let text = "[[rooms]]\nmatch = 'Guild-*-staff'\ntopic = 'a'\n\
                [[rooms]]\nmatch = 'guild-*'\ntopic = 'b'\n";
    let rules_of = rules(text).unwrap();
    for (room, topic) in [("guild-4-staff", "a"), ("guild-4", "b"), ("lobby", "")] {
        assert_eq!(rules_of.of(room).topic, topic, "{room}");
    }
    for wrong in ["", "two words", "#red", "a/*", &"x".repeat(33)] {
        let problem = rules(&format!("[[rooms]]\nmatch = '{wrong}'\n")).unwrap_err();
        assert!(problem.contains("no room has a name like"), "{problem}");
    }
    let problem = rules("[[rooms]]\ntopic = 'x'\n").unwrap_err();
    assert!(problem.contains("missing field `match`"), "{problem}");
    assert!(rules("[rooms]\nmatch = 'x'\n").is_err());
}
