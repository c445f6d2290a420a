//! What is on the terminal of a `guildhall chat`, row by row.

use std::time::Instant;

use guildhall_testing::wire::PATIENCE;
use rustix::termios::{LocalModes, Winsize};

use crate::emulator::Emoji::{self, Apart, Joined, Wide};
use crate::piped_chat::PipedChat;
use crate::program::Program;
use crate::pty::Pty;

const WIDE: &str = "🧑\u{200d}🚀";

fn url(program: &Program) -> String {
    format!("ws://{}/ws", program.address())
}

/// Bob, who has said two lines, and Ann on a terminal of so many columns, who has seen them.
fn chat(program: &Program, columns: u16) -> (PipedChat, Pty) {
    let mut bob = PipedChat::start(&url(program), "Bob", &[]);
    bob.say(&["first", "second"]);
    bob.wait_for("[lobby] Bob: second");
    let size = Winsize {
        ws_col: columns,
        ws_row: 60,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let mut ann = Pty::start_with(&url(program), "Ann", size);
    ann.wait_for("[lobby] Bob: second");
    ann.wait_for("lobby> ");
    (bob, ann)
}

const BEFORE: [&str; 2] = ["· [lobby] Bob: first", "· [lobby] Bob: second"];

/// The rows of [`BEFORE`] and then these.
#[track_caller]
fn expect(ann: &Pty, emoji: Emoji, rows: &[&str]) {
    ann.wait_for_lines(emoji, &[&BEFORE[..], rows].concat());
}

#[test]
fn an_emoji_at_the_end_of_a_row_erases_nothing() {
    let program = Program::start(&[]);
    let (mut bob, mut ann) = chat(&program, 60);
    // For the editor, each of them takes four columns.
    let (x, wide) = ("x".repeat(44), WIDE.repeat(3));
    ann.press(&x);
    ann.press(&wide);
    let row = format!("lobby> {x}{WIDE}  {WIDE}");
    expect(&ann, Joined, &[&row, WIDE]);
    ann.press("yzw");
    expect(&ann, Joined, &[&row, &format!("{WIDE}  yzw")]);
    let row = format!("lobby> {x}{WIDE}{WIDE}");
    let drafted = [&row, &*format!("{WIDE}yzw")];
    expect(&ann, Apart, &drafted);
    // Something comes, and there is still one draft.
    bob.say(&["third"]);
    let third = "[lobby] Bob: third";
    expect(&ann, Apart, &[&[third][..], &drafted].concat());
    ann.press("\x01");
    bob.say(&["fourth"]);
    let fourth = "[lobby] Bob: fourth";
    ann.wait_for("Bob: fourth");
    ann.press("\x05\x7f");
    let drafted = [&row, &*format!("{WIDE}yz")];
    expect(&ann, Apart, &[&[third, fourth][..], &drafted].concat());
    ann.press("\r");
    let said = format!("[lobby] Ann: {x}{wide}yz");
    bob.wait_for(&said);
    // Nothing was erased, however wide the terminal draws it.
    let after = [third, fourth, &said, "lobby>"];
    expect(&ann, Apart, &after);
    expect(&ann, Joined, &after);
}

#[test]
fn a_new_size_leaves_no_copy_of_the_draft() {
    let program = Program::start(&[]);
    let (mut bob, mut ann) = chat(&program, 60);
    let draft = "one two three four five six seven eight nine ten eleven";
    ann.press(draft);
    expect(
        &ann,
        Apart,
        &[
            "lobby> one two three four five six seven eight nine ten elev",
            "en",
        ],
    );
    ann.resize(40);
    let narrow = [
        "lobby> one two three four five six seven",
        " eight nine ten eleven",
    ];
    expect(&ann, Apart, &narrow);
    ann.resize(25);
    expect(
        &ann,
        Apart,
        &[
            "lobby> one two three four",
            " five six seven eight nin",
            "e ten eleven",
        ],
    );
    // With the cursor in the middle.
    ann.press("\x01");
    ann.wait_for("\x1b[2A");
    ann.resize(40);
    ann.wait_for("\x1b[7C");
    ann.resize(20);
    ann.wait_for("\x1b[7C");
    bob.say(&["third"]);
    ann.wait_for("third");
    ann.wait_for("\x1b[7C");
    ann.press("\x05");
    ann.wait_for("\x1b[");
    ann.resize(60);
    let row = "lobby> one two three four five six seven eight nine ten elev";
    expect(&ann, Apart, &["[lobby] Bob: third", row, "en"]);
}

#[test]
fn nothing_is_erased_whatever_is_typed() {
    /// Characters of every width, pasted lines, and keys that move and delete.
    const KEYS: [&str; 17] = [
        "a",
        "bc ",
        "世",
        "界",
        WIDE,
        "❤\u{fe0f}",
        "🇩🇪",
        "e\u{301}",
        "\u{200b}",
        "\x7f",
        "\x17",
        "\x0b",
        "\x01",
        "\x05",
        "\x02",
        "\x06",
        "\x1b[200~x\t世\ny\x1b[201~",
    ];
    let program = Program::start(&["--client-rate", "1000", "--room-rate", "1000"]);
    for seed in [0, 1, 2, 40] {
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut bob, mut ann) = chat(&program, random.u16(20..40));
        let mut shown = vec![];
        for round in 0..20 {
            for _ in 0..random.usize(1..10) {
                ann.press(random.choice(KEYS).unwrap());
            }
            let text = format!("{seed}:{round}");
            bob.say(&[&text]);
            shown.push(format!("[lobby] Bob: {text}"));
            ann.wait_for(&format!("Bob: {text}"));
            // Or the draft would be taller than the terminal.
            if round % 4 == 3 {
                ann.press("x\x03");
            }
        }
        ann.press("x\x03");
        shown.push("lobby>".to_owned());
        let shown: Vec<_> = shown.iter().map(String::as_str).collect();
        for emoji in [Apart, Joined, Wide] {
            ann.wait_for_lines(emoji, &shown);
        }
        ann.press("\x03");
        assert!(ann.wait_for_end().success());
        bob.end().succeeded();
    }
}

#[test]
fn control_c_clears_the_line_first() {
    let program = Program::start(&[]);
    let (bob, mut ann) = chat(&program, 80);
    ann.press("a draft");
    expect(&ann, Apart, &["lobby> a draft"]);
    ann.press("\x03");
    expect(&ann, Apart, &["lobby>"]);
    ann.press("another\r");
    bob.wait_for("[lobby] Ann: another");
    expect(&ann, Apart, &["[lobby] Ann: another", "lobby>"]);
    ann.press("\x03");
    assert!(ann.wait_for_end().success());
}

#[test]
fn quit_says_goodbye() {
    let mut program = Program::start(&[]);
    let (bob, mut ann) = chat(&program, 80);
    bob.wait_for("-- [lobby] Ann joined.");
    ann.press("/quit\r");
    assert!(ann.wait_for_end().success());
    let gone = program.wait_for("client disconnected");
    assert!(gone["reason"].as_str().unwrap().contains("1000"), "{gone}");
}

#[test]
fn a_terminal_may_be_of_any_size() {
    let program = Program::start(&[]);
    let mut bob = PipedChat::start(&url(&program), "Bob", &[]);
    for (columns, rows) in [(0, 0), (1, 1), (2, 24), (20, 5), (1_000, 1)] {
        let size = Winsize {
            ws_col: columns,
            ws_row: rows,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let name = format!("Ann{columns}");
        let mut ann = Pty::start_with(&url(&program), &name, size);
        ann.wait_for("You joined");
        ann.press(&format!("世界 {WIDE}\tx\x01\x05\r"));
        bob.wait_for(&format!("[lobby] {name}: 世界 {WIDE}x"));
        bob.say(&[&format!("hello {name}")]);
        ann.wait_for(&format!("[lobby] Bob: hello {name}"));
        ann.press("\x04");
        assert!(ann.wait_for_end().success(), "{columns} {rows}");
    }
}

#[test]
fn keys_are_not_lost_between_two_lines() {
    // What makes Ctrl-D the end of the input, and Ctrl-C a signal.
    let usual = LocalModes::ICANON | LocalModes::ISIG;
    let program = Program::start(&[]);
    let (bob, mut ann) = chat(&program, 80);
    assert!(!ann.modes().intersects(usual));
    for number in 0..30 {
        ann.press(&format!("line {number}\r"));
        let said = format!("[lobby] Ann: line {number}");
        let start = Instant::now();
        while !bob.output.try_iter().any(|line| line == said) {
            assert!(!ann.modes().intersects(usual), "{number}");
            assert!(start.elapsed() < PATIENCE, "{number} did not come");
        }
    }
    ann.press("the last\r\x04");
    bob.wait_for("[lobby] Ann: the last");
    ann.wait_for("\x1b[?2004l\x1b[?7h");
    assert!(ann.modes().contains(usual | LocalModes::ECHO), "as before");
    assert!(ann.wait_for_end().success());
}
