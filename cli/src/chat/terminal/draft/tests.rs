use super::*;

const WIDE: &str = "🧑‍🚀";

fn draft(columns: u16) -> Draft {
    Draft::new(Form {
        columns,
        widths: GraphemeClusterMode::WcWidth,
        rewraps: true,
    })
}

#[test]
fn a_line_takes_the_rows_it_is_wrapped_to() {
    let rows = |line: &str, columns| draft(columns).rows("> ", line);
    assert_eq!(rows("hi", 10), 1);
    assert_eq!(rows("1234567", 10), 1);
    assert_eq!(rows("12345678", 10), 2, "the cursor is on the next");
    assert_eq!(rows("123456789", 10), 2);
    assert_eq!(rows("1234567世", 10), 2, "does not fit");
    assert_eq!(rows("a\nb", 10), 2);
    assert_eq!(rows("12345678\n", 10), 2);
    assert_eq!(rows("e\u{301}", 4), 1);
    assert_eq!(rows("", 2), 2, "a full prompt");
    assert_eq!(rows("", 1), 3);
    // As the editor counts it, however many columns it has on the screen.
    assert_eq!(rows(&WIDE.repeat(2), 11), 1);
    assert_eq!(rows(&WIDE.repeat(2), 9), 2);
    assert_eq!(rows(WIDE, 3), 2, "wider than the terminal");
}

/// What is written for a line behind the prompt `> ` with the cursor at its end.
#[track_caller]
fn check(columns: u16, line: &str, expected: &str) {
    let mut draft = draft(columns);
    assert_eq!(draft.draw_prompt("> ", columns), "> ");
    assert_eq!(draft.draw_line(line, line.len()), expected, "{line:?}");
}

#[test]
fn what_every_terminal_draws_alike_is_left_alone() {
    check(10, "", "");
    check(10, "hello", "hello");
    check(10, "12345678", "12345678");
    let mut draft = draft(10);
    let asked = || panic!("the columns are the same");
    assert!(!draft.change("hello ~", 7, 10, asked));
    for line in ["héllo", WIDE, "a\tb", "a\nb", "\u{7f}"] {
        assert!(draft.change(line, 0, 10, asked), "{line:?}");
    }
}

#[test]
fn text_is_drawn_to_where_the_editor_expects_it() {
    let drawn = |text: &str| format!("{NO_WRAP}{text}{WRAP}");
    check(10, "123456789", &drawn("12345678\r\n9"));
    check(10, "12345678\n9", &drawn("12345678\r\n9"));
    check(10, "a世b", &drawn("a世\x1b[6Gb"));
    // At the end of a row, there is no column to go to.
    check(10, "123456世b", &drawn("123456世\r\nb"));
    check(10, "1234567世", &drawn("1234567\r\n世\x1b[3G"));
    check(10, &WIDE.repeat(2), &drawn("🧑‍🚀\x1b[7G🧑‍🚀"));
    check(9, &WIDE.repeat(2), &drawn("🧑‍🚀\x1b[7G\r\n🧑‍🚀\x1b[5G"));
    // Half an emoji joins nothing.
    check(20, "🧑\u{200d}", &drawn("🧑\x1b[5G"));
    check(20, "a\tb", &drawn("a     b"));
    check(20, "a\u{8}\u{9b}b", &drawn("a\x1b[4G\x1b[4Gb"));
}

#[test]
fn a_full_row_ends_at_the_cursor() {
    let mut draft = draft(10);
    draft.draw_prompt("> ", 10);
    let line = "12345678\n9";
    let drawn = |text: &str| format!("{NO_WRAP}{text}{WRAP}");
    assert_eq!(draft.draw_line(line, 8), drawn("12345678\r\n\r\n9"));
    assert_eq!(draft.draw_line(line, 7), drawn("12345678\r\n9"));
    // And a full prompt at its own end.
    draft.draw_prompt("a prompt> ", 10);
    assert_eq!(draft.draw_line("", 0), "");
    assert_eq!(draft.draw_line("b", 0), drawn("\r\nb"));
    assert_eq!(draft.draw_line("b", 1), drawn("\r\nb"));
}

#[test]
fn a_last_row_in_which_nothing_is_seen_is_begun_by_the_editor() {
    let drawn = |text: &str| format!("{NO_WRAP}{text}{WRAP}");
    check(10, "a\n\u{200b}", &drawn("a"));
    check(10, "a\n\n\u{200b}\u{200b}", &drawn("a\r\n"));
    check(10, "a\n", &drawn("a\r\n"));
    check(10, "12345678", "12345678");
    let mut draft = draft(10);
    draft.draw_prompt("a prompt> ", 10);
    assert_eq!(draft.draw_line("\u{200b}", 0), drawn(""));
}

/// How many rows more are cleared if the terminal gets narrower.
#[track_caller]
fn check_narrower(from: u16, to: u16, line: &str, cursor: usize, rows: u16) {
    let mut draft = draft(from);
    draft.draw_prompt("> ", from);
    draft.draw_line(line, cursor);
    draft.change(line, cursor, to, || to);
    let clears = match rows {
        0 => "\x1b[J> ".to_owned(),
        rows => format!("\x1b[{rows}A\x1b[J> "),
    };
    assert_eq!(draft.draw_prompt("> ", to), clears, "{line:?} {from} {to}");
    assert_eq!(draft.draw_prompt("> ", to), "> ", "once");
}

#[test]
fn rows_that_are_wrapped_anew_are_cleared() {
    let line = "x".repeat(28);
    // Rows of 20 and 10 become 2 and 1, and the cursor is in the last one.
    check_narrower(20, 10, &line, 28, 1);
    check_narrower(20, 7, &line, 28, 3);
    check_narrower(20, 7, &line, 18 + 6, 2);
    check_narrower(20, 7, &line, 18 + 7, 3);
    // What is below the cursor, the editor clears.
    check_narrower(20, 10, &line, 0, 0);
    check_narrower(20, 10, &line, 7, 0);
    check_narrower(20, 10, &line, 8, 1);
    // The rows that were begun here stay as they are.
    check_narrower(10, 20, &line, 28, 0);
    // A full row with the cursor below it.
    check_narrower(20, 10, &line[..18], 18, 1);
    check_narrower(20, 10, &line[..8], 8, 0);
    // A wide character is not cut in two.
    check_narrower(20, 7, "世世世世世", 15, 1);
    check_narrower(20, 5, "世世世世世", 15, 2);
    // The terminal may have drawn less of it.
    check_narrower(20, 6, WIDE, WIDE.len(), 0);
    check_narrower(20, 4, WIDE, WIDE.len(), 0);
    check_narrower(20, 5, &format!("{WIDE}x"), WIDE.len() + 1, 1);
}

#[test]
fn a_terminal_that_cuts_rows_off_has_no_more_of_them() {
    let mut draft = draft(20);
    draft.form.rewraps = false;
    draft.draw_prompt("> ", 20);
    let line = "x".repeat(28);
    draft.draw_line(&line, 28);
    draft.change(&line, 28, 10, || 10);
    assert_eq!(draft.draw_prompt("> ", 10), "\x1b[J> ");
}

#[test]
fn a_line_above_the_draft_is_not_cleared() {
    // Drawn when the terminal was narrow already, before the editor knew.
    let mut draft = draft(20);
    let line = "x".repeat(28);
    draft.draw_prompt("> ", 10);
    draft.draw_line(&line, 28);
    draft.change(&line, 28, 10, || 10);
    assert_eq!(draft.draw_prompt("> ", 10), "\x1b[J> ");
    // The line has grown since the size changed, and its row is not full.
    let mut draft = self::draft(20);
    draft.draw_prompt("> ", 20);
    draft.draw_line("1234567", 7);
    draft.change("12345678", 8, 10, || panic!("it was one row, and is one"));
    assert_eq!(draft.draw_prompt("> ", 10), "> ");
    // The size changes again while the editor learns of it. What counts is how many rows
    // there are then.
    for (now, above) in [(8, "\x1b[3A"), (15, "\x1b[1A"), (25, "")] {
        let mut draft = self::draft(20);
        draft.draw_prompt("> ", 20);
        draft.draw_line(&line, 28);
        draft.change(&line, 28, 10, || now);
        assert_eq!(draft.draw_prompt("> ", now), format!("{above}\x1b[J> "));
        draft.draw_line(&line, 28);
        // Rows of 10 that were cut off or not: they did not become more.
        draft.change(&line, 28, now, || now);
        assert_eq!(draft.draw_prompt("> ", now), "\x1b[J> ");
    }
}

#[test]
fn a_line_that_is_too_long_by_now_is_cut_off() {
    let mut draft = draft(20);
    draft.draw_prompt("> ", 8);
    assert_eq!(
        draft.draw_line("12345678", 8),
        format!("{NO_WRAP}12345678{WRAP}")
    );
    assert_eq!(draft.draw_line("123456", 6), "123456");
}
